package value

import (
	"errors"
	"fmt"
	"hash/crc64"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
)

// A fuse is a Meter that ends what works more than is left.
type fuse struct{ left int }

var errBurnt = errors.New("the fuse has burnt")

func (f *fuse) Tick(n int) {
	if f.left -= n; f.left < 0 {
		panic(errBurnt)
	}
}

func (f *fuse) Check()                { f.Tick(1000) }
func (f *fuse) Done() <-chan struct{} { return nil }

// run runs f and reports whether the fuse has burnt.
func (f *fuse) run(run func()) (burnt bool) {
	defer func() {
		if p := recover(); p != nil {
			if p != errBurnt {
				panic(p)
			}
			burnt = true
		}
	}()
	run()
	return false
}

// largeValues are values of some thousand elements, with changes of many of them,
// each of n elements or less.
var largeValues = map[string]func() (v Value, change func(rnd *rand.Rand, w bulk.Checker), show func() string){
	"list": func() (Value, func(*rand.Rand, bulk.Checker), func() string) {
		u := undoableList()
		l := u.v.(*List)
		for i := range 6000 {
			l.PushBack(string("abc"[i*i%3]))
		}
		return l, func(rnd *rand.Rand, _ bulk.Checker) {
			n := l.Len()
			if n == 0 {
				l.PushBack("b")
				return
			}
			switch text := string("abc"[rnd.IntN(3)]); rnd.IntN(8) {
			case 0:
				l.RemoveFirst(text, 1+rnd.IntN(n))
			case 1:
				l.RemoveLast(text, 1+rnd.IntN(n))
			case 2:
				start := rnd.IntN(n)
				l.Trim(start, start+rnd.IntN(n-start+1))
			case 3:
				l.Trim(0, n-n/10)
			case 4:
				l.Insert(rnd.IntN(n+1), text)
			case 5:
				for range rnd.IntN(1000) {
					l.PushFront(text)
				}
			case 6:
				for range min(n, rnd.IntN(1000)) {
					l.PopBack()
				}
			case 7:
				l.Set(rnd.IntN(n), text)
			}
		}, u.show
	},
	"sortedset": func() (Value, func(*rand.Rand, bulk.Checker), func() string) {
		u := undoableSortedSet()
		z := u.v.(*SortedSet)
		for i := range 1000 {
			z.Set(fmt.Sprint(i*7919%1009), float64(i%1000))
		}
		return z, func(rnd *rand.Rand, _ bulk.Checker) {
				n := z.Len()
				switch rnd.IntN(4) {
				case 0, 1:
					from := rnd.IntN(n + 1)
					z.RemoveRange(from, from+rnd.IntN(n-from+1))
				case 2:
					for range rnd.IntN(500) {
						z.Set(fmt.Sprint(rnd.IntN(1500)), float64(rnd.IntN(1000)))
					}
				case 3:
					for range rnd.IntN(500) {
						z.Remove(fmt.Sprint(rnd.IntN(1500)))
					}
				}
			}, func() string {
				text, held := u.show(), 0
				for i, n := range z.slots {
					if int(n.slot) != i || z.nodes[n.member] != n {
						return "a member is not in its slot"
					}
					held += n.size()
				}
				if held != z.held {
					return fmt.Sprint(z.held, " bytes instead of ", held)
				}
				for range z.Reverse(0, z.Len()) {
					text += "."
				}
				return text
			}
	},
	"string": func() (Value, func(*rand.Rand, bulk.Checker), func() string) {
		s := NewString(strings.Repeat("x", 1<<19))
		handedOut, sums := "", uint64(0)
		sum := func(text string) uint64 { return crc64.Checksum([]byte(text), crc64.MakeTable(crc64.ISO)) }
		return s, func(rnd *rand.Rand, w bulk.Checker) {
				text := strings.Repeat("y", rnd.IntN(1<<19))
				switch rnd.IntN(5) {
				case 0:
					if s.Len() < 1<<22 {
						s.Append(text, w)
					}
				case 1:
					s.Overwrite(rnd.IntN(s.Len()+1), text, w)
				case 2:
					s.SetBits(rnd.IntN(8*s.Len()+1), 5, 9, w)
				case 3:
					handedOut = s.String()
					sums = sum(handedOut)
				case 4:
					s.Set(text)
				}
			}, func() string {
				if sum(handedOut) != sums {
					return "a text that was handed out has changed"
				}
				if b := s.buf(); b != nil && strings.Trim(string(b.bytes[len(b.bytes):cap(b.bytes)]), "\x00") != "" {
					return "there is something behind the end"
				}
				return fmt.Sprint(s.Encoding(), s.Len(), sum(s.view()))
			}
	},
	"stream": func() (Value, func(*rand.Rand, bulk.Checker), func() string) {
		u := undoableStream()
		s := u.v.(*Stream)
		s.AddGroup("g", StreamID{}, 0)
		g := s.Group("g")
		consumers := []*Consumer{g.AddConsumer("Ada", 1), g.AddConsumer("Grace", 1)}
		for i := range uint64(400) {
			id := StreamID{i + 1, 0}
			s.Append(id, []string{"f", "v"})
			g.Assign(id, consumers[i/10%2]).Deliver(1, 1)
		}
		return s, func(rnd *rand.Rand, _ bulk.Checker) {
			switch rnd.IntN(4) {
			case 0:
				s.Trim(StreamTrim{MaxLen: rnd.IntN(s.Len() + 1)})
			case 1:
				if c := g.Consumer("Grace"); c != nil {
					g.RemoveConsumer(c)
				}
			case 2:
				for id := range g.Pending(StreamID{}) {
					g.Acknowledge(id)
				}
			case 3:
				for i := range uint64(100) {
					g.Assign(StreamID{i + 1, 0}, g.Consumer("Ada"))
				}
			}
		}, u.show
	},
}

