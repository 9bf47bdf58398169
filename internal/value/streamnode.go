package value

import (
	"encoding/binary"
	"iter"
	"slices"
	"sort"
)

// streamNode is a part of a stream: some entries that follow each other. It is
// full with so many entries, removed ones included, or bytes as Redis would
// have in a node: a listpack of some numbers, the names of the first entry's
// fields, and the entries.
type streamNode struct {
	entries []StreamEntry // a removed one is not after one that follows
	live    int
	names   []string
	size    int // in bytes, as Redis has it
	texts   int // bytes of the entries' fields and values, as they are here
}

// nodeSizeLimit is the limit of a node's size where there is no other.
const nodeSizeLimit = 1 << 30

// newStreamNode returns a node whose first entry will have fields of the names.
func newStreamNode(names []string) *streamNode {
	n := &streamNode{names: names, size: packedEmpty + 3*packedInt(0) + packedInt(len(names))}
	for _, name := range names {
		n.size += packedText(name)
	}
	return n
}

// fieldNames returns every second of the texts.
func fieldNames(fields []string) []string {
	names := make([]string, 0, len(fields)/2)
	for i := 0; i < len(fields); i += 2 {
		names = append(names, fields[i])
	}
	return names
}

// Parts returns the nodes of the stream: the names of the fields that a node's
// first entry had, and its entries, removed ones among them. Of these and other
// entries it is SameFields that says which have fields of those names.
func (s *Stream) Parts() iter.Seq2[[]string, []StreamEntry] {
	return func(yield func([]string, []StreamEntry) bool) {
		for _, n := range s.nodes {
			if !yield(n.names, n.entries) {
				return
			}
		}
	}
}

// AddPart adds a node that Parts has returned, and makes the ID of its last
// entry that was not removed the last ID. It says whether it may be there: there
// are entries, and their IDs ascend, from those of the nodes before on.
func (s *Stream) AddPart(names []string, entries []StreamEntry) bool {
	if len(entries) == 0 {
		return false
	}
	for i := len(entries) - 2; i >= 0; i-- { // see makeRoom
		if e, next := &entries[i], entries[i+1].ID; e.Removed() && e.ID.Compare(next) > 0 {
			e.ID = next
		}
	}
	first := entries[0].ID
	if last := len(s.nodes) - 1; first.Compare(s.last) <= 0 || last >= 0 && first.Compare(s.nodes[last].entries[0].ID) <= 0 {
		return false
	}
	n := newStreamNode(names)
	for _, e := range entries {
		if n.append(e); e.Removed() {
			continue
		}
		if e.ID.Compare(s.last) <= 0 {
			return false
		}
		s.last = e.ID
	}
	s.nodes = append(s.nodes, n)
	s.live += n.live
	s.held += n.held()
	return true
}

// lastNode returns the last node, nil if there is none, where an entry of the ID
// is to be appended. Usually the ID is after all that are there; but SetLastID
// can make it one that removed entries had. Their IDs are then made smaller, so
// that all stay in order.
func (s *Stream) lastNode(id StreamID) *streamNode {
	for i, n := range slices.Backward(s.nodes) {
		if n.entries[0].ID.Compare(id) < 0 {
			n.makeRoom(id)
			return n
		}
		s.nodes = s.nodes[:i] // where nothing is left
		s.held -= n.held()
	}
	return nil
}

// makeRoom gives the removed entries at the end of the node IDs that are not
// after the ID.
func (n *streamNode) makeRoom(id StreamID) {
	for i := range slices.Backward(n.entries) {
		e := &n.entries[i]
		if e.ID.Compare(id) <= 0 {
			break
		}
		e.ID = id
	}
}

func (n *streamNode) clone() *streamNode {
	c := *n
	c.entries = slices.Clone(n.entries)
	return &c
}

// held returns how many bytes the node and its entries take.
func (n *streamNode) held() int {
	return sizeOf(n) + sliceSize(n.entries) + sliceSize(n.names) + n.texts
}

// held returns how many bytes the fields and values of the entry take.
func (e *StreamEntry) held() int {
	size := sliceSize(e.Fields)
	for _, text := range e.Stored() {
		size += TextSize(text)
	}
	return size
}

