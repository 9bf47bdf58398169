package value

import (
	"iter"
	"math/bits"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
)

// List is a sequence of texts, a deque: reading an element by its index takes
// constant time, and so, amortised, do pushes and pops at either end. Indexes
// count from 0 and must be in the list. The zero List is empty. A nil *List
// reads as empty.
type List struct {
	ring  []string // as long as a power of two, or 0; the elements, then "" all around
	head  int      // where in ring the first element is
	len   int
	texts int              // bytes of the elements
	log   *journal.Journal // nil: changes are not recorded
}

// NewList returns an empty list with room for n elements.
func NewList(n int, w bulk.Checker) *List {
	return &List{ring: bulk.Make[string](ringFor(n), w)}
}

// ringMin is the least length of a ring that is not nil.
const ringMin = 4

func (l *List) Type() string     { return "list" }
func (l *List) Encoding() string { return "quicklist" }

func (l *List) Len() int {
	if l == nil {
		return 0
	}
	return l.len
}

func (l *List) Size() int { return sizeOf(l) + sliceSize(l.ring) + l.texts }

func (l *List) Clone(w bulk.Checker) Value {
	c := *l
	c.log = nil
	c.resize(len(l.ring), w)
	return &c
}

// At returns element i.
func (l *List) At(i int) string { return *l.slot(i) }

// FromEnd is At counted from the end: 0 is the last element.
func (l *List) FromEnd(i int) string { return l.At(l.Len() - 1 - i) }

// All goes through the elements, in order.
func (l *List) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range l.Len() {
			if !yield(l.At(i)) {
				return
			}
		}
	}
}

// Set replaces element i.
func (l *List) Set(i int, text string) {
	if old := l.At(i); old != text {
		l.record(undoReplace, i, old)
		l.set(i, Own(text))
	}
}

func (l *List) set(i int, text string) {
	slot := l.slot(i)
	l.texts += TextSize(text) - TextSize(*slot)
	*slot = text
}

// Index returns the index of the first element equal to text, or -1. It takes
// linear time.
func (l *List) Index(text string, w bulk.Checker) int {
	for i := range l.Len() {
		if l.At(i) == text {
			return i
		}
		check(w, i)
	}
	return -1
}

// PushFront adds an element before the first.
func (l *List) PushFront(text string) {
	l.grow()
	l.record(undoPushFront, 0, "")
	l.pushFront(text)
}

// pushFront is PushFront where there is room.
func (l *List) pushFront(text string) {
	l.head = (l.head - 1) & (len(l.ring) - 1)
	l.len++
	l.set(0, Own(text))
}

// PushBack adds an element after the last.
func (l *List) PushBack(text string) {
	l.grow()
	l.record(undoPushBack, 0, "")
	l.pushBack(text)
}

// pushBack is PushBack where there is room.
func (l *List) pushBack(text string) {
	l.len++
	l.set(l.len-1, Own(text))
}

// PopFront removes the first element, which must exist, and returns it.
func (l *List) PopFront() string {
	text := l.At(0)
	l.record(undoPopFront, 0, text)
	l.popFront()
	l.shrink()
	return text
}

func (l *List) popFront() {
	l.set(0, "") // keeps no text alive
	l.head = (l.head + 1) & (len(l.ring) - 1)
	l.len--
}

// PopBack removes the last element, which must exist, and returns it.
func (l *List) PopBack() string {
	text := l.At(l.len - 1)
	l.record(undoPopBack, 0, text)
	l.popBack()
	l.shrink()
	return text
}

func (l *List) popBack() {
	l.set(l.len-1, "")
	l.len--
}

// Insert adds an element before element i, or after the last if i is Len. It
// takes time linear in the distance to the nearer end.
func (l *List) Insert(i int, text string) {
	l.grow()
	l.record(undoAdd, i, "")
	if i < l.len/2 {
		l.pushFront("")
		l.moveDown(1, i+1)
	} else {
		l.pushBack("")
		l.moveUp(i, l.len-1)
	}
	*l.slot(i) = ""
	l.set(i, Own(text))
}

// remove undoes Insert.
func (l *List) remove(i int) {
	l.set(i, "")
	if i < (l.len-1)/2 {
		l.moveUp(0, i)
		*l.slot(0) = ""
		l.popFront()
		l.log.Tick(i / movesPerTick)
	} else {
		l.moveDown(i+1, l.len)
		*l.slot(l.len - 1) = ""
		l.popBack()
		l.log.Tick((l.len - i) / movesPerTick)
	}
}