// Wherever a long change is ended, and wherever its undoing is left for a while,
// everything is as it was.
func TestUndoStopped(t *testing.T) {
	for name, fresh := range largeValues {
		t.Run(name, func(t *testing.T) {
			ends, left := 0, 0
			for seed := range uint64(20) {
				rnd := rand.New(rand.NewPCG(seed, 0))
				v, change, show := fresh()
				var j journal.Journal
				for range 4 {
					before := show()
					j.Begin()
					f := &fuse{rnd.IntN(1 << (10 + rnd.IntN(8)))}
					j.Measure(f)
					if f.run(func() {
						for range 6 {
							if v.Type() != "string" && !v.Recording() {
								j.Track(v)
							}
							v.Record(&j)
							change(rnd, j.Checker())
						}
					}) {
						ends++
					}
					leave := func() bool { return rnd.IntN(3) == 0 }
					for j.Undo(leave); j.Owes(); j.Resume(leave) {
						left++
					}
					if after := show(); after != before {
						t.Fatalf("seed %d (-want +got):\n%.1000s", seed, cmp.Diff(before, after))
					}
				}
			}
			if ends == 0 || left == 0 && name != "string" { // which goes back to what it was in few steps
				t.Errorf("%d changes were ended, and %d times undoing was left", ends, left)
			}
		})
	}
}

// A copy can be ended, and what it is a copy of is as it was.
func TestCloneEnds(t *testing.T) {
	for name, fresh := range largeValues {
		v, _, show := fresh()
		switch v := v.(type) {
		case *List:
			for range 100_000 {
				v.PushBack("x")
			}
		case *String:
			v.Append("x", nil)
		}
		before := show()
		f := &fuse{0}
		if !f.run(func() { v.Clone(f) }) {
			t.Errorf("%s: the copy did not end", name)
		}
		if show() != before {
			t.Errorf("%s: copying has changed it", name)
		}
		f.left = 1 << 30
		if c := v.Clone(f); c.Len() != v.Len() || c.Encoding() != v.Encoding() {
			t.Errorf("%s: the copy has %d of %d elements", name, c.Len(), v.Len())
		}
	}
}
