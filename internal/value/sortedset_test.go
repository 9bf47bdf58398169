package value

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// scored is a member as a plain slice would hold it.
type scored struct {
	Member string
	Score  float64
}

// scoredModel is a sorted set without any of the cleverness.
type scoredModel map[string]float64

func (m scoredModel) sorted() []scored {
	all := []scored{}
	for member, score := range m {
		all = append(all, scored{member, score})
	}
	slices.SortFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.Score, b.Score), cmp.Compare(a.Member, b.Member))
	})
	return all
}

func collect(seq func(func(string, float64) bool)) []scored {
	all := []scored{}
	for member, score := range seq {
		all = append(all, scored{member, score})
	}
	return all
}

// Whatever is done to a sorted set, it reads like a map that is sorted anew
// each time.
func TestSortedSetModel(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			z, m := NewSortedSet(), scoredModel{}
			members := 5 + rnd.IntN(300)
			scores := 1 + rnd.IntN(50)
			for range 400 {
				member := fmt.Sprint(rnd.IntN(members))
				switch rnd.IntN(8) {
				case 0:
					_, want := m[member]
					if got := z.Remove(member); got != want {
						t.Fatalf("Remove(%q) is %t, want %t", member, got, want)
					}
					delete(m, member)
				case 1:
					if rnd.IntN(10) == 0 {
						from := rnd.IntN(len(m) + 1)
						to := from + rnd.IntN(len(m)-from+1)
						for _, s := range m.sorted()[from:to] {
							delete(m, s.Member)
						}
						z.RemoveRange(from, to)
					}
				case 2:
					z = z.Clone(nil).(*SortedSet)
				default:
					score := float64(rnd.IntN(scores)) / 4
					z.Set(member, score)
					m[member] = score
				}
			}
			checkSortedSet(t, rnd, z, m)
		})
	}
}

func checkSortedSet(t *testing.T, rnd *rand.Rand, z *SortedSet, m scoredModel) {
	t.Helper()
	want := m.sorted()
	if diff := gocmp.Diff(want, collect(z.All())); diff != "" {
		t.Fatalf("All (-want +got):\n%s", diff)
	}
	if z.Len() != len(want) {
		t.Fatalf("Len is %d, want %d", z.Len(), len(want))
	}
	for rank, s := range want {
		if got, ok := z.Rank(s.Member); got != rank || !ok {
			t.Fatalf("Rank(%q) is %d, %t, want %d", s.Member, got, ok, rank)
		}
		if member, score := z.At(rank); member != s.Member || score != s.Score {
			t.Fatalf("At(%d) is %q, %v, want %v", rank, member, score, s)
		}
		if score, ok := z.Score(s.Member); score != s.Score || !ok {
			t.Fatalf("Score(%q) is %v, %t, want %v", s.Member, score, ok, s.Score)
		}
	}
	for range 20 {
		from := rnd.IntN(len(want) + 1)
		to := from + rnd.IntN(len(want)-from+1)
		if diff := gocmp.Diff(append([]scored{}, want[from:to]...), collect(z.Range(from, to))); diff != "" {
			t.Fatalf("Range(%d, %d) (-want +got):\n%s", from, to, diff)
		}
		back := append([]scored{}, want[from:to]...)
		slices.Reverse(back)
		if diff := gocmp.Diff(back, collect(z.Reverse(from, to))); diff != "" {
			t.Fatalf("Reverse(%d, %d) (-want +got):\n%s", from, to, diff)
		}

		r := ScoreRange{float64(rnd.IntN(52)-1) / 4, float64(rnd.IntN(52)-1) / 4, rnd.IntN(2) == 0, rnd.IntN(2) == 0}
		in := slices.DeleteFunc(slices.Clone(want), func(s scored) bool {
			return s.Score < r.Min || s.Score > r.Max || r.ExcludeMin && s.Score == r.Min || r.ExcludeMax && s.Score == r.Max
		})
		if diff := gocmp.Diff(in, collect(z.Range(z.ByScore(r)))); diff != "" {
			t.Fatalf("ByScore(%+v) (-want +got):\n%s", r, diff)
		}
	}
}

