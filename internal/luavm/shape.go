package luavm

import "unsafe"

// Shapes makes tables of which many have the same string keys, as the objects
// of a document do. It remembers how such tables are laid out, so that most
// are made in one go.
type Shapes struct{ slots [64]shapeSlot }

// shapeSlot has a shape, which is kept once it has come a second time.
type shapeSlot struct {
	hash  uint32 // of the keys that came last
	shape *shape
}

// shape is the layout of tables with certain keys, which were set in a certain
// order.
type shape struct {
	keys  []Value
	nodes []node // with keys, without values
	free  int32
	at    []int // the node of each key
}

// What is kept of a shape is bounded.
const (
	maxShape        = 32 // keys
	longestShapeKey = 64 // bytes
)

// NewTable returns a table of pairs of a key and a value, neither nil, as if
// they had been set one by one.
func (s *Shapes) NewTable(m *Machine, pairs []Value) *Table {
	hash := uint32(len(pairs))
	plain := len(pairs) <= 2*maxShape
	for i := 0; i < len(pairs) && plain; i += 2 {
		if plain = pairs[i].isString() && len(pairs[i].Text()) <= longestShapeKey; plain {
			hash = hash*31 + pairs[i].str().hash()
		}
	}
	slot := &s.slots[hash%uint32(len(s.slots))]
	if plain && slot.shape != nil && slot.shape.fits(pairs) {
		return slot.shape.newTable(m, pairs)
	}
	t := m.NewTable(0, 0)
	for i := 0; i < len(pairs); i += 2 {
		m.Set(t, pairs[i], pairs[i+1])
	}
	if plain && len(pairs) > 0 {
		if slot.hash == hash {
			slot.shape = newShape(t, pairs)
		}
		slot.hash = hash
	}
	return t
}

func newShape(t *Table, pairs []Value) *shape {
	s := &shape{nodes: make([]node, len(t.node)), free: t.free}
	for i, n := range t.node {
		s.nodes[i] = node{key: n.key, next: n.next}
	}
	for i := 0; i < len(pairs); i += 2 {
		s.keys = append(s.keys, pairs[i])
		s.at = append(s.at, t.node[0].distance(t.findString(pairs[i].str())))
	}
	return s
}

func (s *shape) fits(pairs []Value) bool {
	if len(pairs) != 2*len(s.keys) {
		return false
	}
	for i, k := range s.keys {
		if k.Text() != pairs[2*i].Text() {
			return false
		}
	}
	return true
}

func (s *shape) newTable(m *Machine, pairs []Value) *Table {
	m.Alloc(int(unsafe.Sizeof(Table{})) + len(s.nodes)*int(unsafe.Sizeof(node{})))
	t := &Table{header: header{kind: KindTable, id: m.newID()}, m: m, node: make([]node, len(s.nodes)), free: s.free}
	copy(t.node, s.nodes)
	for i, at := range s.at {
		t.node[at].val = pairs[2*i+1]
	}
	return t
}
