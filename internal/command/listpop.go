package command

import "github.com/luastore/luastore/internal/value"

// What takes elements from the ends of lists, some of it waiting for one.
var listPopCommands = []Row{
	{Name: "blmove", Arity: 6, Flags: Write | DenyOOM | NoScript | Blocking, Keys: moveKeys, Run: blMove},
	{Name: "blmpop", Arity: -5, Flags: Write | Blocking | MovableKeys, Keys: numKeys(popKey, 2), Run: blMPop},
	{Name: "blpop", Arity: -3, Flags: Write | NoScript | Blocking, Keys: keyRange(popKey, 1, -2, 1), Run: blockingPop(left)},
	{Name: "brpop", Arity: -3, Flags: Write | NoScript | Blocking, Keys: keyRange(popKey, 1, -2, 1), Run: blockingPop(right)},
	{Name: "brpoplpush", Arity: 4, Flags: Write | DenyOOM | NoScript | Blocking, Keys: moveKeys, Run: bRPopLPush},
	{Name: "lmove", Arity: 5, Flags: Write | DenyOOM, Keys: moveKeys, Run: lMove},
	{Name: "lmpop", Arity: -4, Flags: Write | MovableKeys, Keys: numKeys(popKey, 1), Run: lMPop},
	{Name: "lpop", Arity: -2, Flags: Write | Fast, Keys: oneKey(popKey), Run: pop(left)},
	{Name: "rpop", Arity: -2, Flags: Write | Fast, Keys: oneKey(popKey), Run: pop(right)},
	{Name: "rpoplpush", Arity: 3, Flags: Write | DenyOOM, Keys: moveKeys, Run: rPopLPush},
}

var moveKeys = fromTo(popKey, RW|Insert)

func blMove(c *Call) Reply {
	from, to := c.end(3), c.end(4)
	return c.moveOrWait(5, from, to)
}

func blMPop(c *Call) Reply {
	keys, take := c.mPop(2)
	return takeOrWait[*value.List](c, 3, keys, c.timeout(1), NilArray(), take)
}

func blockingPop(from *end) func(*Call) Reply {
	take := func(c *Call, i int) Reply { return Array(Bulk(c.arg(i)), Bulk(c.popOne(from, i))) }
	return func(c *Call) Reply {
		last := len(c.args) - 1
		return takeOrWait[*value.List](c, 1, last-1, c.timeout(last), NilArray(), take)
	}
}

func bRPopLPush(c *Call) Reply { return c.moveOrWait(3, right, left) }

func lMove(c *Call) Reply {
	from, to := c.end(3), c.end(4)
	return c.move(from, to)
}

func lMPop(c *Call) Reply {
	keys, take := c.mPop(1)
	if i := firstOf[*value.List](c, 2, keys); i > 0 {
		return take(c, i)
	}
	return NilArray()
}

func pop(from *end) func(*Call) Reply {
	return func(c *Call) Reply {
		switch len(c.args) {
		case 2:
			if c.list(1) == nil {
				return Reply{}
			}
			return Bulk(c.popOne(from, 1))
		case 3:
			count := c.atLeast(2, 0, errNotPositive)
			if c.list(1) == nil {
				return NilArray()
			}
			return Array(c.popMany(from, 1, count)...)
		}
		c.fail(errArity(c.cmd.Name))
		return Reply{}
	}
}

func rPopLPush(c *Call) Reply { return c.move(right, left) }

// end returns the end that argument i names.
func (c *Call) end(i int) *end {
	switch {
	case c.is(i, "left"):
		return left
	case c.is(i, "right"):
		return right
	}
	c.fail(errSyntax)
	return nil
}

// popOne removes an element of the list at key i, which must exist.
func (c *Call) popOne(from *end, i int) string {
	l := c.list(i)
	c.reserveText(len(from.at(l, 0)))
	text := from.pop(l)
	c.countTaken()
	c.also(from.popped, i)
	return text
}

// countTaken counts that an element was taken, unless by a command that has waited
// for it: Redis counts only what BLMPOP and those of sorted sets take then.
func (c *Call) countTaken() {
	if c.db.serving == nil {
		c.Count(1)
	}
}

// popMany removes up to count elements of the list at key i.
func (c *Call) popMany(from *end, i, count int) []Reply {
	l := c.list(i)
	count = min(count, l.Len())
	elems := c.room(count)
	for i := range count {
		elems = c.put(elems, Bulk(from.at(l, i)))
	}
	if from == left {
		l.Trim(count, l.Len())
	} else {
		l.Trim(0, l.Len()-count)
	}
	c.changed(count, from.popped, i)
	return elems
}

// move takes an element from the list at key 1 to that at key 2.
func (c *Call) move(from, to *end) Reply {
	source := c.list(1)
	if source == nil {
		return Reply{}
	}
	c.list(2) // may be of another type
	c.reserveText(len(from.at(source, 0)))
	text := from.pop(source)
	to.push(c.makeList(2), text)
	c.countTaken()
	c.also(to.pushed, 2)
	c.also(from.popped, 1)
	return Bulk(text)
}

// moveOrWait is move, but waits for an element for as long as argument i says.
func (c *Call) moveOrWait(i int, from, to *end) Reply {
	take := func(c *Call, _ int) Reply { return c.move(from, to) }
	return takeOrWait[*value.List](c, 1, 1, c.timeout(i), Reply{}, take)
}

// mPop reads the arguments of LMPOP from argument i, the number of keys, on. It
// returns that number, and what takes the elements from the list at a key.
func (c *Call) mPop(i int) (keys int, take func(*Call, int) Reply) {
	keys, from, count := popArgs(c, i, c.end)
	return keys, func(c *Call, i int) Reply {
		return Array(Bulk(c.arg(i)), Array(c.popMany(from, i, count)...))
	}
}

// popArgs reads a number of keys, which is argument i, and after the keys from
// which end to pop how many elements.
func popArgs[E any](c *Call, i int, end func(i int) E) (keys int, from E, count int) {
	keys = c.atLeast(i, 1, "ERR numkeys should be greater than 0")
	if keys > len(c.args)-i-2 {
		c.fail(errSyntax)
	}
	i += keys + 1
	from = end(i)
	for i++; i < len(c.args); i += 2 {
		if !c.is(i, "count") || count > 0 || i+1 == len(c.args) {
			c.fail(errSyntax)
		}
		count = c.atLeast(i+1, 1, "ERR count should be greater than 0")
	}
	return keys, from, max(count, 1)
}
