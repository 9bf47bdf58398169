package value

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An idMap holds what a map holds, in the order of the IDs.
func TestIDMapModel(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			var m idMap[int]
			model := map[StreamID]int{}
			ids := 1 + rnd.Uint64N(2000)
			for i := range 3000 {
				id := StreamID{rnd.Uint64N(ids), 1}
				if rnd.IntN(3) == 0 {
					id = StreamID{ids, uint64(i)} // the last
				}
				if rnd.IntN(5) < 3 {
					m.set(id, i)
					model[id] = i
				} else {
					m.delete(id)
					delete(model, id)
				}
				want, ok := model[id]
				if v, has := m.get(id); v != want || has != ok || m.n != len(model) {
					t.Fatalf("%s is %d, %t of %d; want %d, %t of %d", id, v, has, m.n, want, ok, len(model))
				}
			}
			from := StreamID{rnd.Uint64N(ids), 1}
			var got []StreamID
			for id := range m.from(from) {
				got = append(got, id)
			}
			want := slices.SortedFunc(maps.Keys(model), StreamID.Compare)
			want = slices.DeleteFunc(want, func(id StreamID) bool { return id.Compare(from) < 0 })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("from %s (-want +got):\n%s", from, diff)
			}
		})
	}
}

// What is pending for a group is what is pending for its consumers.
func TestGroupModel(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			s := new(Stream)
			s.AddGroup("g", StreamID{}, 0)
			model := map[StreamID]string{}
			for range 500 {
				g := s.Group("g")
				id, name := StreamID{rnd.Uint64N(50), 1}, fmt.Sprint("consumer", rnd.IntN(4))
				consumer := g.Consumer(name)
				switch rnd.IntN(12) {
				case 0:
					if consumer != nil {
						g.RemoveConsumer(consumer)
						maps.DeleteFunc(model, func(_ StreamID, n string) bool { return n == name })
					}
				case 1, 2, 3:
					_, pending := model[id]
					if g.Acknowledge(id) != pending {
						t.Fatalf("Acknowledge(%s) is not %t", id, pending)
					}
					delete(model, id)
				case 4:
					clone := s.Clone(nil).(*Stream).Group("g")
					for id := range g.Pending(StreamID{}) {
						g.Acknowledge(id)
					}
					s.groups["g"] = clone
				default:
					if consumer == nil {
						consumer = g.AddConsumer(name, 1)
					}
					g.Assign(id, consumer)
					model[id] = name
				}
				checkGroup(t, s.Group("g"), model)
			}
		})
	}
}

func checkGroup(t *testing.T, g *Group, model map[StreamID]string) {
	t.Helper()
	got, own := map[StreamID]string{}, map[StreamID]string{}
	for id, p := range g.Pending(StreamID{}) {
		got[id] = p.Consumer.Name
	}
	for name, consumer := range g.Consumers() {
		for id := range consumer.Pending(StreamID{}) {
			own[id] = name
		}
	}
	if !maps.Equal(got, model) || !maps.Equal(own, model) {
		t.Fatalf("pending for the group (-want +got):\n%s\nfor the consumers:\n%s", cmp.Diff(model, got), cmp.Diff(model, own))
	}
}

// Entries that are delivered and acknowledged in turn cost the same however
// many are pending.
func BenchmarkGroupAssign(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint("pending=", n), func(b *testing.B) {
			s := new(Stream)
			s.AddGroup("g", StreamID{}, 0)
			g := s.Group("g")
			consumer := g.AddConsumer("Ada", 1)
			id := uint64(0)
			for range n {
				id++
				g.Assign(StreamID{id, 1}, consumer)
			}
			b.ReportAllocs()
			for b.Loop() {
				id++
				g.Assign(StreamID{id, 1}, consumer)
				g.Acknowledge(StreamID{id - uint64(n), 1})
			}
		})
	}
}
