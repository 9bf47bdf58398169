package command

import (
	"iter"
	"math"
	"strconv"

	"github.com/luastore/luastore/internal/value"
)

// Sorted sets: members with scores, in their order. Ranges of them are in
// zrange.go, ZPOPMIN and its like in zpop.go, ZUNION and its like in zunion.go.
var sortedSetCommands = []Row{
	{Name: "zadd", Arity: -4, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Update), Run: zAdd(addOptions{})},
	{Name: "zcard", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO), Run: zCard},
	{Name: "zincrby", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Access | Update), Run: zAdd(addOptions{incr: true})},
	{Name: "zmscore", Arity: -3, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: zMScore},
	{Name: "zrandmember", Arity: -2, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOutput}, Run: zRandMember},
	{Name: "zrank", Arity: 3, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: zRank},
	{Name: "zrem", Arity: -3, Flags: Write | Fast, Keys: oneKey(RW | Delete), Run: zRem},
	{Name: "zrevrank", Arity: 3, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: zRevRank},
	{Name: "zscan", Arity: -3, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOutput}, Run: zScan},
	{Name: "zscore", Arity: 3, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: zScore},
}

// addOptions say which members ZADD changes, and what it answers.
type addOptions struct {
	nx, xx bool // only new members, only those that are there
	gt, lt bool // only to greater scores, only to lesser ones
	ch     bool // count the changed members too
	incr   bool // add the score to the one that is there, and answer the sum
}

func zAdd(o addOptions) func(*Call) Reply {
	return func(c *Call) Reply {
		o, first := c.addOptions(o)
		scores := make([]float64, 0, 8)
		for i := first; i < len(c.args); i += 2 {
			scores = append(scores, c.double(i))
		}
		return c.addMembers(o, scores, func(n int) string { return c.arg(first + 2*n + 1) })
	}
}

// addOptions adds the options from argument 2 on to o, and returns where the
// scores and members begin.
func (c *Call) addOptions(o addOptions) (addOptions, int) {
	i := 2
options:
	for ; i < len(c.args); i++ {
		switch {
		case c.is(i, "nx"):
			o.nx = true
		case c.is(i, "xx"):
			o.xx = true
		case c.is(i, "gt"):
			o.gt = true
		case c.is(i, "lt"):
			o.lt = true
		case c.is(i, "ch"):
			o.ch = true
		case c.is(i, "incr"):
			o.incr = true
		default:
			break options
		}
	}
	switch words := len(c.args) - i; {
	case words == 0 || words%2 != 0:
		c.fail(errSyntax)
	case o.nx && o.xx:
		c.fail("ERR XX and NX options at the same time are not compatible")
	case o.gt && o.nx || o.lt && o.nx || o.gt && o.lt:
		c.fail("ERR GT, LT, and/or NX options at the same time are not compatible")
	case o.incr && words > 2:
		c.fail("ERR INCR option supports a single increment-element pair")
	}
	return o, i
}

// addMembers gives the members their scores in the sorted set at key 1, as far
// as the options let it.
func (c *Call) addMembers(o addOptions, scores []float64, member func(int) string) Reply {
	c.tick(len(scores) * elementTicks)
	z := c.sortedSet(1)
	if z == nil && !o.xx {
		z = c.makeSortedSet(1)
	}
	sum := Reply{} // of INCR
	added, changed := 0, 0
	for i, score := range scores {
		old, exists := z.Score(member(i))
		if exists && o.nx || !exists && o.xx {
			continue
		}
		if exists && o.incr {
			if score += old; math.IsNaN(score) {
				c.fail("ERR resulting score is not a number (NaN)")
			}
		}
		if exists && (o.gt && score <= old || o.lt && score >= old) {
			continue
		}
		sum = Double(score)
		switch {
		case !exists:
			added++
		case score != old:
			changed++
		default:
			continue
		}
		z.Set(member(i), score)
	}
	event := "zadd"
	if o.incr {
		event = "zincr"
	}
	c.changed(added+changed, event, 1)
	switch {
	case o.incr:
		return sum
	case o.ch:
		return Int(added + changed)
	}
	return Int(added)
}

func zCard(c *Call) Reply { return Int(c.sortedSet(1).Len()) }

func zMScore(c *Call) Reply {
	z := c.sortedSet(1)
	elems := c.room(len(c.args) - 2)[:len(c.args)-2]
	for i := range elems {
		elems[i] = doubleIf(z.Score(c.arg(i + 2)))
	}
	return Array(elems...)
}

