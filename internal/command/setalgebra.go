package command

import (
	"iter"
	"slices"

	"github.com/luastore/luastore/internal/value"
)

// Differences, intersections and unions of sets.
var setAlgebraCommands = []Row{
	{Name: "sdiff", Arity: -2, Flags: Read, Keys: allKeys(RO | Access), Tips: []string{AnyOrder}, Run: sCombine(difference)},
	{Name: "sdiffstore", Arity: -3, Flags: Write | DenyOOM, Keys: intoFromAll(OW | Update), Run: sCombineStore(difference)},
	{Name: "sinter", Arity: -2, Flags: Read, Keys: allKeys(RO | Access), Tips: []string{AnyOrder}, Run: sInter},
	{Name: "sintercard", Arity: -3, Flags: Read | MovableKeys, Keys: numKeys(RO|Access, 1), Run: sInterCard},
	{Name: "sinterstore", Arity: -3, Flags: Write | DenyOOM, Keys: intoFromAll(RW | Update), Run: sCombineStore(intersection)},
	{Name: "sunion", Arity: -2, Flags: Read, Keys: allKeys(RO | Access), Tips: []string{AnyOrder}, Run: sCombine(union)},
	{Name: "sunionstore", Arity: -3, Flags: Write | DenyOOM, Keys: intoFromAll(OW | Update), Run: sCombineStore(union)},
}

// A combination makes one set of several, of which there is at least one.
type combination func(c *Call, sets []*value.Set) *value.Set

func sCombine(combine combination) func(*Call) Reply {
	return func(c *Call) Reply { return c.allMembers(combine(c, c.sets(1, len(c.args)))) }
}

func sCombineStore(combine combination) func(*Call) Reply {
	return func(c *Call) Reply { return c.store(1, combine(c, c.sets(2, len(c.args))), c.cmd.Name) }
}

func sInter(c *Call) Reply {
	elems := []Reply{}
	for m := range common(c, c.sets(1, len(c.args))) {
		elems = c.put(elems, Bulk(m))
	}
	return Set(elems...)
}

func sInterCard(c *Call) Reply {
	const errNumKeys, errLimit = "ERR numkeys should be greater than 0", "ERR LIMIT can't be negative"
	numKeys := c.atLeast(1, 1, errNumKeys)
	if numKeys > len(c.args)-2 {
		c.fail("ERR Number of keys can't be greater than number of args")
	}
	end, limit := 2+numKeys, 0
	for i := end; i < len(c.args); i += 2 {
		if !c.is(i, "limit") || i+1 == len(c.args) {
			c.fail(errSyntax)
		}
		limit = c.atLeast(i+1, 0, errLimit)
	}
	n := 0
	for range common(c, c.sets(2, end)) {
		if n++; n == limit {
			break
		}
	}
	return Int(n)
}

// sets returns the sets at the keys from first up to end.
func (c *Call) sets(first, end int) []*value.Set {
	sets := make([]*value.Set, 0, end-first)
	for i := first; i < end; i++ {
		sets = append(sets, c.set(i))
	}
	return sets
}

// common yields the members that all the sets have, in the order of the
// smallest set. It sorts the sets.
func common(c *Call, sets []*value.Set) iter.Seq[string] {
	slices.SortStableFunc(sets, func(a, b *value.Set) int { return a.Len() - b.Len() })
	return func(yield func(string) bool) {
		for m := range sets[0].All() {
			c.tick(elementTicks * len(sets))
			misses := func(s *value.Set) bool { return !s.Has(m) }
			if !slices.ContainsFunc(sets[1:], misses) && !yield(m) {
				return
			}
		}
	}
}

func intersection(c *Call, sets []*value.Set) *value.Set {
	s := c.newSet()
	for m := range common(c, sets) {
		s.MakeRoom(c)
		s.Add(m)
	}
	return s
}

// difference looks each member of the first set up in the others, or removes
// theirs from a copy of the first, whichever is less work. Redis decides like
// this too, and it shows: a copy may be too large for an intset, what is left
// of it is then none either.
func difference(c *Call, sets []*value.Set) *value.Set {
	first, others := sets[0], sets[1:]
	lookups, removals := 0, 0
	for _, s := range sets {
		if s != nil {
			lookups += first.Len()
			removals += s.Len()
		}
	}
	d := c.newSet()
	if lookups/2 <= removals {
		for m := range first.All() {
			c.tick(elementTicks * len(sets))
			has := func(s *value.Set) bool { return s.Has(m) }
			if !slices.ContainsFunc(others, has) {
				d.MakeRoom(c)
				d.Add(m)
			}
		}
		return d
	}
	addAll(c, d, first)
	for _, s := range others {
		for m := range s.All() {
			c.tick(elementTicks)
			d.Remove(m)
		}
	}
	return d
}

func union(c *Call, sets []*value.Set) *value.Set {
	u := c.newSet()
	for _, s := range sets {
		addAll(c, u, s)
	}
	return u
}

// addAll adds the members of from to a set that no key holds yet.
func addAll(c *Call, to, from *value.Set) {
	for m := range from.All() {
		c.tick(elementTicks)
		to.MakeRoom(c)
		to.Add(m)
	}
}
