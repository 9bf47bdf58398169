package value

import (
	"math"
	"slices"
	"unsafe"

	"github.com/luastore/luastore/internal/journal"
)

// How changes of values are undone. A value that records its changes tells the
// journal before each what undoes it, in constant time and room where the change
// takes that. As changes are undone in reverse order, each finds the value as
// the change has left it: what is visible of a value (the elements, their order
// in compact encodings, the encoding) comes back exactly, and so does the order
// of hash tables. How much room there is to spare does not.

// What undoes a change.
const (
	undoAdd = iota
	undoRemove
	undoReplace
	undoExpiry
	undoAddInt
	undoOwnInt
	undoRemoveInt
	undoPushFront
	undoPushBack
	undoPopFront
	undoPopBack
)

// closureSize is about what a function that undoes something takes, in bytes.
const closureSize = 64

func (h *Hash) Record(j *journal.Journal)      { h.log = j }
func (s *Set) Record(j *journal.Journal)       { s.log = j }
func (l *List) Record(j *journal.Journal)      { l.log = j }
func (z *SortedSet) Record(j *journal.Journal) { z.log = j }
func (s *Stream) Record(j *journal.Journal)    { s.log = j }

func (h *Hash) Recording() bool      { return h.log != nil }
func (s *Set) Recording() bool       { return s.log != nil }
func (l *List) Recording() bool      { return l.log != nil }
func (z *SortedSet) Recording() bool { return z.log != nil }
func (s *Stream) Recording() bool    { return s.log != nil }
func (s *String) Recording() bool    { return false }

// Record keeps what the String is now: its form, its text if that is none that
// is edited in place, and else that edits of this are recorded.
func (s *String) Record(j *journal.Journal) {
	const short, few = 256, 64 // then it is faster to record it several times
	if !j.On() || (j.Len() > few || !s.isInteger() && s.Len() > short) && j.Saved(s) {
		return
	}
	switch b := s.buf(); {
	case b == nil && s.isInteger():
		op := undoAddInt
		if s.data == unsafe.Pointer(&ownInteger) {
			op = undoOwnInt
		}
		j.Add(journal.Change{Of: s, Op: op, N: s.n})
	case b == nil:
		j.Add(journal.Change{Of: s, Op: undoReplace, Old: s.view()})
	case b.log == nil:
		j.AddFunc(sizeOf(b), func() { s.setBuffer(b) })
		b.log = j
		j.Track(b)
	}
}

func (s *String) Undo(c *journal.Change) {
	switch c.Op {
	case undoAddInt, undoOwnInt:
		s.SetInt(c.N)
		if c.Op == undoOwnInt {
			s.Unshare()
		}
		return
	}
	s.data, s.n = unsafe.Pointer(unsafe.StringData(c.Old)), int64(len(c.Old))
}

func (b *buffer) Record(j *journal.Journal) { b.log, b.copyOf = j, nil }

// recordBytes records that n bytes from off on are written to.
func (b *buffer) recordBytes(off, n int) {
	b.log.Add(journal.Change{Of: b, N: int64(off), Old: string(b.bytes[off : off+n])})
}

// moved says that the buffer has got a new array. To undo all edits of that is to
// go back to the old one, so none is recorded.
func (b *buffer) moved(old []byte) {
	if b.log != nil {
		b.log.Keep(cap(old))
		b.log = b.log.Made()
	}
}

func (b *buffer) Undo(c *journal.Change) {
	b.log.Tick(len(c.Old) / bytesPerTick)
	copy(b.from(int(c.N), len(c.Old), nil), c.Old)
}

// bytesPerTick is how many bytes are copied in a tick.
const bytesPerTick = 100

// record records that the buffer gets another length, and maybe other room. When
// that is undone what is behind its length is zero again, unless it is a part of
// a text that was handed out: then that keeps the room.
func (b *buffer) record() {
	if b.log == nil {
		return
	}
	bytes, shared := b.bytes, b.shared
	b.log.AddFunc(closureSize, func() {
		switch room := unsafe.SliceData(bytes); {
		case unsafe.SliceData(b.bytes) != room && b.copyOf != room: // it was left since, as it was
			b.bytes, b.shared = bytes, shared
			return
		case b.shared > len(bytes):
			b.unshare(nil)
		}
		clear(b.bytes[min(len(bytes), len(b.bytes)):])
		b.bytes = b.bytes[:len(bytes)]
	})
}

func (h *Hash) Undo(c *journal.Change) {
	switch i := int(c.N); c.Op {
	case undoAdd:
		h.take(len(h.slots) - 1)
	case undoRemove:
		h.putBack(i, c.Text, c.Old)
	case undoReplace:
		h.replace(i, c.Old)
	case undoExpiry:
		if c.N == 0 {
			h.Persist(c.Text)
		} else {
			h.SetExpiry(c.Text, c.N)
		}
	}
}

func (s *Set) record(op int, n int64, member string) {
	if s.log != nil {
		s.log.Add(journal.Change{Of: s, Op: op, N: n, Old: member})
	}
}

func (s *Set) Undo(c *journal.Change) {
	switch c.Op {
	case undoAdd:
		s.remove(len(s.slots) - 1)
	case undoRemove:
		s.restore(int(c.N), c.Old, struct{}{})
	default:
		i, _ := slices.BinarySearch(s.ints, c.N)
		if c.Op == undoAddInt {
			s.ints = slices.Delete(s.ints, i, i+1)
		} else {
			s.ints = slices.Insert(s.ints, i, c.N)
		}
	}
}

func (l *List) record(op, i int, text string) {
	if l.log != nil {
		l.log.Add(journal.Change{Of: l, Op: op, N: int64(i), Old: text})
	}
}

func (l *List) Undo(c *journal.Change) {
	switch i := int(c.N); c.Op {
	case undoAdd:
		l.remove(i)
	case undoReplace:
		l.set(i, c.Old)
	case undoPushFront:
		l.popFront()
	case undoPushBack:
		l.popBack()
	case undoPopFront:
		l.grow()
		l.pushFront(c.Old)
	case undoPopBack:
		l.grow()
		l.pushBack(c.Old)
	}
}

// recordRing records that the List gets another ring.
func (l *List) recordRing() {
	if l.log.On() {
		before := *l
		l.log.AddFunc(sliceSize(l.ring)+l.texts, func() { *l = before })
	}
}

func (z *SortedSet) record(op int, member string, score float64) {
	if z.log != nil {
		z.log.Add(journal.Change{Of: z, Op: op, N: int64(math.Float64bits(score)), Old: member})
	}
}

func (z *SortedSet) Undo(c *journal.Change) {
	score := math.Float64frombits(uint64(c.N))
	switch n := z.nodes[c.Old]; c.Op {
	case undoAdd:
		z.take(n)
	default:
		z.put(n, c.Old, score)
	}
}
