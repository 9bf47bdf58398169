package command

import (
	"math"

	"github.com/luastore/luastore/internal/value"
)

// Lists: texts in order, with two ends. Those that move elements are in
// listpop.go.
var listCommands = []Row{
	{Name: "lindex", Arity: 3, Flags: Read, Keys: oneKey(RO | Access), Run: lIndex},
	{Name: "linsert", Arity: 5, Flags: Write | DenyOOM, Keys: oneKey(RW | Insert), Run: lInsert},
	{Name: "llen", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO), Run: lLen},
	{Name: "lpos", Arity: -3, Flags: Read, Keys: oneKey(RO | Access), Run: lPos},
	{Name: "lpush", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Insert), Run: push(left)},
	{Name: "lpushx", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Insert), Run: pushExisting(left)},
	{Name: "lrange", Arity: 4, Flags: Read, Keys: oneKey(RO | Access), Run: lRange},
	{Name: "lrem", Arity: 4, Flags: Write, Keys: oneKey(RW | Delete), Run: lRem},
	{Name: "lset", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(RW | Update), Run: lSet},
	{Name: "ltrim", Arity: 4, Flags: Write, Keys: oneKey(RW | Delete), Run: lTrim},
	{Name: "rpush", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Insert), Run: push(right)},
	{Name: "rpushx", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Insert), Run: pushExisting(right)},
}

func lIndex(c *Call) Reply {
	l := c.list(1)
	if l == nil {
		return Reply{}
	}
	i, ok := index(c.int(2), l.Len())
	if !ok {
		return Reply{}
	}
	return Bulk(l.At(i))
}

func lInsert(c *Call) Reply {
	var i int
	switch {
	case c.is(2, "before"):
	case c.is(2, "after"):
		i = 1
	default:
		c.fail(errSyntax)
	}
	l, pivot := c.list(1), c.arg(3)
	if l == nil {
		return Int(0)
	}
	c.tick(l.Len())
	found := l.Index(pivot, c)
	if found < 0 {
		return Int(-1)
	}
	l.Insert(found+i, c.arg(4))
	c.event("linsert", 1)
	return Int(l.Len())
}

func lLen(c *Call) Reply { return Int(c.list(1).Len()) }

func lPos(c *Call) Reply {
	o := c.lPosOptions(3)
	l := c.list(1)
	i, step := 0, 1
	if o.rank < 0 {
		o.rank, i, step = -o.rank, l.Len()-1, -1
	}
	elems, matches := []Reply{}, int64(0)
	for rest := min(o.maxLen, l.Len()); rest > 0; rest-- {
		c.tick(1)
		if l.At(i) == c.arg(2) {
			if matches++; matches >= o.rank {
				elems = c.put(elems, Int(i))
			}
			if len(elems) == o.count {
				break
			}
		}
		i += step
	}
	switch {
	case o.many:
		return Array(elems...)
	case len(elems) == 0:
		return Reply{}
	}
	return elems[0]
}

func push(to *end) func(*Call) Reply {
	return func(c *Call) Reply { return c.push(to, c.makeList(1)) }
}

func pushExisting(to *end) func(*Call) Reply {
	return func(c *Call) Reply {
		l := c.list(1)
		if l == nil {
			return Int(0)
		}
		return c.push(to, l)
	}
}

func lRange(c *Call) Reply {
	start, stop := c.int(2), c.int(3)
	l := c.list(1)
	from, to := span(start, stop, l.Len())
	elems := c.room(to - from)
	for i := from; i < to; i++ {
		elems = c.put(elems, Bulk(l.At(i)))
	}
	return Array(elems...)
}

func lRem(c *Call) Reply {
	count := c.int(2)
	l, text := c.list(1), c.arg(3)
	c.ahead(l.Len())
	n := 0
	switch {
	case count < 0:
		n = l.RemoveLast(text, int(-max(count, -math.MaxInt)))
	case count > 0:
		n = l.RemoveFirst(text, int(min(count, math.MaxInt)))
	default:
		n = l.RemoveFirst(text, math.MaxInt)
	}
	c.changed(n, "lrem", 1)
	return Int(n)
}

