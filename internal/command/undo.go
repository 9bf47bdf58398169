package command

// What a script, or a function in Go, has done can be undone as long as its turn
// has not ended: the data, versions of watched keys, what is to be told, and who
// is to be served. What was counted for INFO stays counted.

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

// CanUndo says whether there was a Begin without an end.
func (db *DB) CanUndo() bool { return db.journal.On() }

// Keep keeps what was done since Begin.
func (db *DB) Keep() { db.journal.End() }

// Undo undoes all that was done since Begin, in time linear in that.
func (db *DB) Undo() {
	db.journal.Undo()
	for i := range db.spaces {
		switch ks := &db.spaces[i]; {
		case db.recount:
			ks.Count()
		case db.counting:
			ks.EndUndo()
		}
	}
	clear(db.news[db.undone.news:])
	db.news = db.news[:db.undone.news]
	db.trackers.forget(db.undone.broadcasts)
	db.unheld = 0
	for _, q := range db.ready[db.undone.ready:] {
		q.ready, q.arrived = false, false
	}
	clear(db.ready[db.undone.ready:])
	db.ready = db.ready[:db.undone.ready]
}
