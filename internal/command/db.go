package command

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/luastore/luastore/internal/acl"
	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/pubsub"
)

// Databases is the number of databases that SELECT chooses from.
const Databases = 16

// A DB is all the data: 16 databases under one clock and one table of
// commands. Make one with New. It must not be used concurrently.
type DB struct {
	// Host is the package above, which runs scripts.
	Host Host
	// Listens makes the DB tell Host of events.
	Listens bool
	// Broker knows who gets messages. It may be used without the DB.
	Broker pubsub.Broker
	// UndoStopped lets Undo undo a transaction that was left by a panic.
	UndoStopped bool
	// MaxReply is how many bytes the reply to a call may have; 0: no limit.
	MaxReply int
	// Leave, if not nil, is asked from time to time while Undo and Keep are at work
	// and ends them if it returns true. The rest is for SettleUp, before the next turn
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
	clients    []*Session // of the connections, in the order of their numbers
	lastClient int64      // the last number
	pause      pause

	unsettled    unsettled
	clientMemory int          // bytes that the connections take, if that is counted
	replies      replyBuffers // of the connections
	cronPaused   bool         // by DEBUG PAUSE-CRON: idle connections stay

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

	// ScriptMemory is how many bytes of memory a script may have, of which its
	// session's Meter is told; 0: what it stores is not counted.
	ScriptMemory int

	counting   bool // what memory the keys take
	partly     bool // only by how much it changes in this turn
	storedBase int  // what memory there may be before a script's limit is asked
	peak       int  // the most that Memory has returned
	eviction   eviction

	executing   *Session   // whose transaction is running; nil: none
	interrupted bool       // the script that runs stands still for another call
	measured    bulk.Meter // what counts the work of its changes
	busy        string     // the error of commands that must not run then
	before      int        // news that there were before it

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

	news    []news // of this turn
	unheld  int    // bytes of news that no Meter has counted yet
	matched int    // what matchGlob has done in this turn, see there

	journal   journal.Journal // of what can be undone, see undo.go
	undone    mark            // when that began
	recount   bool            // when it is undone: memory is counted only since
	restoring bool            // it is being undone
	doomed    bool            // it cannot be kept
}

