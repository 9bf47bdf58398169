package command

import (
	"math"
	"math/big"
)

// Strings as numbers.
var incrementCommands = []Row{
	{Name: "decr", Arity: 2, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Access | Update), Run: decr},
	{Name: "decrby", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Access | Update), Run: decrBy},
	{Name: "incr", Arity: 2, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Access | Update), Run: incr},
	{Name: "incrby", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Access | Update), Run: incrBy},
	{Name: "incrbyfloat", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Access | Update), Run: incrByFloat},
}

func decr(c *Call) Reply { return c.increment(-1) }

func decrBy(c *Call) Reply {
	by := c.int(2)
	if by == math.MinInt64 {
		c.fail("ERR decrement would overflow")
	}
	return c.increment(-by)
}

func incr(c *Call) Reply { return c.increment(1) }

func incrBy(c *Call) Reply { return c.increment(c.int(2)) }

func incrByFloat(c *Call) Reply {
	text := "0"
	if s := c.string(1); s != nil {
		text = s.String()
	}
	n := c.float(text, errNotFloat) // before the argument
	text = c.addFloat(n, c.float(c.arg(2), errNotFloat))
	c.makeString(1).SetText(text)
	c.event("incrbyfloat", 1)
	return Bulk(text)
}

// increment adds by to the integer at key 1.
func (c *Call) increment(by int64) Reply {
	n, ok := c.string(1).Int()
	if !ok {
		c.fail(errNotInt)
	}
	n = c.addInt(n, by)
	s := c.makeString(1)
	s.SetInt(n)
	c.unshare(s)
	c.event("incrby", 1)
	return Int(n)
}

// addInt returns n + by, and fails the call where that overflows.
func (c *Call) addInt(n, by int64) int64 {
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		c.fail(errOverflow)
	}
	return n + by
}

// float returns the number that the text is, and fails the call with the
// complaint where it is none.
func (c *Call) float(text, complaint string) *big.Float {
	x, ok := parseLongDouble(text)
	if !ok {
		c.fail(complaint)
	}
	return x
}

// addFloat returns the text of n + by, and fails the call where that is not
// finite.
func (c *Call) addFloat(n, by *big.Float) string {
	sum, ok := addLongDouble(n, by)
	if !ok {
		c.fail("ERR increment would produce NaN or Infinity")
	}
	return formatLongDouble(sum)
}
