package value

import (
	"container/heap"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
)

// expiries are the fields of a Hash that expire.
type expiries struct {
	of   map[string]*fieldExpiry
	heap expiryHeap // the same, the soonest first
}

type fieldExpiry struct {
	field string
	at    int64
	place int // in the heap
}

// SetExpiry makes the field, which must be there, expire after the time at, in
// Unix milliseconds and positive. It takes time logarithmic in the number of
// fields that expire, as do Persist and Delete of such a field.
func (h *Hash) SetExpiry(field string, at int64) {
	if h.ExpireAt(field) == at {
		return
	}
	if h.log != nil {
		h.log.Add(journal.Change{Of: h, Op: undoExpiry, Text: field, N: h.ExpireAt(field)})
	}
	if h.expiries == nil {
		h.expiries = &expiries{of: map[string]*fieldExpiry{}}
	}
	x := h.expiries
	if e := x.of[field]; e != nil {
		e.at = at
		heap.Fix(&x.heap, e.place)
		return
	}
	e := &fieldExpiry{field: h.slots[h.find(field)].key, at: at}
	x.of[e.field] = e
	heap.Push(&x.heap, e)
}

// size returns how many bytes the expiries take.
func (x *expiries) size() int {
	if x == nil {
		return 0
	}
	return sizeOf(x) + IndexSize(len(x.heap)) + sliceSize(x.heap) + len(x.heap)*sizeOf(new(fieldExpiry))
}

// Persist removes the field's expiry, and says whether there was one.
func (h *Hash) Persist(field string) bool { return h.expiries != nil && h.persist(field) }

// persist is Persist where some field expires.
func (h *Hash) persist(field string) bool {
	x := h.expiries
	e := x.of[field]
	if e == nil {
		return false
	}
	if h.log != nil {
		h.log.Add(journal.Change{Of: h, Op: undoExpiry, Text: e.field, N: e.at})
	}
	delete(x.of, field)
	heap.Remove(&x.heap, e.place)
	if len(x.heap) == 0 {
		h.expiries = nil
	}
	return true
}

// ExpireAt returns when the field expires, or 0 for never.
func (h *Hash) ExpireAt(field string) int64 {
	if h != nil && h.expiries != nil {
		if e := h.expiries.of[field]; e != nil {
			return e.at
		}
	}
	return 0
}

// Volatile returns the number of fields that expire.
func (h *Hash) Volatile() int {
	if h == nil || h.expiries == nil {
		return 0
	}
	return len(h.expiries.heap)
}

// NextDue returns when the first field expires, or 0 if none does.
func (h *Hash) NextDue() int64 {
	if h.expiries == nil {
		return 0
	}
	return h.expiries.heap[0].at
}

// Due says whether some field has expired at now.
func (h *Hash) Due(now int64) bool { return h.expiries != nil && now > h.expiries.heap[0].at }

// Expire removes the fields that have expired at now, no more than n, and
// returns how many. It takes time linear in these, times the logarithm of the
// number that expire.
func (h *Hash) Expire(now int64, n int) (removed int) {
	for removed < n && h.Due(now) {
		h.log.Tick(expireTicks)
		h.Delete(h.expiries.heap[0].field)
		removed++
	}
	return removed
}

// expireTicks is what it takes to remove a field that expires, in ticks.
const expireTicks = 50

// clone takes time linear in the number of fields that expire.
func (x *expiries) clone(w bulk.Checker) *expiries {
	if x == nil {
		return nil
	}
	c := &expiries{bulk.MakeMap[string, *fieldExpiry](len(x.heap), w), bulk.Make[*fieldExpiry](len(x.heap), w)}
	for i, e := range x.heap {
		copied := *e
		c.heap[i], c.of[e.field] = &copied, &copied
		check(w, i)
	}
	return c
}

// expiryHeap is what container/heap needs.
type expiryHeap []*fieldExpiry

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].at < h[j].at }

func (h expiryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *expiryHeap) Push(e any) {
	e.(*fieldExpiry).place = len(*h)
	*h = append(*h, e.(*fieldExpiry))
}

func (h *expiryHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
