package value

// A StreamTrim says which of the first entries of a stream to remove: those
// beyond a length or, where ByID, those before an ID.
type StreamTrim struct {
	MaxLen int
	ByID   bool
	MinID  StreamID
	// Approximate removes whole nodes only.
	Approximate bool
	// Limit is how many entries to remove at most, no node in part; 0 is no
	// limit.
	Limit int
}

// Trim removes first entries, and returns how many. It takes time linear in
// their number and logarithmic in the others'.
func (s *Stream) Trim(t StreamTrim) (removed int) {
	live, held := s.live, s.held
	dropped := 0 // nodes
	for _, n := range s.nodes {
		if !t.ByID && s.live <= t.MaxLen || t.Limit > 0 && removed+n.live > t.Limit {
			break
		}
		whole := s.live-n.live >= t.MaxLen
		if t.ByID {
			whole = n.entries[len(n.entries)-1].ID.Compare(t.MinID) < 0
		}
		if whole {
			s.live -= n.live
			s.held -= n.held()
			removed += n.live
			dropped++
			continue
		}
		if !t.Approximate {
			removed += s.trimNode(n, t)
		}
		break
	}
	if removed+dropped > 0 && s.log.On() {
		s.log.AddFunc(closureSize, func() { s.live, s.held = live, held })
	}
	s.recordDrop(dropped)
	clear(s.nodes[:dropped])
	s.nodes = s.nodes[dropped:]
	return removed
}

// trimNode removes first entries of the first node that not all are removed of.
func (s *Stream) trimNode(n *streamNode, t StreamTrim) (removed int) {
	for i := range n.entries {
		e := &n.entries[i]
		if t.ByID && e.ID.Compare(t.MinID) >= 0 || !t.ByID && s.live <= t.MaxLen {
			break
		}
		if !e.Removed() {
			s.recordRemove(n, i)
			e.remove()
			n.live--
			s.live--
			removed++
		}
	}
	return removed
}
