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
	l.raise(len(n.links))
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
	l.lower()
	l.length--
}

// A listPart is nodes that follow each other and were cut out of a skipList.
type listPart struct {
	rank   int // that of the first, counted from 0
	length int
	first  *node
	levels []partLevel
}

// A partLevel is the first and the last node of a listPart in a level, if there
// are any, and their ranks in the part, counted from 1.
type partLevel struct {
	first, last         *node
	firstRank, lastRank int
}

// cut takes the nodes from one rank up to another out of the list, in logarithmic
// time. There must be some.
func (l *skipList) cut(from, to int) listPart {
	var before, end path
	first := l.at(&before, from)
	next := l.at(&end, to)
	part := listPart{from, to - from, first, make([]partLevel, 0, len(l.head.links))}
	for level := range l.head.links {
		p, q := &before[level], &end[level]
		link := &p.node.links[level]
		if p.node != q.node {
			part.levels = append(part.levels, partLevel{link.next, q.node, p.rank + link.span - from, q.rank - from})
		}
		after := q.node.links[level]
		link.next, link.span = after.next, q.rank+after.span-part.length-p.rank
	}
	l.setPrev(next, first.prev)
	l.length -= part.length
	l.lower()
	return part
}

// paste undoes cut, where the others have the places that they had then.
func (l *skipList) paste(part *listPart) {
	l.raise(len(part.levels))
	var before path
	next := l.at(&before, part.rank)
	for level := range l.head.links {
		p := &before[level]
		link := &p.node.links[level]
		if level >= len(part.levels) {
			link.span += part.length
			continue
		}
		in := &part.levels[level]
		in.last.links[level].next = link.next
		in.last.links[level].span = p.rank + link.span + part.length - (part.rank + in.lastRank)
		link.next, link.span = in.first, part.rank+in.firstRank-p.rank
	}
	last := part.levels[0].last
	if part.first.prev = before[0].node; part.first.prev == &l.head {
		part.first.prev = nil
	}
	l.setPrev(next, last)
	l.length += part.length
}

// raise makes the list one of so many levels, if it has fewer, and lower takes
// away those where nothing is.
func (l *skipList) raise(levels int) {
	for len(l.head.links) < levels {
		l.head.links = append(l.head.links, link{nil, l.length + 1})
	}
}

func (l *skipList) lower() {
	for top := len(l.head.links) - 1; top >= 0 && l.head.links[top].next == nil; top-- {
		l.head.links = l.head.links[:top]
	}
}

// A listBuilder adds nodes at the end of a list that was empty, in constant time
// each. The list can be used after end.
type listBuilder struct {
	l    *skipList
	last path // of each level, and its rank
}

func (b *listBuilder) add(n *node) {
	l := b.l
	for level := len(l.head.links); level < len(n.links); level++ {
		b.last[level].node = &l.head
	}
	l.raise(len(n.links))
	l.length++
	for level := range n.links {
		p := &b.last[level]
		p.node.links[level] = link{n, l.length - p.rank}
		p.node, p.rank = n, l.length
	}
	n.prev, l.last = l.last, n
}

func (b *listBuilder) end() {
	for level := range b.l.head.links {
		p := &b.last[level]
		p.node.links[level] = link{nil, b.l.length + 1 - p.rank}
	}
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
