package command

import (
	"math"

	"github.com/luastore/luastore/internal/value"
)

// XINFO: what streams, their groups and consumers remember.
var streamInfoCommands = []Row{
	{Name: "xinfo", Arity: -2},
	{Name: "xinfo|consumers", Arity: 4, Flags: Read, Keys: keyRange(RO|Access, 2, 0, 1), Tips: []string{AnyOutput}, Run: xInfoConsumers},
	{Name: "xinfo|groups", Arity: 3, Flags: Read, Keys: keyRange(RO|Access, 2, 0, 1), Run: xInfoGroups},
	{Name: "xinfo|help", Arity: 2, Flags: Loading | Stale, Run: xInfoHelp},
	{Name: "xinfo|stream", Arity: -3, Flags: Read, Keys: keyRange(RO|Access, 2, 0, 1), Run: xInfoStream},
}

func xInfoConsumers(c *Call) Reply {
	g := c.existingStream().Group(c.arg(3))
	if g == nil {
		c.fail(errNoGroup(c.arg(3), c.arg(2)))
	}
	c.tick(g.ConsumerCount() * idTicks)
	elems := []Reply{}
	for name, consumer := range g.Consumers() {
		elems = c.putReply(elems, Map(
			Bulk("name"), Bulk(name),
			Bulk("pending"), Int(consumer.PendingCount()),
			Bulk("idle"), Int(max(0, c.now()-consumer.Seen)),
		))
	}
	return Array(elems...)
}

func xInfoGroups(c *Call) Reply {
	s := c.existingStream()
	elems := []Reply{}
	for name, g := range s.Groups() {
		c.tick(idTicks)
		elems = c.putReply(elems, Map(
			Bulk("name"), Bulk(name),
			Bulk("consumers"), Int(g.ConsumerCount()),
			Bulk("pending"), Int(g.PendingCount()),
			Bulk("last-delivered-id"), Bulk(g.LastID.String()),
			Bulk("entries-read"), readReply(g),
			Bulk("lag"), lagReply(s, g),
		))
	}
	return Array(elems...)
}

func xInfoHelp(c *Call) Reply {
	return c.Help(
		"CONSUMERS <key> <groupname>",
		"    Show consumers of <groupname>.",
		"GROUPS <key>",
		"    Show the stream consumer groups.",
		"STREAM <key> [FULL [COUNT <count>]",
		"    Show information about the stream.",
	)
}

func xInfoStream(c *Call) Reply {
	s := c.existingStream()
	full, count := len(c.args) > 3, int64(10)
	if full {
		if n := len(c.args); !c.is(3, "full") || n != 4 && (n != 6 || !c.is(4, "count")) {
			c.fail(errSubcommand(c.arg(0), c.arg(1)))
		}
		if len(c.args) == 6 {
			switch count = c.int(5); {
			case count < 0:
				count = 10
			case count == 0:
				count = math.MaxInt64
			}
		}
	}
	keys, nodes := s.Nodes()
	c.tick(keys)
	info := []Reply{
		Bulk("length"), Int(s.Len()),
		Bulk("radix-tree-keys"), Int(keys),
		Bulk("radix-tree-nodes"), Int(nodes),
		Bulk("last-generated-id"), Bulk(s.LastID().String()),
		Bulk("max-deleted-entry-id"), Bulk(s.MaxDeletedID().String()),
		Bulk("entries-added"), Int(int64(s.Added())),
		Bulk("recorded-first-entry-id"), Bulk(s.First().String()),
	}
	if full {
		return Map(append(info,
			Bulk("entries"), c.streamEntries(s.Range(value.StreamID{}, value.MaxStreamID), count),
			Bulk("groups"), c.fullGroups(s, count),
		)...)
	}
	return Map(append(info,
		Bulk("groups"), Int(s.GroupCount()),
		Bulk("first-entry"), endReply(s, s.First()),
		Bulk("last-entry"), endReply(s, s.Top()),
	)...)
}

// fullGroups is what XINFO STREAM FULL says of the groups, with so many of the
// pending entries.
func (c *Call) fullGroups(s *value.Stream, count int64) Reply {
	elems := []Reply{}
	for name, g := range s.Groups() {
		pending := []Reply{}
		for id, p := range g.Pending(value.StreamID{}) {
			if int64(len(pending)) == count {
				break
			}
			c.tick(idTicks)
			pending = c.putReply(pending, Array(Bulk(id.String()), Bulk(p.Consumer.Name), Int(p.Delivered), Int(p.Count)))
		}
		elems = c.put(elems, Map(
			Bulk("name"), Bulk(name),
			Bulk("last-delivered-id"), Bulk(g.LastID.String()),
			Bulk("entries-read"), readReply(g),
			Bulk("lag"), lagReply(s, g),
			Bulk("pel-count"), Int(g.PendingCount()),
			Bulk("pending"), Array(pending...),
			Bulk("consumers"), c.fullConsumers(g, count),
		))
	}
	return Array(elems...)
}

func (c *Call) fullConsumers(g *value.Group, count int64) Reply {
	elems := []Reply{}
	for name, consumer := range g.Consumers() {
		pending := []Reply{}
		for id, p := range consumer.Pending(value.StreamID{}) {
			if int64(len(pending)) == count {
				break
			}
			c.tick(idTicks)
			pending = c.putReply(pending, Array(Bulk(id.String()), Int(p.Delivered), Int(p.Count)))
		}
		elems = c.put(elems, Map(
			Bulk("name"), Bulk(name),
			Bulk("seen-time"), Int(consumer.Seen),
			Bulk("pel-count"), Int(consumer.PendingCount()),
			Bulk("pending"), Array(pending...),
		))
	}
	return Array(elems...)
}

// existingStream returns the stream at key 2, which must be there.
func (c *Call) existingStream() *value.Stream {
	s := collection[*value.Stream](c, 2)
	if s == nil {
		c.fail(errNoKey)
	}
	return s
}

func readReply(g *value.Group) Reply {
	if g.Read == value.UnknownRead {
		return Reply{}
	}
	return Int(g.Read)
}

func lagReply(s *value.Stream, g *value.Group) Reply {
	if n, ok := g.Lag(s); ok {
		return Int(n)
	}
	return Reply{}
}

// endReply is the first or the last entry, nothing if there is none.
func endReply(s *value.Stream, id value.StreamID) Reply {
	if s.Len() == 0 {
		return Reply{}
	}
	e, _ := s.Get(id)
	return entryReply(e)
}
