// Package keyspace is one database: keys, the values under them, when they
// expire, when they were last used, and whether they changed while someone
// watched. It is not safe for concurrent use.
//
//	keyspace.go  Keyspace and Entry: lookup, change, iteration
//	index.go     the hash table of the keys
//	expiry.go    expiry: lazily on lookup, and a few at a time
//	due.go       who expires next
//	used.go      when, or how often, entries are used
//	memory.go    how much memory they take
//	watch.go     versions of watched keys
//	undo.go      how changes are undone
package keyspace

import (
	"math"
	"math/rand/v2"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
	"github.com/luastore/luastore/internal/value"
)

// A Keyspace maps keys to entries. The zero Keyspace is empty and ready to
// use. Times are in Unix milliseconds, and positive.
//
// All operations take amortised constant time unless they say otherwise.
type Keyspace struct {
	// Expired, if set, hears of every entry that is removed because it
	// expired, after its removal.
	Expired func(*Entry)

	// FieldsExpired, if set, hears of every hash of which fields were removed
	// because they expired, after their removal and, where none is left, that of
	// the hash.
	FieldsExpired func(*Entry)

	contents
	watched   map[string]*watch
	versions  uint64     // that watched keys have had
	frequency *Frequency // nil: entries know when they were used
	counting  bool       // what held says is right
	journal   *journal.Journal
	removed   bulk.Pile[*Entry] // since it is on, the last one last
}

// contents is what Swap swaps.
type contents struct {
	made   bool     // since the journal is on: nothing in it was there before
	order  []*Entry // every entry; a removed one is replaced by the last
	index  index    // of which key is where
	due    dueHeap
	held   int // bytes of the entries, each by itself
	before int // and what it is when all is undone that is in the journal

	volatile int // entries with an expiry of their own
}

// An Entry is a key with what is kept about it, in 48 bytes. It stays valid
// until its key is removed.
type Entry struct {
	key      string
	Value    value.Value
	expireAt int64  // 0: never
	used     uint32 // see used.go
	due      uint32 // in Keyspace.due, counted from 1; 0: not there. See also added.
}

// Key returns the entry's key.
func (e *Entry) Key() string { return e.key }

// ExpireAt returns when the entry expires, or 0 for never.
func (e *Entry) ExpireAt() int64 { return e.expireAt }

// expired says whether the entry's time has passed at now.
func (e *Entry) expired(now int64) bool { return e.expireAt != 0 && now > e.expireAt }

// Len returns the number of keys, counting those that have expired but were
// not looked up or reclaimed since.
func (ks *Keyspace) Len() int { return len(ks.order) }

// Get returns the entry of key, or nil, and marks it as used at now. An entry
// that has expired at now is removed, and so are fields of a hash, which takes
// time in their number.
func (ks *Keyspace) Get(key string, now int64) *Entry {
	e := ks.Peek(key, now)
	if e != nil {
		ks.use(e, now)
	}
	return e
}

// Peek is Get without the mark.
func (ks *Keyspace) Peek(key string, now int64) *Entry {
	p, at := ks.index.find(key, ks.order)
	if p == nil {
		return nil
	}
	e := ks.order[p.slots[at]]
	if ks.gone(e, now) {
		return nil
	}
	return e
}

// Stored returns the entry of key as it is kept, also if it has expired.
func (ks *Keyspace) Stored(key string) *Entry {
	p, at := ks.index.find(key, ks.order)
	if p == nil {
		return nil
	}
	return ks.order[p.slots[at]]
}

// Add makes an entry of key, which must not have one, that does not expire.
func (ks *Keyspace) Add(key string, v value.Value, now int64) *Entry {
	if len(ks.order) == cap(ks.order) {
		ks.order = bulk.Room(ks.order, ks.journal.Checker())
	}
	e := &Entry{key: value.Own(key), Value: v}
	ks.begin(e, now)
	ks.insert(e)
	ks.adopt(v)
	if ks.journal.On() {
		ks.record(undoAdd, e, 0)
		e.due |= added
		ks.journal.Track(e)
	}
	if ks.counting {
		ks.held += e.Size()
	}
	return e
}

