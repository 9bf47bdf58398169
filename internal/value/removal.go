package value

import "github.com/luastore/luastore/internal/bulk"

// A removal is the removal of elements that are the same from a List, and can undo
// itself. The elements beside those that go are moved together, towards the
// nearer end of the List, one after the other: so the removal can be left, and be
// undone, wherever it is.
type removal struct {
	l        *List
	text     string
	at       bulk.Pile[int] // where the elements are, in ascending order, or
	downward bool           // in descending order

	front  bool // towards the front
	next   int  // the next element to look at
	passed int  // elements that go, of those that were looked at
	done   bool // and those that go are cut off
}

// element returns which element the nth that goes is, counted from the back where
// the elements move towards the front.
func (r *removal) element(n int) int {
	if r.front != r.downward {
		n = r.at.Len() - 1 - n
	}
	return *r.at.At(n)
}

// remove does it, and returns how many elements go.
func (r *removal) remove() int {
	n := r.at.Len()
	if n == 0 {
		return 0
	}
	l := r.l
	last := r.element(n - 1)
	first := r.element(0)
	if r.front = last < l.len-first-1; r.front {
		first = last
	}
	r.next = first
	if l.log.On() {
		l.log.AddSteps(closureSize+8*n, r.undo)
		l.log.Keep(TextSize(r.text))
	}
	if r.front {
		for ; r.next >= 0; r.next-- {
			r.move(1)
		}
	} else {
		for ; r.next < l.len; r.next++ {
			r.move(-1)
		}
	}
	r.cut()
	return n
}

// move moves the next element, unless it goes, by as many places as have passed,
// in the direction.
func (r *removal) move(direction int) {
	l := r.l
	l.log.Tick(1)
	if r.passed < r.at.Len() && r.element(r.passed) == r.next {
		r.passed++
	} else {
		*l.slot(r.next + direction*r.passed) = *l.slot(r.next)
	}
}

// cut removes as many elements as go from the end to which others do not move.
func (r *removal) cut() {
	l, n := r.l, r.at.Len()
	end := l.len - n
	if r.front {
		end = 0
	}
	for i := range n {
		*l.slot(end + i) = ""
	}
	if r.front {
		l.head = (l.head + n) & (len(l.ring) - 1)
	}
	l.len -= n
	l.texts -= n * TextSize(r.text)
	r.done = true
	l.shrink()
}

// undo undoes a part of what was done.
func (r *removal) undo() (more bool) {
	const part = 4096 // elements
	l, n := r.l, r.at.Len()
	if r.done {
		if r.front {
			l.head = (l.head - n) & (len(l.ring) - 1)
		}
		l.len += n
		l.texts += n * TextSize(r.text)
		r.done = false
	}
	direction := -1
	if r.front {
		direction = 1
	}
	for range part {
		if r.passed == 0 {
			return false
		}
		r.next += direction
		if r.element(r.passed-1) == r.next {
			r.passed--
			*l.slot(r.next) = r.text
		} else {
			*l.slot(r.next) = *l.slot(r.next + direction*r.passed)
		}
	}
	return true
}
