package value

import (
	"iter"
	"math"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
)

// SortedSet is a set of members, each with a score that is not NaN, in the
// order of the scores and, where these are equal, of the members' bytes. A nil
// *SortedSet reads as empty; to write, make one with NewSortedSet.
//
// A score is found in constant time. What has to do with a rank, the place of
// a member in the order counted from 0, takes logarithmic time, and so do
// changes. Parts of the order are given by two ranks: from one up to another.
type SortedSet struct {
	nodes map[string]*node
	list  skipList
	slots []*node // every node, each at its slot; a removed one is replaced by the last
	held  int     // bytes of the nodes and members
	large bool    // Redis would keep it as a skip list, and go on to

	limits *Limits
	log    *journal.Journal // nil: changes are not recorded
}

// NewSortedSet returns an empty sorted set.
func NewSortedSet() *SortedSet { return &SortedSet{nodes: map[string]*node{}} }

// NewLargeSortedSet returns an empty sorted set that Redis would keep as a skip
// list from the beginning, as it does with what it computes.
func NewLargeSortedSet() *SortedSet { return &SortedSet{nodes: map[string]*node{}, large: true} }

func (z *SortedSet) Type() string { return "zset" }

func (z *SortedSet) Encoding() string {
	if z.large {
		return "skiplist"
	}
	return "listpack"
}

func (z *SortedSet) Len() int {
	if z == nil {
		return 0
	}
	return z.list.length
}

func (z *SortedSet) Size() int {
	return sizeOf(z) + IndexSize(Most(z.slots)) + sliceSize(z.slots) + sliceSize(z.list.head.links) + z.held
}

func (z *SortedSet) Clone(w bulk.Checker) Value {
	c := &SortedSet{nodes: bulk.MakeMap[string, *node](z.Len(), w), large: z.large, limits: z.limits}
	c.slots = bulk.Make[*node](z.Len(), w)[:0]
	b := listBuilder{l: &c.list}
	for member, score := range z.All() {
		n := newNode(member, score)
		c.enter(n)
		b.add(n)
		check(w, int(n.slot))
	}
	b.end()
	return c
}

// Within makes l the limits of the set, in place of DefaultLimits, and returns
// it.
func (z *SortedSet) Within(l *Limits) *SortedSet {
	z.limits = l
	return z
}

// Score returns the score of a member; ok is false if it is none.
func (z *SortedSet) Score(member string) (score float64, ok bool) {
	if z == nil {
		return 0, false
	}
	n := z.nodes[member]
	if n == nil {
		return 0, false
	}
	return n.score, true
}

// Fit makes a set small if it is not too large for that.
func (z *SortedSet) Fit() {
	l := z.limits.orDefault()
	if len(z.slots) > l.SortedSetMembers {
		return
	}
	for _, n := range z.slots {
		if len(n.member) > l.SortedSetText {
			return
		}
	}
	z.setLarge(false)
	for _, n := range z.slots {
		if score := z.kept(n.score); math.Signbit(score) != math.Signbit(n.score) {
			z.record(undoReplace, n.member, n.score)
			n.score = score
		}
	}
}

// Enlarge makes a set one that Redis would keep as a skip list.
func (z *SortedSet) Enlarge() { z.setLarge(true) }

func (z *SortedSet) setLarge(large bool) {
	if z.log != nil && z.large != large {
		z.log.AddFunc(0, func() { z.large = !large })
	}
	z.large = large
}

// kept returns the score as the set keeps it: Redis's lists hold integers as
// such, and these have no negative zero.
func (z *SortedSet) kept(score float64) float64 {
	if score == 0 && !z.large {
		return 0
	}
	return score
}

// Set gives a member the score, and adds the member if it is not there.
func (z *SortedSet) Set(member string, score float64) {
	n := z.nodes[member]
	if n == nil && !z.large {
		l := z.limits.orDefault()
		z.setLarge(len(z.slots) >= l.SortedSetMembers || len(member) > l.SortedSetText)
	}
	if n == nil {
		if len(z.slots) == cap(z.slots) {
			z.MakeRoom(z.log.Checker())
		}
		z.record(undoAdd, member, 0)
	} else {
		z.record(undoReplace, member, n.score)
	}
	z.put(n, member, z.kept(score))
}

// MakeRoom makes room for one more member where that takes long.
func (z *SortedSet) MakeRoom(w bulk.Checker) {
	if len(z.slots) == cap(z.slots) {
		z.slots = bulk.Room(z.slots, w)
	}
}

// put is Set for the member's node, nil if there is none, without any change of
// the score or the encoding.
func (z *SortedSet) put(n *node, member string, score float64) {
	if n == nil {
		n = newNode(Own(member), score)
		z.enter(n)
		z.list.insert(n)
		return
	}
	if next := n.links[0].next; (n.prev == nil || n.prev.before(member, score)) &&
		(next == nil || !next.before(member, score)) {
		n.score = score
		return
	}
	var p path
	z.list.rank(&p, member, n.score)
	z.list.remove(&p, n)
	n.score = score
	z.list.insert(n)
}

