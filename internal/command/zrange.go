package command

import (
	"iter"
	"strings"

	"github.com/luastore/luastore/internal/value"
)

// Ranges of sorted sets: by rank, by score, by member.
var sortedSetRangeCommands = []Row{
	{Name: "zcount", Arity: 4, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: zCount(byScore)},
	{Name: "zlexcount", Arity: 4, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: zCount(byLex)},
	{Name: "zrange", Arity: -4, Flags: Read, Keys: oneKey(RO | Access), Run: zRange(rangeForm{})},
	{Name: "zrangebylex", Arity: -4, Flags: Read, Keys: oneKey(RO | Access), Run: zRange(rangeForm{by: byLex, fixed: true})},
	{Name: "zrangebyscore", Arity: -4, Flags: Read, Keys: oneKey(RO | Access), Run: zRange(rangeForm{by: byScore, fixed: true})},
	{Name: "zrangestore", Arity: -5, Flags: Write | DenyOOM, Keys: fromTo(OW|Update, RO|Access), Run: zRangeStore},
	{Name: "zremrangebylex", Arity: 4, Flags: Write, Keys: oneKey(RW | Delete), Run: zRemRange(byLex, "zremrangebylex")},
	{Name: "zremrangebyrank", Arity: 4, Flags: Write, Keys: oneKey(RW | Delete), Run: zRemRange(byRank, "zremrangebyrank")},
	{Name: "zremrangebyscore", Arity: 4, Flags: Write, Keys: oneKey(RW | Delete), Run: zRemRange(byScore, "zremrangebyscore")},
	{Name: "zrevrange", Arity: -4, Flags: Read, Keys: oneKey(RO | Access), Run: zRange(rangeForm{reverse: true, fixed: true})},
	{Name: "zrevrangebylex", Arity: -4, Flags: Read, Keys: oneKey(RO | Access), Run: zRange(rangeForm{by: byLex, reverse: true, fixed: true})},
	{Name: "zrevrangebyscore", Arity: -4, Flags: Read, Keys: oneKey(RO | Access), Run: zRange(rangeForm{by: byScore, reverse: true, fixed: true})},
}

// rangeBy is what the bounds of a range are.
type rangeBy int

const (
	byRank rangeBy = iota
	byScore
	byLex
)

// rangeForm is a form of ZRANGE: what the bounds are, which end comes first,
// and whether that is fixed or up to the options.
type rangeForm struct {
	by      rangeBy
	reverse bool
	fixed   bool
}

// addTicks is what it takes to put a member into a sorted set, in ticks.
const addTicks = 50

func zCount(by rangeBy) func(*Call) Reply {
	return func(c *Call) Reply {
		r := c.bounds(by, 2, 3)
		from, to := r.ranks(c.sortedSet(1))
		return Int(to - from)
	}
}

func zRange(f rangeForm) func(*Call) Reply {
	return func(c *Call) Reply {
		r := c.rangeOf(1, f, true)
		z := c.sortedSet(1)
		from, to := r.ranks(z)
		return c.members(r.withScores, to-from, r.members(z, from, to))
	}
}

func zRangeStore(c *Call) Reply {
	r := c.rangeOf(2, rangeForm{}, false)
	z := c.sortedSet(2)
	from, to := r.ranks(z)
	part := c.newSortedSet()
	for member, score := range z.Range(from, to) {
		c.tick(addTicks)
		part.MakeRoom(c)
		part.Set(member, score)
	}
	return c.store(1, part, "zrangestore")
}

func zRemRange(by rangeBy, event string) func(*Call) Reply {
	return func(c *Call) Reply {
		r := c.bounds(by, 2, 3)
		z := c.sortedSet(1)
		from, to := r.ranks(z)
		if from == to {
			return Int(0)
		}
		c.ahead((to - from) * elementTicks)
		z.RemoveRange(from, to)
		c.changed(to-from, event, 1)
		return Int(to - from)
	}
}

// memberRange is a range as the arguments of a call say it.
type memberRange struct {
	rangeForm
	start, stop int64 // byRank
	scores      value.ScoreRange
	lex         value.LexRange

	withScores    bool
	offset, limit int64 // LIMIT; a negative limit is none
}

