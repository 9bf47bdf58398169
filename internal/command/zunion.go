package command

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"github.com/luastore/luastore/internal/value"
)

// Unions, intersections and differences of sorted sets, and of plain sets, whose
// members have the score 1.
var sortedSetUnionCommands = []Row{
	{Name: "zdiff", Arity: -3, Flags: Read | MovableKeys, Keys: numKeys(RO|Access, 1), Run: zCombine(zDifference)},
	{Name: "zdiffstore", Arity: -4, Flags: Write | DenyOOM | MovableKeys, Keys: zStoreKeys, Run: zStore(zDifference, "zdiffstore")},
	{Name: "zinter", Arity: -3, Flags: Read | MovableKeys, Keys: numKeys(RO|Access, 1), Run: zCombine(zIntersection)},
	{Name: "zintercard", Arity: -3, Flags: Read | MovableKeys, Keys: numKeys(RO|Access, 1), Run: zInterCard},
	{Name: "zinterstore", Arity: -4, Flags: Write | DenyOOM | MovableKeys, Keys: zStoreKeys, Run: zStore(zIntersection, "zinterstore")},
	{Name: "zunion", Arity: -3, Flags: Read | MovableKeys, Keys: numKeys(RO|Access, 1), Run: zCombine(zUnion)},
	{Name: "zunionstore", Arity: -4, Flags: Write | DenyOOM | MovableKeys, Keys: zStoreKeys, Run: zStore(zUnion, "zunionstore")},
}

var zStoreKeys = append(oneKey(OW|Update), numKeys(RO|Access, 2)...)

// scored is a collection that ZUNION and its like take.
type scored interface {
	Len() int
	Score(member string) (score float64, ok bool)
	All() iter.Seq2[string, float64]
}

// zInput is such a collection, and what its scores are multiplied by.
type zInput struct {
	scored
	weight float64
}

// zOperation makes a sorted set of others.
type zOperation struct {
	weighted bool // WEIGHTS and AGGREGATE make a difference
	run      func(c *Call, in []zInput, aggregate aggregate) *value.SortedSet
}

var (
	zDifference   = &zOperation{false, (*Call).zDifference}
	zIntersection = &zOperation{true, (*Call).zIntersection}
	zUnion        = &zOperation{true, (*Call).zUnion}
)

func zCombine(op *zOperation) func(*Call) Reply {
	return func(c *Call) Reply {
		in, next := c.zInputs(1)
		o := c.zOptions(in, next, op, true)
		z := op.run(c, in, o.aggregate)
		return c.members(o.withScores, z.Len(), z.All())
	}
}

func zStore(op *zOperation, event string) func(*Call) Reply {
	return func(c *Call) Reply {
		in, next := c.zInputs(2)
		o := c.zOptions(in, next, op, false)
		z := op.run(c, in, o.aggregate)
		z.Fit()
		return c.store(1, z, event)
	}
}

func zInterCard(c *Call) Reply {
	in, i := c.zInputs(1)
	limit := 0
	for ; i < len(c.args); i += 2 {
		if !c.is(i, "limit") || i+1 == len(c.args) {
			c.fail(errSyntax)
		}
		limit = c.atLeast(i+1, 0, "ERR LIMIT can't be negative")
	}
	n := 0
	for range c.common(in) {
		if n++; n == limit {
			break
		}
	}
	return Int(n)
}

// zInputs reads the number of keys that argument i is, and the keys after it. It
// returns what is there, and the argument that comes next.
func (c *Call) zInputs(i int) (in []zInput, next int) {
	n := c.int(i)
	if n < 1 {
		c.fail("ERR at least 1 input key is needed for '" + c.cmd.Name + "' command")
	}
	if n > int64(len(c.args)-i-1) {
		c.fail(errSyntax)
	}
	in = make([]zInput, n)
	for j := range in {
		i++
		in[j] = zInput{c.scored(i), 1}
	}
	return in, i + 1
}

// scored returns the sorted set at key i, or the set as one.
func (c *Call) scored(i int) scored {
	if e := c.entry(i); e != nil {
		if s, ok := e.Value.(*value.Set); ok {
			return plainSet{s}
		}
	}
	return c.sortedSet(i)
}

// plainSet is a set whose members have the score 1.
type plainSet struct{ *value.Set }

