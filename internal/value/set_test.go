package value

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A Set must at all times have the members that a plain map has, and yield
// integers in their order while it is small.
func TestSetModel(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			s, model := new(Set), map[string]bool{}
			for range 300 {
				m := strconv.Itoa(rnd.IntN(60) - 30)
				if seed%2 > 0 && rnd.IntN(50) == 0 {
					m = "0" + m
				}
				if s.Has(m) != model[m] {
					t.Fatalf("Has(%q) is %t", m, s.Has(m))
				}
				switch rnd.IntN(5) {
				case 0, 1:
					if added := s.Add(m); added == model[m] {
						t.Fatalf("Add(%q) says %t", m, added)
					}
					model[m] = true
				case 2, 3:
					if removed := s.Remove(m); removed != model[m] {
						t.Fatalf("Remove(%q) says %t", m, removed)
					}
					delete(model, m)
				case 4:
					clone := s.Clone(nil).(*Set)
					clone.Add("changes of a clone stay in the clone")
					clone.Remove(m)
				}
				checkSet(t, s, model)
			}
		})
	}
}

func checkSet(t *testing.T, s *Set, model map[string]bool) {
	t.Helper()
	want, got := slices.Collect(maps.Keys(model)), slices.Collect(s.All())
	if s.small() {
		slices.SortFunc(want, byNumber)
	} else {
		slices.Sort(want)
		slices.Sort(got)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("members (-want +got):\n%s", diff)
	}
	if s.Len() != len(model) {
		t.Fatalf("Len is %d, want %d", s.Len(), len(model))
	}
}

func byNumber(a, b string) int {
	m, _ := ParseInt(a)
	n, _ := ParseInt(b)
	return int(m - n)
}

func TestSetEncoding(t *testing.T) {
	of := func(members ...string) *Set {
		s := new(Set)
		for _, m := range members {
			s.Add(m)
		}
		return s
	}
	numbers := make([]string, DefaultLimits.SetIntegers+1)
	for i := range numbers {
		numbers[i] = strconv.Itoa(i)
	}
	again := of(numbers[:512]...)
	again.Add("7")
	shrunk := of("a")
	shrunk.Remove("a")
	tests := []struct {
		reason string
		s      *Set
		want   string
	}{
		{"the zero Set is small", new(Set), "intset"},
		{"the least and the largest integer", of(fmt.Sprint(math.MinInt64), fmt.Sprint(math.MaxInt64)), "intset"},
		{"an integer of more than 64 bits", of("9223372036854775808"), "hashtable"},
		{"another text of an integer", of("1", "01"), "hashtable"},
		{"512 members are few", of(numbers[:512]...), "intset"},
		{"a member once more adds none", again, "intset"},
		{"513 members are many", of(numbers...), "hashtable"},
		{"a hash table stays one", shrunk, "hashtable"},
		{"and a clone is one", of("a").Clone(nil).(*Set), "hashtable"},
	}
	for _, test := range tests {
		if got := test.s.Encoding(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.reason, got, test.want)
		}
	}
}

func TestNilSetIsEmpty(t *testing.T) {
	var s *Set
	removed := s.Remove("m")
	next := s.Scan(0, 10, func(string) { t.Error("Scan visits a member") })
	for range s.All() {
		t.Error("All yields a member")
	}
	if s.Len() != 0 || s.Has("m") || removed || next != 0 {
		t.Errorf("Len is %d, Has is %t, Remove is %t, Scan is %d", s.Len(), s.Has("m"), removed, next)
	}
}

func TestSetScanGuarantee(t *testing.T) {
	for seed := range uint64(100) {
		s := new(Set)
		prefix := strings.Repeat("x", int(seed%2)) // integers, and others
		scanGuarantee(t, seed, scanned{
			add:    func(name string) { s.Add(prefix + name) },
			remove: func(name string) { s.Remove(prefix + name) },
			scan: func(cursor uint64, count int, visit func(string)) uint64 {
				return s.Scan(cursor, count, func(m string) { visit(strings.TrimPrefix(m, prefix)) })
			},
		})
	}
}

func BenchmarkSet(b *testing.B) {
	for _, n := range sizes {
		members := make([]string, n)
		s := new(Set)
		for i := range members {
			members[i] = strconv.Itoa(i)
			s.Add(members[i])
		}
		run := func(what string, do func(m string)) {
			b.Run(fmt.Sprintf("%s/n=%d", what, n), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					do(members[i%n])
				}
			})
		}
		run("Has", func(m string) { s.Has(m) })
		run("Add", func(m string) { s.Add(m) })
		run("RemoveAdd", func(m string) { s.Remove(m); s.Add(m) })
		run("At", func(string) { s.At(rand.IntN(s.Len())) })
		run("Scan", func(string) { s.Scan(uint64(n), 10, func(string) {}) })
	}
}
