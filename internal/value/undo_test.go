package value

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/journal"
)

// undoLimits are so low that the encodings change all the time.
var undoLimits = Limits{HashFields: 3, HashText: 5, SetIntegers: 3, SortedSetMembers: 3, SortedSetText: 5, StreamEntries: 3, SparseBytes: 40}

// undoable is a value with all that changes it, and what there is to see of it.
type undoable struct {
	v      Value
	change func(rnd *rand.Rand)
	show   func() string
}

var undoables = map[string]func() undoable{
	"string":    undoableString,
	"hash":      undoableHash,
	"set":       undoableSet,
	"list":      undoableList,
	"sortedset": undoableSortedSet,
	"stream":    undoableStream,
}

// Whatever was changed, all of it can be undone, after which the value can be
// changed, and that undone, as before.
func TestUndo(t *testing.T) {
	for name, fresh := range undoables {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(1000) {
				rnd := rand.New(rand.NewPCG(seed, 0))
				u := fresh()
				var j journal.Journal
				for range 8 {
					for range rnd.IntN(20) {
						u.change(rnd)
					}
					before := u.show()
					j.Begin()
					for range rnd.IntN(30) {
						if !u.v.Recording() {
							if u.v.Type() != "string" {
								j.Track(u.v)
							}
							u.v.Record(&j)
						}
						u.change(rnd)
					}
					j.Undo(nil)
					if diff := cmp.Diff(before, u.show()); diff != "" {
						t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
					}
					if u.v.Recording() {
						t.Fatal("it still records")
					}
				}
			}
		})
	}
}

func undoText(rnd *rand.Rand) string { return strings.Repeat("xyzab"[rnd.IntN(5):][:1], rnd.IntN(9)) }

func undoableString() undoable {
	s := NewHyperLogLog()
	var handedOut, were []string
	return undoable{s, func(rnd *rand.Rand) {
		text, n := undoText(rnd), s.Len()
		switch rnd.IntN(14) {
		case 0:
			s.Set(text)
		case 1:
			s.SetInt(int64(rnd.IntN(100)))
		case 2, 3, 4:
			s.Append(text, nil)
		case 5, 6:
			s.Overwrite(rnd.IntN(n+3), text, nil)
		case 7:
			handedOut = append(handedOut, s.String())
			were = append(were, strings.Clone(s.String()))
		case 8:
			s.SetBits(rnd.IntN(8*n+20), 1+rnd.IntN(64), rnd.Uint64(), nil)
		case 9:
			s.Xor(NewString(text), nil)
		case 10:
			s.And(NewString(text), nil)
		default:
			h, ok := s.HyperLogLog()
			if !ok {
				if rnd.IntN(2) == 0 {
					*s = *NewHyperLogLog()
				}
				return
			}
			h = h.Within(&undoLimits)
			switch rnd.IntN(4) {
			case 0:
				h.Keep(int64(rnd.IntN(100)))
			case 1:
				h.MakeDense()
			default:
				h.Add([]string{text, fmt.Sprint(rnd.IntN(100))}, nil)
			}
		}
	}, func() string {
		if !slices.Equal(handedOut, were) {
			return "a text that was handed out has changed"
		}
		if b := s.buf(); b != nil {
			for _, c := range b.bytes[len(b.bytes):cap(b.bytes)] {
				if c != 0 {
					return "there is something behind the end"
				}
			}
		}
		return fmt.Sprintf("%s %q %d", s.Encoding(), strings.Clone(s.view()), s.Size())
	}}
}

func undoableHash() undoable {
	h := new(Hash).Within(&undoLimits)
	return undoable{h, func(rnd *rand.Rand) {
		switch field := undoText(rnd); rnd.IntN(6) {
		case 0, 1, 2:
			h.Set(field, undoText(rnd))
		case 3:
			h.Delete(field)
		case 4:
			if _, ok := h.Get(field); ok {
				h.SetExpiry(field, 1+rnd.Int64N(50))
			}
		case 5:
			if rnd.IntN(3) > 0 {
				h.Persist(field)
			} else {
				h.Expire(rnd.Int64N(50), 3)
			}
		}
	}, func() string {
		text := fmt.Sprintf("%s, due %t %d:", h.Encoding(), h.expiries != nil, h.texts)
		for field, value := range h.All() {
			if got, ok := h.Get(field); !ok || got != value {
				return "a field cannot be found"
			}
			text += fmt.Sprintf(" %q=%q@%d", field, value, h.ExpireAt(field))
		}
		return text
	}}
}

func undoableSet() undoable {
	s := new(Set).Within(&undoLimits)
	return undoable{s, func(rnd *rand.Rand) {
		member := fmt.Sprint(rnd.IntN(8))
		if rnd.IntN(20) == 0 {
			member = undoText(rnd)
		}
		if rnd.IntN(2) == 0 {
			s.Add(member)
		} else {
			s.Remove(member)
		}
	}, func() string {
		text := fmt.Sprintf("%s %d:", s.Encoding(), s.texts)
		for m := range s.All() {
			if !s.Has(m) {
				return "a member cannot be found"
			}
			text += fmt.Sprintf(" %q", m)
		}
		return text
	}}
}

