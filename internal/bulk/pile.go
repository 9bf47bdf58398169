package bulk

// A Pile is a sequence of which only the end changes. Adding an element never
// copies more than a few others, and removing the last ones gives their memory
// back as it goes. The zero Pile is empty.
type Pile[E any] struct {
	full [][]E // each of chunk elements
	last []E   // fewer, or as many
}

const chunk = 1024 // elements

// Len returns the number of elements.
func (p *Pile[E]) Len() int { return len(p.full)*chunk + len(p.last) }

// At returns element i, which must exist.
func (p *Pile[E]) At(i int) *E {
	if i >= len(p.full)*chunk {
		return &p.last[i-len(p.full)*chunk]
	}
	return &p.full[i/chunk][i%chunk]
}

// Add adds an element at the end.
func (p *Pile[E]) Add(e E) {
	if len(p.last) == chunk {
		p.full = append(p.full, p.last)
		p.last = make([]E, 0, chunk)
	}
	p.last = append(p.last, e)
}

// Drop removes the last element, which must exist.
func (p *Pile[E]) Drop() {
	if len(p.last) == 0 {
		n := len(p.full) - 1
		p.last, p.full[n] = p.full[n], nil
		p.full = p.full[:n]
	}
	n := len(p.last) - 1
	var none E
	p.last[n] = none
	p.last = p.last[:n]
}

// Clear removes all elements, in constant time. It keeps room for some.
func (p *Pile[E]) Clear() {
	if len(p.full) > 0 || cap(p.last) > chunk {
		*p = Pile[E]{}
		return
	}
	clear(p.last)
	p.last = p.last[:0]
}
