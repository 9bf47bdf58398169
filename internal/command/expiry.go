package command

import "math"

// When keys expire.
var expiryCommands = []Row{
	{Name: "expire", Arity: -3, Flags: Write | Fast, Keys: oneKey(RW | Update), Run: expire(afterSeconds)},
	{Name: "expireat", Arity: -3, Flags: Write | Fast, Keys: oneKey(RW | Update), Run: expire(atSeconds)},
	{Name: "expiretime", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: ttl(atSeconds)},
	{Name: "persist", Arity: 2, Flags: Write | Fast, Keys: oneKey(RW | Update), Run: persist},
	{Name: "pexpire", Arity: -3, Flags: Write | Fast, Keys: oneKey(RW | Update), Run: expire(afterMillis)},
	{Name: "pexpireat", Arity: -3, Flags: Write | Fast, Keys: oneKey(RW | Update), Run: expire(atMillis)},
	{Name: "pexpiretime", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: ttl(atMillis)},
	{Name: "pttl", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO | Access), Tips: []string{AnyOutput}, Run: ttl(afterMillis)},
	{Name: "ttl", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO | Access), Tips: []string{AnyOutput}, Run: ttl(afterSeconds)},
}

// timeForm is a way to write a time.
type timeForm struct {
	unit     int64 // in milliseconds
	relative bool  // to now; else a Unix time
}

var (
	afterSeconds = timeForm{1000, true}
	afterMillis  = timeForm{1, true}
	atSeconds    = timeForm{1000, false}
	atMillis     = timeForm{1, false}
)

func expire(f timeForm) func(*Call) Reply {
	return func(c *Call) Reply {
		cond := c.expiryConditions(3)
		at := c.int(2)
		if at > math.MaxInt64/f.unit || at < math.MinInt64/f.unit {
			c.fail(errExpireTime(c.cmd.Name))
		}
		at *= f.unit
		if f.relative {
			if at > math.MaxInt64-c.now() {
				c.fail(errExpireTime(c.cmd.Name))
			}
			at += c.now()
		}
		e := c.entry(1)
		switch {
		case e == nil || !cond.hold(e.ExpireAt(), at):
			return Int(0)
		case at <= c.now():
			c.removeLazily(1, "del", c.db.Config.LazyFree.Expire)
		default:
			c.ks.SetExpiry(e, at)
			c.event("expire", 1)
		}
		return Int(1)
	}
}

func persist(c *Call) Reply {
	e := c.entry(1)
	if e == nil || e.ExpireAt() == 0 {
		return Int(0)
	}
	c.ks.Persist(e)
	c.event("persist", 1)
	return Int(1)
}

func ttl(f timeForm) func(*Call) Reply {
	return func(c *Call) Reply {
		e := c.peek(1)
		switch {
		case e == nil:
			return Int(-2)
		case e.ExpireAt() == 0:
			return Int(-1)
		}
		t := e.ExpireAt()
		if f.relative {
			t -= c.now()
		}
		return Int(int64(uint64(t+f.unit/2) / uint64(f.unit))) // the sum may overflow an int64
	}
}

// expiryConditions are what the present expiry must be for EXPIRE to set a new
// one: none, some, an earlier one, a later one.
type expiryConditions struct{ nx, xx, gt, lt bool }

// expiryConditions reads the options from argument i on.
func (c *Call) expiryConditions(i int) (cond expiryConditions) {
	for ; i < len(c.args); i++ {
		if !c.expiryCondition(&cond, i) {
			c.fail(errUnsupportedOption(c.arg(i)))
		}
	}
	if cond.nx && (cond.xx || cond.gt || cond.lt) {
		c.fail("ERR NX and XX, GT or LT options at the same time are not compatible")
	}
	if cond.gt && cond.lt {
		c.fail("ERR GT and LT options at the same time are not compatible")
	}
	return cond
}

// expiryCondition adds the condition that argument i is, and says whether it is
// one.
func (c *Call) expiryCondition(cond *expiryConditions, i int) bool {
	switch {
	case c.is(i, "nx"):
		cond.nx = true
	case c.is(i, "xx"):
		cond.xx = true
	case c.is(i, "gt"):
		cond.gt = true
	case c.is(i, "lt"):
		cond.lt = true
	default:
		return false
	}
	return true
}

// hold says whether the conditions hold for a present expiry, 0 being none and
// later than any other, and the new one at.
func (cond expiryConditions) hold(present, at int64) bool {
	never := present == 0
	return !(cond.nx && !never ||
		cond.xx && never ||
		cond.gt && (never || at <= present) ||
		cond.lt && !never && at >= present)
}
