package value

import (
	"iter"
	"maps"
	"slices"

	"github.com/luastore/luastore/internal/bulk"
)

// A Group is a consumer group of a stream: it remembers what was delivered to
// which consumer and not acknowledged yet.
type Group struct {
	// LastID is that of the last entry that was delivered.
	LastID StreamID
	// Read is how many of the stream's entries, of all that were ever
	// appended, LastID comes after; UnknownRead if nobody knows.
	Read int64

	consumers map[string]*Consumer
	pending   idMap[*Pending]
	stream    *Stream // which counts the group's bytes
}

// UnknownRead is no number of entries.
const UnknownRead = -1

// A Consumer is one of a group, under a name of its own.
type Consumer struct {
	Name string
	Seen int64 // when it asked for something last, in Unix milliseconds

	pending idMap[*Pending]
	group   *Group
}

// See says that the consumer asks for something.
func (c *Consumer) See(now int64) {
	if c.Seen == now {
		return
	}
	if log := c.group.stream.log; log.On() {
		seen := c.Seen
		log.AddFunc(closureSize, func() { c.Seen = seen })
	}
	c.Seen = now
}

// A Pending is an entry that was delivered and not acknowledged.
type Pending struct {
	Consumer  *Consumer
	Delivered int64 // when, in Unix milliseconds
	Count     int64 // how often
}

// Deliver says when the entry was delivered, and how often.
func (p *Pending) Deliver(at, count int64) {
	if log := p.Consumer.group.stream.log; log.On() {
		before := *p
		log.AddFunc(closureSize, func() { p.Delivered, p.Count = before.Delivered, before.Count })
	}
	p.Delivered, p.Count = at, count
}

// What a group, a consumer and a pending entry take, in bytes: each is an
// element of a map or, in two lists that are rarely full, an item.
const (
	mapElement   = 40
	groupSize    = 112 + mapElement + 256 // and the smallest map
	consumerSize = 64 + mapElement
	pendingSize  = 24 + 2*24*5/4
)

// Group returns the stream's group of that name, or nil.
func (s *Stream) Group(name string) *Group {
	if s == nil {
		return nil
	}
	return s.groups[name]
}

// AddGroup adds a group, which must not be there, to which nothing was
// delivered after the ID.
func (s *Stream) AddGroup(name string, last StreamID, read int64) {
	if s.groups == nil {
		s.groups = map[string]*Group{}
	}
	s.recordGroup(name)
	s.groups[name] = &Group{LastID: last, Read: read, consumers: map[string]*Consumer{}, stream: s}
	s.held += groupSize + TextSize(name)
}

func (s *Stream) RemoveGroup(name string) {
	g := s.groups[name]
	if g == nil {
		return
	}
	s.recordGroup(name)
	for _, c := range g.consumers {
		s.held -= consumerSize + TextSize(c.Name)
	}
	s.held -= groupSize + TextSize(name) + g.pending.n*pendingSize
	delete(s.groups, name)
}

// Groups returns the groups in the order of their names. To sort them takes
// more than linear time.
func (s *Stream) Groups() iter.Seq2[string, *Group] { return byName(s.groups) }

// GroupCount returns how many groups there are.
func (s *Stream) GroupCount() int { return len(s.groups) }

// Consumers returns the consumers in the order of their names, as Groups does
// the groups.
func (g *Group) Consumers() iter.Seq2[string, *Consumer] { return byName(g.consumers) }

// ConsumerCount returns how many consumers there are.
func (g *Group) ConsumerCount() int { return len(g.consumers) }

