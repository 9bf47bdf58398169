package command

import (
	"math"
	"strconv"

	"github.com/luastore/luastore/internal/value"
)

// What consumers have read of a stream but not acknowledged.
var pendingCommands = []Row{
	{Name: "xautoclaim", Arity: -6, Flags: Write | Fast | MissAny, Keys: oneKey(RW | Delete), Tips: []string{AnyOutput}, Run: xAutoClaim},
	{Name: "xclaim", Arity: -6, Flags: Write | Fast | MissAny, Keys: oneKey(RW | Update), Tips: []string{AnyOutput}, Run: xClaim},
	{Name: "xpending", Arity: -3, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOutput}, Run: xPending},
}

func xAutoClaim(c *Call) Reply {
	cl := claim{c: c, retries: -1, delivered: c.now()}
	cl.minIdle = max(0, c.intOr(4, "ERR Invalid min-idle-time argument for XAUTOCLAIM"))
	start := c.intervalStart(5)
	count := int64(100)
	for i := 6; i < len(c.args); i++ {
		switch {
		case c.is(i, "count") && i+1 < len(c.args):
			i++
			const errCount = "ERR COUNT must be > 0"
			if count = c.intOr(i, errCount); count < 1 || count > math.MaxInt64/16 {
				c.fail(errCount)
			}
		case c.is(i, "justid"):
			cl.justID = true
		default:
			c.fail(errSyntax)
		}
	}
	cl.stream, cl.group = c.groupAt(1, 2)
	if count > maxClaims {
		c.fail("ERR Insufficient memory, failed allocating transient memory, COUNT too high.")
	}
	attempts := min(10*count, int64(cl.group.PendingCount()))
	c.ahead(int(attempts) * idTicks)

	if !cl.justID && !c.mayReserve(wholeStream(cl.stream)) {
		left, tries := count, attempts
		for id, p := range cl.group.Pending(start) {
			if tries == 0 || left == 0 {
				break
			}
			tries--
			if e, ok := cl.stream.Get(id); ok && cl.idle(p) {
				c.reserveEntry(e)
				left--
			}
		}
	}

	cursor := value.StreamID{}
	claimed, deleted := []Reply{}, []Reply{}
	for id, p := range cl.group.Pending(start) {
		if attempts == 0 || count == 0 {
			cursor = id
			break
		}
		attempts--
		c.step(2 * idTicks)
		r, ok := cl.entry(id)
		switch {
		case !ok:
			cl.group.Acknowledge(id)
			c.Count(1)
			deleted = c.putChanging(deleted, Bulk(id.String()))
			count--
		case cl.take(id, p):
			c.Count(1)
			claimed = c.putChanging(claimed, r)
			count--
		}
	}
	return Array(Bulk(cursor.String()), Array(claimed...), Array(deleted...))
}

// maxClaims is the largest COUNT of XAUTOCLAIM: Redis's memory for the IDs
// would not fit in an address space.
const maxClaims = 1 << 43

func xClaim(c *Call) Reply {
	cl := claim{c: c, retries: -1, delivered: c.now()}
	cl.stream, cl.group = c.groupAt(1, 2)
	cl.minIdle = max(0, c.intOr(4, "ERR Invalid min-idle-time argument for XCLAIM"))
	var ids []value.StreamID
	i := 5
	for ; i < len(c.args); i++ {
		id, ok := parseStreamID(c.arg(i), 0)
		if !ok {
			break
		}
		ids = append(ids, id)
	}
	last, force := cl.group.LastID, false
	for ; i < len(c.args); i++ {
		more := i+1 < len(c.args)
		switch {
		case c.is(i, "force"):
			force = true
		case c.is(i, "justid"):
			cl.justID = true
		case c.is(i, "idle") && more:
			i++
			cl.delivered = c.now() - c.intOr(i, "ERR Invalid IDLE option argument for XCLAIM")
		case c.is(i, "time") && more:
			i++
			cl.delivered = c.intOr(i, "ERR Invalid TIME option argument for XCLAIM")
		case c.is(i, "retrycount") && more:
			i++
			cl.retries = c.intOr(i, "ERR Invalid RETRYCOUNT option argument for XCLAIM")
		case c.is(i, "lastid") && more:
			i++
			last = c.streamID(i, 0)
		default:
			c.fail(ErrorLine("ERR Unrecognized XCLAIM option '" + cString(c.arg(i)) + "'"))
		}
	}
	if !cl.justID && !c.mayReserve(len(ids)*wholeStream(cl.stream)) {
		for _, id := range ids {
			if e, ok := cl.stream.Get(id); ok {
				c.reserveEntry(e)
			}
		}
	}
	moved := last.Compare(cl.group.LastID) > 0
	if moved {
		cl.group.Move(last, cl.group.Read)
	}
	if cl.delivered < 0 || cl.delivered > c.now() {
		cl.delivered = c.now()
	}
	c.tick(len(ids) * 2 * idTicks)

	claimed, changed := []Reply{}, 0
	for _, id := range ids {
		p := cl.group.PendingEntry(id)
		r, ok := cl.entry(id)
		switch {
		case !ok:
			if cl.group.Acknowledge(id) {
				changed++
			}
		case p == nil && !force:
		case cl.take(id, p):
			claimed = c.putChanging(claimed, r)
			changed++
		}
	}
	if moved && changed == 0 {
		changed = 1
	}
	c.Count(changed)
	return Array(claimed...)
}

