package command

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/luastore/luastore/internal/acl"
	"github.com/luastore/luastore/internal/journal"
	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/pubsub"
)

// Databases is the number of databases that SELECT chooses from.
const Databases = 16

// A DB is all the data: 16 databases under one clock and one table of
// commands. Make one with New. It must not be used concurrently.
type DB struct {
	// Host is for the rows of the package above: whatever they need to find.
	Host any
	// OnEvent, if not nil, is told of every event when its turn ends. The events
	// are those of Redis's keyspace notifications.
	OnEvent func(db int, name, key string)
	// Programs, if not nil, counts what the package above keeps, for INFO.
	Programs func() Programs
	// Declared, if not nil, returns the flags of a call that runs a script or a
	// function: those that it says it has, or else those of the command.
	Declared func(cmd *Command, args []string) Flags
	// Log, if not nil, is told what is to be logged.
	Log func(text string)
	// Broker knows who gets messages. It may be used without the DB.
	Broker pubsub.Broker
	// UndoStopped lets Undo undo a transaction that was left by a panic.
	UndoStopped bool
	// Leave, if not nil, is asked from time to time while Undo and Keep are at work
	// and ends them if it returns true. The rest is for Resume, before the next turn
	// begins.
	Leave func() bool
	// Config is what CONFIG SET can change. Who changes it otherwise must call
	// Configured then.
	Config Config
	// Rand chooses what commands choose at random. It may be set before the
	// first turn, and Configured be called then.
	Rand *rand.Rand

	// BusyReply is the busy-reply-threshold, nanoseconds, for those who do not
	// have the lock.
	BusyReply atomic.Int64

	hooks      hooks
	intercept  func(s *Session, args []string) (text string) // nil: nobody
	clients    []*Session                                    // of the connections, in the order of their numbers
	lastClient int64                                         // the last number
	pause      pause

	table  Table
	clock  clock
	spaces [Databases]keyspace.Keyspace
	turns  uint
	stats  stats

	changes uint64 // events of keys, ever

	started     time.Time
	runID       string    // 40 hexadecimal digits
	keepExpired bool      // until they are looked up
	debugged    bool      // scripts may call DEBUG
	saved       *snapshot // by DEBUG RELOAD
	slowlog     slowlog
	latency     latency
	params      map[string]*parameter // of Config, once CONFIG is asked

	counting bool // what memory the keys take
	peak     int  // the most that Memory has returned
	eviction eviction

	executing *Session // whose transaction is running; nil: none
	busy      string   // the error of commands that must not run, see Interrupt

	users  *acl.Users // nil: all may do everything
	aclLog aclLog
	// password is the requirepass that the user default has got.
	password string

	trackers trackers

	waiting map[place]*queue // who waits for a key
	idle    queue            // who waits for none
	ready   []*queue         // to whose keys something happened in this turn
	serving *queue           // from which somebody is being served
	left    leavers

	news   []news // of this turn
	unheld int    // bytes of news that no Meter has counted yet

	journal   journal.Journal // of what can be undone, see undo.go
	undone    mark            // when that began
	recount   bool            // when it is undone: memory is counted only since
	restoring bool            // it is being undone
	doomed    bool            // it cannot be kept
}

// New returns an empty DB that runs the commands of t and takes the time from
// now; nil is the system's clock.
func New(t Table, now func() time.Time) *DB {
	db := &DB{table: t, clock: clock{ask: now}, Config: defaultConfig(), Rand: rand.New(anyRandom{}), started: time.Now(), runID: newRunID()}
	db.resetStats()
	for i := range db.spaces {
		ks := &db.spaces[i]
		ks.SetJournal(&db.journal)
		ks.Expired = func(e *keyspace.Entry) {
			db.stats.expired++
			db.modified(place{ks, e.Key()}, nil)
			db.tell(ks, "expired", e.Key())
		}
		ks.FieldsExpired = func(e *keyspace.Entry) {
			db.modified(place{ks, e.Key()}, nil)
			db.tell(ks, "hexpired", e.Key())
			if e.Value.Len() == 0 {
				db.tell(ks, "del", e.Key())
			}
		}
	}
	return db
}

// anyRandom is the process's own source of random numbers.
type anyRandom struct{}

func (anyRandom) Uint64() uint64 { return rand.Uint64() }

// newRunID returns 40 random hexadecimal digits.
func newRunID() string {
	return fmt.Sprintf("%016x%016x%08x", rand.Uint64(), rand.Uint64(), rand.Uint32())
}

// Once in reclaimEvery turns each database gives up to reclaimMost due keys
// back: more than one key a turn, so that reclaiming outruns creation, and so
// few at once that no turn takes long.
const (
	reclaimEvery = 16
	reclaimMost  = 64
)

// Turn begins a turn: a command or a script, during which time stands still.
func (db *DB) Turn() {
	db.clock.asked = false
	if db.turns++; db.turns%reclaimEvery == 0 {
		db.Reclaim()
	}
}

// Reclaim gives due keys back, a few of each database.
func (db *DB) Reclaim() {
	if db.keepExpired {
		return
	}
	for i := range db.spaces {
		if ks := &db.spaces[i]; ks.Due() > 0 {
			ks.Reclaim(db.Millis(), reclaimMost)
		}
	}
}

