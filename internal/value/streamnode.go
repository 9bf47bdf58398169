package value

import (
	"encoding/binary"
	"slices"
	"sort"
)

// streamNode is a part of a stream: some entries that follow each other. It is
// full with so many entries, removed ones included, or bytes as Redis would
// have in a node: a listpack of some numbers, the names of the first entry's
// fields, and the entries.
type streamNode struct {
	entries []StreamEntry // a removed one has no fields
	live    int
	names   []string
	size    int // in bytes, as Redis has it
	texts   int // bytes of the entries' fields and values, as they are here
}

// nodeSizeLimit is the limit of a node's size where there is no other.
const nodeSizeLimit = 1 << 30

// removed says whether the entry is only the gap that one has left.
func (e *StreamEntry) removed() bool { return e.Fields == nil }

// newStreamNode returns a node whose first entry will have the fields.
func newStreamNode(fields []string) *streamNode {
	n := &streamNode{size: packedEmpty + 3*packedInt(0) + packedInt(len(fields)/2)}
	for i := 0; i < len(fields); i += 2 {
		n.names = append(n.names, fields[i])
		n.size += packedText(fields[i])
	}
	return n
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
	for _, text := range e.Fields {
		size += TextSize(text)
	}
	return size
}

// remove makes the entry a gap.
func (n *streamNode) remove(e *StreamEntry) {
	n.texts -= e.held()
	e.Fields = nil
	n.live--
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
	n.live++

	first, count := n.entries[0].ID, len(e.Fields)/2
	n.size += packedInt(0) + packedInt(int(e.ID.Millis-first.Millis)) + packedInt(int(e.ID.Seq-first.Seq))
	if n.named(e.Fields) {
		n.size += packedInt(count + 3)
	} else {
		n.size += packedInt(count) + packedInt(2*count+4)
		for i := 0; i < len(e.Fields); i += 2 {
			n.size += packedText(e.Fields[i])
		}
	}
	for i := 1; i < len(e.Fields); i += 2 {
		n.size += packedText(e.Fields[i])
	}
}

// named says whether fields have the names of the first entry's.
func (n *streamNode) named(fields []string) bool {
	for i, name := range n.names {
		if 2*i >= len(fields) || fields[2*i] != name {
			return false
		}
	}
	return len(fields) == 2*len(n.names)
}

// find returns the index of the first entry that is not before the ID.
func (n *streamNode) find(id StreamID) int {
	return sort.Search(len(n.entries), func(i int) bool { return n.entries[i].ID.Compare(id) >= 0 })
}

// delete removes the entry of the ID, and says whether there was one.
func (n *streamNode) delete(id StreamID) bool {
	i := n.find(id)
	if i == len(n.entries) || n.entries[i].ID != id || n.entries[i].removed() {
		return false
	}
	n.remove(&n.entries[i])
	return true
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