// Remove removes a member, and says whether there was one.
func (z *SortedSet) Remove(member string) bool {
	if z == nil || z.nodes[member] == nil {
		return false
	}
	n := z.nodes[member]
	z.record(undoRemove, member, n.score)
	z.take(n)
	return true
}

// take removes a node.
func (z *SortedSet) take(n *node) {
	var p path
	z.list.rank(&p, n.member, n.score)
	z.list.remove(&p, n)
	z.forget(n)
}

// RemoveRange removes the members from one rank up to another, in time linear
// in their number beside the logarithmic time to find them.
func (z *SortedSet) RemoveRange(from, to int) {
	const few = 2 // members
	if to-from > few {
		z.removeMany(from, to)
		return
	}
	if from >= to {
		return
	}
	var p path
	n := z.list.at(&p, from)
	for range to - from {
		next := n.links[0].next
		z.record(undoRemove, n.member, n.score)
		z.list.remove(&p, n)
		z.forget(n)
		n = next
	}
}

// removeMany is RemoveRange where it is worth to keep the members together: the
// list loses them, and may get them back, all at once.
func (z *SortedSet) removeMany(from, to int) {
	r := rangeRemoval{z: z, part: z.list.cut(from, to)}
	if z.log.On() {
		z.log.AddSteps(closureSize+sizeOf(&r), r.undo)
		z.log.Keep((to - from) * sizeOf(r.part.first))
	}
	for n := r.part.first; r.forgotten < to-from; n = n.links[0].next {
		z.log.Tick(forgetTicks)
		z.forget(n)
		r.last = n
		r.forgotten++
	}
}

// forgetTicks is what it takes to remove a member that is not in the list any
// more, in ticks.
const forgetTicks = 20

// A rangeRemoval is the removal of a range of members, which can undo itself.
type rangeRemoval struct {
	z         *SortedSet
	part      listPart
	forgotten int   // members, from the first of part
	last      *node // to this one
}

// undo undoes a part of what was done.
func (r *rangeRemoval) undo() (more bool) {
	const few = 64 // members
	for range min(few, r.forgotten) {
		r.z.remember(r.last)
		r.last = r.last.prev
		r.forgotten--
	}
	if r.forgotten > 0 {
		return true
	}
	r.z.list.paste(&r.part)
	return false
}

// enter puts n, which is not in the list yet, where it is found otherwise.
func (z *SortedSet) enter(n *node) {
	n.slot = int32(len(z.slots))
	z.nodes[n.member] = n
	z.slots = append(z.slots, n)
	z.held += n.size()
}

// forget removes n, which is not in the list any more, from all else.
func (z *SortedSet) forget(n *node) {
	delete(z.nodes, n.member)
	z.held -= n.size()
	last := len(z.slots) - 1
	moved := z.slots[last]
	z.slots[n.slot], moved.slot = moved, n.slot
	z.slots[last] = nil
	z.slots = z.slots[:last]
}

// remember undoes forget.
func (z *SortedSet) remember(n *node) {
	i := int(n.slot)
	z.enter(n)
	if last := int(n.slot); i < last {
		moved := z.slots[i]
		z.slots[i], z.slots[last] = n, moved
		n.slot, moved.slot = int32(i), int32(last)
	}
}

// Rank returns the rank of a member; ok is false if it is none.
func (z *SortedSet) Rank(member string) (rank int, ok bool) {
	score, ok := z.Score(member)
	if !ok {
		return 0, false
	}
	return z.list.rank(nil, member, score), true
}

// At returns the member of the rank, which there must be.
func (z *SortedSet) At(rank int) (member string, score float64) {
	n := z.list.at(nil, rank)
	return n.member, n.score
}

// All visits the members in their order.
func (z *SortedSet) All() iter.Seq2[string, float64] { return z.Range(0, z.Len()) }

// Range visits the members from one rank up to another. The set must not
// change meanwhile, nor while Reverse does so.
func (z *SortedSet) Range(from, to int) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		if from >= to {
			return
		}
		for n := z.list.at(nil, from); from < to && yield(n.member, n.score); from++ {
			n = n.links[0].next
		}
	}
}

// Reverse is Range, but begins with the last.
func (z *SortedSet) Reverse(from, to int) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		if from >= to {
			return
		}
		for n := z.list.at(nil, to-1); from < to && yield(n.member, n.score); to-- {
			n = n.prev
		}
	}
}

// Scan visits up to count members and returns the cursor to go on from: 0 when
// the iteration is complete. It begins with cursor 0. Every member that is
// there during the whole iteration is visited at least once, whatever is added
// or removed meanwhile. A set with the encoding of a list is visited at once,
// in its order.
func (z *SortedSet) Scan(cursor uint64, count int, visit func(member string, score float64)) (next uint64) {
	if z == nil || !z.large {
		for member, score := range z.All() {
			visit(member, score)
		}
		return 0
	}
	return Scan(len(z.slots), cursor, count, func(i int) { visit(z.slots[i].member, z.slots[i].score) })
}
