package command

import (
	"fmt"
	"math"
	"time"

	"github.com/luastore/luastore/internal/rdb"
)

// DEBUG: what tests ask for. Redis has much more, about its own insides; here
// that is an unknown subcommand.
var debugCommands = []Row{
	{"debug", -2, Admin | NoScript | Loading | Stale, nil, debug},
}

func debug(c *Call) Reply {
	switch n := len(c.args); {
	case c.is(1, "change-repl-id") && n == 2:
		c.db.runID = newRunID()
		return OK
	case c.is(1, "digest") && n == 2:
		d := c.fingerprint()
		return d.reply()
	case c.is(1, "digest-value"):
		return c.debugDigestValue()
	case c.is(1, "error") && n == 3:
		return Err(ErrorLine(c.arg(2)))
	case c.is(1, "help") && n == 2:
		return debugHelp(c)
	case c.is(1, "object") && n == 3:
		return c.debugObject()
	case c.is(1, "quicklist-packed-threshold") && n == 3:
		if size, ok := parseSize(c.arg(2)); !ok || size > 1<<32 {
			c.fail("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
		}
		return OK // lists have no nodes here
	case c.is(1, "set-active-expire") && n == 3:
		c.db.keepExpired = atoi(c.arg(2)) == 0
		return OK
	case c.is(1, "sleep") && n == 3:
		c.sleep(c.arg(2))
		return OK
	}
	c.fail(errSubcommand(c.arg(0), c.arg(1)))
	return Reply{}
}

func (c *Call) debugDigestValue() Reply {
	elems := []Reply{}
	for i := 2; i < len(c.args); i++ {
		var d fingerprint
		if e := c.peek(i); e != nil {
			c.fingerprintEntry(&d, e)
		}
		elems = append(elems, d.reply())
	}
	return Array(elems...)
}

func debugHelp(c *Call) Reply {
	return c.Help(
		"CHANGE-REPL-ID",
		"    Change the replication ID, which is also the run_id of INFO.",
		"DIGEST",
		"    Answer a digest of all databases.",
		"DIGEST-VALUE <key> [<key> ...]",
		"    Answer a digest of the value of each key.",
		"ERROR <string>",
		"    Answer the error.",
		"OBJECT <key>",
		"    Answer how the value of the key is kept.",
		"QUICKLIST-PACKED-THRESHOLD <size>",
		"    Accepted, without effect.",
		"SET-ACTIVE-EXPIRE <0|1>",
		"    Whether keys that have expired are removed before they are accessed.",
		"SLEEP <seconds>",
		"    Wait, and let all others wait.",
	)
}

// debugObject describes the value at argument 2 in the words of Redis.
func (c *Call) debugObject() Reply {
	e := c.peek(2)
	if e == nil {
		c.fail(errNoKey)
	}
	c.tickCopy(e.Value)
	size := rdb.Size(e.Value)
	c.tick(size / bytesPerTick)
	c.alloc(size)
	serialized := len(rdb.Dump(e.Value)) - rdb.Overhead
	return Status(fmt.Sprintf("Value at:%p refcount:%d encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		e, refCount(e.Value), e.Value.Encoding(), serialized, e.UsedAt()/1000&(1<<24-1), max(0, c.now()-e.UsedAt())/1000))
}

// sleep waits so many seconds; what is no number is 0, as for C's strtod.
func (c *Call) sleep(text string) {
	seconds, _, _ := parseDouble(cString(text))
	if !(seconds > 0) {
		return
	}
	c.s.Working()
	const step = 5 * time.Millisecond
	const stepTicks = 500_000
	end := time.Now().Add(time.Duration(math.Min(seconds, 1e9) * float64(time.Second)))
	for rest := time.Until(end); rest > 0; rest = time.Until(end) {
		time.Sleep(min(rest, step))
		c.tick(stepTicks) // a limit or a context may end it
	}
}