func undoableList() undoable {
	l := new(List)
	return undoable{l, func(rnd *rand.Rand) {
		text := undoText(rnd)[:0] + string("abc"[rnd.IntN(3)])
		switch n := l.Len(); rnd.IntN(10) {
		case 0, 1:
			l.PushFront(text)
		case 2, 3:
			l.PushBack(text)
		case 4:
			l.Insert(rnd.IntN(n+1), text)
		case 5:
			l.RemoveFirst(text, 1+rnd.IntN(3))
		case 6:
			l.RemoveLast(text, 1+rnd.IntN(3))
		default:
			if n == 0 {
				return
			}
			switch rnd.IntN(4) {
			case 0:
				l.PopFront()
			case 1:
				l.PopBack()
			case 2:
				l.Set(rnd.IntN(n), text)
			case 3:
				start := rnd.IntN(2)
				l.Trim(start, max(start, n-rnd.IntN(2)))
			}
		}
	}, func() string { return fmt.Sprint(l.texts, slices.Collect(l.All())) }}
}

func undoableSortedSet() undoable {
	z := NewSortedSet().Within(&undoLimits)
	return undoable{z, func(rnd *rand.Rand) {
		member := undoText(rnd)
		switch rnd.IntN(8) {
		case 0, 1, 2, 3:
			score := float64(rnd.IntN(5) - 2)
			if score == 0 && rnd.IntN(2) == 0 {
				score = -score
				score *= -1
			}
			z.Set(member, score)
		case 4, 5:
			z.Remove(member)
		case 6:
			from := rnd.IntN(z.Len() + 1)
			z.RemoveRange(from, min(from+2, z.Len()))
		case 7:
			if rnd.IntN(2) == 0 {
				z.Fit()
			} else {
				z.Enlarge()
			}
		}
	}, func() string {
		text := z.Encoding()
		i := 0
		for member, score := range z.All() {
			if rank, ok := z.Rank(member); !ok || rank != i {
				return "a member cannot be found"
			}
			text += fmt.Sprintf(" %q=%v", member, score) // -0 is not 0
			i++
		}
		return text
	}}
}

func undoableStream() undoable {
	s := new(Stream).Within(&undoLimits)
	names := []string{"g", "h"}
	id := func(rnd *rand.Rand) StreamID { return StreamID{uint64(rnd.IntN(30)), 0} }
	return undoable{s, func(rnd *rand.Rand) {
		name := names[rnd.IntN(2)]
		g := s.Group(name)
		switch rnd.IntN(20) {
		case 0, 1, 2, 3, 4, 5:
			next := StreamID{s.last.Millis + 1, 0}
			s.Append(next, []string{undoText(rnd), undoText(rnd)})
		case 6, 7, 8:
			s.Delete(id(rnd))
		case 9:
			s.Trim(StreamTrim{MaxLen: rnd.IntN(10), Approximate: rnd.IntN(2) == 0})
		case 10:
			s.Trim(StreamTrim{ByID: true, MinID: id(rnd)})
		case 11:
			if top := s.Top(); rnd.IntN(2) == 0 { // which may be that of removed entries
				s.SetLastID(top)
			} else {
				s.SetAdded(uint64(rnd.IntN(50)))
				s.SetMaxDeletedID(id(rnd))
			}
		case 12:
			if g != nil && rnd.IntN(2) == 0 {
				s.RemoveGroup(name)
			}
		default:
			if g == nil {
				s.AddGroup(name, id(rnd), int64(rnd.IntN(9)))
				return
			}
			changeGroup(rnd, s, g, id(rnd))
		}
	}, func() string { return showStream(s) }}
}

func changeGroup(rnd *rand.Rand, s *Stream, g *Group, id StreamID) {
	name := []string{"Ada", "Grace"}[rnd.IntN(2)]
	c := g.Consumer(name)
	switch {
	case c == nil:
		g.AddConsumer(name, rnd.Int64N(50))
	case rnd.IntN(8) == 0:
		g.RemoveConsumer(c)
	case rnd.IntN(4) == 0:
		g.Acknowledge(id)
	case rnd.IntN(4) == 0:
		g.Deliver(s, id)
	case rnd.IntN(8) == 0:
		s.Unrefer(id)
	case rnd.IntN(4) == 0:
		g.Move(id, UnknownRead)
	case rnd.IntN(4) == 0:
		c.See(rnd.Int64N(50))
	default:
		g.Assign(id, c).Deliver(rnd.Int64N(50), rnd.Int64N(5))
	}
}

func showStream(s *Stream) string {
	text := fmt.Sprintln(s.live, s.held, s.last, s.maxDeleted, s.added)
	for _, n := range s.nodes {
		text += fmt.Sprintf("node %q %d %d %d\n", n.names, n.live, n.size, n.texts)
		for _, e := range n.entries {
			text += fmt.Sprintf("\t%v %q of %q\n", e.ID, e.Fields, e.Stored())
		}
	}
	for name, g := range s.Groups() {
		text += fmt.Sprintln("group", name, g.LastID, g.Read, g.PendingCount())
		for id, p := range g.Pending(StreamID{}) {
			text += fmt.Sprintln("\t", id, p.Consumer.Name, p.Delivered, p.Count)
		}
		for name, c := range g.Consumers() {
			text += fmt.Sprintln("\tconsumer", name, c.Seen, c.PendingCount())
			for id, p := range c.Pending(StreamID{}) {
				text += fmt.Sprintln("\t\t", id, p.Consumer.Name, p == g.PendingEntry(id))
			}
		}
	}
	return text
}
