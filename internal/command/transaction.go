package command

import (
	"slices"
	"strings"
)

// Transactions: commands that run together, and only if no key that the
// session watches has changed.
var transactionCommands = []Row{
	{Name: "discard", Arity: 1, Flags: NoScript | Loading | Stale | Fast | AllowBusy | NoQueue | EndsQueue, Run: discard},
	{Name: "exec", Arity: 1, Flags: NoScript | Loading | Stale | SkipSlowlog | NoQueue | EndsQueue | RunsQueue, Run: exec},
	{Name: "multi", Arity: 1, Flags: NoScript | Loading | Stale | Fast | AllowBusy | NoQueue, Run: multi},
	{Name: "unwatch", Arity: 1, Flags: NoScript | Loading | Stale | Fast | AllowBusy, Run: unwatch},
	{Name: "watch", Arity: -2, Flags: NoScript | Loading | Stale | Fast | AllowBusy | NoQueue, Keys: allKeys(RO), Run: watch},
}

func discard(c *Call) Reply {
	c.transaction()
	c.s.EndTransaction()
	return OK
}

func exec(c *Call) Reply {
	t := c.transaction()
	changed := c.s.dirty(c.now())
	c.s.EndTransaction()
	switch {
	case t.spoiled:
		c.fail("EXECABORT Transaction discarded because of previous errors.")
	case changed:
		return NilArray()
	}
	return c.execute(t)
}

func multi(c *Call) Reply {
	c.needsSession()
	if c.s.queueing() {
		c.fail("ERR MULTI calls can not be nested")
	}
	c.s.transact()
	c.s.hooks |= hookMulti
	return OK
}

func unwatch(c *Call) Reply {
	c.needsSession()
	c.s.EndTransaction()
	return OK
}

func watch(c *Call) Reply {
	c.needsSession()
	if c.s.queueing() {
		c.fail("ERR WATCH inside MULTI is not allowed")
	}
	t := c.s.transact()
	c.tick(len(c.args) * elementTicks)
	for _, key := range c.args[1:] {
		p := place{c.ks, key}
		if t.watches[p] {
			continue
		}
		if t.watches == nil {
			t.watches = make(map[place]bool)
		}
		t.watches[p] = true
		c.ks.Watch(key, c.now())
		t.watched = append(t.watched, watchedKey{p, c.ks.Version(key, c.now())})
	}
	return OK
}

// A transaction is what a session has from WATCH or MULTI on until EXEC,
// DISCARD or UNWATCH.
type transaction struct {
	watched []watchedKey   // in the order in which they were
	watches map[place]bool // the same keys
	spoiled bool           // a command that was to be queued was refused
	queue   []queued
	flags   Flags // of all that are queued
	size    int   // and about how many bytes they take
	// argsSize is what CLIENT LIST says that their arguments take.
	argsSize int
}

// A watchedKey is a key with the version that it had when it was watched.
type watchedKey struct {
	place
	version uint64
}

type queued struct {
	cmd  *Command
	args []string
}

const (
	queueMost  = 1 << 30 // bytes that a transaction may take
	queuedSize = 64      // bytes of one command without its arguments
	wordSize   = 16      // and of an argument without its text
	// pointerSize is what CLIENT LIST counts for an argument beside its text.
	pointerSize = 8
)

// transact returns the session's transaction, which may begin now.
func (s *Session) transact() *transaction {
	if s.transaction == nil {
		s.transaction = new(transaction)
	}
	return s.transaction
}

// queueing says whether MULTI was called.
func (s *Session) queueing() bool { return s.hooks&hookMulti != 0 }

// shownTransaction returns the transaction that the session queues commands
// for, or runs; nil if there is none.
func (s *Session) shownTransaction() *transaction {
	if s.queueing() {
		return s.transaction
	}
	return s.running
}

// dirty says whether a key has changed at now since the session watches it.
func (s *Session) dirty(now int64) bool {
	return s.transaction != nil &&
		slices.ContainsFunc(s.transaction.watched, func(w watchedKey) bool { return w.ks.Version(w.key, now) != w.version })
}

// EndTransaction forgets the commands that are queued and the keys that are
// watched. A session that has watched keys and is used no more must call it.
func (s *Session) EndTransaction() {
	if s.transaction == nil {
		return
	}
	for _, w := range s.transaction.watched {
		w.ks.Unwatch(w.key)
	}
	s.transaction = nil
	s.hooks &^= hookMulti
}

