package command

import (
	"math"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/value"
)

// streamOptions are the words of XADD before the fields, or of XTRIM.
type streamOptions struct {
	noMake bool
	trims  bool
	trim   value.StreamTrim

	id      int // the argument that is XADD's ID, and what it says
	given   value.StreamID
	autoID  bool // nothing: *
	autoSeq bool // only the milliseconds: 1-*
}

// trimLimit is how many entries approximate trimming removes at most where no
// LIMIT is given: those of a hundred nodes.
func (c *Call) trimLimit() int {
	n := min(c.limits().StreamEntries, 10_000)
	if n == 0 {
		n = 100
	}
	return 100 * n
}

// streamOptions reads the options of XADD, the ID included, or of XTRIM.
func (c *Call) streamOptions(xadd bool) (o streamOptions) {
	limited := false
	i := 2
loop:
	for ; i < len(c.args); i++ {
		more := i+1 < len(c.args)
		switch {
		case xadd && c.is(i, "*"):
			o.autoID = true
			break loop
		case c.is(i, "maxlen") && more:
			i = c.trimMark(&o, i+1)
			n := c.int(i)
			if n < 0 {
				c.fail("ERR The MAXLEN argument must be >= 0.")
			}
			o.trim.MaxLen = int(n)
		case c.is(i, "minid") && more:
			i = c.trimMark(&o, i+1)
			o.trim.ByID, o.trim.MinID = true, c.streamID(i, 0)
		case c.is(i, "limit") && more:
			i++
			n := c.int(i)
			if n < 0 {
				c.fail("ERR The LIMIT argument must be >= 0.")
			}
			o.trim.Limit, limited = int(n), true
		case xadd && c.is(i, "nomkstream"):
			o.noMake = true
		case xadd:
			o.given, o.autoSeq = c.appendedID(i)
			break loop
		default:
			c.fail(errSyntax)
		}
	}
	o.id = i
	switch {
	case o.trim.Limit > 0 && !o.trims:
		c.fail("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")
	case !xadd && !o.trims:
		c.fail("ERR syntax error, XTRIM must be called with a trimming strategy")
	case limited && !o.trim.Approximate:
		c.fail("ERR syntax error, LIMIT cannot be used without the special ~ option")
	case !limited && o.trim.Approximate:
		o.trim.Limit = c.trimLimit()
	}
	return o
}

// trimMark reads what may be at argument i, after MAXLEN or MINID, and returns
// the position of what follows.
func (c *Call) trimMark(o *streamOptions, i int) int {
	if o.trims {
		c.fail("ERR syntax error, MAXLEN and MINID options at the same time are not compatible")
	}
	o.trims = true
	if approximate := c.is(i, "~"); i+1 < len(c.args) && (approximate || c.is(i, "=")) {
		o.trim.Approximate = approximate
		i++
	}
	return i
}

// next returns the ID of an entry that is appended at the time, in Unix
// milliseconds, after one with the ID last. It may be one that is not after it.
func (o *streamOptions) next(last value.StreamID, now uint64) value.StreamID {
	switch {
	case o.autoID && now > last.Millis:
		return value.StreamID{Millis: now}
	case o.autoID:
		return last.Next()
	case o.autoSeq && o.given.Millis == last.Millis && last.Seq < math.MaxUint64:
		return last.Next()
	}
	return o.given
}

// streamID reads argument i as an ID, whose second part is seq where it has
// none.
func (c *Call) streamID(i int, seq uint64) value.StreamID { return c.parseID(c.arg(i), seq) }

// streamIDs reads all arguments from i on as IDs.
func (c *Call) streamIDs(i int) []value.StreamID {
	ids := make([]value.StreamID, 0, len(c.args)-i)
	for ; i < len(c.args); i++ {
		ids = append(ids, c.streamID(i, 0))
	}
	return ids
}

// appendedID is streamID for an entry to append: of 1-* only the first part is
// given.
func (c *Call) appendedID(i int) (id value.StreamID, autoSeq bool) {
	if millis, ok := strings.CutSuffix(cString(c.arg(i)), "-*"); ok && strings.IndexByte(millis, '-') < 0 {
		return c.parseID(millis, 0), true
	}
	return c.streamID(i, 0), false
}

// intervalStart reads argument i as the first ID of an interval, and
// intervalEnd as the last. It may be - or +, or begin with a bracket and is then
// not included.
func (c *Call) intervalStart(i int) value.StreamID {
	id, exclusive := c.intervalID(i, 0)
	if !exclusive {
		return id
	}
	if id == value.MaxStreamID {
		c.fail("ERR invalid start ID for the interval")
	}
	return id.Next()
}

func (c *Call) intervalEnd(i int) value.StreamID {
	id, exclusive := c.intervalID(i, math.MaxUint64)
	if !exclusive {
		return id
	}
	if id == (value.StreamID{}) {
		c.fail("ERR invalid end ID for the interval")
	}
	return id.Prev()
}

func (c *Call) intervalID(i int, seq uint64) (id value.StreamID, exclusive bool) {
	if text := c.arg(i); len(text) > 1 && text[0] == '(' {
		return c.parseID(text[1:], seq), true
	}
	return c.anyStreamID(i, seq), false
}

// anyStreamID is streamID, or one of - and +, the first ID and the last of all.
func (c *Call) anyStreamID(i int, seq uint64) value.StreamID {
	switch cString(c.arg(i)) {
	case "-":
		return value.StreamID{}
	case "+":
		return value.MaxStreamID
	}
	return c.streamID(i, seq)
}

func (c *Call) parseID(text string, seq uint64) value.StreamID {
	id, ok := parseStreamID(text, seq)
	if !ok {
		c.fail("ERR Invalid stream ID specified as stream command argument")
	}
	return id
}

// maxIDText is the longest text of an ID, in bytes.
const maxIDText = 127

func parseStreamID(text string, seq uint64) (id value.StreamID, ok bool) {
	if len(text) > maxIDText {
		return id, false
	}
	millis, after, both := strings.Cut(cString(text), "-")
	if id.Millis, ok = parseUint(millis); !ok {
		return id, false
	}
	if !both {
		id.Seq = seq
		return id, true
	}
	id.Seq, ok = parseUint(after)
	return id, ok
}

// parseUint reads a part of an ID as C's strtoull does, by which Redis reads
// those that are no canonical integers.
func parseUint(text string) (n uint64, ok bool) {
	if n, ok := value.ParseInt(text); ok {
		return uint64(n), n >= 0
	}
	digits := strings.TrimLeft(text, " \t\n\v\f\r")
	negative := strings.HasPrefix(digits, "-")
	if negative || strings.HasPrefix(digits, "+") {
		digits = digits[1:]
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if negative {
		n = -n
	}
	return n, err == nil
}
