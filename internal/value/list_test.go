package value

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A List must at all times hold what a slice holds that went through the same
// changes, and no more: neither texts that it does not need, nor much room.
func TestListModel(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			l, model := new(List), []string{}
			growing := 0
			for range 600 {
				if rnd.IntN(50) == 0 {
					growing = rnd.IntN(10)
				}
				text := strconv.Itoa(rnd.IntN(5))
				change(rnd, l, &model, text, growing)
				if texts := slices.Collect(l.All()); !slices.Equal(model, texts) {
					t.Fatalf("(-want +got):\n%s", cmp.Diff(model, texts, cmpopts.EquateEmpty()))
				}
				if got, want := l.Index(text, nil), slices.Index(model, text); got != want {
					t.Fatalf("Index(%q) of %q = %d, want %d", text, model, got, want)
				}
				for i := l.len; i < len(l.ring); i++ {
					if *l.slot(i) != "" {
						t.Fatalf("a list of %d keeps %q", l.len, *l.slot(i))
					}
				}
				if len(l.ring) > max(ringMin, 4*l.len) {
					t.Fatalf("a list of %d has room for %d", l.len, len(l.ring))
				}
			}
		})
	}
}

// change makes a random change to both. The larger growing is, from 0 to 9, the
// more often it adds.
func change(rnd *rand.Rand, l *List, model *[]string, text string, growing int) {
	m := *model
	kind := rnd.IntN(3)
	if rnd.IntN(10) >= growing && len(m) > 0 {
		kind = 3 + rnd.IntN(7)
	}
	switch kind {
	case 0:
		l.PushFront(text)
		m = slices.Insert(m, 0, text)
	case 1:
		l.PushBack(text)
		m = append(m, text)
	case 2:
		i := rnd.IntN(len(m) + 1)
		l.Insert(i, text)
		m = slices.Insert(m, i, text)
	case 3, 4:
		if got := l.PopFront(); got != m[0] {
			panic(got)
		}
		m = m[1:]
	case 5, 6:
		if got := l.PopBack(); got != m[len(m)-1] {
			panic(got)
		}
		m = m[:len(m)-1]
	case 7:
		i := rnd.IntN(len(m))
		l.Set(i, text)
		m[i] = text
	case 8:
		most := rnd.IntN(4)
		if rnd.IntN(10) == 0 {
			most = math.MaxInt
		}
		fromBack := rnd.IntN(2) == 0
		var got, want int
		if fromBack {
			got = l.RemoveLast(text, most)
			slices.Reverse(m)
		} else {
			got = l.RemoveFirst(text, most)
		}
		m = slices.DeleteFunc(m, func(s string) bool {
			if s == text && want < most {
				want++
				return true
			}
			return false
		})
		if fromBack {
			slices.Reverse(m)
		}
		if got != want {
			panic(fmt.Sprintf("removed %d of %q, want %d", got, text, want))
		}
	case 9:
		start := rnd.IntN(min(len(m), 3) + 1)
		end := len(m) - rnd.IntN(min(len(m)-start, 3)+1)
		if rnd.IntN(10) == 0 {
			end = start
		}
		l.Trim(start, end)
		m = slices.Clone(m[start:end])
	}
	*model = m
}

func TestListClone(t *testing.T) {
	l := new(List)
	for i := range 10 {
		l.PushFront(strconv.Itoa(i))
	}
	clone := l.Clone(nil).(*List)
	clone.Set(0, "x")
	clone.PushBack("y")
	l.PopBack()
	want := [][]string{{"9", "8", "7", "6", "5", "4", "3", "2", "1"}, {"x", "8", "7", "6", "5", "4", "3", "2", "1", "0", "y"}}
	if diff := cmp.Diff(want, [][]string{slices.Collect(l.All()), slices.Collect(clone.All())}); diff != "" {
		t.Errorf("the list and its changed clone (-want +got):\n%s", diff)
	}
}

func TestNilListIsEmpty(t *testing.T) {
	var l *List
	if l.Len() != 0 || l.Index("a", nil) != -1 || l.RemoveFirst("a", 1) != 0 || l.RemoveLast("a", 1) != 0 {
		t.Error("a nil List is not empty")
	}
	if l.Type() != "list" || l.Encoding() != "quicklist" {
		t.Errorf("a List is a %s in the encoding %s", l.Type(), l.Encoding())
	}
}

// Pushes, pops and reads must take the same time at any length; what works in
// the middle may take as much more as the list is longer.
func BenchmarkList(b *testing.B) {
	for _, n := range []int{10, 1_000, 100_000} {
		l := new(List)
		for i := range n {
			l.PushBack(strconv.Itoa(i))
		}
		for _, bench := range []struct {
			name string
			run  func(i int)
		}{
			{"At", func(i int) { l.At(i % n) }},
			{"PushBackPopFront", func(int) { l.PushBack("x"); l.PopFront() }},
			{"PushFrontPopFront", func(int) { l.PushFront("x"); l.PopFront() }},
			{"InsertMiddle", func(int) { l.Insert(n/2, "x"); l.PopBack() }},
			{"RemoveNone", func(int) { l.RemoveFirst("nosuch", 1) }},
			{"Clone", func(int) { l.Clone(nil) }},
		} {
			b.Run(fmt.Sprintf("%s/n=%d", bench.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					bench.run(i)
				}
			})
		}
		b.Run(fmt.Sprintf("GrowAndShrink/n=%d", n), func(b *testing.B) { // per element
			l := new(List)
			for i := 0; b.Loop(); i++ {
				if i/n%2 == 0 {
					l.PushBack("x")
				} else {
					l.PopFront()
				}
			}
		})
	}
}