func lSet(c *Call) Reply {
	l := c.list(1)
	if l == nil {
		c.fail(errNoKey)
	}
	i, ok := index(c.int(2), l.Len())
	if !ok {
		c.fail("ERR index out of range")
	}
	l.Set(i, c.arg(3))
	c.event("lset", 1)
	return OK
}

func lTrim(c *Call) Reply {
	start, stop := c.int(2), c.int(3)
	l := c.list(1)
	if l == nil {
		return OK
	}
	from, to := span(start, stop, l.Len())
	n := l.Len() - (to - from)
	c.ahead(n)
	l.Trim(from, to)
	c.Count(n)
	c.also("ltrim", 1)
	return OK
}

// An end is one of the two ends of a list.
type end struct {
	push           func(*value.List, string)
	pop            func(*value.List) string
	at             func(l *value.List, i int) string // counted from this end
	pushed, popped string                            // the events
}

var (
	left  = &end{(*value.List).PushFront, (*value.List).PopFront, (*value.List).At, "lpush", "lpop"}
	right = &end{(*value.List).PushBack, (*value.List).PopBack, (*value.List).FromEnd, "rpush", "rpop"}
)

// list returns the list at key i, nil if there is no such key.
func (c *Call) list(i int) *value.List { return collection[*value.List](c, i) }

// makeList is list, but makes a missing key with an empty list.
func (c *Call) makeList(i int) *value.List {
	return makeCollection(c, i, func() *value.List { return new(value.List) })
}

// push adds the arguments after key 1 to the list there.
func (c *Call) push(to *end, l *value.List) Reply {
	for _, text := range c.args[2:] {
		to.push(l, text)
	}
	c.changed(len(c.args[2:]), to.pushed, 1)
	return Int(l.Len())
}

// index returns the index that i, counted from the end where negative, is
// among n elements; false if there is none.
func index(i int64, n int) (int, bool) {
	if i < 0 {
		i += int64(n)
	}
	return int(i), 0 <= i && i < int64(n)
}

// span returns the elements from start to stop, both counted from the end
// where negative, of n: those from index from up to to, which may be none.
func span(start, stop int64, n int) (from, to int) {
	if start < 0 {
		start = max(0, start+int64(n))
	}
	if stop < 0 {
		stop += int64(n)
	}
	if stop = min(stop, int64(n)-1); start > stop {
		return 0, 0
	}
	return int(start), int(stop) + 1
}

// lPosOptions are which matches LPOS answers.
type lPosOptions struct {
	rank   int64 // the first of them, from the last on where negative
	many   bool  // answer an array
	count  int   // of how many
	maxLen int   // how many elements to look at
}

// lPosOptions reads the options of LPOS from argument i on.
func (c *Call) lPosOptions(i int) lPosOptions {
	o := lPosOptions{rank: 1, count: 1, maxLen: math.MaxInt}
	for ; i < len(c.args); i += 2 {
		switch {
		case i+1 == len(c.args):
			c.fail(errSyntax)
		case c.is(i, "rank"):
			if o.rank = c.int(i + 1); o.rank == 0 {
				c.fail("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
					"or use negative to start from the end of the list")
			}
		case c.is(i, "count"):
			o.many = true
			if o.count = c.atLeast(i+1, 0, "ERR COUNT can't be negative"); o.count == 0 {
				o.count = math.MaxInt
			}
		case c.is(i, "maxlen"):
			if o.maxLen = c.atLeast(i+1, 0, "ERR MAXLEN can't be negative"); o.maxLen == 0 {
				o.maxLen = math.MaxInt
			}
		default:
			c.fail(errSyntax)
		}
	}
	return o
}
