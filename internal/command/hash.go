package command

import (
	"math"
	"strconv"

	"github.com/luastore/luastore/internal/value"
)

// Hashes: fields with values under one key.
var hashCommands = []Row{
	{Name: "hdel", Arity: -3, Flags: Write | Fast, Keys: oneKey(RW | Delete), Run: hDel},
	{Name: "hexists", Arity: 3, Flags: Read | Fast, Keys: oneKey(RO), Run: hExists},
	{Name: "hget", Arity: 3, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: hGet},
	{Name: "hgetall", Arity: 2, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOrder}, Run: hGetAll},
	{Name: "hincrby", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Access | Update), Run: hIncrBy},
	{Name: "hincrbyfloat", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Access | Update), Run: hIncrByFloat},
	{Name: "hkeys", Arity: 2, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOrder}, Run: hKeys},
	{Name: "hlen", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO), Run: hLen},
	{Name: "hmget", Arity: -3, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: hMGet},
	{Name: "hmset", Arity: -4, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Update), Run: hMSet},
	{Name: "hrandfield", Arity: -2, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOutput}, Run: hRandField},
	{Name: "hscan", Arity: -3, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOutput}, Run: hScan},
	{Name: "hset", Arity: -4, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Update), Run: hSet},
	{Name: "hsetnx", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Insert), Run: hSetNX},
	{Name: "hstrlen", Arity: 3, Flags: Read | Fast, Keys: oneKey(RO), Run: hStrLen},
	{Name: "hvals", Arity: 2, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOrder}, Run: hVals},
}

func hDel(c *Call) Reply {
	h, n := c.hash(1), 0
	for _, field := range c.args[2:] {
		if h.Delete(field) {
			n++
		}
	}
	c.changed(n, "hdel", 1)
	return Int(n)
}

func hExists(c *Call) Reply {
	_, ok := c.hash(1).Get(c.arg(2))
	return flag(ok)
}

func hGet(c *Call) Reply { return bulkIf(c.hash(1).Get(c.arg(2))) }

func hGetAll(c *Call) Reply {
	h := c.hash(1)
	elems := c.room(2 * h.Len())
	for field, text := range h.All() {
		elems = c.put(c.put(elems, Bulk(field)), Bulk(text))
	}
	return Map(elems...)
}

func hIncrBy(c *Call) Reply {
	by := c.int(3)
	n := int64(0)
	if text, ok := c.hash(1).Get(c.arg(2)); ok {
		if n, ok = value.ParseInt(text); !ok {
			c.fail("ERR hash value is not an integer")
		}
	}
	n = c.addInt(n, by)
	c.makeHash(1).Set(c.arg(2), strconv.FormatInt(n, 10))
	c.event("hincrby", 1)
	return Int(n)
}

func hIncrByFloat(c *Call) Reply {
	by := c.float(c.arg(3), errNotFloat)
	if by.IsInf() {
		c.fail("ERR value is NaN or Infinity")
	}
	text, ok := c.hash(1).Get(c.arg(2))
	if !ok {
		text = "0"
	}
	text = c.addFloat(c.float(text, "ERR hash value is not a float"), by)
	c.makeHash(1).Set(c.arg(2), text)
	c.event("hincrbyfloat", 1)
	return Bulk(text)
}

func hKeys(c *Call) Reply {
	h := c.hash(1)
	elems := c.room(h.Len())
	for field := range h.All() {
		elems = c.put(elems, Bulk(field))
	}
	return Array(elems...)
}

func hLen(c *Call) Reply { return Int(c.hash(1).Len()) }

func hMGet(c *Call) Reply {
	h := c.hash(1)
	elems := c.room(len(c.args) - 2)
	for _, field := range c.args[2:] {
		elems = c.put(elems, bulkIf(h.Get(field)))
	}
	return Array(elems...)
}

func hMSet(c *Call) Reply {
	c.setFields()
	return OK
}

func hRandField(c *Call) Reply {
	if len(c.args) == 2 {
		h := c.hash(1)
		if h == nil {
			return Reply{}
		}
		field, _ := h.At(c.randomInt(h.Len()))
		return Bulk(field)
	}
	count := c.randomCount(2)
	withValues := len(c.args) == 4 && c.is(3, "withvalues")
	switch {
	case len(c.args) > 3 && !withValues:
		c.fail(errSyntax)
	case withValues && (count < -math.MaxInt64/2 || count > math.MaxInt64/2):
		c.fail("ERR value is out of range")
	}
	h := c.hash(1)
	elems := []Reply{}
	for _, i := range c.pick(count, h.Len()) {
		c.tick(1)
		field, text := h.At(i)
		switch {
		case !withValues:
			elems = c.put(elems, Bulk(field))
		case c.s.RESP == 3:
			elems = c.putReply(elems, Bulks(field, text))
		default:
			elems = c.put(c.put(elems, Bulk(field)), Bulk(text))
		}
	}
	return Array(elems...)
}

func hScan(c *Call) Reply {
	cursor, h := c.cursor(2), c.hash(1)
	if h == nil {
		return scanned(0, nil)
	}
	o := c.scanOptions(3, false)
	elems := []Reply{}
	cursor = h.Scan(cursor, o.count, func(field, text string) {
		if c.selects(&o, field) {
			elems = c.put(c.put(elems, Bulk(field)), Bulk(text))
		}
	})
	return scanned(cursor, elems)
}

func hSet(c *Call) Reply { return Int(c.setFields()) }

func hSetNX(c *Call) Reply {
	if _, ok := c.hash(1).Get(c.arg(2)); ok {
		return Int(0)
	}
	c.makeHash(1).Set(c.arg(2), c.arg(3))
	c.event("hset", 1)
	return Int(1)
}

func hStrLen(c *Call) Reply {
	text, _ := c.hash(1).Get(c.arg(2))
	return Int(len(text))
}

func hVals(c *Call) Reply {
	h := c.hash(1)
	elems := c.room(h.Len())
	for _, text := range h.All() {
		elems = c.put(elems, Bulk(text))
	}
	return Array(elems...)
}

func (c *Call) hash(i int) *value.Hash { return collection[*value.Hash](c, i) }

func (c *Call) makeHash(i int) *value.Hash {
	return makeCollection(c, i, c.newHash)
}

func (c *Call) newHash() *value.Hash { return new(value.Hash).Within(c.limits()) }

// setFields sets the fields that are arguments from 2 on, values between them,
// so that they do not expire, and returns how many are new.
func (c *Call) setFields() (added int) {
	c.pairs(2)
	h := c.makeHash(1)
	for i := 2; i < len(c.args); i += 2 {
		if h.Set(c.arg(i), c.arg(i+1)) {
			added++
		} else {
			h.Persist(c.arg(i))
		}
	}
	c.changed(len(c.args[2:])/2, "hset", 1)
	return added
}

// bulkIf answers the text if there is one, else nil.
func bulkIf(text string, ok bool) Reply {
	if !ok {
		return Reply{}
	}
	return Bulk(text)
}