// Watched returns how many keys sessions watch.
func (db *DB) Watched() (n int) {
	for i := range db.spaces {
		n += db.spaces[i].Watched()
	}
	return n
}

// transaction returns the one that the command, EXEC or DISCARD, ends.
func (c *Call) transaction() *transaction {
	c.needsSession()
	if !c.s.queueing() {
		c.fail("ERR " + strings.ToUpper(c.cmd.Name) + " without MULTI")
	}
	return c.s.transaction
}

// queues reports whether the session queues cmd for EXEC rather than run it.
func (s *Session) queues(cmd *Command) bool { return s.queueing() && cmd.Flags&NoQueue == 0 }

// add queues a call, which has the flags, unless EXEC will fail anyway.
func (t *transaction) add(cmd *Command, args []string, flags Flags) Reply {
	if t.spoiled {
		return Status("QUEUED")
	}
	size := queuedSize + len(args)*wordSize
	for _, a := range args {
		size += len(a)
	}
	if t.size+size > queueMost {
		t.spoiled = true
		return Err("ERR The commands of the transaction take too much memory")
	}
	t.size += size
	t.argsSize += size - queuedSize - len(args)*(wordSize-pointerSize)
	t.flags |= flags
	t.queue = append(t.queue, queued{cmd, slices.Clone(args)})
	return Status("QUEUED")
}

// needsRoom reports whether cmd, called so that it has the flags, must not run,
// or be queued, where memory is short. In a transaction only the commands that
// end it may; EXEC if those that it runs may.
func (s *Session) needsRoom(cmd *Command, flags Flags) bool {
	return flags&DenyOOM != 0 || s.queueing() && cmd.Flags&EndsQueue == 0
}

const execAbort = "EXECABORT Transaction discarded because of: "

// rejected answers a call that a check has rejected. In a transaction EXEC will
// fail then, and if the call is EXEC it has failed.
func (db *DB) rejected(s *Session, cmd *Command, args []string, r Reply) *Reply {
	if s.hooks&hookTracking != 0 {
		db.endCaching(s, cmd)
	}
	if cmd != nil && cmd.Flags&RunsQueue != 0 && !s.Script {
		s.EndTransaction()
		if db.hooks&hookMonitor != 0 {
			db.show(s, cmd, args)
		}
		r = Err(execAbort + strings.TrimPrefix(r.Str(), "ERR "))
	} else if s.queueing() {
		s.transaction.spoiled = true
	}
	db.countRejection(cmd, r.Str())
	s.reply = r
	return &s.reply
}

// queuedTicks is what a queued command counts for, beside its own work.
const queuedTicks = 100

// execute runs the commands of a transaction. None of them waits, and between
// them nothing is evicted. Where what is stopped is to be undone, the transaction
// is undone as a whole, by whoever ends the turn if it was left by a panic.
func (c *Call) execute(t *transaction) Reply {
	db, s := c.db, c.s
	elems := c.room(len(t.queue))
	c.reserved = 0 // they count as the commands answer
	c.counted = true
	client := s.Client
	hears := client == nil || client.hears()
	defer func(c Call, mayWait bool) { s.call, s.MayWait, s.running, db.executing = c, mayWait, nil, nil }(*c, s.MayWait)
	db.BeginScript(s, false)
	s.MayWait, s.running, db.executing = false, t, s
	if db.UndoStopped {
		db.Begin()
		db.journal.AddFunc(0, s.save())
	}
	for _, q := range t.queue {
		c.tick(queuedTicks)
		r := *db.Run(s, q.cmd, q.args)
		if db.doomed {
			db.Undo()
			return Err(execAbort + strings.TrimPrefix(r.Str(), "ERR "))
		}
		switch {
		case client != nil && !client.hears():
			if r = pushed(r); len(r.Elems()) == 0 {
				continue
			}
		case s.RESP != 3:
			r = r.RESP2()
		}
		elems = append(elems, r.In(s.RESP))
	}
	db.Keep()
	r := Array(elems...)
	if len(elems) < len(t.queue) {
		r = r.Announcing(len(t.queue))
	}
	if client != nil && client.Silent() || !hears {
		// Where it was silent when EXEC began, the client does not hear that what
		// follows is an array.
		if r = Replies(r); !hears {
			r = Replies(elems...)
		}
		r.num = wasHeard
	}
	return r
}

// needsSession refuses what is only for a caller with a session of its own.
func (c *Call) needsSession() {
	if c.s.Stateless {
		c.fail("ERR " + strings.ToUpper(c.cmd.Name) + " needs a Session: without one each command stands alone")
	}
}