func (s plainSet) Score(member string) (float64, bool) { return 1, s.Has(member) }

func (s plainSet) All() iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		for member := range s.Set.All() {
			if !yield(member, 1) {
				return
			}
		}
	}
}

// zOptions are the options of ZUNION and its like.
type zOptions struct {
	aggregate  aggregate
	withScores bool
}

// zOptions reads the options from argument i on, and gives the inputs their
// weights.
func (c *Call) zOptions(in []zInput, i int, op *zOperation, mayHaveScores bool) zOptions {
	o := zOptions{aggregate: aggregateSum}
	for ; i < len(c.args); i++ {
		switch {
		case op.weighted && c.is(i, "weights") && i+len(in) < len(c.args):
			for j := range in {
				i++
				in[j].weight = c.doubleOr(i, "ERR weight value is not a float")
			}
		case op.weighted && c.is(i, "aggregate") && i+1 < len(c.args):
			i++
			o.aggregate = c.aggregate(i)
		case mayHaveScores && c.is(i, "withscores"):
			o.withScores = true
		default:
			c.fail(errSyntax)
		}
	}
	return o
}

// aggregate makes one score of two.
type aggregate func(a, b float64) float64

// aggregate returns what argument i names.
func (c *Call) aggregate(i int) aggregate {
	switch {
	case c.is(i, "sum"):
		return aggregateSum
	case c.is(i, "min"):
		return aggregateMin
	case c.is(i, "max"):
		return aggregateMax
	}
	c.fail(errSyntax)
	return nil
}

// Redis takes NaN, as of the sum of two infinities, for 0.
func aggregateSum(a, b float64) float64 { return orZero(a + b) }

func aggregateMin(a, b float64) float64 {
	if b < a {
		return b
	}
	return a
}

func aggregateMax(a, b float64) float64 {
	if b > a {
		return b
	}
	return a
}

func orZero(f float64) float64 {
	if math.IsNaN(f) {
		return 0
	}
	return f
}

// bySize returns the inputs, the smallest first: the order in which Redis adds
// scores up, which shows in their last digits.
func bySize(in []zInput) []zInput {
	return slices.SortedStableFunc(slices.Values(in), func(a, b zInput) int { return cmp.Compare(a.Len(), b.Len()) })
}

func (c *Call) zDifference(in []zInput, _ aggregate) *value.SortedSet {
	z := value.NewLargeSortedSet().Within(c.limits())
	for member, score := range in[0].All() {
		c.tick(addTicks + len(in))
		if !slices.ContainsFunc(in[1:], func(other zInput) bool { return other.has(member) }) {
			z.MakeRoom(c)
			z.Set(member, score)
		}
	}
	return z
}

func (in zInput) has(member string) bool {
	_, ok := in.Score(member)
	return ok
}

// common visits the members that all inputs have, with their scores in the
// smallest.
func (c *Call) common(in []zInput) iter.Seq2[string, float64] {
	in = bySize(in)
	return func(yield func(string, float64) bool) {
		for member, score := range in[0].All() {
			c.tick(len(in))
			missing := slices.ContainsFunc(in[1:], func(other zInput) bool { return !other.has(member) })
			if !missing && !yield(member, score) {
				return
			}
		}
	}
}

func (c *Call) zIntersection(in []zInput, aggregate aggregate) *value.SortedSet {
	in = bySize(in)
	z := value.NewLargeSortedSet().Within(c.limits())
	for member, score := range c.common(in) {
		c.tick(addTicks)
		score = orZero(score * in[0].weight)
		for _, other := range in[1:] {
			s, _ := other.Score(member)
			score = aggregate(score, s*other.weight)
		}
		z.MakeRoom(c)
		z.Set(member, score)
	}
	return z
}

func (c *Call) zUnion(in []zInput, aggregate aggregate) *value.SortedSet {
	scores := map[string]float64{}
	for _, in := range bySize(in) {
		for member, score := range in.All() {
			c.tick(elementTicks)
			score = orZero(score * in.weight)
			if sum, ok := scores[member]; ok {
				score = aggregate(sum, score)
			}
			scores[member] = score
		}
	}
	z := value.NewLargeSortedSet().Within(c.limits())
	for member, score := range scores {
		c.tick(addTicks)
		z.MakeRoom(c)
		z.Set(member, score)
	}
	return z
}
