package command

import (
	"cmp"
	"slices"
	"sync/atomic"
	"time"

	"github.com/luastore/luastore/internal/pubsub"
)

// A Client is what the session of a connection has beyond that of other
// callers: somebody at the other end.
type Client struct {
	// Push sends the other end what it did not ask for: messages, invalidations,
	// lines of MONITOR. It is called by other sessions, so it must not block, nor
	// use the DB.
	Push func(Reply)
	// Kill ends the connection. It is called as Push is.
	Kill func()
	// Raw is for who speaks another protocol with the other end, until the
	// connection ends: in gives the bytes that come, and is closed when no more do;
	// send sends some. It may be called once.
	Raw func() (in <-chan []byte, send func([]byte))
	// Watch reads what comes next, to notice when the other end is gone: then gone is
	// closed. stop must be called before the command ends.
	Watch func() (gone <-chan struct{}, stop func())
	// Outbox returns what waits to be sent. It is called by other sessions. Nil:
	// nothing.
	Outbox func() Waiting
	// Recheck asks the Outbox again whether it holds too much.
	Recheck func()
	// Unsent says whether replies wait to be sent.
	Unsent func() bool
	// Addr and LocalAddr are the addresses of the two ends, as CLIENT LIST shows
	// them.
	Addr, LocalAddr string
	// Closing says that the connection ends once it has the reply.
	Closing bool
	// Query is what was read.
	Query Query
	// Debug says how scripts are debugged that the client brings.
	Debug DebugMode

	db            *DB
	id            int64
	name          string // that CLIENT SETNAME gave it
	library       [2]string
	created       time.Time
	active        time.Time // when the last command ran for which something had come
	last          *Command
	subscriptions *pubsub.Client
	silence       atomic.Uint32 // what CLIENT REPLY has set
	monitors      bool
	unevictable   bool
	waiter        *Waiter   // that its last command has left, if it did
	tracking      *tracking // nil: it tracks no keys

	limits    atomic.Pointer[ClientLimits]
	current   []string // the arguments of the command that runs now
	memory    int      // as it is in DB.clientMemory
	isChanged atomic.Bool
	isLost    atomic.Bool
}

// A DebugMode is what SCRIPT DEBUG has set.
type DebugMode uint8

const (
	DebugNo   DebugMode = iota
	DebugYes            // what a script has written is dropped
	DebugSync           // it is kept
)

// Debugged says whether the session's scripts are to be debugged.
func (s *Session) Debugged() bool { return s.Client != nil && s.Client.Debug != DebugNo }

// hooks say what else there is to do with a command than to run it. Where
// nothing is, that costs one test.
type hooks uint16

const (
	hookClient     hooks = 1 << iota // of a session: it has a Client
	hookUser                         // of a session: it has a user
	hookStranger                     // of a session: it must give a password first
	hookSubscribed                   // of a session: it has subscriptions
	hookNoTouch                      // of a session: what it looks at does not count as used
	hookMulti                        // of a session: its commands are queued
	hookTracking                     // of a session: it, or who runs its script, tracks keys
	hookTracked                      // of a DB: somebody tracks keys, or has
	hookMonitor                      // of a DB: somebody watches all commands
	hookIntercept                    // of a DB: somebody is asked before each command
	hookNoReplicas                   // of a DB: nobody may write
	hookBusy                         // of a DB: the script that runs stands still
	hookMaxMemory                    // of a DB: the data have a limit

	// hookChecks are the hooks that a check in the list can reject calls for.
	hookChecks = hookClient | hookUser | hookStranger | hookSubscribed | hookMulti | hookIntercept | hookNoReplicas | hookBusy | hookMaxMemory
)

// Connect makes s the session of a connection, until Disconnect.
func (db *DB) Connect(s *Session, c *Client) {
	db.lastClient++
	db.stats.connections++
	c.id = db.lastClient
	c.created = db.Now()
	c.active = c.created
	c.subscriptions = db.Broker.NewClient(c)
	s.Client = c
	s.hooks |= hookClient
	db.forgetUser(s)
	db.clients = append(db.clients, s)
	c.db = db
	db.limitClient(s)
}

