package value

import (
	"math"
	"strconv"
	"testing"
)

// Encodings must be left at the first addition beyond the limits, not before,
// and never be taken again.
func TestLimits(t *testing.T) {
	limits := Limits{HashFields: 2, HashText: 3, SetIntegers: 2, SortedSetMembers: 2, SortedSetText: 3}
	hash := func(fields ...string) *Hash {
		h := new(Hash).Within(&limits)
		for _, f := range fields {
			h.Set(f, f)
		}
		return h
	}
	set := func(members ...string) *Set {
		s := new(Set).Within(&limits)
		for _, m := range members {
			s.Add(m)
		}
		return s
	}
	sortedSet := func(members ...string) *SortedSet {
		z := NewSortedSet().Within(&limits)
		for i, m := range members {
			z.Set(m, float64(i))
		}
		return z
	}
	check := func(v Value, want string) {
		t.Helper()
		for _, v := range []Value{v, v.Clone(nil)} {
			if v.Encoding() != want {
				t.Errorf("a %s of %d is a %s, want %s", v.Type(), v.Len(), v.Encoding(), want)
			}
		}
	}
	check(hash("a", "abc", "a"), "listpack")
	check(hash("a", "b", "c"), "hashtable")
	check(hash("abcd"), "hashtable")
	check(set("1", "2", "2"), "intset")
	check(set("1", "2", "3"), "hashtable")
	check(sortedSet("a", "abc", "a"), "listpack")
	check(sortedSet("a", "b", "c"), "skiplist")
	check(sortedSet("abcd"), "skiplist")

	h, s, z := hash("a", "b"), set("1", "2"), sortedSet("a", "b")
	limits = Limits{HashFields: 1, HashText: 3, SetIntegers: 1, SortedSetMembers: 1, SortedSetText: 3}
	check(h, "listpack")
	s.Add("1")
	check(s, "intset")
	z.Set("a", 5)
	check(z, "listpack")
	h.Set("a", "x") // Redis looks at hashes after each change
	check(h, "hashtable")
	s.Add("3")
	check(s, "hashtable")
	z.Set("c", 5)
	check(z, "skiplist")

	limits = Limits{HashFields: math.MaxInt, HashText: math.MaxInt, SetIntegers: math.MaxInt, SortedSetMembers: math.MaxInt, SortedSetText: math.MaxInt}
	h.Set("d", "x")
	check(h, "hashtable")
	if z.Fit(); z.Encoding() != "listpack" {
		t.Error("what fits is not a listpack")
	}
}

func TestStreamLimits(t *testing.T) {
	for _, test := range []struct {
		limits Limits
		nodes  int // of ten entries
	}{
		{Limits{StreamEntries: 1}, 10},
		{Limits{StreamEntries: 3}, 4},
		{Limits{StreamBytes: 1}, 10},
		{Limits{}, 1},
	} {
		s := new(Stream).Within(&test.limits)
		for i := range 10 {
			s.Append(StreamID{Millis: uint64(i + 1)}, []string{"n", strconv.Itoa(i)})
		}
		if nodes, _ := s.Nodes(); nodes != test.nodes {
			t.Errorf("%+v: %d nodes, want %d", test.limits, nodes, test.nodes)
		}
	}
}