// insert puts the entry where it can be found.
func (ks *Keyspace) insert(e *Entry) {
	ks.index.add(e.key, ks.order)
	ks.order = append(ks.order, e)
	if at := e.dueAt(); at != 0 { // also of a hash with fields that expire
		ks.due.add(e, at)
	}
}

// Remove removes the entry from the keyspace.
func (ks *Keyspace) Remove(e *Entry) {
	ks.unlink(e, ks.journal.On())
}

// Unlink is Remove where the value goes elsewhere.
func (ks *Keyspace) Unlink(e *Entry) { ks.unlink(e, false) }

// unlink is Remove; forgotten says that the value is kept only to be restored.
func (ks *Keyspace) unlink(e *Entry, forgotten bool) {
	if ks.counting {
		ks.held -= e.Size()
	}
	if ks.recording(e) {
		ks.recordRemove(e, forgotten)
	}
	ks.take(e)
}

// take removes the entry from where it is found.
func (ks *Keyspace) take(e *Entry) {
	if e.expireAt != 0 {
		ks.volatile--
	}
	ks.due.remove(e)
	p, at := ks.index.find(e.key, ks.order)
	slot, last := p.slots[at], len(ks.order)-1
	if moved := ks.order[last]; moved != e {
		q, at := ks.index.find(moved.key, ks.order)
		q.slots[at] = slot
		ks.order[slot] = moved
	}
	p.remove(at, ks.order)
	ks.order[last] = nil
	ks.order = ks.order[:last]
	if last == 0 && ks.index.depth > 0 { // it has grown large
		ks.contents = contents{made: ks.made, held: ks.held, before: ks.before}
	}
}

// Clear removes every key.
func (ks *Keyspace) Clear() {
	ks.touchPresent()
	if ks.journal.On() {
		if old := ks.contents; !old.made {
			ks.journal.AddFunc(0, func() { ks.contents = old })
			ks.journal.Track(ks)
		}
		ks.contents = contents{made: true}
		return
	}
	ks.contents = contents{}
}

// Swap exchanges the keys of two keyspaces. Who watches a key goes on watching
// it in the keyspace it was watched in. Watched keys that have expired at now are
// removed before: that they come or go is no change.
func (ks *Keyspace) Swap(other *Keyspace, now int64) {
	for _, watching := range [...]*Keyspace{ks, other} {
		for key := range watching.watched {
			ks.Peek(key, now)
			other.Peek(key, now)
		}
	}
	ks.touchPresent()
	other.touchPresent()
	if ks.journal.On() {
		ks.journal.AddFunc(0, func() { ks.contents, other.contents = other.contents, ks.contents })
		ks.journal.Track(ks)
		ks.journal.Track(other)
	}
	ks.contents, other.contents = other.contents, ks.contents
	ks.touchPresent()
	other.touchPresent()
}

// Random returns an entry that rnd chooses, or nil if there are none. Entries
// that have expired at now and come its way are removed; before each it calls
// tick, which may panic.
func (ks *Keyspace) Random(rnd *rand.Rand, now int64, tick func()) *Entry {
	for len(ks.order) > 0 {
		tick()
		e := ks.order[IntN(rnd, len(ks.order))]
		if !ks.gone(e, now) {
			return e
		}
	}
	return nil
}

// Scan visits up to count entries and returns the cursor to go on from: 0
// when the iteration is complete. It begins with cursor 0. Every entry that is
// there during the whole iteration is visited at least once, whatever is added
// or removed meanwhile. Entries that have expired at now are removed instead.
func (ks *Keyspace) Scan(cursor uint64, count int, now int64, visit func(*Entry)) (next uint64) {
	return value.Scan(len(ks.order), cursor, count, func(i int) {
		if i >= len(ks.order) { // others have expired since it began
			return
		}
		if e := ks.order[i]; !ks.gone(e, now) {
			visit(e)
		}
	})
}

// All visits every entry, in time linear in the number of entries, after it has
// removed those that have expired at now. The keyspace must not change meanwhile.
func (ks *Keyspace) All(now int64, visit func(*Entry)) {
	ks.Reclaim(now, math.MaxInt)
	for _, e := range ks.order {
		visit(e)
	}
}
