package command

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/luastore/luastore/internal/rdb"
)

// DEBUG: what tests ask for. Redis has much more, about its own insides; here
// that is an unknown subcommand.
var debugCommands = []Row{
	{Name: "debug", Arity: -2, Flags: Admin | NoScript | Loading | Stale | ScriptDebug, Run: debug},
}

// A debugging is a subcommand of DEBUG.
type debugging struct {
	usage string // its name first
	arity int    // as that of a Row
	run   func(*Call) Reply
	help  string
}

var debuggings = []debugging{
	{"CHANGE-REPL-ID", 2, debugChangeReplID, "Change the replication ID, which is also the run_id of INFO."},
	{"DIGEST", 2, debugDigest, "Answer a digest of all databases."},
	{"DIGEST-VALUE <key> [<key> ...]", -2, debugDigestValue, "Answer a digest of the value of each key."},
	{"ERROR <string>", 3, func(c *Call) Reply { return Err(ErrorLine(c.arg(2))) }, "Answer the error."},
	{"LOG <message>", 3, debugLog, "Write the message to the log."},
	{"OBJECT <key>", 3, debugObject, "Answer how the value of the key is kept."},
	{"PAUSE-CRON <0|1>", 3, debugPauseCron, "Whether connections stay that have been idle for too long."},
	{"PROTOCOL <type>", 3, debugProtocol, "Answer an example of string, integer, double, bignum, null, array, set, map, attrib, push, verbatim, true or false."},
	{"QUICKLIST-PACKED-THRESHOLD <size>", 3, debugPackedThreshold, "Accepted, without effect."},
	{"RELOAD [MERGE] [NOFLUSH] [NOSAVE]", -2, debugReload, "Save all data and functions in memory and load them again, in the place of what there is, unless NOFLUSH. With MERGE, what is loaded wins. With NOSAVE, what was saved last is loaded."},
	{"REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|milliseconds>", 4, debugReplyBuffer, "How often the peak of the reply buffers, which CLIENT LIST shows, is forgotten. RESET is every five seconds."},
	{"REPLYBUFFER RESIZING <0|1>", 4, debugReplyBuffer, "Whether the reply buffers change their size."},
	{"SET-ACTIVE-EXPIRE <0|1>", 3, debugActiveExpire, "Whether keys that have expired are removed before they are accessed."},
	{"SET-DISABLE-DENY-SCRIPTS <0|1>", 3, debugDenyScripts, "Whether scripts may call DEBUG."},
	{"SLEEP <seconds>", 3, debugSleep, "Wait, and let all others wait."},
}

func debug(c *Call) Reply {
	for _, d := range debuggings {
		name, _, _ := strings.Cut(d.usage, " ")
		if equalFold(name, cString(c.arg(1))) && arityOK(d.arity, len(c.args)) {
			return d.run(c)
		}
	}
	if c.is(1, "help") && len(c.args) == 2 {
		return debugHelp(c)
	}
	return c.WrongSubcommand()
}

func debugHelp(c *Call) Reply {
	var lines []string
	for _, d := range debuggings {
		lines = append(lines, d.usage, "    "+d.help)
	}
	return c.Help(lines...)
}

func debugPauseCron(c *Call) Reply {
	c.db.cronPaused = atoi(c.arg(2)) != 0
	return OK
}

func debugReplyBuffer(c *Call) Reply {
	how := &c.db.replies
	switch {
	case c.is(2, "resizing"):
		how.fixed = atoi(c.arg(3)) == 0
	case !c.is(2, "peak-reset-time"):
		return c.WrongSubcommand()
	case c.is(3, "never"):
		how.peakReset = -1
	case c.is(3, "reset"):
		how.peakReset = defaultReplyBuffers.peakReset
	default:
		how.peakReset = milliseconds(c.intOr(3, errNotInt))
	}
	c.db.limitClients()
	return OK
}

func debugChangeReplID(c *Call) Reply {
	c.db.runID = newRunID()
	return OK
}

func debugDigest(c *Call) Reply {
	d := c.fingerprint()
	return d.reply()
}

func debugDigestValue(c *Call) Reply {
	elems := []Reply{}
	for _, key := range c.args[2:] {
		var d fingerprint
		if e := c.ks.Stored(key); e != nil {
			c.fingerprintEntry(&d, e)
		}
		elems = c.put(elems, d.reply())
	}
	return Array(elems...)
}

func debugLog(c *Call) Reply {
	c.db.Host.Log("DEBUG LOG: " + cString(c.arg(2)))
	return OK
}

// debugObject describes the value at argument 2 in the words of Redis.
func debugObject(c *Call) Reply {
	e := c.ks.Stored(c.arg(2))
	if e == nil {
		c.fail(errNoKey)
	}
	c.tickCopy(e.Value)
	size := rdb.Size(e.Value, c)
	c.tick(size / bytesPerTick)
	c.alloc(size)
	serialized := len(rdb.Dump(e.Value, c)) - rdb.Overhead
	return Status(fmt.Sprintf("Value at:%p refcount:%d encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		e, refCount(e.Value), e.Value.Encoding(), serialized, e.UsedAt()/1000&(1<<24-1), max(0, c.now()-e.UsedAt())/1000))
}

// debugPackedThreshold has no effect: lists have no nodes here.
func debugPackedThreshold(c *Call) Reply {
	if size, ok := parseSize(c.arg(2)); !ok || size > 1<<32 {
		c.fail("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
	}
	return OK
}

func debugActiveExpire(c *Call) Reply {
	undoable(c, &c.db.keepExpired)
	c.db.keepExpired = atoi(c.arg(2)) == 0
	return OK
}

// debugDenyScripts lets scripts call DEBUG. In Redis they may then call whatever
// there is; what else is barred from them would not come to an end in one here.
func debugDenyScripts(c *Call) Reply {
	c.db.debugged = atoi(c.arg(2)) != 0
	return OK
}

// sleepAfterEnd is for how long DEBUG SLEEP goes on when its client is gone. What
// has only been closed for writing may still read the reply.
const sleepAfterEnd = 500 * time.Millisecond

// debugSleep waits so many seconds; what is no number is 0, as for C's strtod.
func debugSleep(c *Call) Reply {
	seconds, _, _ := parseDouble(cString(c.arg(2)))
	if !(seconds > 0) {
		return OK
	}
	c.s.Working()
	gone, stop := c.watchEnd()
	defer stop()
	const step = 5 * time.Millisecond
	const stepTicks = 500_000
	end := time.Now().Add(time.Duration(math.Min(seconds, 1e9) * float64(time.Second)))
	for rest := time.Until(end); rest > 0; rest = time.Until(end) {
		select {
		case <-time.After(min(rest, step)):
		case <-gone:
			gone = nil
			if rest > sleepAfterEnd {
				end = time.Now().Add(sleepAfterEnd)
			}
		}
		c.tick(stepTicks) // a limit or a context may end it
	}
	return OK
}

// watchEnd is Client.Watch, if the call, or that of the script it is in, is one of a
// connection.
func (c *Call) watchEnd() (gone <-chan struct{}, stop func()) {
	s := c.s
	if s.Script {
		s = s.caller
	}
	if s.Client == nil || s.Client.Watch == nil {
		return nil, func() {}
	}
	return s.Client.Watch()
}