func TestByLex(t *testing.T) {
	for _, n := range []int{0, 1, 10, 128, 129, 1000} {
		z := NewSortedSet()
		for i := range n {
			z.Set(fmt.Sprint(i), 7)
		}
		all := slices.Sorted(maps.Keys(z.nodes))
		rnd := rand.New(rand.NewPCG(uint64(n), 0))
		bound := func() LexBound {
			return LexBound{fmt.Sprint(rnd.IntN(n + 1)), rnd.IntN(2) == 0, max(-1, rnd.IntN(10)-8)}
		}
		for range 200 {
			r := LexRange{bound(), bound()}
			in := slices.DeleteFunc(slices.Clone(all), func(m string) bool { return !r.Min.before(m) || !r.Max.after(m) })
			for _, reverse := range []bool{false, true} {
				from, to := z.ByLex(r, reverse)
				if to-from != len(in) || len(in) > 0 && !slices.Equal(all[from:to], in) {
					t.Fatalf("of %d members ByLex(%+v, %t) is %d up to %d, want %q", n, r, reverse, from, to, in)
				}
			}
		}
	}
}

func TestSortedSetEncoding(t *testing.T) {
	of := func(n int, members ...string) *SortedSet {
		z := NewSortedSet()
		for i := range n {
			z.Set(fmt.Sprint(i), 0)
		}
		for _, m := range members {
			z.Set(m, 0)
		}
		return z
	}
	shrunk := of(129)
	shrunk.RemoveRange(0, 128)
	tests := []struct {
		reason string
		z      *SortedSet
		want   string
	}{
		{"few short members", of(128), "listpack"},
		{"a member of 64 bytes", of(0, strings.Repeat("x", 64)), "listpack"},
		{"one member too many", of(129), "skiplist"},
		{"a member of 65 bytes", of(0, strings.Repeat("x", 65)), "skiplist"},
		{"what was large stays so", shrunk, "skiplist"},
		{"in its clone too", shrunk.Clone(nil).(*SortedSet), "skiplist"},
	}
	for _, test := range tests {
		if got := test.z.Encoding(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.reason, got, test.want)
		}
	}
}

// Redis keeps the scores of small sets as integers where it can, which loses
// the sign of a negative zero.
func TestNegativeZero(t *testing.T) {
	negative := func(z *SortedSet) bool {
		score, _ := z.Score("a")
		return math.Signbit(score)
	}
	small, large := NewSortedSet(), NewLargeSortedSet()
	small.Set("a", math.Copysign(0, -1))
	large.Set("a", math.Copysign(0, -1))
	if negative(small) || !negative(large) || !negative(large.Clone(nil).(*SortedSet)) {
		t.Error("a small set keeps the sign of a negative zero, or a large one loses it")
	}
	if large.Fit(); negative(large) || large.Encoding() != "listpack" {
		t.Error("Fit does not make a large set small")
	}
	large = NewLargeSortedSet()
	large.Set(strings.Repeat("x", 65), 0)
	if large.Fit(); large.Encoding() != "skiplist" {
		t.Error("Fit makes a set small that is too large")
	}
}

func TestNilSortedSetIsEmpty(t *testing.T) {
	var z *SortedSet
	_, ok := z.Score("a")
	_, ranked := z.Rank("a")
	from, to := z.ByScore(ScoreRange{Min: math.Inf(-1), Max: math.Inf(1)})
	lexFrom, lexTo := z.ByLex(LexRange{LexBound{Beyond: -1}, LexBound{Beyond: 1}}, false)
	all := append(collect(z.All()), collect(z.Reverse(0, 0))...)
	next := z.Scan(0, 10, func(string, float64) { t.Error("a nil SortedSet has a member to scan") })
	z.RemoveRange(0, 0)
	if z.Len() != 0 || ok || ranked || from != to || lexFrom != lexTo || len(all) != 0 || next != 0 || z.Remove("a") {
		t.Error("a nil SortedSet does not read as empty")
	}
}

