package command

import "math"

// Strings as numbers.
var incrementCommands = []Row{
	{"decr", 2, Write | DenyOOM | Fast, oneKey(RW | Access | Update), decr},
	{"decrby", 3, Write | DenyOOM | Fast, oneKey(RW | Access | Update), decrBy},
	{"incr", 2, Write | DenyOOM | Fast, oneKey(RW | Access | Update), incr},
	{"incrby", 3, Write | DenyOOM | Fast, oneKey(RW | Access | Update), incrBy},
	{"incrbyfloat", 3, Write | DenyOOM | Fast, oneKey(RW | Access | Update), incrByFloat},
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
	text = c.addFloat(text, c.arg(2))
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
	c.makeString(1).SetInt(n)
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

// addFloat returns the text of the sum of the numbers that n and by are, and
// fails the call where one is no number or the sum is not finite.
func (c *Call) addFloat(n, by string) string {
	x, ok := parseLongDouble(n)
	y, ok2 := parseLongDouble(by)
	if !ok || !ok2 {
		c.fail(errNotFloat)
	}
	sum, ok := addLongDouble(x, y)
	if !ok {
		c.fail("ERR increment would produce NaN or Infinity")
	}
	return formatLongDouble(sum)
}
