package command

// What a script, or a function in Go, has done can be undone as long as its turn
// has not ended: the data, versions of watched keys, what is to be told, and who
// is to be served. What was counted for INFO stays counted.
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

// Visit must be called before a call runs in the middle of another, and what it
// returns when that call has ended.
func (db *DB) Visit() (end func()) {
	host := db.journal.Measure(nil)
	return func() { db.journal.Measure(host) }
}

// Doom says that what was done since Begin cannot be kept, because a part of it,
// which is to be undone, cannot be undone alone.
func (db *DB) Doom() { db.doomed = true }

// CanUndo says whether there was a Begin without an end.
func (db *DB) CanUndo() bool { return db.journal.On() }

// Keep keeps what was done since Begin.
func (db *DB) Keep() { db.journal.End(db.Leave) }

// Undo undoes all that was done since Begin, in time linear in that.
func (db *DB) Undo() {
	db.dropNews(db.undone.news)
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
		db.counting = false // until somebody asks again
	}
	if db.counting {
		for i := range db.spaces {
			db.spaces[i].EndUndo()
		}
	}
}

// Owes reports whether Leave has ended Undo or Keep before they were done. Until
// they are, by Resume, nothing must be done with the data.
func (db *DB) Owes() bool { return db.journal.Owes() }

// Resume goes on where Undo or Keep was left, until that is done or leave, as
// Leave, says that it is enough.
func (db *DB) Resume(leave func() bool) {
	db.journal.Resume(leave)
	db.restored()
}