func byName[T any](m map[string]T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

// Consumer returns the consumer of that name, or nil.
func (g *Group) Consumer(name string) *Consumer { return g.consumers[name] }

// AddConsumer adds a consumer, which must not be there.
func (g *Group) AddConsumer(name string, now int64) *Consumer {
	if log := g.record(); log.On() {
		log.AddFunc(closureSize, func() { delete(g.consumers, name) })
	}
	c := &Consumer{Name: name, Seen: now, group: g}
	g.consumers[name] = c
	g.stream.held += consumerSize + TextSize(name)
	return c
}

// RemoveConsumer removes a consumer and forgets what was delivered to it. It
// takes time linear in that.
func (g *Group) RemoveConsumer(c *Consumer) {
	log := g.record()
	if log.On() {
		next := StreamID{} // to be pending again
		log.AddSteps(closureSize, func() (more bool) {
			g.consumers[c.Name] = c
			n := 0
			for id, p := range c.pending.from(next) {
				if n++; n > 16 {
					next = id
					return true
				}
				g.pending.set(id, p)
			}
			return false
		})
	}
	for id := range c.pending.from(StreamID{}) {
		log.Tick(pendingTicks)
		g.pending.delete(id)
		g.stream.held -= pendingSize
	}
	delete(g.consumers, c.Name)
	g.stream.held -= consumerSize + TextSize(c.Name)
}

// pendingTicks is what it takes to find an entry that is pending, in ticks.
const pendingTicks = 10

// PendingCount returns how many entries are pending.
func (g *Group) PendingCount() int    { return g.pending.n }
func (c *Consumer) PendingCount() int { return c.pending.n }

// Pending returns the pending entries from an ID on. What it has returned may
// be acknowledged meanwhile.
func (g *Group) Pending(from StreamID) iter.Seq2[StreamID, *Pending]    { return g.pending.from(from) }
func (c *Consumer) Pending(from StreamID) iter.Seq2[StreamID, *Pending] { return c.pending.from(from) }

// LastPending returns the last ID that is pending; there must be one.
func (g *Group) LastPending() StreamID { return g.pending.last() }

// PendingEntry returns what is pending under the ID, or nil.
func (g *Group) PendingEntry(id StreamID) *Pending {
	p, _ := g.pending.get(id)
	return p
}

// Assign makes the entry of the ID pending for the consumer, and for no other.
func (g *Group) Assign(id StreamID, c *Consumer) *Pending {
	p := g.PendingEntry(id)
	if log := g.record(); log.On() {
		g.recordAssign(log, id, p, c)
	}
	if p == nil {
		p = new(Pending)
		g.pending.set(id, p)
		g.stream.held += pendingSize
	}
	if p.Consumer != c {
		if p.Consumer != nil {
			p.Consumer.pending.delete(id)
		}
		p.Consumer = c
		c.pending.set(id, p)
	}
	return p
}

// Acknowledge forgets that the entry of the ID is pending, and says whether it
// was.
func (g *Group) Acknowledge(id StreamID) bool {
	p := g.PendingEntry(id)
	if p == nil {
		return false
	}
	if log := g.record(); log.On() {
		log.AddFunc(closureSize, func() {
			g.pending.set(id, p)
			p.Consumer.pending.set(id, p)
		})
	}
	g.pending.delete(id)
	p.Consumer.pending.delete(id)
	g.stream.held -= pendingSize
	return true
}

// Unrefer acknowledges the entry of the ID in all groups. Like Acknowledged it
// takes time linear in their number.
func (s *Stream) Unrefer(id StreamID) {
	for _, g := range s.groups {
		g.Acknowledge(id)
	}
}

// Acknowledged says whether there are groups, and all of them have read the
// entry of the ID and acknowledged it.
func (s *Stream) Acknowledged(id StreamID) bool {
	for _, g := range s.groups {
		if g.LastID.Compare(id) < 0 || g.PendingEntry(id) != nil {
			return false
		}
	}
	return len(s.groups) > 0
}

// fill gives an empty group the consumers of another, and what is pending there.
func (g *Group) fill(other *Group, w bulk.Checker) {
	for name, consumer := range other.consumers {
		g.AddConsumer(name, consumer.Seen)
		check(w, len(g.consumers))
	}
	for id, p := range other.pending.from(StreamID{}) {
		g.Assign(id, g.consumers[p.Consumer.Name]).Deliver(p.Delivered, p.Count)
		check(w, g.pending.n)
	}
}

// Deliver tells the group that the entry of the ID, which comes after all that
// were delivered before, is delivered now.
func (g *Group) Deliver(s *Stream, id StreamID) {
	g.record()
	if g.Read != UnknownRead && !s.gapsFrom(id) {
		g.Read++
	} else if s.added > 0 {
		g.Read = s.Position(id)
	}
	g.LastID = id
}

// Move makes last the last entry that counts as delivered, which comes after so
// many of all.
func (g *Group) Move(last StreamID, read int64) {
	if g.LastID != last || g.Read != read {
		g.record()
		g.LastID, g.Read = last, read
	}
}

// Lag returns how many entries are still to be delivered; ok is false where
// that is unknown because entries were deleted among them.
func (g *Group) Lag(s *Stream) (n int64, ok bool) {
	read := g.Read
	if s.added == 0 {
		return 0, true
	}
	if read == UnknownRead || s.gapsFrom(g.LastID) {
		read = s.Position(g.LastID)
	}
	return int64(s.added) - read, read != UnknownRead
}

// gapsFrom says whether an entry was deleted that was not before the ID, nor
// before all that there are.
func (s *Stream) gapsFrom(id StreamID) bool {
	return s.live > 0 && s.First().Compare(s.maxDeleted) <= 0 && id.Compare(s.maxDeleted) <= 0
}

// Position returns how many of all entries that were ever appended are not
// after the ID, where that is certain; else UnknownRead.
func (s *Stream) Position(id StreamID) int64 {
	first := s.First()
	switch {
	case s.added == 0:
		return 0
	case s.live == 0 && id.Compare(s.last) <= 0 || id == s.last:
		return int64(s.added)
	case id.Compare(s.last) > 0 || s.maxDeleted != StreamID{} && s.maxDeleted.Compare(first) >= 0:
		return UnknownRead
	case id.Compare(first) < 0:
		return int64(s.added) - int64(s.live)
	case id == first:
		return int64(s.added) - int64(s.live) + 1
	}
	return UnknownRead
}