// Members that stay during a whole iteration are visited, whatever happens to
// the others meanwhile.
func TestSortedSetScan(t *testing.T) {
	for seed := range uint64(100) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		z, staying := NewSortedSet(), map[string]bool{}
		z.Set(strings.Repeat("long", 20), 0) // visited in parts
		for i := range rnd.IntN(60) {
			member := fmt.Sprint("stays", i)
			z.Set(member, 0)
			staying[member] = true
			z.Set(fmt.Sprint("goes", i), 1)
		}
		for cursor := uint64(0); ; {
			cursor = z.Scan(cursor, 1+rnd.IntN(5), func(member string, _ float64) { delete(staying, member) })
			if cursor == 0 {
				break
			}
			for range rnd.IntN(6) {
				if member := fmt.Sprint("goes", rnd.IntN(80)); !z.Remove(member) {
					z.Set(member, float64(rnd.IntN(3)))
				}
			}
		}
		if len(staying) > 0 {
			t.Errorf("seed %d: not visited: %v", seed, staying)
		}
	}
}

// The levels that a removal leaves empty must not stay.
func TestSkipListShrinks(t *testing.T) {
	z := NewSortedSet()
	for i := range 1000 {
		z.Set(fmt.Sprint(i), 0)
	}
	z.RemoveRange(0, 1000)
	if n := len(z.list.head.links); n != 0 || z.list.last != nil || len(z.slots) != 0 || len(z.nodes) != 0 {
		t.Errorf("of an empty set %d levels are left", n)
	}
}

// sizes runs a benchmark on sets of growing size, whose members are the
// numbers as texts and whose scores are these numbers.
func ofSizes(b *testing.B, run func(b *testing.B, z *SortedSet, n int)) {
	for _, n := range []int{10, 1_000, 100_000} {
		z := NewSortedSet()
		for i := range n {
			z.Set(fmt.Sprint(i), float64(i))
		}
		b.Run(fmt.Sprint("n=", n), func(b *testing.B) {
			b.ReportAllocs()
			run(b, z, n)
		})
	}
}

func BenchmarkSortedSetScore(b *testing.B) {
	ofSizes(b, func(b *testing.B, z *SortedSet, n int) {
		for b.Loop() {
			z.Score("5")
		}
	})
}

// An update that changes the place.
func BenchmarkSortedSetMove(b *testing.B) {
	ofSizes(b, func(b *testing.B, z *SortedSet, n int) {
		rnd := rand.New(rand.NewPCG(1, 2))
		for b.Loop() {
			z.Set("5", float64(rnd.IntN(n))+0.5)
		}
	})
}

func BenchmarkSortedSetAddRemove(b *testing.B) {
	ofSizes(b, func(b *testing.B, z *SortedSet, n int) {
		rnd := rand.New(rand.NewPCG(1, 2))
		for b.Loop() {
			z.Set("new", float64(rnd.IntN(n))+0.5)
			z.Remove("new")
		}
	})
}

func BenchmarkSortedSetRank(b *testing.B) {
	ofSizes(b, func(b *testing.B, z *SortedSet, n int) {
		member := fmt.Sprint(n * 2 / 3)
		for b.Loop() {
			z.Rank(member)
		}
	})
}

func BenchmarkSortedSetCount(b *testing.B) {
	ofSizes(b, func(b *testing.B, z *SortedSet, n int) {
		for b.Loop() {
			z.ByScore(ScoreRange{Min: float64(n / 3), Max: float64(n / 2)})
		}
	})
}

// Ten members from the middle.
func BenchmarkSortedSetRange(b *testing.B) {
	ofSizes(b, func(b *testing.B, z *SortedSet, n int) {
		for b.Loop() {
			for range z.Range(n/2-5, n/2+5) {
			}
		}
	})
}

func BenchmarkSortedSetClone(b *testing.B) {
	ofSizes(b, func(b *testing.B, z *SortedSet, n int) {
		for b.Loop() {
			z.Clone(nil)
		}
	})
}
