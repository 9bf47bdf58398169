package value

// A ScoreRange is all scores from Min to Max, without those that are excluded.
type ScoreRange struct {
	Min, Max               float64
	ExcludeMin, ExcludeMax bool
}

// ByScore returns the ranks between which the scores are in the range.
func (z *SortedSet) ByScore(r ScoreRange) (from, to int) {
	if z == nil {
		return 0, 0
	}
	from = z.list.seek(nil, func(n *node) bool {
		return n.score < r.Min || r.ExcludeMin && n.score == r.Min
	})
	to = z.list.seek(nil, func(n *node) bool {
		return n.score < r.Max || !r.ExcludeMax && n.score == r.Max
	})
	return from, max(from, to)
}

// A LexRange is all members between two bounds.
type LexRange struct{ Min, Max LexBound }

// A LexBound is a member, or what comes before or after all.
type LexBound struct {
	Member  string
	Exclude bool
	Beyond  int // -1: before all members; 1: after all
}

// before says whether the bound b, as the lower one, lets the member pass.
func (b *LexBound) before(member string) bool {
	return b.Beyond < 0 || b.Beyond == 0 && (member > b.Member || !b.Exclude && member == b.Member)
}

// after says whether the bound b, as the upper one, lets the member pass.
func (b *LexBound) after(member string) bool {
	return b.Beyond > 0 || b.Beyond == 0 && (member < b.Member || !b.Exclude && member == b.Member)
}

// ByLex returns the ranks between which the members are in the range. That
// means something where all scores are equal, so that the members are in the
// order of their bytes. Where they are not, Redis answers with what it comes
// upon as it goes through a list, from either end; here too, up to the size
// that it keeps as a list.
func (z *SortedSet) ByLex(r LexRange, reverse bool) (from, to int) {
	if z.Len() == 0 || !r.Min.before(z.list.last.member) || !r.Max.after(z.list.first().member) {
		return 0, 0
	}
	low := func(n *node) bool { return !r.Min.before(n.member) }
	high := func(n *node) bool { return r.Max.after(n.member) }
	switch {
	case z.large:
		from, to = z.list.seek(nil, low), z.list.seek(nil, high)
	case reverse:
		n := z.list.last
		for to = z.Len(); n != nil && !high(n); to-- {
			n = n.prev
		}
		for from = to; n != nil && !low(n); from-- {
			n = n.prev
		}
	default:
		n := z.list.first()
		for ; n != nil && low(n); from++ {
			n = n.links[0].next
		}
		for to = from; n != nil && high(n); to++ {
			n = n.links[0].next
		}
	}
	return from, max(from, to)
}
