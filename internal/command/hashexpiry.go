package command

import "math"

// When fields of hashes expire. These commands are of Redis 7.4, those in
// hashex.go of 8.0; the errors that its documentation does not quote may read
// otherwise there.
var hashExpiryCommands = []Row{
	{Name: "hexpire", Arity: -6, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Update), Run: hExpire(afterSeconds)},
	{Name: "hexpireat", Arity: -6, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Update), Run: hExpire(atSeconds)},
	{Name: "hexpiretime", Arity: -5, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: hTTL(atSeconds)},
	{Name: "hpersist", Arity: -5, Flags: Write | Fast, Keys: oneKey(RW | Update), Run: hPersist},
	{Name: "hpexpire", Arity: -6, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Update), Run: hExpire(afterMillis)},
	{Name: "hpexpireat", Arity: -6, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Update), Run: hExpire(atMillis)},
	{Name: "hpexpiretime", Arity: -5, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: hTTL(atMillis)},
	{Name: "hpttl", Arity: -5, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: hTTL(afterMillis)},
	{Name: "httl", Arity: -5, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: hTTL(afterSeconds)},
}

// What these commands answer of a field.
var (
	noField   = Int(-2)
	neverDue  = Int(-1)
	notMet    = Int(0)
	fieldDone = Int(1)
	fieldGone = Int(2) // its new expiry has passed already
)

func hExpire(f timeForm) func(*Call) Reply {
	return func(c *Call) Reply {
		h := c.hash(1)
		at := c.fieldExpiry(2, f)
		var cond expiryConditions
		i := 3
		if c.expiryCondition(&cond, i) {
			i++
		}
		set, deleted := false, false
		r := c.eachField(i, "ERR Parameter `numFields` should be greater than 0", func(field string) Reply {
			switch _, ok := h.Get(field); {
			case !ok:
				return noField
			case !cond.hold(h.ExpireAt(field), at):
				return notMet
			case at <= c.now():
				deleted = h.Delete(field)
				return fieldGone
			}
			set = true
			c.ks.SetFieldExpiry(c.entry(1), h, field, at)
			return fieldDone
		})
		c.eventIf(set, "hexpire", 1)
		c.eventIf(deleted, "hdel", 1)
		return r
	}
}

func hPersist(c *Call) Reply {
	h, persisted := c.hash(1), false
	r := c.eachField(2, errFieldCount, func(field string) Reply {
		if _, ok := h.Get(field); !ok {
			return noField
		}
		if !h.Persist(field) {
			return neverDue
		}
		persisted = true
		return fieldDone
	})
	c.eventIf(persisted, "hpersist", 1)
	return r
}

func hTTL(f timeForm) func(*Call) Reply {
	return func(c *Call) Reply {
		h := c.hash(1)
		return c.eachField(2, errFieldCount, func(field string) Reply {
			if _, ok := h.Get(field); !ok {
				return noField
			}
			t := h.ExpireAt(field)
			if t == 0 {
				return neverDue
			}
			if f.relative {
				t -= c.now()
			}
			return Int(int64(uint64(t+f.unit-1) / uint64(f.unit))) // the sum may overflow an int64
		})
	}
}

const (
	errFieldCount  = "ERR Number of fields must be a positive integer"
	errFieldExpiry = "ERR invalid expire time, must be >= 0"
)

// eachField answers what reply does of each of the fields after the word FIELDS
// and their number, the rest of the arguments from i on. The complaint is about
// the number.
func (c *Call) eachField(i int, complaint string, reply func(field string) Reply) Reply {
	if !c.is(i, "fields") {
		c.fail("ERR Mandatory argument FIELDS is missing or not at the right position")
	}
	fields := c.args[i+2:]
	if c.atLeast(i+1, 1, complaint) != len(fields) {
		c.fail("ERR The `numfields` parameter must match the number of arguments")
	}
	elems := c.room(len(fields))[:len(fields)]
	for i, field := range fields {
		elems[i] = reply(field)
	}
	return Array(elems...)
}

// fieldExpiry returns the time that argument i says, in Unix milliseconds. It
// may have passed.
func (c *Call) fieldExpiry(i int, f timeForm) int64 {
	at := c.int(i)
	switch {
	case at < 0:
		c.fail(errFieldExpiry)
	case at > math.MaxInt64/f.unit, f.relative && at*f.unit > math.MaxInt64-c.now():
		c.fail(errExpireTime(c.cmd.Name))
	}
	at *= f.unit
	if f.relative {
		at += c.now()
	}
	return at
}
