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

// defaultLimit is how many entries approximate trimming removes at most where
// no LIMIT is given.
const defaultLimit = 10_000

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
			o.given, o.autoSeq = c.newStreamID(i)
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
		o.trim.Limit = defaultLimit
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

const errStreamID = "ERR Invalid stream ID specified as stream command argument"

// streamID reads argument i as an ID, whose second part is seq where it has
// none.
func (c *Call) streamID(i int, seq uint64) value.StreamID { return c.parseID(c.arg(i), seq) }

// newStreamID is streamID for an entry to append: of 1-* only the first part is
// given.
func (c *Call) newStreamID(i int) (id value.StreamID, autoSeq bool) {
	if millis, ok := strings.CutSuffix(cString(c.arg(i)), "-*"); ok && strings.IndexByte(millis, '-') < 0 {
		return c.parseID(millis, 0), true
	}
	return c.streamID(i, 0), false
}

// intervalID reads argument i as one end of an interval. It may be - or +, the
// first ID and the last, or begin with a bracket and is then exclusive.
func (c *Call) intervalID(i int, seq uint64) (id value.StreamID, exclusive bool) {
	text := c.arg(i)
	switch cString(text) {
	case "-":
		return value.StreamID{}, false
	case "+":
		return value.MaxStreamID, false
	}
	if len(text) > 1 && text[0] == '(' {
		return c.parseID(text[1:], seq), true
	}
	return c.parseID(text, seq), false
}

func (c *Call) parseID(text string, seq uint64) (id value.StreamID) {
	if len(text) > 127 {
		c.fail(errStreamID)
	}
	millis, after, ok := strings.Cut(cString(text), "-")
	id.Millis, id.Seq = c.parseUint(millis), seq
	if ok {
		id.Seq = c.parseUint(after)
	}
	return id
}

// parseUint reads a part of an ID as C's strtoull does, by which Redis reads
// those that are no canonical integers.
func (c *Call) parseUint(text string) uint64 {
	if n, ok := value.ParseInt(text); ok && n < 0 {
		c.fail(errStreamID)
	}
	digits := strings.TrimLeft(text, " \t\n\v\f\r")
	negative := strings.HasPrefix(digits, "-")
	if negative || strings.HasPrefix(digits, "+") {
		digits = digits[1:]
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		c.fail(errStreamID)
	}
	if negative {
		return -n
	}
	return n
}
