package pubsub

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// matches is a matching of patterns that is good enough for tests.
func matches(pattern, channel string) bool {
	ok, _ := path.Match(pattern, channel)
	return ok
}

// list is a Subscriber that keeps what it gets.
type list []Message

func (l *list) Message(m Message) { *l = append(*l, m) }

// model is a broker without any order: who has subscribed to what.
type model map[subscription]bool

type subscription struct {
	client int
	kind   Kind
	name   string
}

func (m model) count(client int, kinds ...Kind) (n int) {
	for s := range m {
		if s.client == client && slices.Contains(kinds, s.kind) {
			n++
		}
	}
	return n
}

// publish returns what the client gets.
func (m model) publish(client int, k Kind, channel, payload string) (got []Message) {
	for s := range m {
		switch {
		case s.client != client:
		case s.kind == k && s.name == channel:
			got = append(got, Message{k, "", channel, payload})
		case s.kind == Pattern && k == Channel && matches(s.name, channel):
			got = append(got, Message{Pattern, s.name, channel, payload})
		}
	}
	return got
}

func byPattern(a, b Message) int { return cmp.Compare(a.Pattern, b.Pattern) }

// Whoever subscribes to whatever, each gets what it has subscribed to.
func TestBrokerModel(t *testing.T) {
	names := map[Kind][]string{
		Channel: {"a", "b", "ab", ""},
		Pattern: {"*", "a*", "*b", "?", "a"},
		Shard:   {"a", "b"},
	}
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			var b Broker
			m := model{}
			var clients [3]*Client
			var got [3]list
			for i := range clients {
				clients[i] = b.NewClient(&got[i])
			}
			for step := range 200 {
				k := Kind(rnd.IntN(int(kinds)))
				s := subscription{rnd.IntN(len(clients)), k, names[k][rnd.IntN(len(names[k]))]}
				counted := []Kind{Channel, Pattern}
				if k == Shard {
					counted = []Kind{Shard}
				}
				switch rnd.IntN(5) {
				case 0, 1:
					m[s] = true
					if n, want := clients[s.client].Subscribe(k, s.name), m.count(s.client, counted...); n != want {
						t.Fatalf("step %d: Subscribe = %d, want %d", step, n, want)
					}
				case 2:
					delete(m, s)
					if n, want := clients[s.client].Unsubscribe(k, s.name), m.count(s.client, counted...); n != want {
						t.Fatalf("step %d: Unsubscribe = %d, want %d", step, n, want)
					}
				case 3:
					if k == Pattern {
						continue
					}
					p := b.Publish(k, s.name, "payload", matches)
					p.Send()
					sent := 0
					for i := range clients {
						want := m.publish(i, k, s.name, "payload")
						slices.SortFunc(want, byPattern)
						if !slices.IsSortedFunc(got[i], func(a, b Message) int { return cmp.Compare(min(a.Kind, 1), min(b.Kind, 1)) }) {
							t.Fatalf("step %d: patterns come before the channel: %v", step, got[i])
						}
						slices.SortFunc(got[i], byPattern)
						if diff := gocmp.Diff(want, []Message(got[i])); diff != "" {
							t.Fatalf("step %d: client %d (-want +got):\n%s", step, i, diff)
						}
						sent += len(want)
						got[i] = nil
					}
					if len(p) != sent {
						t.Fatalf("step %d: published to %d, %d got it", step, len(p), sent)
					}
				case 4:
					if rnd.IntN(20) == 0 {
						clients[s.client].Close()
						clients[s.client].Subscribe(k, s.name) // does nothing
						clients[s.client] = b.NewClient(&got[s.client])
						for old := range m {
							if old.client == s.client {
								delete(m, old)
							}
						}
					}
				}
				checkNames(t, &b, clients[:], m)
			}
		})
	}
}

// checkNames compares what the broker and its clients say of the subscriptions.
func checkNames(t *testing.T, b *Broker, clients []*Client, m model) {
	t.Helper()
	for k := range kinds {
		all, of := map[string]int{}, make([]map[string]int, len(clients))
		for i := range clients {
			of[i] = map[string]int{}
		}
		for s := range m {
			if s.kind == k {
				all[s.name]++
				of[s.client][s.name]++
			}
		}
		if diff := gocmp.Diff(sortedKeys(all), b.Names(k)); diff != "" {
			t.Fatalf("Names (-want +got):\n%s", diff)
		}
		for name, n := range all {
			if got := b.Subscribers(k, name); got != n {
				t.Fatalf("%d have subscribed to %q, want %d", got, name, n)
			}
		}
		for i, c := range clients {
			if diff := gocmp.Diff(sortedKeys(of[i]), c.Names(k)); diff != "" {
				t.Fatalf("Names of client %d (-want +got):\n%s", i, diff)
			}
		}
		if k == Pattern && b.Patterns() != len(all) {
			t.Fatalf("%d patterns, want %d", b.Patterns(), len(all))
		}
	}
}

// A message goes to those who had subscribed when it was published, and by
// several subscriptions in the order in which they were made.
func TestPublicationIsOfItsMoment(t *testing.T) {
	var b Broker
	var got, late list
	c := b.NewClient(&got)
	for _, pattern := range []string{"b*", "*", "?b", "a*"} {
		c.Subscribe(Pattern, pattern)
	}
	c.Subscribe(Channel, "ab")
	p := b.Publish(Channel, "ab", "x", matches)
	b.NewClient(&late).Subscribe(Channel, "ab")
	p.Send()
	want := list{{Channel, "", "ab", "x"}, {Pattern, "*", "ab", "x"}, {Pattern, "?b", "ab", "x"}, {Pattern, "a*", "ab", "x"}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if late != nil {
		t.Errorf("who came afterwards got %v", late)
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, patterns := range []int{0, 1, 100} {
		b.Run(fmt.Sprint("patterns=", patterns), func(b *testing.B) {
			var broker Broker
			q := broker.NewQueue()
			q.Subscribe(Channel, "channel")
			for i := range patterns {
				q.Subscribe(Pattern, fmt.Sprint("other", i, "*"))
			}
			for b.Loop() {
				broker.Publish(Channel, "channel", "payload", matches).Send()
				if _, err := q.Receive(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
