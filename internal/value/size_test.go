package value

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// What a collection has counted of its texts must be what they take, whatever
// was done to it.
func TestSizeCountsTexts(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		text := func() string { return fmt.Sprintf("%0*d", 1+rnd.IntN(80), rnd.IntN(30)) }
		h, s, l, z := new(Hash), new(Set), new(List), NewSortedSet()
		for range 1000 {
			switch rnd.IntN(12) {
			case 0, 1, 2:
				h.Set(text(), text())
				s.Add(text())
				l.Insert(rnd.IntN(l.Len()+1), text())
				z.Set(text(), rnd.Float64())
			case 3:
				h.Delete(text())
				s.Remove(text())
				z.Remove(text())
			case 4:
				if l.Len() > 0 {
					l.Set(rnd.IntN(l.Len()), text())
					l.PopFront()
				}
			case 5:
				l.RemoveFirst(text(), 3)
				l.RemoveLast(text(), 3)
			case 6:
				if l.Len() > 100 {
					l.Trim(5, l.Len()-5)
					z.RemoveRange(0, 3)
				}
			case 7:
				h, s, l, z = h.Clone(nil).(*Hash), s.Clone(nil).(*Set), l.Clone(nil).(*List), z.Clone(nil).(*SortedSet)
			}
		}
		var want [4]int
		for field, value := range h.All() {
			want[0] += TextSize(field) + TextSize(value)
		}
		if !s.small() {
			for m := range s.All() {
				want[1] += TextSize(m)
			}
		}
		for e := range l.All() {
			want[2] += TextSize(e)
		}
		for m := range z.All() {
			want[3] += z.nodes[m].size()
		}
		if got := [4]int{h.texts, s.texts, l.texts, z.held}; got != want {
			t.Errorf("seed %d: a hash, set, list, sorted set count %v bytes, want %v", seed, got, want)
		}
	}
}

func TestStreamSizeCountsAll(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		s := new(Stream)
		for i := range uint64(1000) {
			id := StreamID{rnd.Uint64N(i + 1), 0}
			name := fmt.Sprintf("%0*d", 1+rnd.IntN(60), rnd.IntN(3))
			switch g := s.Group(name); rnd.IntN(8) {
			case 0, 1, 2:
				s.Append(StreamID{i + 1, 0}, []string{name, name, "f", name})
			case 3:
				s.Delete(id)
			case 4:
				s.Trim(StreamTrim{MaxLen: max(0, s.Len()-3), Approximate: rnd.IntN(2) == 0})
			case 5:
				if g != nil {
					s.RemoveGroup(name)
				} else {
					s.AddGroup(name, StreamID{}, 0)
				}
			case 6:
				for _, g := range s.Groups() {
					c := g.Consumer(name)
					switch {
					case c == nil:
						g.AddConsumer(name, 1)
					case rnd.IntN(10) == 0:
						g.RemoveConsumer(c)
					default:
						g.Assign(id, c)
						g.Acknowledge(StreamID{rnd.Uint64N(i + 1), 0})
					}
				}
			case 7:
				if rnd.IntN(10) == 0 {
					s = s.Clone(nil).(*Stream)
				}
			}
		}
		want := 0
		for _, n := range s.nodes {
			want += sizeOf(n) + sliceSize(n.entries) + sliceSize(n.names)
			for _, e := range n.entries {
				want += e.held()
			}
		}
		for name, g := range s.groups {
			want += groupSize + TextSize(name) + g.pending.n*pendingSize
			for name := range g.consumers {
				want += consumerSize + TextSize(name)
			}
		}
		if s.held != want {
			t.Errorf("seed %d: %d bytes are counted, want %d", seed, s.held, want)
		}
	}
}

func TestAllocated(t *testing.T) {
	for n, want := range map[int]int{
		0: 0, 1: 8, 8: 8, 9: 16, 33: 48, 1024: 1024, 1025: 1152, 32768: 32768, 32769: 40960, 1 << 20: 1 << 20,
	} {
		if got := Allocated(n); got != want {
			t.Errorf("Allocated(%d) is %d, want %d", n, got, want)
		}
		// What append has room for is what was allocated.
		if bytes := append([]byte(nil), make([]byte, n)...); cap(bytes) != want {
			t.Errorf("append has room for %d bytes where it needs %d, want %d", cap(bytes), n, want)
		}
	}
}
