package value

import (
	"iter"

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

func (l *List) Clone() Value {
	c := *l
	c.log = nil
	c.resize(len(l.ring))
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
	l.record(undoReplace, i, l.At(i))
	l.set(i, Own(text))
}

func (l *List) set(i int, text string) {
	slot := l.slot(i)
	l.texts += TextSize(text) - TextSize(*slot)
	*slot = text
}

// Index returns the index of the first element equal to text, or -1. It takes
// linear time.
func (l *List) Index(text string) int {
	for i := range l.Len() {
		if l.At(i) == text {
			return i
		}
	}
	return -1
}

// PushFront adds an element before the first.
func (l *List) PushFront(text string) {
	l.record(undoPushFront, 0, "")
	l.pushFront(text)
}

func (l *List) pushFront(text string) {
	l.grow()
	l.head = (l.head - 1) & (len(l.ring) - 1)
	l.len++
	l.set(0, Own(text))
}

// PushBack adds an element after the last.
func (l *List) PushBack(text string) {
	l.record(undoPushBack, 0, "")
	l.pushBack(text)
}

func (l *List) pushBack(text string) {
	l.grow()
	l.len++
	l.set(l.len-1, Own(text))
}

// PopFront removes the first element, which must exist, and returns it.
func (l *List) PopFront() string {
	l.record(undoPopFront, 0, l.At(0))
	return l.popFront()
}

func (l *List) popFront() string {
	text := l.At(0)
	l.set(0, "") // keeps no text alive
	l.head = (l.head + 1) & (len(l.ring) - 1)
	l.len--
	l.shrink()
	return text
}

// PopBack removes the last element, which must exist, and returns it.
func (l *List) PopBack() string {
	l.record(undoPopBack, 0, l.At(l.len-1))
	return l.popBack()
}

func (l *List) popBack() string {
	text := l.At(l.len - 1)
	l.set(l.len-1, "")
	l.len--
	l.shrink()
	return text
}

// Insert adds an element before element i, or after the last if i is Len. It
// takes time linear in the distance to the nearer end.
func (l *List) Insert(i int, text string) {
	l.record(undoAdd, i, "")
	if i < l.len/2 {
		l.pushFront("")
		for j := range i {
			l.set(j, l.At(j+1))
		}
	} else {
		l.pushBack("")
		for j := l.len - 1; j > i; j-- {
			l.set(j, l.At(j-1))
		}
	}
	l.set(i, Own(text))
}

// RemoveFirst removes the elements equal to text, no more than most of them
// and the first ones, and returns how many. It takes linear time.
func (l *List) RemoveFirst(text string, most int) (n int) {
	removed := l.recordRemoval(text)
	i, kept := 0, 0 // what was looked at, and is left of it
	for ; i < l.Len() && n < most; i++ {
		if l.At(i) == text {
			n++
			removed.add(i)
		} else {
			l.set(kept, l.At(i))
			kept++
		}
	}
	l.cut(kept, i)
	return n
}

// RemoveLast is RemoveFirst from the last element on.
func (l *List) RemoveLast(text string, most int) (n int) {
	removed := l.recordRemoval(text)
	i, kept := l.Len(), l.Len()
	for i > 0 && n < most {
		i--
		if l.At(i) == text {
			n++
			removed.add(i)
		} else {
			kept--
			l.set(kept, l.At(i))
		}
	}
	l.cut(i, kept)
	return n
}

// Trim removes all but the elements from start up to end, in time linear in
// their number.
func (l *List) Trim(start, end int) {
	for range l.Len() - end {
		l.PopBack()
	}
	for range start {
		l.PopFront()
	}
}

// cut removes the elements from start up to end, and moves those on the
// shorter side together.
func (l *List) cut(start, end int) {
	n := end - start
	if start < l.Len()-end {
		for i := start - 1; i >= 0; i-- {
			l.set(i+n, l.At(i))
		}
		for range n {
			l.popFront()
		}
	} else {
		for i := end; i < l.Len(); i++ {
			l.set(i-n, l.At(i))
		}
		for range n {
			l.popBack()
		}
	}
}

func (l *List) slot(i int) *string { return &l.ring[(l.head+i)&(len(l.ring)-1)] }

// grow makes room for one more element.
func (l *List) grow() {
	if l.len == len(l.ring) {
		l.resize(max(2*len(l.ring), ringMin))
	}
}

// shrink gives room back where three quarters are empty, so that half of what
// stays is: neither the next pushes nor the next pops resize again.
func (l *List) shrink() {
	if len(l.ring) > ringMin && l.len <= len(l.ring)/4 {
		l.resize(len(l.ring) / 2)
	}
}

func (l *List) resize(n int) {
	ring := make([]string, n)
	if end := l.head + l.len; end <= len(l.ring) {
		bulk.Copy(ring, l.ring[l.head:end])
	} else {
		front := bulk.Copy(ring, l.ring[l.head:])
		bulk.Copy(ring[front:], l.ring[:end-len(l.ring)])
	}
	l.ring, l.head = ring, 0
}
