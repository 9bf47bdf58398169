package value

import (
	"math/bits"
	"math/rand/v2"
)

// skipList holds the nodes of a SortedSet in their order. Each node is in the
// lowest level and one in four of those in a level is in the next one too;
// links know how many ranks they go ahead, so that ranks are counted on the way.
type skipList struct {
	head   node // before the first; it has as many links as there are levels
	last   *node
	length int
}

type node struct {
	member string
	score  float64
	slot   int32 // in SortedSet.slots
	prev   *node // nil: the first
	links  []link
	lowest [1]link // room for the links of the most nodes
}

// link leads to the next node of a level, or nil behind the last, span ranks
// ahead.
type link struct {
	next *node
	span int
}

const maxLevels = 32

func newNode(member string, score float64) *node {
	n := &node{member: member, score: score}
	levels := 1 + bits.TrailingZeros64(rand.Uint64()|1<<(2*maxLevels-2))/2
	if n.links = n.lowest[:]; levels > 1 {
		n.links = make([]link, levels)
	}
	return n
}

// size returns how many bytes the node and its member take.
func (n *node) size() int {
	size := sizeOf(n) + TextSize(n.member)
	if len(n.links) > len(n.lowest) {
		size += sliceSize(n.links)
	}
	return size
}

// before says whether n comes before a member with the score.
func (n *node) before(member string, score float64) bool {
	return n.score < score || n.score == score && n.member < member
}

// A path is the last node of each level before a place, and its rank, counted
// from 1: the head has 0.
type path [maxLevels]struct {
	node *node
	rank int
}

// seek returns how many nodes from the first on are in front, which must be so
// of none behind one of which it is not. Where p is not nil it becomes the path
// to there.
func (l *skipList) seek(p *path, front func(*node) bool) int {
	at, rank := &l.head, 0
	for level := len(l.head.links) - 1; level >= 0; level-- {
		for next := at.links[level].next; next != nil && front(next); next = at.links[level].next {
			rank += at.links[level].span
			at = next
		}
		if p != nil {
			p[level].node, p[level].rank = at, rank
		}
	}
	return rank
}

// rank is seek for the nodes before the place of a member with the score.
func (l *skipList) rank(p *path, member string, score float64) int {
	return l.seek(p, func(n *node) bool { return n.before(member, score) })
}

// at returns the node of the rank, counted from 0, and makes p, if it is not
// nil, the path to it.
func (l *skipList) at(p *path, rank int) *node {
	n, left := &l.head, rank+1 // ranks to go
	for level := len(l.head.links) - 1; level >= 0; level-- {
		for n.links[level].next != nil && n.links[level].span < left {
			left -= n.links[level].span
			n = n.links[level].next
		}
		if p != nil {
			p[level].node, p[level].rank = n, rank+1-left
		}
	}
	return n.links[0].next
}

// insert puts n in its place.
func (l *skipList) insert(n *node) {
	for len(l.head.links) < len(n.links) {
		l.head.links = append(l.head.links, link{nil, l.length + 1})
	}
	var p path
	rank := l.rank(&p, n.member, n.score) + 1
	for level := range l.head.links {
		before := &p[level].node.links[level]
		if level >= len(n.links) {
			before.span++
			continue
		}
		ahead := rank - p[level].rank
		n.links[level] = link{before.next, before.span - ahead + 1}
		*before = link{n, ahead}
	}
	if n.prev = p[0].node; n.prev == &l.head {
		n.prev = nil
	}
	l.setPrev(n.links[0].next, n)
	l.length++
}

// remove takes n, to which p is the path, out of the list.
func (l *skipList) remove(p *path, n *node) {
	for level := range l.head.links {
		before := &p[level].node.links[level]
		if before.next == n {
			*before = link{n.links[level].next, before.span + n.links[level].span - 1}
		} else {
			before.span--
		}
	}
	l.setPrev(n.links[0].next, n.prev)
	for top := len(l.head.links) - 1; top >= 0 && l.head.links[top].next == nil; top-- {
		l.head.links = l.head.links[:top]
	}
	l.length--
}

// setPrev makes prev the one before n, which is nil behind the last.
func (l *skipList) setPrev(n, prev *node) {
	if n == nil {
		l.last = prev
	} else {
		n.prev = prev
	}
}

func (l *skipList) first() *node {
	if l.length == 0 {
		return nil
	}
	return l.head.links[0].next
}
