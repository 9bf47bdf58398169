package value

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// streamModel is a stream as a plain slice.
type streamModel []StreamEntry

func (m streamModel) between(from, to StreamID) (entries []StreamEntry) {
	for _, e := range m {
		if e.ID.Compare(from) >= 0 && e.ID.Compare(to) <= 0 {
			entries = append(entries, e)
		}
	}
	return entries
}

// sameEntries is many times faster than cmp.Diff.
func sameEntries(a, b []StreamEntry) bool {
	return slices.EqualFunc(a, b, func(a, b StreamEntry) bool { return a.ID == b.ID && slices.Equal(a.Fields, b.Fields) })
}

// Whatever is appended, removed and trimmed, a stream reads like the slice that
// it happens to.
func TestStreamModel(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			s, model := new(Stream), streamModel(nil)
			randomID := func() StreamID {
				if len(model) > 0 && rnd.IntN(2) == 0 {
					return model[rnd.IntN(len(model))].ID
				}
				return StreamID{rnd.Uint64N(s.last.Millis + 3), rnd.Uint64N(4)}
			}
			for range 200 {
				switch rnd.IntN(7) {
				case 0, 1, 2:
					for range rnd.IntN(40) {
						id := s.LastID().Next()
						if rnd.IntN(2) == 0 {
							id = StreamID{s.LastID().Millis + 1 + rnd.Uint64N(3), rnd.Uint64N(3)}
						}
						fields := []string{"f" + strconv.Itoa(rnd.IntN(2)), strings.Repeat("v", rnd.IntN(500))}
						s.Append(id, fields)
						model = append(model, StreamEntry{id, fields})
					}
				case 3:
					id := randomID()
					n := len(model)
					model = slices.DeleteFunc(model, func(e StreamEntry) bool { return e.ID == id })
					if got := s.Delete(id); got != (len(model) < n) {
						t.Fatalf("Delete(%s) = %t", id, got)
					}
				case 4:
					trim := StreamTrim{MaxLen: rnd.IntN(len(model) + 2), ByID: rnd.IntN(2) == 0, MinID: randomID(), Approximate: rnd.IntN(2) == 0}
					if trim.Approximate {
						trim.Limit = rnd.IntN(300)
					}
					most := max(0, len(model)-trim.MaxLen)
					if trim.ByID {
						most = len(model.between(StreamID{}, trim.MinID))
						if most > 0 && model[most-1].ID == trim.MinID {
							most--
						}
					}
					n := s.Trim(trim)
					if n > most || n < most && !trim.Approximate || trim.Limit > 0 && n > trim.Limit {
						t.Fatalf("%+v removes %d, want %d", trim, n, most)
					}
					model = model[n:]
				case 5:
					clone := s.Clone(nil).(*Stream)
					clone.Append(clone.LastID().Next(), []string{"in the", "clone"})
					clone.Trim(StreamTrim{MaxLen: 1})
				case 6: // IDs of entries that were removed may come again
					s.SetLastID(s.Top())
				}
				checkStream(t, s, model, randomID(), randomID())
			}
		})
	}
}

func checkStream(t *testing.T, s *Stream, model streamModel, from, to StreamID) {
	t.Helper()
	want := model.between(from, to)
	if got := slices.Collect(s.Range(from, to)); !sameEntries(got, want) {
		t.Fatalf("from %s to %s (-want +got):\n%s", from, to, cmp.Diff(want, got))
	}
	slices.Reverse(want)
	if got := slices.Collect(s.Reverse(from, to)); !sameEntries(got, want) {
		t.Fatalf("back from %s to %s (-want +got):\n%s", to, from, cmp.Diff(want, got))
	}
	var first, top StreamID
	if len(model) > 0 {
		first, top = model[0].ID, model[len(model)-1].ID
	}
	if s.Len() != len(model) || s.First() != first || s.Top() != top {
		t.Fatalf("%d entries from %s to %s, want %d from %s to %s", s.Len(), s.First(), s.Top(), len(model), first, top)
	}
	e, ok := s.Get(from)
	if i := slices.IndexFunc(model, func(e StreamEntry) bool { return e.ID == from }); ok != (i >= 0) || ok && e.ID != from {
		t.Fatalf("Get(%s) = %v, %t", from, e, ok)
	}
}

func TestNilStreamIsEmpty(t *testing.T) {
	var s *Stream
	entries := slices.Collect(s.Range(StreamID{}, MaxStreamID))
	entries = append(entries, slices.Collect(s.Reverse(StreamID{}, MaxStreamID))...)
	if s.Len() != 0 || len(entries) > 0 || s.LastID() != (StreamID{}) || s.Top() != (StreamID{}) {
		t.Errorf("a nil Stream has %d entries, %v, the last %s", s.Len(), entries, s.LastID())
	}
}

func TestStreamID(t *testing.T) {
	ids := []StreamID{{0, 0}, {0, 1}, {0, MaxStreamID.Seq}, {1, 0}, {1, 1}, {MaxStreamID.Millis, 0}, MaxStreamID}
	for i, id := range ids {
		for j, other := range ids {
			if got := id.Compare(other); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%s compared with %s is %d", id, other, got)
			}
		}
		if next := id.Next(); next.Prev() != id || next.Compare(id) <= 0 && id != MaxStreamID {
			t.Errorf("%s comes after %s", next, id)
		}
	}
}

func benchmarkStream(b *testing.B, run func(s *Stream, i int)) {
	for _, n := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint("entries=", n), func(b *testing.B) {
			s := new(Stream)
			for i := range n {
				s.Append(StreamID{uint64(i), 1}, []string{"field", "value"})
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				i = (i + 7919) % n
				run(s, i)
			}
		})
	}
}

// A stream that is trimmed as it grows keeps its length.
func BenchmarkStreamAppend(b *testing.B) {
	fields := []string{"field", "value"}
	benchmarkStream(b, func(s *Stream, i int) {
		n := s.Len()
		s.Append(s.LastID().Next(), fields)
		s.Trim(StreamTrim{MaxLen: n})
	})
}

func BenchmarkStreamGet(b *testing.B) {
	benchmarkStream(b, func(s *Stream, i int) { s.Get(StreamID{uint64(i), 1}) })
}
