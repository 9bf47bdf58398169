package keyspace

import (
	"math/bits"
	"math/rand/v2"
	"unsafe"

	"github.com/luastore/luastore/internal/value"
)

// How much memory the keys take. What an entry takes by itself is counted, once
// Count has been called, as entries come and go; who changes a value says by
// how much (Resized). What all share is computed when it is asked for.

// Size returns about how many bytes the entry takes, with its part of what all
// share.
func (ks *Keyspace) Size(e *Entry) int {
	size := e.Size() + ks.tableSize()/len(ks.order)
	if e.expireAt != 0 {
		size += ks.due.size() / len(ks.due.items)
	}
	return size
}

// Size returns about how many bytes the entry takes by itself: its key, its
// value, and what is kept about them.
func (e *Entry) Size() int {
	return value.Allocated(int(unsafe.Sizeof(*e))) + value.TextSize(e.key) + e.Value.Size()
}

// tableSize returns how many bytes it takes to find the entries.
func (ks *Keyspace) tableSize() int {
	return ks.index.size() + value.Allocated(cap(ks.order)*int(unsafe.Sizeof((*Entry)(nil))))
}

// size returns how many bytes the heap takes.
func (h *dueHeap) size() int { return value.Allocated(cap(h.items) * int(unsafe.Sizeof(dueItem{}))) }

// Count begins to count, in time linear in the number of entries. Where changes
// are recorded the call may end before it does.
func (ks *Keyspace) Count() {
	held := 0
	for _, e := range ks.order {
		ks.journal.Tick(sizeTicks)
		held += e.Size()
	}
	ks.counting, ks.held = true, held
}

// CountChanges begins to count only by how much what the entries take changes.
func (ks *Keyspace) CountChanges() { ks.counting = true }

// EndCount ends counting.
func (ks *Keyspace) EndCount() { ks.counting = false }

// sizeTicks is what it takes to find out how large an entry is, in ticks.
const sizeTicks = 10

// Resized says that the size of an entry has changed by so many bytes.
func (ks *Keyspace) Resized(by int) { ks.held += by }

// Memory returns about how many bytes all entries take, with what they share.
func (ks *Keyspace) Memory() int { return ks.held + ks.tableSize() + ks.due.size() }

// Overhead returns how many of these are for what they share: to find entries,
// and to find those that are due.
func (ks *Keyspace) Overhead() (table, due int) { return ks.tableSize(), ks.due.size() }

// IntN returns a number from 0 up to n, which rnd chooses, as its method IntN does,
// but never asks rnd twice: a source that is always the same would be asked for ever.
func IntN(rnd *rand.Rand, n int) int {
	random := rnd.Uint64()
	if n&(n-1) == 0 {
		return int(random & uint64(n-1))
	}
	high, _ := bits.Mul64(random, uint64(n))
	return int(high)
}

// Sample returns an entry that rnd chooses, which may have expired, or nil if
// there are none: of all, or of those with an expiry.
func (ks *Keyspace) Sample(rnd *rand.Rand, volatile bool) *Entry {
	switch {
	case len(ks.order) == 0 || volatile && ks.Volatile() == 0:
		return nil
	case volatile:
		return ks.sampleVolatile(rnd)
	}
	return ks.order[IntN(rnd, len(ks.order))]
}

// sampleTries is at how many entries a sample of those with an expiry looks at
// most, which matters only beside a great many hashes of which only fields
// expire.
const sampleTries = 1000

func (ks *Keyspace) sampleVolatile(rnd *rand.Rand) *Entry {
	n := ks.Due()
	first := IntN(rnd, n)
	for i := range min(n, sampleTries) {
		if e := ks.due.items[(first+i)%n].entry; e.expireAt != 0 {
			return e
		}
	}
	return nil
}
