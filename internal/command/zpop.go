package command

import (
	"iter"

	"github.com/luastore/luastore/internal/value"
)

// What takes members from the ends of sorted sets, some of it waiting for one.
var sortedSetPopCommands = []Row{
	{Name: "bzmpop", Arity: -5, Flags: Write | Blocking | MovableKeys, Keys: numKeys(popKey, 2), Run: bzMPop},
	{Name: "bzpopmax", Arity: -3, Flags: Write | NoScript | Blocking | Fast, Keys: keyRange(popKey, 1, -2, 1), Run: bzPop(highest)},
	{Name: "bzpopmin", Arity: -3, Flags: Write | NoScript | Blocking | Fast, Keys: keyRange(popKey, 1, -2, 1), Run: bzPop(lowest)},
	{Name: "zmpop", Arity: -4, Flags: Write | MovableKeys, Keys: numKeys(popKey, 1), Run: zMPop},
	{Name: "zpopmax", Arity: -2, Flags: Write | Fast, Keys: oneKey(popKey), Run: zPop(highest)},
	{Name: "zpopmin", Arity: -2, Flags: Write | Fast, Keys: oneKey(popKey), Run: zPop(lowest)},
}

// extreme is an end of a sorted set.
type extreme struct {
	reverse bool
	popped  string // the event
}

var (
	lowest  = &extreme{false, "zpopmin"}
	highest = &extreme{true, "zpopmax"}
)

func bzMPop(c *Call) Reply {
	keys, take := c.zMPop(2)
	return takeOrWait[*value.SortedSet](c, 3, keys, c.timeout(1), NilArray(), take)
}

func bzPop(from *extreme) func(*Call) Reply {
	take := func(c *Call, i int) Reply {
		members := c.popMembers(from, i, 1, c.memberWords)
		return Array(append([]Reply{Bulk(c.arg(i))}, members.Elems()...)...)
	}
	return func(c *Call) Reply {
		last := len(c.args) - 1
		return takeOrWait[*value.SortedSet](c, 1, last-1, c.timeout(last), NilArray(), take)
	}
}

func zMPop(c *Call) Reply {
	keys, take := c.zMPop(1)
	if i := firstOf[*value.SortedSet](c, 2, keys); i > 0 {
		return take(c, i)
	}
	return NilArray()
}

func zPop(from *extreme) func(*Call) Reply {
	return func(c *Call) Reply {
		count, reply := 1, membersReply(c.memberWords)
		switch {
		case len(c.args) > 3:
			c.fail(errSyntax)
		case len(c.args) == 3:
			count = c.atLeast(2, 0, errNotPositive)
			if c.s.RESP == 3 {
				reply = c.memberPairs
			}
		}
		return c.popMembers(from, 1, count, reply)
	}
}

// membersReply answers n members with their scores.
type membersReply func(n int, all iter.Seq2[string, float64]) Reply

// popMembers removes up to count members from the end of the sorted set at key
// i, and answers them with reply.
func (c *Call) popMembers(from *extreme, i, count int, reply membersReply) Reply {
	z := c.sortedSet(i)
	n := z.Len()
	count = min(count, n)
	if count == 0 {
		return Array()
	}
	c.ahead(count * elementTicks)
	var popped Reply
	if from.reverse {
		popped = reply(count, z.Reverse(n-count, n))
		z.RemoveRange(n-count, n)
	} else {
		popped = reply(count, z.Range(0, count))
		z.RemoveRange(0, count)
	}
	c.changed(count, from.popped, i)
	return popped
}

// zMPop reads the arguments of ZMPOP from argument i, the number of keys, on. It
// returns that number, and what takes the members from the sorted set at a key.
func (c *Call) zMPop(i int) (keys int, take func(*Call, int) Reply) {
	keys, from, count := popArgs(c, i, c.extreme)
	return keys, func(c *Call, i int) Reply {
		return Array(Bulk(c.arg(i)), c.popMembers(from, i, count, c.memberPairs))
	}
}

// extreme returns the end that argument i names.
func (c *Call) extreme(i int) *extreme {
	switch {
	case c.is(i, "min"):
		return lowest
	case c.is(i, "max"):
		return highest
	}
	c.fail(errSyntax)
	return nil
}
