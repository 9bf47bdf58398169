package command

import (
	"github.com/luastore/luastore/internal/value"
)

// Sets: members under one key. What is computed of several is in setalgebra.go;
// SET, which knows nothing of sets, in set.go.
var setsCommands = []Row{
	{Name: "sadd", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Insert), Run: sAdd},
	{Name: "scard", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO), Run: sCard},
	{Name: "sismember", Arity: 3, Flags: Read | Fast, Keys: oneKey(RO), Run: sIsMember},
	{Name: "smembers", Arity: 2, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOrder}, Run: sMembers},
	{Name: "smismember", Arity: -3, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: sMIsMember},
	{Name: "smove", Arity: 4, Flags: Write | Fast, Keys: fromTo(RW|Access|Delete, RW|Insert), Run: sMove},
	{Name: "spop", Arity: -2, Flags: Write | Fast, Keys: oneKey(RW | Access | Delete), Tips: []string{AnyOutput}, Run: sPop},
	{Name: "srandmember", Arity: -2, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOutput}, Run: sRandMember},
	{Name: "srem", Arity: -3, Flags: Write | Fast, Keys: oneKey(RW | Delete), Run: sRem},
	{Name: "sscan", Arity: -3, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOutput}, Run: sScan},
}

func sAdd(c *Call) Reply {
	s, n := c.makeSet(1), 0
	for _, m := range c.args[2:] {
		if s.Add(m) {
			n++
		}
	}
	c.changed(n, "sadd", 1)
	return Int(n)
}

func sCard(c *Call) Reply { return Int(c.set(1).Len()) }

func sIsMember(c *Call) Reply { return flag(c.set(1).Has(c.arg(2))) }

func sMembers(c *Call) Reply { return c.allMembers(c.set(1)) }

func sMIsMember(c *Call) Reply {
	s := c.set(1)
	elems := c.room(len(c.args) - 2)[:len(c.args)-2]
	for i := range elems {
		elems[i] = flag(s.Has(c.arg(i + 2)))
	}
	return Array(elems...)
}

func sMove(c *Call) Reply {
	if c.entry(1) == nil {
		return Int(0) // whatever the destination holds
	}
	from, m := c.set(1), c.arg(3)
	switch to := c.set(2); {
	case from == to:
		return flag(from.Has(m))
	case !from.Remove(m):
		return Int(0)
	}
	c.event("srem", 1)
	if from.Len() == 0 {
		c.drop(1, "del")
	}
	if c.makeSet(2).Add(m) {
		c.event("sadd", 2)
	}
	return Int(1)
}

func sPop(c *Call) Reply {
	switch {
	case len(c.args) == 3:
		return c.popPicked()
	case len(c.args) > 3:
		c.fail(errSyntax)
	}
	s := c.set(1)
	if s == nil {
		return Reply{}
	}
	m := s.At(c.randomInt(s.Len()))
	c.reserveText(len(m))
	s.Remove(m)
	c.event("spop", 1)
	return Bulk(m)
}

func sRandMember(c *Call) Reply {
	switch {
	case len(c.args) == 3:
		count, s := c.randomCount(2), c.set(1)
		return Array(c.pickMembers(s, count)...)
	case len(c.args) > 3:
		c.fail(errSyntax)
	}
	s := c.set(1)
	if s == nil {
		return Reply{}
	}
	return Bulk(s.At(c.randomInt(s.Len())))
}

func sRem(c *Call) Reply {
	s, n := c.set(1), 0
	for _, m := range c.args[2:] {
		if s.Remove(m) {
			n++
		}
	}
	c.changed(n, "srem", 1)
	return Int(n)
}

func sScan(c *Call) Reply {
	cursor, s := c.cursor(2), c.set(1)
	if s == nil {
		return scanned(0, nil)
	}
	o := c.scanOptions(3, false)
	elems := []Reply{}
	cursor = s.Scan(cursor, o.count, func(m string) {
		if c.selects(&o, m) {
			elems = c.put(elems, Bulk(m))
		}
	})
	return scanned(cursor, elems)
}

func (c *Call) set(i int) *value.Set { return collection[*value.Set](c, i) }

func (c *Call) makeSet(i int) *value.Set {
	return makeCollection(c, i, c.newSet)
}

func (c *Call) newSet() *value.Set { return new(value.Set).Within(c.limits()) }

// allMembers answers a set's members.
func (c *Call) allMembers(s *value.Set) Reply {
	elems := c.room(s.Len())
	for m := range s.All() {
		elems = c.put(elems, Bulk(m))
	}
	return Set(elems...)
}

// popPicked removes and answers as many random members as argument 2 says.
func (c *Call) popPicked() Reply {
	count, s := c.atLeast(2, 0, errNotPositive), c.set(1)
	elems := c.pickMembers(s, count)
	if len(elems) == 0 {
		return Set()
	}
	c.ahead(len(elems) * elementTicks)
	for _, m := range elems {
		c.step(elementTicks)
		s.Remove(m.Str())
	}
	if 5*s.Len() <= len(elems) { // of so few Redis makes a new set, with a new encoding
		few := c.newSet()
		for m := range s.All() {
			c.step(elementTicks)
			few.Add(m)
		}
		c.ks.Replace(c.entry(1), few)
	}
	c.changed(len(elems), "spop", 1)
	return Set(elems...)
}

// pickMembers returns random members, as pick counts them.
func (c *Call) pickMembers(s *value.Set, count int) []Reply {
	picked := c.pick(count, s.Len())
	elems := c.room(len(picked))
	for _, at := range picked {
		c.tick(1)
		elems = c.put(elems, Bulk(s.At(at)))
	}
	return elems
}
