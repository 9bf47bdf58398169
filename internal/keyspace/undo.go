package keyspace

import (
	"github.com/luastore/luastore/internal/journal"
	"github.com/luastore/luastore/internal/value"
)

// How changes are undone. A keyspace with a journal that is on records there
// each change of its own, with the key, by which the entry is found again; and
// for values it lets them record theirs.

// What undoes a change.
const (
	undoAdd    = iota // the entry of the key
	undoRemove        // the entry that was removed last
	undoExpiry        // when it expires
	undoUse           // when or how often it was used
	undoChange        // of its value, which has undone what was changed in it
)

// SetJournal makes j the journal, for all time.
func (ks *Keyspace) SetJournal(j *journal.Journal) { ks.journal = j }

// BeginJournal must be called when the journal is switched on, and EndUndo when
// all was undone.
func (ks *Keyspace) BeginJournal() { ks.before = ks.held }
func (ks *Keyspace) EndUndo()      { ks.held = ks.before }

// added is the bit of Entry.due of entries that were added since the journal is
// on.
const added = 1 << 31

// recording says whether what happens to e is recorded: what was added since the
// journal is on goes when that is undone, whatever has happened to it.
func (ks *Keyspace) recording(e *Entry) bool {
	return ks.journal.On() && e.due&added == 0
}

// Record says that the journal has ended.
func (e *Entry) Record(*journal.Journal) { e.due &^= added }

// WillChange must be called before the value of an entry is changed. To replace
// it use Replace.
func (ks *Keyspace) WillChange(e *Entry) {
	if !ks.recording(e) || e.Value.Recording() {
		return // a value that was moved to a new entry was looked up before
	}
	if _, ok := e.Value.(*value.String); !ok { // a String comes back as large as it was
		size := 0
		if ks.counting {
			size = e.Size()
		}
		ks.record(undoChange, e, int64(size))
		ks.journal.Track(e.Value)
	}
	e.Value.Record(ks.journal)
}

// Replace makes v, which nothing else has, the value of the entry.
func (ks *Keyspace) Replace(e *Entry, v value.Value) {
	if old := e.Value; ks.recording(e) && !ks.journal.Saved(e) {
		ks.journal.AddFunc(old.Size(), func() { e.Value = old })
	}
	ks.adopt(v)
	e.Value = v
}

// adopt says that v is in the keyspace only since the journal is on, if it is,
// unless v was moved. Strings record nothing unless they are told to.
func (ks *Keyspace) adopt(v value.Value) {
	if _, ok := v.(*value.String); !ok && ks.journal.On() && !v.Recording() {
		v.Record(ks.journal.Made())
		ks.journal.Track(v)
	}
}

func (ks *Keyspace) record(op int, e *Entry, n int64) {
	ks.journal.Add(journal.Change{Of: ks, Op: op, Text: e.key, N: n})
}

// Undo undoes a change. What the keys take in memory is settled by EndUndo.
func (ks *Keyspace) Undo(c *journal.Change) {
	if c.Op == undoRemove {
		e := *ks.removed.At(ks.removed.Len() - 1)
		ks.insert(e)
		if e.expireAt != 0 {
			ks.volatile++
		}
		ks.removed.Drop()
		return
	}
	p, at := ks.index.find(c.Text, ks.order)
	if p == nil { // it was removed since it was added, and is not missed
		return
	}
	e := ks.order[p.slots[at]]
	switch c.Op {
	case undoAdd:
		ks.take(e)
	case undoExpiry:
		ks.setExpiry(e, c.N)
		ks.schedule(e)
	case undoUse:
		e.used = uint32(c.N)
	case undoChange:
		ks.schedule(e)
		if ks.counting {
			ks.before += e.Size() - int(c.N)
		}
	}
}

// recordRemove records that an entry is removed; forgotten says that its value is
// only kept to be restored.
func (ks *Keyspace) recordRemove(e *Entry, forgotten bool) {
	ks.record(undoRemove, e, 0)
	if forgotten {
		ks.journal.Keep(e.Size())
	}
	if ks.removed.Len() == 0 {
		ks.journal.Track(ks)
	}
	*ks.removed.Add() = e
}

// Record forgets what was removed, when the journal ends.
func (ks *Keyspace) Record(*journal.Journal) {
	ks.made = false
	ks.removed.Clear()
}

// schedule makes sure that the entry, whose expiry or that of fields was
// changed, is looked at when it is due.
func (ks *Keyspace) schedule(e *Entry) {
	if at := e.dueAt(); at != 0 {
		ks.due.add(e, at)
	} else {
		ks.due.remove(e)
	}
}