func zRandMember(c *Call) Reply {
	if len(c.args) == 2 {
		z := c.sortedSet(1)
		if z == nil {
			return Reply{}
		}
		member, _ := z.At(c.randomInt(z.Len()))
		return Bulk(member)
	}
	count := c.randomCount(2)
	withScores := len(c.args) == 4 && c.is(3, "withscores")
	switch {
	case len(c.args) > 3 && !withScores:
		c.fail(errSyntax)
	case withScores && (count < -math.MaxInt64/2 || count > math.MaxInt64/2):
		c.fail("ERR value is out of range")
	}
	z := c.sortedSet(1)
	picked := c.pick(count, z.Len())
	return c.members(withScores, len(picked), func(yield func(string, float64) bool) {
		for _, i := range picked {
			c.tick(elementTicks)
			if !yield(z.At(i)) {
				return
			}
		}
	})
}

func zRank(c *Call) Reply {
	rank, ok := c.sortedSet(1).Rank(c.arg(2))
	return intIf(rank, ok)
}

func zRem(c *Call) Reply {
	z, n := c.sortedSet(1), 0
	for _, member := range c.args[2:] {
		if z.Remove(member) {
			n++
		}
	}
	c.changed(n, "zrem", 1)
	return Int(n)
}

func zRevRank(c *Call) Reply {
	z := c.sortedSet(1)
	rank, ok := z.Rank(c.arg(2))
	return intIf(z.Len()-1-rank, ok)
}

func zScan(c *Call) Reply {
	cursor, z := c.cursor(2), c.sortedSet(1)
	if z == nil {
		return scanned(0, nil)
	}
	o := c.scanOptions(3, false)
	elems := []Reply{}
	cursor = z.Scan(cursor, o.count, func(member string, score float64) {
		if c.selects(&o, member) {
			elems = c.put(c.put(elems, Bulk(member)), Bulk(scannedScore(score, z.Encoding() == "listpack")))
		}
	})
	return scanned(cursor, elems)
}

// scannedScore is how ZSCAN shows a score: where Redis keeps a list, integers
// are as they are kept there.
func scannedScore(score float64, list bool) string {
	if list && score == math.Trunc(score) && math.Abs(score) <= math.MaxInt64/2 {
		return strconv.FormatInt(int64(score), 10)
	}
	return FormatDouble(score)
}

func zScore(c *Call) Reply { return doubleIf(c.sortedSet(1).Score(c.arg(2))) }

// sortedSet returns the sorted set at key i; nil, which reads as empty, if there
// is no such key.
func (c *Call) sortedSet(i int) *value.SortedSet { return collection[*value.SortedSet](c, i) }

// makeSortedSet is sortedSet, but makes a missing key with an empty sorted set.
func (c *Call) makeSortedSet(i int) *value.SortedSet {
	return makeCollection(c, i, c.newSortedSet)
}

func (c *Call) newSortedSet() *value.SortedSet { return value.NewSortedSet().Within(c.limits()) }

// members answers n members, if they are wanted with their scores: under RESP3
// each such pair is an array of its own.
func (c *Call) members(withScores bool, n int, all iter.Seq2[string, float64]) Reply {
	switch {
	case withScores && c.s.RESP == 3:
		return c.memberPairs(n, all)
	case withScores:
		return c.memberWords(n, all)
	}
	elems := c.room(n)
	for member := range all {
		elems = c.put(elems, Bulk(member))
	}
	return Array(elems...)
}

// memberPairs answers n members with their scores, each in an array of its own.
func (c *Call) memberPairs(n int, all iter.Seq2[string, float64]) Reply {
	pairs, elems := c.room(n), c.room(2*n)
	for member, score := range all {
		elems = c.put(c.put(elems, Bulk(member)), Double(score))
		pairs = c.put(pairs, Array(elems[len(elems)-2:]...))
	}
	return Array(pairs...)
}

// memberWords answers n members with their scores, in one array.
func (c *Call) memberWords(n int, all iter.Seq2[string, float64]) Reply {
	elems := c.room(2 * n)
	for member, score := range all {
		elems = c.put(c.put(elems, Bulk(member)), Double(score))
	}
	return Array(elems...)
}

func doubleIf(f float64, ok bool) Reply {
	if !ok {
		return Reply{}
	}
	return Double(f)
}

func intIf(n int, ok bool) Reply {
	if !ok {
		return Reply{}
	}
	return Int(n)
}
