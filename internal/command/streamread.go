package command

import (
	"math"

	"github.com/luastore/luastore/internal/value"
)

// Reading streams from where one has come.
var streamReadCommands = []Row{
	{"xread", -4, Read | Blocking | MovableKeys, streamKeys(RO|Access, 1), xRead},
}

// streamKeys are the keys after STREAMS, which is argument begin or later.
func streamKeys(f KeyFlags, begin int) []KeySpec {
	return []KeySpec{{Flags: f, Begin: begin, Last: -1, Step: 1, Keyword: "STREAMS"}}
}

func xRead(c *Call) Reply {
	o := c.readOptions()
	after := make([]value.StreamID, o.streams)
	for i := range after {
		s, at := collection[*value.Stream](c, o.first+i), o.first+o.streams+i
		switch c.arg(at) {
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
			elems = append(elems, Bulk(c.arg(o.first+i)), c.streamEntries(s.Range(id.Next(), value.MaxStreamID), o.count))
		}
	}
	return c.streamsRead(elems)
}

// readOptions are the words of XREAD before the keys.
type readOptions struct {
	count   int64
	first   int // the first key
	streams int // how many keys there are, and IDs after them
}

// readOptions reads the options of XREAD.
func (c *Call) readOptions() (o readOptions) {
	o.count = math.MaxInt64
	for i := 1; i < len(c.args); i++ {
		more := len(c.args) - 1 - i
		switch {
		case c.is(i, "block") && more > 0:
			i++
			c.timeout(i)
		case c.is(i, "count") && more > 0:
			i++
			if o.count = c.int(i); o.count <= 0 {
				o.count = math.MaxInt64
			}
		case c.is(i, "streams") && more > 0:
			o.first, o.streams = i+1, more/2
			if more%2 > 0 {
				c.fail("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.")
			}
			return o
		case c.is(i, "group") && more > 1:
			c.fail("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
		case c.is(i, "noack"):
			c.fail("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
		default:
			c.fail(errSyntax)
		}
	}
	c.fail(errSyntax)
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

// timeout reads argument i as how long to wait, in milliseconds. Nothing here
// waits.
func (c *Call) timeout(i int) {
	if c.intOr(i, "ERR timeout is not an integer or out of range") < 0 {
		c.fail("ERR timeout is negative")
	}
}
