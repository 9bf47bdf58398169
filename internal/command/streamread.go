package command

import (
	"math"
	"time"

	"github.com/luastore/luastore/internal/value"
)

// Reading streams from where one has come, alone or as a consumer of a group.
var streamReadCommands = []Row{
	{Name: "xread", Arity: -4, Flags: Read | Blocking | MovableKeys | MissTwice, Keys: streamKeys(RO|Access, 1), Run: xRead},
	{Name: "xreadgroup", Arity: -7, Flags: Write | Blocking | MovableKeys, Keys: streamKeys(RO|Access, 4), Run: xReadGroup},
}

// streamKeys are the keys after STREAMS, which is argument begin or later.
func streamKeys(f KeyFlags, begin int) []KeySpec {
	return []KeySpec{{Flags: f, Begin: begin, Last: -1, Step: 1, Keyword: "STREAMS", Limit: 2}}
}

func xRead(c *Call) Reply {
	o := c.readOptions(false)
	after := make([]value.StreamID, o.streams)
	for i := range after {
		s, at := collection[*value.Stream](c, o.first+i), o.first+o.streams+i
		switch cString(c.arg(at)) {
		case "$":
			after[i] = s.LastID()
		case ">":
			c.fail("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.")
		default:
			after[i] = c.streamID(at, 0)
		}
	}
	var elems []Reply
	for i, id := range after {
		s := collection[*value.Stream](c, o.first+i)
		if s.Len() > 0 && s.Top().Compare(id) > 0 {
			elems = append(elems, Bulk(c.arg(o.first+i)), c.entriesAfter(s, id, o.count))
		}
	}
	if len(elems) == 0 && o.blocks {
		c.wait(&Waiter{
			Timeout: o.timeout,
			None:    NilArray(),
			first:   o.first,
			keys:    o.streams,
			wants: func(v value.Value, i int) bool {
				s, ok := v.(*value.Stream)
				return ok && s.LastID().Compare(after[i-o.first]) > 0
			},
			take: func(c *Call, i int) Reply {
				s := collection[*value.Stream](c, i)
				return c.streamsRead([]Reply{Bulk(c.arg(i)), c.entriesAfter(s, after[i-o.first], o.count)})
			},
		})
	}
	return c.streamsRead(elems)
}

func xReadGroup(c *Call) Reply {
	o := c.readOptions(true)
	const undelivered = ">"
	after := make([]value.StreamID, o.streams)
	for i := range after {
		key, at := o.first+i, o.first+o.streams+i
		if collection[*value.Stream](c, key).Group(c.arg(o.group)) == nil {
			c.fail(ErrorLine("NOGROUP No such key '" + cString(c.arg(key)) + "' or consumer group '" +
				cString(c.arg(o.group)) + "' in XREADGROUP with GROUP option"))
		}
		switch cString(c.arg(at)) {
		case "$":
			c.fail("ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this " +
				"consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return " +
				"an empty result set.")
		case undelivered:
			after[i] = value.MaxStreamID
		default:
			after[i] = c.streamID(at, 0)
		}
	}
	c.readTicks(o)
	c.reserveRead(o, after)

	var elems []Reply
	for i, id := range after {
		key := o.first + i
		s := collection[*value.Stream](c, key)
		g := s.Group(c.arg(o.group))
		switch {
		case id != value.MaxStreamID:
			c.Count(1)
			elems = append(elems, Bulk(c.arg(key)), c.history(s, c.consumer(g, o.group+1, key), id.Next(), o.count))
		case s.Len() > 0 && s.Top().Compare(g.LastID) > 0:
			c.Count(1)
			elems = append(elems, Bulk(c.arg(key)), c.deliver(s, g, c.consumer(g, o.group+1, key), o))
		}
	}
	if len(elems) == 0 && o.blocks {
		group := c.arg(o.group)
		c.wait(&Waiter{
			Timeout: o.timeout,
			None:    NilArray(),
			first:   o.first,
			keys:    o.streams,
			group:   true,
			wants: func(v value.Value, _ int) bool {
				s, _ := v.(*value.Stream)
				g := s.Group(group)
				return g == nil || s.LastID().Compare(g.LastID) > 0
			},
			take: func(c *Call, i int) Reply { return c.deliverLate(i, o) },
		})
	}
	return c.streamsRead(elems)
}

// deliverLate is what XREADGROUP answers that has waited for the stream at key
// i.
func (c *Call) deliverLate(i int, o readOptions) Reply {
	if e := c.entry(i); e == nil || e.Value.Type() != "stream" {
		c.fail("UNBLOCKED the stream key no longer exists")
	}
	s := collection[*value.Stream](c, i)
	g := s.Group(c.arg(o.group))
	if g == nil {
		c.fail("NOGROUP the consumer group this client was blocked on no longer exists")
	}
	if !c.mayReserve(wholeStream(s)) {
		c.reserveUndelivered(s, g, o.count)
	}
	return c.streamsRead([]Reply{Bulk(c.arg(i)), c.deliver(s, g, c.consumer(g, o.group+1, i), o)})
}

// entriesAfter answers that many of the entries after the ID at most.
func (c *Call) entriesAfter(s *value.Stream, id value.StreamID, count int64) Reply {
	return c.streamEntries(s.Range(id.Next(), value.MaxStreamID), count)
}

