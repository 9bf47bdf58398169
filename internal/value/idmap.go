package value

import (
	"iter"
	"slices"
	"sort"
)

// idMap is a map from StreamIDs, in their order, of which it is the usual case
// that what comes is the last and what goes is the first, and comes back there when
// that is undone. Its items are kept in blocks, so that no operation moves more than
// one block and the list of them, and the usual ones move no list. The zero idMap is
// empty.
type idMap[T any] struct {
	room  [][]idItem[T] // the blocks, none of which is empty, from
	first int           // this index on
	n     int
}

func (m *idMap[T]) blocks() [][]idItem[T] { return m.room[m.first:] }

type idItem[T any] struct {
	id StreamID
	v  T
}

const idBlock = 128 // items

// find returns the block where id is or belongs, and its place there.
func (m *idMap[T]) find(id StreamID) (block, i int, ok bool) {
	blocks := m.blocks()
	block = sort.Search(len(blocks), func(b int) bool { return blocks[b][0].id.Compare(id) > 0 }) - 1
	if block = max(block, 0); block == len(blocks) {
		return block, 0, false
	}
	i, ok = slices.BinarySearchFunc(blocks[block], id, func(it idItem[T], id StreamID) int { return it.id.Compare(id) })
	return block, i, ok
}

func (m *idMap[T]) get(id StreamID) (v T, ok bool) {
	if b, i, ok := m.find(id); ok {
		return m.blocks()[b][i].v, true
	}
	return v, false
}

func (m *idMap[T]) set(id StreamID, v T) {
	b, i, ok := m.find(id)
	blocks := m.blocks()
	switch {
	case ok:
		blocks[b][i].v = v
		return
	case b == len(blocks): // it is empty
		m.room = append(m.room, nil)
	case len(blocks[b]) < idBlock:
	case b == len(blocks)-1 && i == idBlock: // the last of all
		b, i = b+1, 0
		m.room = append(m.room, nil)
	case b == 0 && i == 0: // the first of all
		m.prepend()
	default:
		half := slices.Clone(blocks[b][idBlock/2:])
		blocks[b] = slices.Delete(blocks[b], idBlock/2, idBlock)
		m.room = slices.Insert(m.room, m.first+b+1, half)
		if i > idBlock/2 {
			b, i = b+1, i-idBlock/2
		}
	}
	blocks = m.blocks()
	blocks[b] = slices.Insert(blocks[b], i, idItem[T]{id, v})
	m.n++
}

// prepend adds an empty block before the first, in amortised constant time.
func (m *idMap[T]) prepend() {
	if m.first == 0 {
		m.first = len(m.room) + 1
		m.room = slices.Concat(make([][]idItem[T], m.first), m.room)
	}
	m.first--
}

func (m *idMap[T]) delete(id StreamID) {
	b, i, ok := m.find(id)
	if !ok {
		return
	}
	m.n--
	blocks := m.blocks()
	blocks[b] = slices.Delete(blocks[b], i, i+1)
	switch {
	case len(blocks[b]) > 0:
	case b > 0:
		m.room = slices.Delete(m.room, m.first+b, m.first+b+1)
	default:
		blocks[0] = nil
		if m.first++; m.first > 2*len(m.blocks()) {
			m.room, m.first = slices.Clone(m.blocks()), 0
		}
	}
}

// from returns the items that are not before id. What it has returned may be
// deleted meanwhile, nothing else.
func (m *idMap[T]) from(id StreamID) iter.Seq2[StreamID, T] {
	return func(yield func(StreamID, T) bool) {
		for {
			b, i, _ := m.find(id)
			blocks := m.blocks()
			if b < len(blocks) && i == len(blocks[b]) {
				b, i = b+1, 0
			}
			if b >= len(blocks) {
				return
			}
			it := blocks[b][i]
			if !yield(it.id, it.v) || it.id == MaxStreamID {
				return
			}
			id = it.id.Next()
		}
	}
}

// last returns the last ID; the map must not be empty.
func (m *idMap[T]) last() StreamID {
	b := m.room[len(m.room)-1]
	return b[len(b)-1].id
}
