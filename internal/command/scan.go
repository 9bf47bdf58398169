package command

import (
	"math"
	"strconv"

	"github.com/luastore/luastore/internal/keyspace"
)

// Looking for keys.
var scanCommands = []Row{
	{Name: "keys", Arity: 2, Flags: Read | Dangerous, Tips: []string{AllShards, AnyOrder}, Run: keys},
	{Name: "scan", Arity: -2, Flags: Read, Tips: []string{AnyOutput, "request_policy:special"}, Run: scan},
}

func keys(c *Call) Reply {
	o := scanOptions{match: c.arg(1)}
	elems := []Reply{}
	c.reclaim(c.ks)
	c.ks.All(c.now(), func(e *keyspace.Entry) {
		if c.selects(&o, e.Key()) {
			elems = c.put(elems, Bulk(e.Key()))
		}
	})
	return Array(elems...)
}

func scan(c *Call) Reply {
	cursor := c.cursor(1)
	o := c.scanOptions(2, true)
	elems := []Reply{}
	if o.count > reclaimStep {
		c.reclaim(c.ks)
	}
	cursor = c.ks.Scan(cursor, o.count, c.now(), func(e *keyspace.Entry) {
		if c.selects(&o, e.Key()) && (!o.typed || equalFold(o.typ, e.Value.Type())) {
			elems = c.put(elems, Bulk(e.Key()))
		}
	})
	return scanned(cursor, elems)
}

// scanned is what SCAN and its relatives answer.
func scanned(cursor uint64, elems []Reply) Reply {
	return Array(Bulk(strconv.FormatUint(cursor, 10)), Array(elems...))
}

// cursor reads argument i as C's strtoul does, by which Redis reads cursors.
func (c *Call) cursor(i int) uint64 {
	s := cString(c.arg(i))
	if s == "" {
		return 0
	}
	digits := s
	if s[0] == '+' || s[0] == '-' {
		digits = s[1:]
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		c.fail("ERR invalid cursor")
	}
	if s[0] == '-' {
		return -n
	}
	return n
}

// scanOptions are what SCAN and its relatives select.
type scanOptions struct {
	match string // a glob pattern
	count int
	typed bool
	typ   string // where typed, the type of the value
}

// selects says whether a key, or an element of a collection, is wanted.
func (c *Call) selects(o *scanOptions, s string) bool {
	c.tick(1)
	return o.match == "*" || c.glob(o.match, s, false)
}

// scanOptions reads SCAN's options from argument i on. Of keys they can select
// a type.
func (c *Call) scanOptions(i int, ofKeys bool) scanOptions {
	o := scanOptions{match: "*", count: 10}
	for ; i < len(c.args); i += 2 {
		switch {
		case i+1 == len(c.args):
			c.fail(errSyntax)
		case c.is(i, "count"):
			n := c.int(i + 1)
			if n < 1 {
				c.fail(errSyntax)
			}
			o.count = int(min(n, math.MaxInt))
		case c.is(i, "match"):
			o.match = c.arg(i + 1)
		case ofKeys && c.is(i, "type"):
			o.typed, o.typ = true, cString(c.arg(i+1))
		default:
			c.fail(errSyntax)
		}
	}
	return o
}