// Disconnect ends what Connect began, if it did not end before.
func (db *DB) Disconnect(s *Session) {
	s.Client.subscriptions.Close()
	delete(db.pause.holds, s.Client)
	s.EndTransaction()
	db.forgetTracking(s)
	if i, ok := db.findClient(s.Client.id); ok {
		db.clients = slices.Delete(db.clients, i, i+1)
		db.clientMemory -= s.Client.memory
		s.Client.memory = 0
	}
	db.stopMonitor(s)
}

// findClient returns where in db.clients the session is whose client has the id,
// or would be.
func (db *DB) findClient(id int64) (int, bool) {
	return slices.BinarySearchFunc(db.clients, id, func(s *Session, id int64) int { return cmp.Compare(s.Client.id, id) })
}

// ID returns the client's number, which no other of its DB has.
func (c *Client) ID() int64 { return c.id }

// Message sends the client a message of a channel.
func (c *Client) Message(m pubsub.Message) {
	switch m.Kind {
	case pubsub.Pattern:
		c.Push(Push(Bulk("pmessage"), Bulk(m.Pattern), Bulk(m.Channel), Bulk(m.Payload)))
	case pubsub.Shard:
		c.Push(Push(Bulk("smessage"), Bulk(m.Channel), Bulk(m.Payload)))
	default:
		c.Push(Push(Bulk("message"), Bulk(m.Channel), Bulk(m.Payload)))
	}
}

// heard returns what is left of the reply to a command: what is pushed.
func (c *Client) heard(r Reply) Reply {
	switch c.silence.Load() {
	case skipsThis:
		c.silence.Store(speaks)
	case skipsNext:
		c.silence.Store(skipsThis)
	}
	if r.Kind == RepliesKind && r.num == wasHeard {
		return r
	}
	return pushed(r)
}

// pushed returns what is pushed of the reply to a command.
func pushed(r Reply) Reply {
	var all []Reply
	for _, e := range r.Elems() {
		if r.Kind == RepliesKind && e.Kind == PushKind {
			all = append(all, e)
		}
	}
	return Replies(all...)
}

// wasHeard marks, in its num, a reply that is Replies of what EXEC's client hears.
const wasHeard = 1

// hears reports whether the client hears the reply of the command that runs, which
// may have changed that.
func (c *Client) hears() bool {
	silence := c.silence.Load()
	return silence == speaks || silence == skipsNext
}

// What CLIENT REPLY can set.
const (
	speaks    = iota
	mute      // OFF
	skipsThis // SKIP, of the command before
	skipsNext // SKIP, of this one
)

// Silent says whether the client hears only what is pushed.
func (c *Client) Silent() bool { return c.silence.Load() != speaks }

// Heard returns what the connection hears of r, the reply to a command.
func (s *Session) Heard(r Reply) Reply {
	if s.Client == nil || !s.Client.Silent() {
		return r
	}
	return s.Client.heard(r)
}

// called notes that the client has called cmd with args, nil being an unknown command. What
// EXEC calls is not the client's own.
func (db *DB) called(c *Client, cmd *Command, args []string) {
	c.waiter = nil
	if !db.interrupted {
		db.trackers.current = c
	}
	if c.Query.Read.Load() {
		c.Query.Read.Store(false)
		c.active = db.Now()
	}
	if db.executing == nil {
		c.last, c.current = cmd, args
	}
}

// Interrupt begins a call in the turn of a script, which must stand still until
// Resume. Commands that may not run while a script does answer the error text, if
// that is not empty.
func (db *DB) Interrupt(text string) {
	db.interrupted, db.before = true, len(db.news)
	db.measured = db.journal.Measure(nil)
	if db.busy = text; text != "" {
		db.hooks |= hookBusy
	}
}

// Resume ends what Interrupt began. What the call has told is told even if what
// the script does is undone.
func (db *DB) Resume() {
	db.interrupted, db.busy = false, ""
	db.journal.Measure(db.measured)
	db.hooks &^= hookBusy
	for i := range db.news[db.before:] {
		db.news[db.before+i].stays = true
	}
}
