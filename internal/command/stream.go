package command

import (
	"iter"
	"math"

	"github.com/luastore/luastore/internal/value"
)

// Streams: logs of entries under IDs in ascending order.
var streamCommands = []Row{
	{Name: "xadd", Arity: -5, Flags: Write | DenyOOM | Fast, Keys: xAddKey, Tips: []string{AnyOutput}, Run: xAdd},
	{Name: "xdel", Arity: -3, Flags: Write | Fast, Keys: oneKey(RW | Delete), Run: xDel},
	{Name: "xlen", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO), Run: xLen},
	{Name: "xrange", Arity: -4, Flags: Read, Keys: oneKey(RO | Access), Run: xRange},
	{Name: "xrevrange", Arity: -4, Flags: Read, Keys: oneKey(RO | Access), Run: xRevRange},
	{Name: "xsetid", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Update), Run: xSetID},
	{Name: "xtrim", Arity: -4, Flags: Write, Keys: oneKey(RW | Delete), Tips: []string{AnyOutput}, Run: xTrim},
}

// maxEntry is how many bytes the fields and values of an entry may have.
const maxEntry = 1 << 30

var xAddKey = []KeySpec{{
	Flags: RW | Update, Begin: 1, Step: 1,
	Note: "UPDATE instead of INSERT because of the optional trimming feature",
}}

func xAdd(c *Call) Reply {
	o := c.streamOptions(true)
	fields := c.args[min(o.id+1, len(c.args)):]
	if len(fields) == 0 || len(fields)%2 > 0 {
		c.fail(errArity(c.cmd.Name))
	}
	if !o.autoID && !o.autoSeq && o.given == (value.StreamID{}) {
		c.fail("ERR The ID specified in XADD must be greater than 0-0")
	}
	s := collection[*value.Stream](c, 1)
	if s == nil && o.noMake {
		return Reply{}
	}
	if s.LastID() == value.MaxStreamID {
		c.fail("ERR The stream has exhausted the last possible ID, unable to add more items")
	}
	id := o.next(s.LastID(), uint64(c.now()))
	if id.Compare(s.LastID()) <= 0 {
		c.fail("ERR The ID specified in XADD is equal or smaller than the target stream top item")
	}
	size := 0
	for _, f := range fields {
		size += len(f)
	}
	if size > maxEntry {
		c.fail("ERR Elements are too large to be stored")
	}
	s = makeCollection(c, 1, c.newStream)
	s.Append(id, fields)
	c.event("xadd", 1)
	c.db.arrived(place{c.ks, c.arg(1)})
	if o.trims && s.Trim(o.trim) > 0 {
		c.also("xtrim", 1)
	}
	return Bulk(id.String())
}

func xDel(c *Call) Reply {
	s := collection[*value.Stream](c, 1)
	if s == nil {
		return Int(0)
	}
	n := 0
	for _, id := range c.streamIDs(2) {
		if s.Delete(id) {
			n++
		}
	}
	c.changed(n, "xdel", 1)
	return Int(n)
}

func xLen(c *Call) Reply { return Int(collection[*value.Stream](c, 1).Len()) }

func xRange(c *Call) Reply { return c.streamRange(2, 3, (*value.Stream).Range) }

func xRevRange(c *Call) Reply { return c.streamRange(3, 2, (*value.Stream).Reverse) }

func xSetID(c *Call) Reply {
	id := c.streamID(2, 0)
	added, maxDeleted := int64(-1), value.StreamID{}
	for i := 3; i < len(c.args); i += 2 {
		switch {
		case c.is(i, "entriesadded") && i+1 < len(c.args):
			if added = c.int(i + 1); added < 0 {
				c.fail("ERR entries_added must be positive")
			}
		case c.is(i, "maxdeletedid") && i+1 < len(c.args):
			if maxDeleted = c.streamID(i+1, 0); id.Compare(maxDeleted) < 0 {
				c.fail("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
			}
		default:
			c.fail(errSyntax)
		}
	}
	s := collection[*value.Stream](c, 1)
	switch {
	case s == nil:
		c.fail(errNoKey)
	case s.Len() > 0 && id.Compare(s.Top()) < 0:
		c.fail("ERR The ID specified in XSETID is smaller than the target stream top item")
	case added >= 0 && int64(s.Len()) > added:
		c.fail("ERR The entries_added specified in XSETID is smaller than the target stream length")
	}
	s.SetLastID(id)
	if added >= 0 {
		s.SetAdded(uint64(added))
	}
	if maxDeleted != (value.StreamID{}) {
		s.SetMaxDeletedID(maxDeleted)
	}
	c.event("xsetid", 1)
	return OK
}

func xTrim(c *Call) Reply {
	o := c.streamOptions(false)
	s := collection[*value.Stream](c, 1)
	if s == nil {
		return Int(0)
	}
	n := s.Trim(o.trim)
	c.changed(n, "xtrim", 1)
	return Int(n)
}

func (c *Call) newStream() *value.Stream { return new(value.Stream).Within(c.limits()) }

// streamRange answers the entries from the ID that is argument start to the one
// that is argument end, in the method's order.
func (c *Call) streamRange(start, end int, entries func(s *value.Stream, from, to value.StreamID) iter.Seq[value.StreamEntry]) Reply {
	from, to := c.intervalStart(start), c.intervalEnd(end)
	count := int64(math.MaxInt64)
	for i := 4; i < len(c.args); i += 2 {
		if !c.is(i, "count") || i+1 == len(c.args) {
			c.fail(errSyntax)
		}
		count = max(0, c.int(i+1))
	}
	s := collection[*value.Stream](c, 1)
	switch {
	case s == nil:
		return Array()
	case count == 0:
		return NilArray()
	}
	return c.streamEntries(entries(s, from, to), count)
}

// streamEntries answers that many of the entries at most.
func (c *Call) streamEntries(entries iter.Seq[value.StreamEntry], count int64) Reply {
	elems := []Reply{}
	for e := range entries {
		c.tick(len(e.Fields))
		c.reserveEntry(e)
		elems = c.put(elems, entryReply(e))
		if int64(len(elems)) == count {
			break
		}
	}
	return Array(elems...)
}

// reserveEntry reserves what entryReply is going to make.
func (c *Call) reserveEntry(e value.StreamEntry) {
	c.reserveElems(2 + len(e.Fields))
	n := streamIDSize
	for _, f := range e.Fields {
		n += len(f)
	}
	c.reserve(n)
}

// streamIDSize is about how long the text of an ID is.
const streamIDSize = 24

// wholeStream returns at least how many bytes a reply with all entries of s takes.
func wholeStream(s *value.Stream) int {
	if s == nil {
		return 0
	}
	const perEntry = 4*replySize + streamIDSize
	return 3*s.Size() + perEntry*s.Len()
}

// mayReserve reports whether n bytes of the reply could be reserved.
func (c *Call) mayReserve(n int) bool { return n <= c.budget-c.reserved }

func entryReply(e value.StreamEntry) Reply { return Array(Bulk(e.ID.String()), Bulks(e.Fields...)) }