// NextDue returns in what time something may expire, if that can be.
func (db *DB) NextDue() (d time.Duration, ok bool) {
	for i := range db.spaces {
		if at := db.spaces[i].NextDue(); at != 0 {
			left := milliseconds(max(at+1-db.Millis(), 1))
			if !ok || left < d {
				d, ok = left, true
			}
		}
	}
	return d, ok && !db.keepExpired
}

// Intercept makes f be asked before each command that may run; what it returns,
// if anything, is the error that the command answers instead.
func (db *DB) Intercept(f func(s *Session, args []string) (text string)) {
	db.intercept = f
	db.hooks |= hookIntercept
}

// Lookup returns the command that args begin with, or nil.
func (db *DB) Lookup(args []string) *Command { return db.table.Lookup(args) }

// Do runs the command that args, which must not be empty, say. A command that
// answers an error has changed nothing.
func (db *DB) Do(s *Session, args []string) Reply {
	r := *db.Run(s, db.Lookup(args), args)
	s.reply = Reply{}
	return r
}

// Run is Do for a command that was looked up before; nil is an unknown one. The
// reply is the session's: it is valid until its next command.
func (db *DB) Run(s *Session, cmd *Command, args []string) *Reply {
	if text := db.refuse(s, cmd, args); text != "" {
		return db.Reject(s, cmd, args, text)
	}
	hooks := db.hooks | s.hooks
	if hooks != 0 {
		if text := db.admit(s, cmd, args); text != "" {
			return db.Reject(s, cmd, args, text)
		}
	}
	if s.MustNotWrite(cmd) {
		return db.Reject(s, cmd, args, errReadOnly)
	}
	if db.Guarded() {
		if text := db.lacks(s, cmd, args); text != "" {
			return db.Reject(s, cmd, args, text)
		}
	}
	if hooks&hookMulti != 0 && s.transaction.queues(cmd) {
		s.reply = s.transaction.add(cmd, args, db.flags(cmd, args))
		return &s.reply
	}
	if hooks&hookIntercept != 0 {
		if text := db.intercept(s, args); text != "" {
			return db.Reject(s, cmd, args, text)
		}
	}
	if cmd.Flags&Write != 0 {
		s.Wrote = true
	}
	if hooks&hookMonitor != 0 {
		db.performShown(s, cmd, args)
	} else {
		db.perform(s, cmd, args, cmd.Run)
	}
	if hooks&hookTracking != 0 {
		db.remember(s, cmd, args)
		db.endCaching(s, cmd)
	}
	return &s.reply
}

// flags returns the flags of a call.
func (db *DB) flags(cmd *Command, args []string) Flags {
	if db.Declared == nil || !runsScript(cmd) {
		return cmd.Flags
	}
	return db.Declared(cmd, args)
}

// MustNotWrite says whether the session is one that only reads, and cmd writes.
func (s *Session) MustNotWrite(cmd *Command) bool {
	return s.ReadOnly && cmd.Flags&(Write|MayReplicate) != 0
}

const errReadOnly = "ERR Write commands are not allowed from read-only scripts."

// perform runs the handler for the call, which leaves its reply in the session.
func (db *DB) perform(s *Session, cmd *Command, args []string, run func(*Call) Reply) {
	c := &s.call
	c.begin(db, s, cmd, args)
	db.Start(s)
	if db.journal.On() {
		db.journal.Measure(c)
	}
	done := false
	defer func() {
		if !done {
			c.recovered(recover())
		}
	}()
	s.reply = run(c)
	c.settle()
	done = true
	c.finish()
}

// recovered ends a call that was left by the panic p.
func (c *Call) recovered(p any) {
	text, ok := p.(failure)
	if !ok {
		if c.db.counting {
			c.resize()
		}
		panic(p)
	}
	c.s.reply = Err(string(text))
	c.finish()
}

// finish counts what the call did.
func (c *Call) finish() {
	if c.db.counting {
		c.resize()
	}
	c.db.Finish(c.s, c.cmd, &c.s.reply, c.Args)
}

// refuse says why nobody may run cmd so, in Redis's order of complaints; "" if
// there is no reason.
func (db *DB) refuse(s *Session, cmd *Command, args []string) string {
	switch {
	case cmd == nil:
		return db.unknown(s, args)
	case !cmd.arityOK(len(args)):
		if s.Script {
			return "ERR Wrong number of args calling Redis command from script"
		}
		return errArity(cmd.Name)
	case s.Script && cmd.Flags&NoScript != 0 && !(db.debugged && cmd.Name == "debug"):
		return "ERR This Redis command is not allowed from script"
	}
	return ""
}

// unknown is the complaint about a command that is not in the table.
func (db *DB) unknown(s *Session, args []string) string {
	if s.Script {
		return "ERR Unknown Redis command called from script"
	}
	if s.Client != nil && (equalFold(args[0], "post") || equalFold(args[0], "host:")) {
		s.Client.Kill() // it speaks HTTP, for somebody who has misled a browser
	}
	if container := named(db.table, args[0]); container != nil {
		return errUnknownSubcommand(container.Name, args[1])
	}
	return errUnknownCommand(args)
}