func xPending(c *Call) Reply {
	n := len(c.args)
	if n != 3 && (n < 6 || n > 9) {
		c.fail(errSyntax)
	}
	if n == 3 {
		_, g := c.groupAt(1, 2)
		return pendingSummary(g)
	}
	i, minIdle := 3, int64(0)
	if c.is(3, "idle") {
		if minIdle = c.int(4); n < 8 {
			c.fail(errSyntax)
		}
		i = 5
	}
	count := c.int(i + 2)
	from, to := c.intervalStart(i), c.intervalEnd(i+1)
	_, g := c.groupAt(1, 2)
	pending := g.Pending(from)
	if i+3 < n {
		consumer := g.Consumer(c.arg(i + 3))
		if consumer == nil {
			return Array()
		}
		pending = consumer.Pending(from)
	}
	elems := []Reply{}
	for id, p := range pending {
		if count <= int64(len(elems)) || id.Compare(to) > 0 {
			break
		}
		c.tick(idTicks)
		if idle := c.now() - p.Delivered; minIdle == 0 || idle >= minIdle {
			elems = c.putReply(elems, Array(Bulk(id.String()), Bulk(p.Consumer.Name), Int(max(0, idle)), Int(p.Count)))
		}
	}
	return Array(elems...)
}

// pendingSummary answers how many entries are pending, the first and the last
// of them, and how many each consumer has.
func pendingSummary(g *value.Group) Reply {
	if g.PendingCount() == 0 {
		return Array(Int(0), Reply{}, Reply{}, NilArray())
	}
	var first value.StreamID
	for first = range g.Pending(first) {
		break
	}
	var consumers []Reply
	for name, consumer := range g.Consumers() {
		if n := consumer.PendingCount(); n > 0 {
			consumers = append(consumers, Bulks(name, strconv.Itoa(n)))
		}
	}
	return Array(Int(g.PendingCount()), Bulk(first.String()), Bulk(g.LastPending().String()), Array(consumers...))
}

// A claim makes pending entries another consumer's.
type claim struct {
	c         *Call
	stream    *value.Stream
	group     *value.Group
	minIdle   int64 // in milliseconds
	delivered int64 // when they count as delivered
	retries   int64 // how often they count as delivered; -1: once more
	justID    bool
}

// entry returns what is answered of the entry; ok is false if it was deleted.
func (cl *claim) entry(id value.StreamID) (r Reply, ok bool) {
	e, ok := cl.stream.Get(id)
	if cl.justID {
		return Bulk(id.String()), ok
	}
	return entryReply(e), ok
}

// idle reports whether a pending entry has been idle for long enough.
func (cl *claim) idle(p *value.Pending) bool {
	return cl.minIdle <= 0 || cl.c.now()-p.Delivered >= cl.minIdle
}

// take gives the entry, p if it is pending, to the consumer whose name is
// argument 3, if it has been idle for long enough.
func (cl *claim) take(id value.StreamID, p *value.Pending) bool {
	if p != nil && !cl.idle(p) {
		return false
	}
	forced := p == nil
	p = cl.group.Assign(id, cl.c.consumer(cl.group, 3, 1))
	count := p.Count
	if forced {
		count = 1
	}
	switch {
	case cl.retries >= 0:
		count = cl.retries
	case !cl.justID:
		count++
	}
	p.Deliver(cl.delivered, count)
	return true
}

// groupAt returns the stream at a key and its group of the name that argument i
// is; both must be there.
func (c *Call) groupAt(key, i int) (*value.Stream, *value.Group) {
	s := collection[*value.Stream](c, key)
	g := s.Group(c.arg(i))
	if g == nil {
		c.fail(ErrorLine("NOGROUP No such key '" + cString(c.arg(key)) + "' or consumer group '" + cString(c.arg(i)) + "'"))
	}
	return s, g
}