// full says whether an entry of the fields belongs in the next node.
func (n *streamNode) full(fields []string, l *Limits) bool {
	size := n.size
	for _, f := range fields {
		size += len(f)
	}
	limit := l.StreamBytes
	if limit == 0 {
		limit = nodeSizeLimit
	}
	return size >= min(limit, nodeSizeLimit) || l.StreamEntries > 0 && len(n.entries) >= l.StreamEntries
}

func (n *streamNode) append(e StreamEntry) {
	n.entries = append(n.entries, e)
	n.texts += e.held()
	if !e.Removed() {
		n.live++
	}
	first, fields := n.entries[0].ID, e.Stored()
	count := len(fields) / 2
	n.size += packedInt(0) + packedInt(int(e.ID.Millis-first.Millis)) + packedInt(int(e.ID.Seq-first.Seq))
	if SameFields(n.names, fields) {
		n.size += packedInt(count + 3)
	} else {
		n.size += packedInt(count) + packedInt(2*count+4)
		for i := 0; i < len(fields); i += 2 {
			n.size += packedText(fields[i])
		}
	}
	for i := 1; i < len(fields); i += 2 {
		n.size += packedText(fields[i])
	}
}

// SameFields says whether the fields, with values in turn, have the names.
func SameFields(names, fields []string) bool {
	for i, name := range names {
		if 2*i >= len(fields) || fields[2*i] != name {
			return false
		}
	}
	return len(fields) == 2*len(names)
}

// find returns the index of the first entry that is not before the ID.
func (n *streamNode) find(id StreamID) int {
	return sort.Search(len(n.entries), func(i int) bool { return n.entries[i].ID.Compare(id) >= 0 })
}

// present returns the index of the entry of the ID that was not removed, or -1.
func (n *streamNode) present(id StreamID) int {
	for i := n.find(id); i < len(n.entries) && n.entries[i].ID == id; i++ {
		if !n.entries[i].Removed() {
			return i
		}
	}
	return -1
}

// packedEmpty is the size of an empty listpack.
const packedEmpty = 7

// packedInt returns how many bytes of a listpack an integer takes.
func packedInt(n int) int {
	switch {
	case 0 <= n && n < 1<<7:
		return 2
	case -1<<12 <= n && n < 1<<12:
		return 3
	case -1<<15 <= n && n < 1<<15:
		return 4
	case -1<<23 <= n && n < 1<<23:
		return 5
	case -1<<31 <= n && n < 1<<31:
		return 6
	}
	return 10
}

// packedText returns how many bytes of a listpack a text takes.
func packedText(text string) int {
	if n, ok := ParseInt(text); ok {
		return packedInt(int(n))
	}
	size := len(text)
	switch {
	case size < 1<<6:
		size++
	case size < 1<<12:
		size += 2
	default:
		size += 5
	}
	back := 1 // bytes that say the size once more, 7 bits each
	for n := size; n >= 1<<7 && back < 5; n >>= 7 {
		back++
	}
	return size + back
}

// Nodes returns how many nodes the stream has, and how many inner ones a radix
// tree of their first IDs has in Redis. It takes time linear in their number.
func (s *Stream) Nodes() (nodes, inner int) {
	keys := make([]string, len(s.nodes))
	for i, n := range s.nodes {
		id := n.entries[0].ID
		key := binary.BigEndian.AppendUint64(make([]byte, 0, 16), id.Millis)
		keys[i] = string(binary.BigEndian.AppendUint64(key, id.Seq))
	}
	return len(keys), radixNodes(keys, 0)
}

// radixNodes returns how many nodes a radix tree has below one where the keys,
// of one length and in order, are the same in their first depth bytes, that one
// included: one for bytes that all keys have, one where keys part, one where
// they end.
func radixNodes(keys []string, depth int) int {
	if len(keys) == 0 || depth == len(keys[0]) {
		return 1
	}
	first, last := keys[0], keys[len(keys)-1]
	if first[depth] == last[depth] {
		for depth++; depth < len(first) && first[depth] == last[depth]; {
			depth++
		}
		return 1 + radixNodes(keys, depth)
	}
	n := 1
	for len(keys) > 0 {
		end := sort.Search(len(keys), func(i int) bool { return keys[i][depth] > keys[0][depth] })
		n += radixNodes(keys[:end], depth+1)
		keys = keys[end:]
	}
	return n
}