// history answers what is pending for the consumer, which counts as delivered
// once more.
func (c *Call) history(s *value.Stream, consumer *value.Consumer, from value.StreamID, count int64) Reply {
	elems := []Reply{}
	for id, p := range consumer.Pending(from) {
		if int64(len(elems)) == count {
			break
		}
		c.step(2 * idTicks)
		e, ok := s.Get(id)
		if !ok {
			elems = c.putChanging(elems, Array(Bulk(id.String()), NilArray()))
			continue
		}
		elems = c.putChanging(elems, entryReply(e))
		p.Deliver(c.now(), p.Count+1)
	}
	return Array(elems...)
}

// deliver answers what was not delivered to the group yet, and delivers it.
func (c *Call) deliver(s *value.Stream, g *value.Group, consumer *value.Consumer, o readOptions) Reply {
	elems := []Reply{}
	for e := range s.Range(g.LastID.Next(), value.MaxStreamID) {
		c.step(2*idTicks + len(e.Fields))
		g.Deliver(s, e.ID)
		if !o.noAck {
			p := g.Assign(e.ID, consumer)
			p.Deliver(c.now(), 1)
		}
		elems = c.putChanging(elems, entryReply(e))
		if int64(len(elems)) == o.count {
			break
		}
	}
	return Array(elems...)
}

// reserveRead reserves what XREADGROUP is going to answer, and to change.
func (c *Call) reserveRead(o readOptions, after []value.StreamID) {
	most := 0
	for i := range after {
		most += wholeStream(collection[*value.Stream](c, o.first+i))
	}
	if c.mayReserve(most) {
		return
	}
	for i, id := range after {
		s := collection[*value.Stream](c, o.first+i)
		g, left := s.Group(c.arg(o.group)), o.count
		if id == value.MaxStreamID {
			c.reserveUndelivered(s, g, left)
			continue
		}
		consumer := g.Consumer(c.arg(o.group + 1))
		if consumer == nil {
			continue
		}
		for pending := range consumer.Pending(id.Next()) {
			if left--; left < 0 {
				break
			}
			e, _ := s.Get(pending)
			c.reserveEntry(e)
		}
	}
}

// reserveUndelivered reserves that many of the entries that were not delivered to
// the group yet.
func (c *Call) reserveUndelivered(s *value.Stream, g *value.Group, count int64) {
	for e := range s.Range(g.LastID.Next(), value.MaxStreamID) {
		if count--; count < 0 {
			return
		}
		c.reserveEntry(e)
	}
}

// readTicks counts the work of reading what the call wants at most.
func (c *Call) readTicks(o readOptions) {
	for i := range o.streams {
		n := collection[*value.Stream](c, o.first+i).Len()
		c.ahead(int(min(int64(n), o.count)) * 2 * idTicks)
	}
}

// readOptions are the words of XREAD and XREADGROUP before the keys.
type readOptions struct {
	count   int64
	blocks  bool // waits where there is nothing,
	timeout time.Duration
	noAck   bool
	group   int // the argument that is the group's name, the consumer's after it; 0: none
	first   int // the first key
	streams int // how many keys there are, and IDs after them
}

// readOptions reads the options of XREAD, or of XREADGROUP.
func (c *Call) readOptions(grouped bool) (o readOptions) {
	const errOnlyGroup = " option is only supported by XREADGROUP. You called XREAD instead."
	o.count = math.MaxInt64
	for i := 1; i < len(c.args) && o.first == 0; i++ {
		more := len(c.args) - 1 - i
		switch {
		case c.is(i, "block") && more > 0:
			if c.s.Script {
				c.fail(ErrorLine("ERR " + cString(c.arg(0)) + " command is not allowed with BLOCK option from scripts"))
			}
			i++
			ms := c.intOr(i, "ERR timeout is not an integer or out of range")
			if ms < 0 {
				c.fail("ERR timeout is negative")
			}
			o.blocks, o.timeout = true, milliseconds(ms)
		case c.is(i, "count") && more > 0:
			i++
			if o.count = c.int(i); o.count <= 0 {
				o.count = math.MaxInt64
			}
		case c.is(i, "streams") && more > 0:
			if more%2 > 0 {
				c.fail("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.")
			}
			o.first, o.streams = i+1, more/2
		case c.is(i, "group") && more > 1:
			if !grouped {
				c.fail("ERR The GROUP" + errOnlyGroup)
			}
			o.group = i + 1
			i += 2
		case c.is(i, "noack"):
			if !grouped {
				c.fail("ERR The NOACK" + errOnlyGroup)
			}
			o.noAck = true
		default:
			c.fail(errSyntax)
		}
	}
	switch {
	case o.first == 0:
		c.fail(errSyntax)
	case grouped && o.group == 0:
		c.fail("ERR Missing GROUP option for XREADGROUP")
	}
	return o
}

// streamsRead answers keys and what was read from them, in turn.
func (c *Call) streamsRead(elems []Reply) Reply {
	if len(elems) == 0 {
		return NilArray()
	}
	if c.s.RESP == 3 {
		return Map(elems...)
	}
	var pairs []Reply
	for ; len(elems) > 0; elems = elems[2:] {
		pairs = append(pairs, Array(elems[:2]...))
	}
	return Array(pairs...)
}
