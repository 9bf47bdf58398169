package value

import (
	"iter"
	"slices"
	"sort"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
)

// A Stream is a log of entries in the order of their IDs. Entries are appended
// at its end and read from anywhere; each is found in logarithmic time.
//
// Entries are kept in nodes of limited size. What is removed leaves a gap in
// its node until nothing else is left there, so that nothing is moved; some
// nodes more or less are what approximate trimming leaves. Where nodes begin
// and end is therefore visible, and as in Redis (see streamnode.go).
//
// A nil *Stream reads as empty.
type Stream struct {
	nodes []*streamNode // none is empty; gaps only, yes
	live  int           // entries without the removed ones
	held  int           // bytes of the nodes and groups

	last       StreamID // of what was ever appended
	maxDeleted StreamID
	added      uint64 // how many were ever appended

	groups map[string]*Group
	limits *Limits
	log    *journal.Journal // nil: changes are not recorded
}

// A StreamEntry is an ID with fields and values in turn, at least one of each.
// One that was removed has none, but still, up to the capacity, those it had: as
// in Redis they take room in the node.
type StreamEntry struct {
	ID     StreamID
	Fields []string
}

// RemovedEntry returns an entry of the ID that had the fields and was removed.
func RemovedEntry(id StreamID, fields []string) StreamEntry {
	return StreamEntry{id, slices.Clip(fields)[:0]}
}

// Removed says whether the entry is only the gap that one has left.
func (e *StreamEntry) Removed() bool { return len(e.Fields) == 0 }

// Stored returns the fields that the entry has, or had before it was removed.
func (e *StreamEntry) Stored() []string { return e.Fields[:cap(e.Fields)] }

func (e *StreamEntry) remove() { e.Fields = e.Fields[:0] }

func (s *Stream) Type() string     { return "stream" }
func (s *Stream) Encoding() string { return "stream" }

func (s *Stream) Len() int {
	if s == nil {
		return 0
	}
	return s.live
}

func (s *Stream) Size() int { return sizeOf(s) + sliceSize(s.nodes) + s.held }

func (s *Stream) Clone(w bulk.Checker) Value {
	c := *s
	c.held, c.log = 0, nil
	c.nodes = make([]*streamNode, len(s.nodes))
	for i, n := range s.nodes {
		c.nodes[i] = n.clone()
		c.held += c.nodes[i].held()
		if w != nil {
			w.Check()
		}
	}
	c.groups = make(map[string]*Group, len(s.groups))
	for name, g := range s.groups {
		c.AddGroup(name, g.LastID, g.Read)
		c.groups[name].fill(g, w)
	}
	return &c
}

// Within makes l the limits of the stream, in place of DefaultLimits, and
// returns it.
func (s *Stream) Within(l *Limits) *Stream {
	s.limits = l
	return s
}

// LastID returns the ID of the last entry that was appended, or what SetLastID
// has said. No entry may be appended that is not after it.
func (s *Stream) LastID() StreamID {
	if s == nil {
		return StreamID{}
	}
	return s.last
}

func (s *Stream) SetLastID(id StreamID) {
	if id != s.last {
		s.recordCounters()
		s.last = id
	}
}

// Added returns how many entries were ever appended, or what SetAdded has said.
func (s *Stream) Added() uint64 { return s.added }

func (s *Stream) SetAdded(n uint64) {
	if n != s.added {
		s.recordCounters()
		s.added = n
	}
}

// MaxDeletedID returns the last ID that was ever removed by Delete, or what
// SetMaxDeletedID has said.
func (s *Stream) MaxDeletedID() StreamID { return s.maxDeleted }

func (s *Stream) SetMaxDeletedID(id StreamID) {
	if id != s.maxDeleted {
		s.recordCounters()
		s.maxDeleted = id
	}
}

// Append adds an entry after the last ID, in amortised constant time.
func (s *Stream) Append(id StreamID, fields []string) {
	s.recordAppend(id)
	n := s.lastNode(id)
	if n == nil || n.full(fields, s.limits.orDefault()) {
		n = newStreamNode(fieldNames(fields))
		s.nodes = append(s.nodes, n)
		s.held += n.held()
	}
	s.held -= n.held()
	own := make([]string, len(fields))
	for i, text := range fields {
		own[i] = Own(text)
	}
	n.append(StreamEntry{id, own})
	s.held += n.held()
	s.last = id
	s.live++
	s.added++
}

// Get returns the entry of the ID.
func (s *Stream) Get(id StreamID) (e StreamEntry, ok bool) {
	for e := range s.Range(id, id) {
		return e, true
	}
	return e, false
}

// Range returns the entries from one ID to another, which is included. To find
// the first takes logarithmic time.
func (s *Stream) Range(from, to StreamID) iter.Seq[StreamEntry] {
	return func(yield func(StreamEntry) bool) {
		if s == nil {
			return
		}
		for i := max(s.node(from), 0); i < len(s.nodes); i++ {
			entries := s.nodes[i].entries
			for _, e := range entries[s.nodes[i].find(from):] {
				if !e.Removed() && (e.ID.Compare(to) > 0 || !yield(e)) {
					return
				}
			}
		}
	}
}

// Reverse is Range from the last entry to the first.
func (s *Stream) Reverse(from, to StreamID) iter.Seq[StreamEntry] {
	return func(yield func(StreamEntry) bool) {
		if s == nil {
			return
		}
		for i := s.node(to); i >= 0; i-- {
			entries := s.nodes[i].entries
			end := s.nodes[i].find(to)
			for end < len(entries) && entries[end].ID == to {
				end++
			}
			for _, e := range slices.Backward(entries[:end]) {
				if !e.Removed() && (e.ID.Compare(from) < 0 || !yield(e)) {
					return
				}
			}
		}
	}
}

// First returns the ID of the first entry, and Top that of the last, the zero
// StreamID if there is none.
func (s *Stream) First() StreamID {
	for e := range s.Range(StreamID{}, MaxStreamID) {
		return e.ID
	}
	return StreamID{}
}

func (s *Stream) Top() StreamID {
	for e := range s.Reverse(StreamID{}, MaxStreamID) {
		return e.ID
	}
	return StreamID{}
}

// Delete removes the entry of the ID, and says whether there was one.
func (s *Stream) Delete(id StreamID) bool {
	i := s.node(id)
	if i < 0 {
		return false
	}
	n := s.nodes[i]
	at := n.present(id)
	if at < 0 {
		return false
	}
	s.recordDelete(i, at)
	n.entries[at].remove()
	if n.live--; n.live == 0 {
		s.held -= n.held()
		s.nodes = slices.Delete(s.nodes, i, i+1)
	}
	s.live--
	if id.Compare(s.maxDeleted) > 0 {
		s.maxDeleted = id
	}
	return true
}

// node returns the index of the node where the ID is, if it is anywhere; -1 if
// it is before all nodes.
func (s *Stream) node(id StreamID) int {
	return sort.Search(len(s.nodes), func(i int) bool { return s.nodes[i].entries[0].ID.Compare(id) > 0 }) - 1
}