// rangeOf reads the arguments of ZRANGE after the key, which is argument i.
func (c *Call) rangeOf(i int, f rangeForm, mayHaveScores bool) memberRange {
	o := memberRange{rangeForm: f, limit: -1}
	named := f.fixed // what the bounds are was said
	for j := i + 3; j < len(c.args); j++ {
		switch {
		case mayHaveScores && c.is(j, "withscores"):
			o.withScores = true
		case c.is(j, "limit") && j+2 < len(c.args):
			o.offset, o.limit = c.int(j+1), c.int(j+2)
			j += 2
		case !f.fixed && !o.reverse && c.is(j, "rev"):
			o.reverse = true
		case !named && c.is(j, "bylex"):
			o.by, named = byLex, true
		case !named && c.is(j, "byscore"):
			o.by, named = byScore, true
		default:
			c.fail(errSyntax)
		}
	}
	switch {
	case o.limit != -1 && o.by == byRank:
		c.fail("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
	case o.by == byRank:
		o.offset = 0 // of LIMIT offset -1, by which Redis does not go
	case o.withScores && o.by == byLex:
		c.fail("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
	}
	if o.by == byRank {
		o.offset = 0 // that of LIMIT with -1, which is none
	}
	low, high := i+1, i+2
	if o.reverse && o.by != byRank {
		low, high = high, low
	}
	r := c.bounds(o.by, low, high)
	r.rangeForm, r.withScores, r.offset, r.limit = o.rangeForm, o.withScores, o.offset, o.limit
	return r
}

// bounds reads the bounds of a range, which are the two arguments.
func (c *Call) bounds(by rangeBy, low, high int) memberRange {
	r := memberRange{rangeForm: rangeForm{by: by}, limit: -1}
	switch by {
	case byRank:
		r.start, r.stop = c.int(low), c.int(high)
	case byScore:
		r.scores.Min, r.scores.ExcludeMin = c.scoreBound(low)
		r.scores.Max, r.scores.ExcludeMax = c.scoreBound(high)
	case byLex:
		r.lex.Min, r.lex.Max = c.lexBound(low), c.lexBound(high)
	}
	return r
}

// scoreBound reads argument i as a bound of scores, which is excluded where a
// parenthesis comes before it. Like C's strtod, which takes nothing for 0, it
// passes over spaces.
func (c *Call) scoreBound(i int) (score float64, exclude bool) {
	text, exclude := strings.CutPrefix(cString(c.arg(i)), "(")
	if text == "" {
		return 0, exclude
	}
	score, _, ok := parseDouble(strings.TrimLeft(text, " \t\n\v\f\r"))
	if !ok {
		c.fail("ERR min or max is not a float")
	}
	return score, exclude
}

// lexBound reads argument i as a bound of members.
func (c *Call) lexBound(i int) value.LexBound {
	text := c.arg(i)
	switch beyond := cString(text); {
	case beyond == "-":
		return value.LexBound{Beyond: -1}
	case beyond == "+":
		return value.LexBound{Beyond: 1}
	case text != "" && (text[0] == '[' || text[0] == '('):
		return value.LexBound{Member: text[1:], Exclude: text[0] == '('}
	}
	c.fail("ERR min or max not valid string range item")
	return value.LexBound{}
}

// ranks returns the ranks between which the members of z are in the range.
func (r *memberRange) ranks(z *value.SortedSet) (from, to int) {
	switch r.by {
	case byScore:
		from, to = z.ByScore(r.scores)
	case byLex:
		from, to = z.ByLex(r.lex, r.reverse)
	default:
		from, to = span(r.start, r.stop, z.Len())
		if r.reverse {
			from, to = z.Len()-to, z.Len()-from
		}
	}
	offset, n := r.offset, int64(to-from)
	if offset < 0 || offset > n {
		offset = n
	}
	n -= offset
	if r.limit >= 0 {
		n = min(n, r.limit)
	}
	if r.reverse {
		to -= int(offset)
		return to - int(n), to
	}
	from += int(offset)
	return from, from + int(n)
}

// members visits the members of the range, which has these ranks in z.
func (r *memberRange) members(z *value.SortedSet, from, to int) iter.Seq2[string, float64] {
	if r.reverse {
		return z.Reverse(from, to)
	}
	return z.Range(from, to)
}
