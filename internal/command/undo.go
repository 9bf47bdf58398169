package command

// What a script, a transaction, or a function in Go, has done can be undone as long
// as its turn has not ended: the data, versions of watched keys, what is to be told,
// and who is to be served. Of a transaction that is also what it has done to the
// session, the configuration, users, scripts and functions. What was counted for
// INFO stays counted, and connections that were closed stay closed.
//
// To undo takes as long as what is undone, for which a caller whose context has
// ended does not wait: it leaves the rest to the next one, who begins with it.

// mark is where a turn was when it began to record.
type mark struct{ news, ready, broadcasts int }

// Begin makes Undo possible, until that or Keep.
func (db *DB) Begin() {
	db.journal.Begin()
	db.undone = mark{len(db.news), len(db.ready), len(db.trackers.changed)}
	db.recount, db.doomed = false, false
	if db.counting {
		for i := range db.spaces {
			db.spaces[i].BeginJournal()
		}
	}
}

// Doom says that what was done since Begin cannot be kept, because a part of it,
// which is to be undone, cannot be undone alone.
func (db *DB) Doom() { db.doomed = true }

// Doomed reports whether Doom was called since Begin.
func (db *DB) Doomed() bool { return db.doomed }

// Undoing records how to undo what is not data, but is about to be changed by a
// call in a transaction.
func (c *Call) Undoing(undo func()) {
	if c.db.executing == c.s {
		c.db.journal.AddFunc(0, undo)
	}
}

// UndoingOnce is Undoing for what changes in several ways, of is a pointer to which:
// save is called before the first of the changes of a transaction.
func (c *Call) UndoingOnce(of any, save func() (undo func())) {
	if c.db.executing == c.s && c.db.CanUndo() && !c.db.journal.Saved(of) {
		c.db.journal.AddFunc(0, save())
	}
}

// undoable is Undoing for a variable.
func undoable[T any](c *Call, at *T) {
	old := *at
	c.Undoing(func() { *at = old })
}

// save returns what makes the session again what it is now, but for its
// transaction, subscriptions and tracking.
func (s *Session) save() (restore func()) {
	selected, resp, hooks, user := s.Selected, s.RESP, s.hooks, s.user
	client := s.Client
	if client == nil {
		return func() { s.Selected, s.RESP, s.hooks, s.user = selected, resp, hooks, user }
	}
	name, library, silence := client.name, client.library, client.silence.Load()
	unevictable, closing, debug := client.unevictable, client.Closing, client.Debug
	return func() {
		s.Selected, s.RESP, s.hooks, s.user = selected, resp, hooks, user
		client.name, client.library = name, library
		client.silence.Store(silence)
		client.unevictable, client.Closing, client.Debug = unevictable, closing, debug
	}
}

// CanUndo says whether there was a Begin without an end.
func (db *DB) CanUndo() bool { return db.journal.On() }

// Keep keeps what was done since Begin.
func (db *DB) Keep() { db.journal.End(db.Leave) }

// Undo undoes all that was done since Begin, in time linear in that.
func (db *DB) Undo() {
	kept := db.undone.news
	for _, n := range db.news[kept:] {
		if n.stays {
			db.news[kept] = n
			kept++
		}
	}
	db.dropNews(kept)
	db.trackers.forget(db.undone.broadcasts)
	db.unheld = 0
	for _, q := range db.ready[db.undone.ready:] {
		q.ready, q.arrived = false, false
	}
	clear(db.ready[db.undone.ready:])
	db.ready = db.ready[:db.undone.ready]
	db.restoring = true
	db.journal.Undo(db.Leave)
	db.restored()
}

// restored settles what Undo has changed, if it has been done.
func (db *DB) restored() {
	if !db.restoring || db.journal.Owes() {
		return
	}
	db.restoring = false
	if db.recount {
		db.endCounting() // until it is asked for again
	}
	if db.counting {
		for i := range db.spaces {
			db.spaces[i].EndUndo()
		}
	}
}

// Owes reports whether Leave has ended Undo or Keep before they were done. Until
// they are, by SettleUp, nothing must be done with the data.
func (db *DB) Owes() bool { return db.journal.Owes() }

// SettleUp goes on where Undo or Keep was left, until that is done or leave, as
// Leave, says that it is enough.
func (db *DB) SettleUp(leave func() bool) {
	db.journal.Resume(leave)
	db.restored()
}
