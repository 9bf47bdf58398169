package command

import "github.com/luastore/luastore/internal/value"

// Strings: bytes under a key, read and written as a whole or in part. SET and
// its variants are in set.go, numbers in increment.go.
var stringCommands = []Row{
	{Name: "append", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Insert), Run: appendString},
	{Name: "get", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: get},
	{Name: "getdel", Arity: 2, Flags: Write | Fast | MissAny, Keys: oneKey(RW | Access | Delete), Run: getDel},
	{Name: "getrange", Arity: 4, Flags: Read, Keys: oneKey(RO | Access), Run: getRange},
	{Name: "mget", Arity: -2, Flags: Read | Fast, Keys: allKeys(RO | Access), Tips: []string{MultiShard}, Run: mGet},
	{Name: "mset", Arity: -3, Flags: Write | DenyOOM, Keys: keyPairs(OW | Update), Tips: []string{MultiShard, AllSucceed}, Run: mSet},
	{Name: "msetnx", Arity: -3, Flags: Write | DenyOOM, Keys: keyPairs(OW | Insert), Tips: []string{MultiShard, "response_policy:agg_min"}, Run: mSetNX},
	{Name: "setrange", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(RW | Update), Run: setRange},
	{Name: "strlen", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO), Run: strLen},
	{Name: "substr", Arity: 4, Flags: Read, Keys: oneKey(RO | Access), Run: getRange},
}

func appendString(c *Call) Reply {
	s := c.string(1)
	if s == nil {
		s = value.NewString(c.arg(2))
		c.unshare(s)
		c.add(1, s)
	} else {
		c.checkLength(int64(s.Len()), c.arg(2))
		c.stores(len(c.arg(2)))
		s.Append(c.arg(2), c.changing())
	}
	c.event("append", 1)
	return Int(s.Len())
}

func get(c *Call) Reply { return bulkOrNil(c.string(1)) }

func getDel(c *Call) Reply {
	s := c.string(1)
	if s != nil {
		c.reserveText(s.Len())
		c.removeLazily(1, "del", c.db.Config.LazyFree.UserDel)
	}
	return bulkOrNil(s)
}

func getRange(c *Call) Reply {
	start, end := c.int(2), c.int(3)
	s := c.string(1)
	if reversed(start, end) {
		return Bulk("")
	}
	from, to := textSpan(start, end, int64(s.Len()))
	return Bulk(s.Slice(from, to, c))
}

func mGet(c *Call) Reply {
	elems := c.room(len(c.args) - 1)
	for i := 1; i < len(c.args); i++ {
		r := Reply{}
		if e := c.entry(i); e != nil {
			if s, ok := e.Value.(*value.String); ok {
				r = Bulk(s.String())
			}
		}
		elems = c.put(elems, r)
	}
	return Array(elems...)
}

func mSet(c *Call) Reply {
	c.pairs(1)
	c.setPairs()
	return OK
}

func mSetNX(c *Call) Reply {
	c.pairs(1)
	for i := 1; i < len(c.args); i += 2 {
		if c.entry(i) != nil {
			return Int(0)
		}
	}
	c.setPairs()
	return Int(1)
}

func setRange(c *Call) Reply {
	offset, part := c.int(2), c.arg(3)
	if offset < 0 {
		c.fail("ERR offset is out of range")
	}
	s := c.string(1)
	if part == "" {
		return Int(s.Len())
	}
	c.checkLength(offset, part)
	c.stores(int(offset) + len(part) - s.Len())
	s = c.makeString(1)
	s.Overwrite(int(offset), part, c.changing())
	c.event("setrange", 1)
	return Int(s.Len())
}

func strLen(c *Call) Reply { return Int(c.string(1).Len()) }

// textSpan returns the part of so many bytes or bits that begins with start and
// ends with end, both counted from the end where they are negative: it goes
// from one up to another. What is before the beginning counts as the first.
func textSpan(start, end, length int64) (from, to int) {
	if start < 0 {
		start = max(0, length+start)
	}
	if end < 0 {
		end = max(0, length+end)
	}
	if end = min(end, length-1); start > end {
		return 0, 0
	}
	return int(start), int(end) + 1
}

// reversed says whether start is after end, both being counted from the end,
// where no length is needed to know that nothing is between them.
func reversed(start, end int64) bool { return start < 0 && end < 0 && start > end }

// maxString is the longest string in bytes: what proto-max-bulk-len allows, but
// never so much that one command could end the process.
func (c *Call) maxString() int { return min(c.db.Config.MaxBulkLength, 1<<30) }

// checkLength fails the call where a string of n bytes and then part would be
// too long.
func (c *Call) checkLength(n int64, part string) {
	if n > int64(c.maxString()-len(part)) {
		c.fail(errTooLong)
	}
}

// pairs fails the call where the arguments from i on are no pairs.
func (c *Call) pairs(i int) {
	if (len(c.args)-i)%2 != 0 {
		c.fail(errArity(c.cmd.Name))
	}
}

// setPairs stores the arguments, keys and texts in turn.
func (c *Call) setPairs() {
	for i := 1; i < len(c.args); i += 2 {
		c.ks.Persist(c.setText(i, c.arg(i+1)))
	}
}

func bulkOrNil(s *value.String) Reply {
	if s == nil {
		return Reply{}
	}
	return Bulk(s.String())
}
