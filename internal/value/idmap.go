package value

import (
	"iter"
	"slices"
	"sort"
)

// idMap is a map from StreamIDs, in their order, of which it is the usual case
// that what comes is the last and what goes is the first. Its items are kept in
// blocks, so that no operation moves more than one block and the list of them.
// The zero idMap is empty.
type idMap[T any] struct {
	blocks [][]idItem[T] // none is empty
	n      int
}

type idItem[T any] struct {
	id StreamID
	v  T
}

const idBlock = 128 // items

// find returns the block where id is or belongs, and its place there.
func (m *idMap[T]) find(id StreamID) (block, i int, ok bool) {
	block = sort.Search(len(m.blocks), func(b int) bool { return m.blocks[b][0].id.Compare(id) > 0 }) - 1
	if block = max(block, 0); block == len(m.blocks) {
		return block, 0, false
	}
	i, ok = slices.BinarySearchFunc(m.blocks[block], id, func(it idItem[T], id StreamID) int { return it.id.Compare(id) })
	return block, i, ok
}

func (m *idMap[T]) get(id StreamID) (v T, ok bool) {
	if b, i, ok := m.find(id); ok {
		return m.blocks[b][i].v, true
	}
	return v, false
}

func (m *idMap[T]) set(id StreamID, v T) {
	b, i, ok := m.find(id)
	switch {
	case ok:
		m.blocks[b][i].v = v
		return
	case b == len(m.blocks): // it is empty
		m.blocks = append(m.blocks, nil)
	case len(m.blocks[b]) == idBlock && b == len(m.blocks)-1 && i == idBlock: // the last of all
		b, i = b+1, 0
		m.blocks = append(m.blocks, nil)
	case len(m.blocks[b]) == idBlock:
		half := slices.Clone(m.blocks[b][idBlock/2:])
		m.blocks[b] = slices.Delete(m.blocks[b], idBlock/2, idBlock)
		m.blocks = slices.Insert(m.blocks, b+1, half)
		if i > idBlock/2 {
			b, i = b+1, i-idBlock/2
		}
	}
	m.blocks[b] = slices.Insert(m.blocks[b], i, idItem[T]{id, v})
	m.n++
}

func (m *idMap[T]) delete(id StreamID) {
	b, i, ok := m.find(id)
	if !ok {
		return
	}
	m.n--
	if m.blocks[b] = slices.Delete(m.blocks[b], i, i+1); len(m.blocks[b]) == 0 {
		m.blocks = slices.Delete(m.blocks, b, b+1)
	}
}

// from returns the items that are not before id. What it has returned may be
// deleted meanwhile, nothing else.
func (m *idMap[T]) from(id StreamID) iter.Seq2[StreamID, T] {
	return func(yield func(StreamID, T) bool) {
		for {
			b, i, _ := m.find(id)
			if b < len(m.blocks) && i == len(m.blocks[b]) {
				b, i = b+1, 0
			}
			if b >= len(m.blocks) {
				return
			}
			it := m.blocks[b][i]
			if !yield(it.id, it.v) || it.id == MaxStreamID {
				return
			}
			id = it.id.Next()
		}
	}
}

// last returns the last ID; the map must not be empty.
func (m *idMap[T]) last() StreamID {
	b := m.blocks[len(m.blocks)-1]
	return b[len(b)-1].id
}
