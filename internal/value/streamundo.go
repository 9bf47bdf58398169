package value

import (
	"slices"

	"github.com/luastore/luastore/internal/journal"
)

// How changes of streams are undone.

// recordCounters records all that is counted in the stream, and the IDs that it
// remembers.
func (s *Stream) recordCounters() {
	if s.log.On() {
		s.log.AddFunc(closureSize, s.counters())
	}
}

// counters returns what makes the counters what they are now.
func (s *Stream) counters() func() {
	live, held, last, maxDeleted, added := s.live, s.held, s.last, s.maxDeleted, s.added
	return func() { s.live, s.held, s.last, s.maxDeleted, s.added = live, held, last, maxDeleted, added }
}

// recordAppend records that an entry of the ID is appended.
func (s *Stream) recordAppend(id StreamID) {
	if !s.log.On() {
		return
	}
	counters, nodes := s.counters(), len(s.nodes)
	if nodes == 0 {
		s.log.AddFunc(2*closureSize, func() {
			counters()
			s.nodes = nil
		})
		return
	}
	n := s.nodes[nodes-1]
	if n.entries[len(n.entries)-1].ID.Compare(id) >= 0 { // other nodes may change, or go
		s.recordNodes()
		return
	}
	before := *n
	s.log.AddFunc(3*closureSize, func() {
		counters()
		clear(s.nodes[nodes:])
		s.nodes = s.nodes[:nodes]
		clear(n.entries[len(before.entries):])
		*n = before
	})
}

// recordNodes records that any nodes change, in linear time.
func (s *Stream) recordNodes() {
	before, size := s.nodes, 0
	s.nodes = slices.Clone(before)
	counters := s.counters()
	for i, n := range before {
		s.nodes[i] = n.clone()
		size += n.held()
		s.held += s.nodes[i].held() - n.held()
	}
	s.log.AddFunc(size, func() {
		counters()
		s.nodes = before
	})
}

// recordDelete records that an entry of a node is removed.
func (s *Stream) recordDelete(node, at int) {
	if !s.log.On() {
		return
	}
	n, counters, gone := s.nodes[node], s.counters(), s.nodes[node].live == 1
	s.log.AddFunc(2*closureSize, func() {
		counters()
		if gone {
			s.nodes = slices.Insert(s.nodes, node, n)
		}
		n.restore(at)
	})
}

// recordRemove records that an entry of a node is removed, but not what is
// counted in the stream.
func (s *Stream) recordRemove(n *streamNode, at int) {
	if s.log.On() {
		s.log.AddFunc(closureSize, func() { n.restore(at) })
	}
}

// restore undoes the removal of an entry.
func (n *streamNode) restore(at int) {
	n.live++
	n.entries[at].Fields = n.entries[at].Stored()
}

// recordDrop records that the first nodes go.
func (s *Stream) recordDrop(dropped int) {
	if !s.log.On() || dropped == 0 {
		return
	}
	nodes, size := slices.Clone(s.nodes[:dropped]), 0
	for _, n := range nodes {
		size += n.held()
	}
	s.log.AddFunc(size, func() { s.nodes = slices.Concat(nodes, s.nodes) })
}

// recordGroup records that the group of that name comes or goes.
func (s *Stream) recordGroup(name string) {
	if !s.log.On() {
		return
	}
	g, counters := s.groups[name], s.counters()
	s.log.AddFunc(2*closureSize, func() {
		counters()
		if g == nil {
			delete(s.groups, name)
		} else {
			s.groups[name] = g
		}
	})
}

// record records what the group has read, and what is counted in the stream. It
// returns the journal, nil if changes are not recorded.
func (g *Group) record() *journal.Journal {
	s := g.stream
	if s.log.On() {
		counters, last, read := s.counters(), g.LastID, g.Read
		s.log.AddFunc(3*closureSize, func() {
			counters()
			g.LastID, g.Read = last, read
		})
	}
	return s.log
}

// recordAssign records that p, nil if there is none yet, is made c's.
func (g *Group) recordAssign(log *journal.Journal, id StreamID, p *Pending, c *Consumer) {
	switch {
	case p == nil:
		log.AddFunc(closureSize, func() {
			c.pending.delete(id)
			g.pending.delete(id)
		})
	case p.Consumer != c:
		before := p.Consumer
		log.AddFunc(closureSize, func() {
			c.pending.delete(id)
			p.Consumer = before
			before.pending.set(id, p)
		})
	}
}
