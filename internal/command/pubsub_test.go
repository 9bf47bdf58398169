package command_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/pubsub"
	"github.com/luastore/luastore/internal/transcript"
)

// subscriber is somebody with subscriptions in a real Redis, and here.
type subscriber struct {
	server *transcript.Server
	queue  *pubsub.Queue
}

// subscribe runs a command for one name in both, and returns in
// what the counts differ that they answer.
func (s subscriber) subscribe(word string, k pubsub.Kind, name string) string {
	want := s.server.Do([]string{word, name}).Elems()[2].Int()
	act := s.queue.Subscribe
	if strings.Contains(word, "UNSUB") {
		act = s.queue.Unsubscribe
	}
	return cmp.Diff(want, int64(act(k, name)))
}

// heard returns the messages that the subscriber got in both. What comes of
// one publication by several patterns has no order in Redis.
func (s subscriber) heard() (want, got []string) {
	for r := s.server.Do([]string{"PING"}); r.Str() != "PONG"; r = s.server.Receive() {
		var words []string
		for _, e := range r.Elems() {
			words = append(words, e.Str())
		}
		want = append(want, fmt.Sprintf("%q", words))
	}
	s.queue.Message(pubsub.Message{Channel: "end"})
	for {
		m, _ := s.queue.Receive(context.Background())
		if m.Channel == "end" {
			return want, got
		}
		words := []string{[...]string{"message", "pmessage", "smessage"}[m.Kind]}
		if m.Kind == pubsub.Pattern {
			words = append(words, m.Pattern)
		}
		got = append(got, fmt.Sprintf("%q", append(words, m.Channel, m.Payload)))
	}
}

// Whoever subscribes to and publishes whatever, each gets what Redis sends it,
// and PUBSUB says what Redis says.
func TestPubSubDifferential(t *testing.T) {
	const subscribers, perSection = 3, 100
	server := transcript.StartRedis(t)
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	channel := pick("a", "b", "ab", "", "\x00\xff", "a*")
	words := []struct {
		word string
		kind pubsub.Kind
		name func(*rand.Rand) string
	}{
		{"SUBSCRIBE", pubsub.Channel, channel},
		{"UNSUBSCRIBE", pubsub.Channel, channel},
		{"PSUBSCRIBE", pubsub.Pattern, sorts["glob"]},
		{"PUNSUBSCRIBE", pubsub.Pattern, sorts["glob"]},
		{"SSUBSCRIBE", pubsub.Shard, channel},
		{"SUNSUBSCRIBE", pubsub.Shard, channel},
	}
	calls := []func() []string{
		func() []string { return []string{"PUBLISH", channel(rnd), fmt.Sprint(rnd.IntN(100))} },
		func() []string { return []string{"SPUBLISH", channel(rnd), fmt.Sprint(rnd.IntN(100))} },
		func() []string { return []string{"PUBSUB", "CHANNELS", sorts["glob"](rnd)} },
		func() []string { return []string{"PUBSUB", "CHANNELS"} },
		func() []string { return []string{"PUBSUB", "NUMSUB", channel(rnd), channel(rnd)} },
		func() []string { return []string{"PUBSUB", "NUMPAT"} },
		func() []string { return []string{"PUBSUB", "SHARDCHANNELS", sorts["glob"](rnd)} },
		func() []string { return []string{"PUBSUB", "SHARDNUMSUB", channel(rnd), channel(rnd)} },
	}
	var all [subscribers]subscriber
	for i := range all {
		all[i].server = server.Connect()
	}
	for range *differentialCommands / perSection {
		local := transcript.NewLocal(command.NewTable(), time.Now())
		for i := range all {
			all[i].server.Do([]string{"RESET"})
			all[i].server.Protocol(3)
			all[i].queue = local.DB.Broker.NewQueue()
		}
		var history []string
		fail := func(diff string) {
			t.Helper()
			if diff != "" {
				t.Fatalf("seed %d (-want +got):\n%s\nafter\n%s", *differentialSeed, diff, strings.Join(history, "\n"))
			}
		}
		for range perSection {
			if rnd.IntN(2) == 0 {
				i, w := rnd.IntN(len(all)), words[rnd.IntN(len(words))]
				name := w.name(rnd)
				history = append(history, fmt.Sprintf("%d: %s %q", i, w.word, name))
				fail(all[i].subscribe(w.word, w.kind, name))
				continue
			}
			args := calls[rnd.IntN(len(calls))]()
			history = append(history, fmt.Sprintf("%q", args))
			view := transcript.Exact
			if strings.HasSuffix(args[1], "CHANNELS") {
				view = transcript.Sort
			}
			fail(cmp.Diff(transcript.Render(server.Do(args), view), transcript.Render(local.Do(args), view)))
			for i := range all {
				want, got := all[i].heard()
				slices.Sort(want)
				slices.Sort(got)
				fail(cmp.Diff(want, got))
			}
		}
	}
}
