package bulk

// A Pile is a sequence of which only the end changes. Adding an element never
// copies more than a few others, and removing the last ones gives their memory
// back as it goes. The zero Pile is empty.
type Pile[E any] struct {
	full [][]E // each of chunk elements
	last []E   // fewer, or as many; what there is room for is zero
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

// Add adds an element at the end, which is zero, and returns it.
func (p *Pile[E]) Add() *E {
	n := len(p.last)
	if n == cap(p.last) {
		n = p.grow()
	}
	p.last = p.last[:n+1]
	return &p.last[n]
}

// grow makes room for one more element, and returns how many there are in last.
func (p *Pile[E]) grow() int {
	const least = 8
	n := len(p.last)
	if n == chunk {
		p.full = append(p.full, p.last)
		p.last = make([]E, 0, chunk)
		return 0
	}
	room := make([]E, n, min(max(2*n, least), chunk))
	copy(room, p.last)
	p.last = room
	return n
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
	if len(p.full) > 0 {
		*p = Pile[E]{}
		return
	}
	clear(p.last)
	p.last = p.last[:0]
}
