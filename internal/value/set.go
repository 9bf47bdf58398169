package value

import (
	"iter"
	"slices"
	"strconv"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
)

// Set is a set of texts. One of integers only is small while there are few of
// them: then they are sorted, as Redis's intset has them. One that has grown
// out of that is a hash table, and stays one.
//
// The zero Set is empty and ready to use; a nil *Set reads as empty. All
// methods take amortised constant time unless they say otherwise.
type Set struct {
	ints []int64 // while small
	table[struct{}]
	limits *Limits
	log    *journal.Journal // nil: changes are not recorded
}

func (s *Set) small() bool { return s.index == nil }

func (s *Set) Type() string { return "set" }

func (s *Set) Encoding() string {
	if s.small() {
		return "intset"
	}
	return "hashtable"
}

// Len returns the number of members.
func (s *Set) Len() int {
	switch {
	case s == nil:
		return 0
	case s.small():
		return len(s.ints)
	}
	return len(s.slots)
}

func (s *Set) Size() int { return sizeOf(s) + Allocated(cap(s.ints)*8) + s.size() }

func (s *Set) Clone(w bulk.Checker) Value {
	return &Set{slices.Clone(s.ints), s.clone(w), s.limits, nil}
}

// Within makes l the limits of the Set, in place of DefaultLimits, and returns
// it.
func (s *Set) Within(l *Limits) *Set {
	s.limits = l
	return s
}

// Has says whether m is a member.
func (s *Set) Has(m string) bool {
	switch {
	case s == nil:
		return false
	case !s.small():
		return s.find(m) >= 0
	}
	n, ok := ParseInt(m)
	if ok {
		_, ok = slices.BinarySearch(s.ints, n)
	}
	return ok
}

// Add makes m a member, and says whether it was none before.
func (s *Set) Add(m string) bool {
	if s.small() {
		n, ok := ParseInt(m)
		i, found := slices.BinarySearch(s.ints, n)
		switch {
		case ok && found:
			return false
		case ok && len(s.ints) < s.limits.orDefault().SetIntegers:
			s.record(undoAddInt, n, "")
			s.ints = slices.Insert(s.ints, i, n)
			return true
		}
		s.enlarge()
	}
	if s.find(m) >= 0 {
		return false
	}
	if s.full() {
		s.reserve(s.log.Checker())
	}
	s.record(undoAdd, 0, "")
	s.add(m, struct{}{})
	return true
}

// MakeRoom makes room for one more member where that takes long.
func (s *Set) MakeRoom(w bulk.Checker) {
	if s.full() {
		s.reserve(w)
	}
}

// Remove removes m, and says whether it was a member.
func (s *Set) Remove(m string) bool {
	switch {
	case s == nil:
		return false
	case s.small():
		n, ok := ParseInt(m)
		i, found := slices.BinarySearch(s.ints, n)
		if !ok || !found {
			return false
		}
		s.record(undoRemoveInt, n, "")
		s.ints = slices.Delete(s.ints, i, i+1)
		return true
	}
	i := s.find(m)
	if i < 0 {
		return false
	}
	s.record(undoRemove, int64(i), m)
	s.remove(i)
	return true
}

// At returns member number i, of Len. The numbers change when members are
// added or removed.
func (s *Set) At(i int) string {
	if s.small() {
		return strconv.FormatInt(s.ints[i], 10)
	}
	return s.slots[i].key
}

// All yields every member. The Set must not change meanwhile.
func (s *Set) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range s.Len() {
			if !yield(s.At(i)) {
				return
			}
		}
	}
}

// Scan visits up to count members, or all of a small Set, and returns the
// cursor to go on from: 0 when the iteration, which begins with 0, is
// complete. It takes time linear in what it visits. Every member that is there
// during the whole iteration is visited at least once.
func (s *Set) Scan(cursor uint64, count int, visit func(m string)) (next uint64) {
	if s == nil || s.small() {
		for m := range s.All() {
			visit(m)
		}
		return 0
	}
	return Scan(len(s.slots), cursor, count, func(i int) { visit(s.slots[i].key) })
}

// enlarge turns a small Set into a hash table.
func (s *Set) enlarge() {
	if s.log != nil {
		ints := s.ints
		s.log.AddFunc(8*len(ints), func() { s.ints, s.table = ints, table[struct{}]{} })
	}
	for m := range s.All() {
		s.slots = append(s.slots, slot[struct{}]{key: m})
		s.texts += TextSize(m)
	}
	s.makeIndex()
	s.ints = nil
}