// New returns an empty DB that runs the commands of t and takes the time from
// now; nil is the system's clock.
func New(t Table, now func() time.Time) *DB {
	db := &DB{Host: noHost{}, table: t, clock: clock{ask: now}, Config: defaultConfig(), Rand: rand.New(anyRandom{}), started: time.Now(), runID: newRunID()}
	db.resetStats()
	db.replies = defaultReplyBuffers
	for i := range db.spaces {
		ks := &db.spaces[i]
		ks.SetJournal(&db.journal)
		ks.Expired = func(e *keyspace.Entry) {
			db.stats.expired++
			db.freed(e.Value, db.Config.LazyFree.Expire)
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

// Turn begins a turn: a command or a script, during which time stands still. A
// clock that is not the system's is read now: it may panic, and nothing has been
// done yet. Whether it does or not EndTurn must be called.
func (db *DB) Turn() {
	db.clock.asked = false
	db.matched = 0
	if db.unsettled.n.Load() > 0 {
		db.settleClients()
	}
	if db.Config.MaxMemoryClients != 0 {
		db.evictClients()
	}
	if db.clock.ask != nil {
		db.clock.read()
	}
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
		if db.spaces[i].Due() > 0 {
			db.reclaim(&db.spaces[i], reclaimMost)
		}
	}
}

// reclaim gives up to so many due keys of a database back.
func (db *DB) reclaim(ks *keyspace.Keyspace, most int) {
	since := db.watch()
	ks.Reclaim(db.Millis(), most)
	db.watched("expire-cycle", since)
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

// A Host is what a DB needs of the package above.
type Host interface {
	// Programs counts the scripts and functions, for INFO.
	Programs() Programs
	// Declared returns the flags of a call of cmd, which runs a script or a
	// function: those that the program declares, or else those of the row.
	Declared(cmd *Command, args []string) Flags
	// Intercept returns the error that a call answers instead of running, or the
	// zero Reply. It is called only after DB.Intercept.
	Intercept(s *Session, args []string) Reply
	// Log logs a text.
	Log(text string)
	// Event is told of an event of a key, in the words of keyspace
	// notifications, when its turn ends. It is called only if DB.Listens is set.
	Event(db int, name, key string)
}

// noHost is the Host of a DB that stands alone.
type noHost struct{}

func (noHost) Programs() Programs                      { return Programs{} }
func (noHost) Declared(cmd *Command, _ []string) Flags { return cmd.Flags }
func (noHost) Intercept(*Session, []string) Reply      { return pass }
func (noHost) Log(string)                              {}
func (noHost) Event(int, string, string)               {}

// Intercept makes Host.Intercept be asked before each command runs.
func (db *DB) Intercept() { db.hooks |= hookIntercept }

// Lookup returns the command that args begin with, or nil.
func (db *DB) Lookup(args []string) *Command { return db.table.Lookup(args) }

// Do runs the command that args, which must not be empty, say. A command that
// answers an error has changed nothing.
func (db *DB) Do(s *Session, args []string) Reply {
	r := *db.Run(s, db.Lookup(args), args)
	if c := s.Client; c != nil {
		c.current = nil
		c.Changed()
	}
	s.reply = Reply{}
	return r
}

// Run is Do for a command that was looked up before; nil is an unknown one. The
// reply is the session's: it is valid until its next command.
func (db *DB) Run(s *Session, cmd *Command, args []string) *Reply {
	hooks := db.hooks | s.hooks
	if hooks&hookClient != 0 {
		db.called(s.Client, cmd, args)
	}
	if r := db.check(s, cmd, args); r.Kind != NilKind {
		return db.rejected(s, cmd, args, r)
	}
	if hooks&hookMulti != 0 && s.queues(cmd) {
		s.reply = s.transaction.add(cmd, args, db.flags(s, cmd, args))
		return &s.reply
	}
	if cmd.Flags&Write != 0 {
		s.Wrote = true
		if cmd.adds && db.countsStored(s) {
			db.willStore(s, args)
		}
	}
	if hooks&hookMonitor != 0 {
		db.performShown(s, cmd, args)
	} else {
		db.perform(s, cmd, args, cmd.Run)
	}
	if s.script.stored.unsettled > mostUnsettled {
		db.settleStored(s)
	}
	if hooks&hookTracking != 0 {
		db.remember(s, cmd, args)
		db.endCaching(s, cmd)
	}
	return &s.reply
}

// flags returns the flags of a call: those that a script or function declares,
// those of all commands that EXEC is about to run, or the row's.
func (db *DB) flags(s *Session, cmd *Command, args []string) Flags {
	switch {
	case cmd.Flags&RunsQueue != 0 && s.queueing():
		return s.transaction.flags
	case cmd.Flags&RunsScript != 0:
		return db.Host.Declared(cmd, args)
	}
	return cmd.Flags
}

// perform runs the handler for the call, which leaves its reply in the session.
func (db *DB) perform(s *Session, cmd *Command, args []string, run func(*Call) Reply) {
	c := &s.call
	c.begin(db, s, cmd, args)
	db.Start(s, cmd)
	if db.journal.On() {
		db.journal.Measure(c)
	}
	done := false
	defer func() {
		if !done {
			c.recovered(recover())
		}
	}()
	if c.budget <= 0 && c.mayBeRefused() { // in a transaction
		c.fail(ReplyTooLarge)
	}
	s.reply = run(c)
	c.spend(s.reply)
	c.settle()
	done = true
	c.finish()
}

// recovered ends a call that was left by the panic p, or by runtime.Goexit if p is
// nil.
func (c *Call) recovered(p any) {
	text, ok := p.(failure)
	if !ok {
		if c.db.counting {
			c.resize()
		}
		if p != nil {
			panic(p)
		}
		return // runtime.Goexit
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
