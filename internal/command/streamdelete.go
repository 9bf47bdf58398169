package command

import "github.com/luastore/luastore/internal/value"

// Deleting entries of streams with regard to the groups that still refer to
// them: newer than Redis 7.0, by its documentation.
var streamDeleteCommands = []Row{
	{Name: "xackdel", Arity: -6, Flags: Write | Fast, Keys: oneKey(RW | Delete | Update), Run: xAckDel},
	{Name: "xdelex", Arity: -5, Flags: Write | Fast, Keys: oneKey(RW | Delete), Run: xDelEx},
}

// What XACKDEL and XDELEX answer of an ID.
const (
	notFound = -1
	deleted  = 1
	kept     = 2 // for groups that have not acknowledged it
)

func xAckDel(c *Call) Reply {
	d := c.deletion(3)
	g := d.stream.Group(c.arg(2))
	return d.each(func(id value.StreamID) int {
		if g == nil {
			return notFound
		}
		acknowledged := g.Acknowledge(id)
		if _, ok := d.stream.Get(id); ok && !acknowledged {
			return notFound
		}
		return d.delete(id)
	})
}

func xDelEx(c *Call) Reply {
	d := c.deletion(2)
	return d.each(d.delete)
}

// A deletion is what XACKDEL and XDELEX are called for.
type deletion struct {
	c       *Call
	stream  *value.Stream // nil: there is none
	ids     []value.StreamID
	delRef  bool // forgets references to what is deleted,
	ifAcked bool // or deletes only what has none
}

// deletion reads the options, which are the arguments from i on, and the stream
// at key 1.
func (c *Call) deletion(i int) *deletion {
	d := &deletion{c: c}
	first, n, chosen := 0, 0, false
	for ; i < len(c.args); i++ {
		switch more := len(c.args) - i - 1; {
		case !chosen && c.is(i, "keepref"):
			chosen = true
		case !chosen && c.is(i, "delref"):
			chosen, d.delRef = true, true
		case !chosen && c.is(i, "acked"):
			chosen, d.ifAcked = true, true
		case first == 0 && c.is(i, "ids") && more > 0:
			if n = c.atLeast(i+1, 1, "ERR Number of IDs must be a positive integer"); n > more-1 {
				c.fail("ERR The `numids` parameter must match the number of arguments")
			}
			first = i + 2
			i += 1 + n
		default:
			c.fail(errSyntax)
		}
	}
	if first == 0 {
		c.fail(errSyntax)
	}
	d.stream = collection[*value.Stream](c, 1)
	for i := range n {
		d.ids = append(d.ids, c.streamID(first+i, 0))
	}
	if d.stream != nil {
		c.tick(n * (1 + d.stream.GroupCount()) * idTicks)
	}
	return d
}

// each answers what do makes of each of the IDs.
func (d *deletion) each(do func(id value.StreamID) int) Reply {
	elems, some := d.c.room(len(d.ids)), false
	for _, id := range d.ids {
		result := notFound
		if d.stream != nil {
			result = do(id)
		}
		some = some || result == deleted
		elems = append(elems, Int(result))
	}
	if some {
		d.c.event("xdel", 1)
	}
	return Array(elems...)
}

// delete deletes the entry of the ID, if the options allow it.
func (d *deletion) delete(id value.StreamID) int {
	if _, ok := d.stream.Get(id); ok && d.ifAcked && !d.stream.Acknowledged(id) {
		return kept
	}
	if d.delRef {
		d.stream.Unrefer(id)
	}
	if !d.stream.Delete(id) {
		return notFound
	}
	return deleted
}