// moveDown moves the elements from one up to another by one place towards the
// front, and moveUp towards the back.
func (l *List) moveDown(start, end int) {
	for start < end {
		to, from := l.slotsFrom(start-1), l.slotsFrom(start)
		start += bulk.Copy(to, from[:min(len(from), end-start)])
	}
}

func (l *List) moveUp(start, end int) {
	for start < end {
		to, from := l.slotsTo(end+1), l.slotsTo(end)
		n := min(len(to), len(from), end-start, movedAtOnce)
		end -= copy(to[len(to)-n:], from[len(from)-n:])
	}
}

// slotsFrom returns slots that follow each other in the ring, the first that of
// element i; slotsTo returns some of which the last is that of the element before i.
func (l *List) slotsFrom(i int) []string {
	return l.ring[(l.head+i)&(len(l.ring)-1):]
}

func (l *List) slotsTo(i int) []string {
	return l.ring[:(l.head+i-1)&(len(l.ring)-1)+1]
}

// RemoveFirst removes the elements equal to text, no more than most of them
// and the first ones, and returns how many. It takes linear time.
func (l *List) RemoveFirst(text string, most int) (n int) {
	r := removal{l: l, text: text}
	for i := 0; i < l.Len() && r.at.Len() < most; i++ {
		l.log.Tick(1)
		if l.At(i) == text {
			*r.at.Add() = i
		}
	}
	return r.remove()
}

// RemoveLast is RemoveFirst from the last element on.
func (l *List) RemoveLast(text string, most int) (n int) {
	r := removal{l: l, text: text, downward: true}
	for i := l.Len() - 1; i >= 0 && r.at.Len() < most; i-- {
		l.log.Tick(1)
		if l.At(i) == text {
			*r.at.Add() = i
		}
	}
	return r.remove()
}

// Trim removes all but the elements from start up to end, in time linear in the
// number of those that are removed or of those that are kept, whichever are fewer.
func (l *List) Trim(start, end int) {
	const few = 64 // elements
	kept := end - start
	if removed := l.Len() - kept; removed <= max(kept, few) {
		for range l.Len() - end {
			l.PopBack()
			l.log.Tick(popTicks)
		}
		for range start {
			l.PopFront()
			l.log.Tick(popTicks)
		}
		return
	}
	ring := bulk.Make[string](ringFor(kept), l.log.Checker())
	texts := 0
	for i := range kept {
		l.log.Tick(popTicks)
		ring[i] = l.At(start + i)
		texts += TextSize(ring[i])
	}
	l.recordRing()
	l.ring, l.head, l.len, l.texts = ring, 0, kept, texts
}

// What it takes to remove an element at an end, in ticks, how many can be moved by
// one place in a tick, and how many are without letting the garbage collector in.
const (
	popTicks     = 2
	movesPerTick = 10
	movedAtOnce  = 1 << 13
)

func (l *List) slot(i int) *string { return &l.ring[(l.head+i)&(len(l.ring)-1)] }

// grow makes room for one more element.
func (l *List) grow() {
	if l.len == len(l.ring) {
		l.resize(max(2*len(l.ring), ringMin), l.log.Checker())
	}
}

// shrink gives room back where three quarters are empty, so that half of what
// stays is: neither the next pushes nor the next pops resize again. While changes
// are recorded it does not, so that there is room to undo them.
func (l *List) shrink() {
	if len(l.ring) > ringMin && l.len <= len(l.ring)/4 && !l.log.On() {
		l.resize(ringFor(l.len), nil)
	}
}

// ringFor returns how long a ring is that is half full with n elements.
func ringFor(n int) int { return max(1<<bits.Len(uint(n)), ringMin) }

func (l *List) resize(n int, w bulk.Checker) {
	ring := bulk.Make[string](n, w)
	if end := l.head + l.len; end <= len(l.ring) {
		bulk.Move(ring, l.ring[l.head:end], w)
	} else {
		bulk.Move(ring, l.ring[l.head:], w)
		bulk.Move(ring[len(l.ring)-l.head:], l.ring[:end-len(l.ring)], w)
	}
	l.ring, l.head = ring, 0
}
