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

// eventFlags are values of notify-keyspace-events: all there is, each class
// alone, and one that says nothing of where to.
var eventFlags = []string{"KEAn", "Kg", "E$", "Kl", "Es", "Kh", "Ez", "Kt", "En", "Km", "A"}

// Every change must be named by the keyspace events that Redis sends for it, in
// their order, to those who have asked for their class.
func TestEventsDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	listener := server.Connect()
	listener.Do([]string{"PSUBSCRIBE", "__key*__:*"})
	var local *transcript.Local
	var queue *pubsub.Queue
	sections, flags := 0, eventFlags[0]
	differential(t, server, func(now *transcript.Local, args []string) string {
		if now != local {
			if flags = eventFlags[0]; sections%2 == 1 {
				flags = eventFlags[sections/2%len(eventFlags)]
			}
			sections++
			local, queue = now, now.DB.Broker.NewQueue()
			for _, e := range []transcript.Executor{server, local} {
				e.Do([]string{"CONFIG", "SET", "notify-keyspace-events", flags})
			}
			queue.Subscribe(pubsub.Pattern, "__key*__:*")
		}
		heard(listener) // what Reset has changed, or DEL
		received(queue)
		reply := server.Do(args)
		local.Do(args)
		want, got := heard(listener), received(queue)
		if flags == "Km" {
			if reply.IsError() {
				return "" // after as many looks as there were until then
			}
			if strings.HasPrefix(args[0], "sort") { // sets have no order
				slices.Sort(want)
				slices.Sort(got)
			}
		}
		return cmp.Diff(want, got)
	})
}

// heard returns the messages that the listener got since it was asked last.
func heard(listener *transcript.Server) (messages []string) {
	for r := listener.Do([]string{"PING"}); r.Elems()[0].Str() != "pong"; r = listener.Receive() {
		messages = append(messages, fmt.Sprintf("%q %q", r.Elems()[2].Str(), r.Elems()[3].Str()))
	}
	return messages
}

// received returns the messages that wait in the queue.
func received(q *pubsub.Queue) (messages []string) {
	q.Message(pubsub.Message{Channel: "end"})
	for {
		m, err := q.Receive(context.Background())
		if err != nil || m.Channel == "end" {
			return messages
		}
		messages = append(messages, fmt.Sprintf("%q %q", m.Channel, m.Payload))
	}
}

// Whatever happens, it must belong to a class.
func TestEventClasses(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 0))
	local := transcript.NewLocal(command.NewTable(), time.Unix(1_700_000_000, 0))
	seen := map[string]bool{}
	local.DB.OnEvent(func(_ int, name, _ string) { seen[name] = true })
	family := commandNames
	for n := range 50_000 {
		if n%200 == 0 {
			family = randomFamily(rnd)
		}
		local.Do(randomCommand(rnd, family))
		if n%100 == 0 {
			local.Sleep(time.Minute)
		}
	}
	for name := range seen {
		if command.EventClass(name) == 0 {
			t.Errorf("the event %s has no class", name)
		}
	}
	if len(seen) < 40 || !seen["del"] {
		t.Errorf("there were only %d events", len(seen))
	}
}

// That a key has expired must be told when it is found, even by a command that
// fails, or when it is reclaimed.
func TestExpiredEvents(t *testing.T) {
	local := transcript.NewLocal(command.NewTable(), time.Unix(1_700_000_000, 0))
	var got []string
	local.DB.OnEvent(func(db int, name, key string) { got = append(got, fmt.Sprint(db, " ", key, " ", name)) })
	do := func(line string) { local.Do(strings.Fields(line)) }
	for _, line := range []string{"SET a 1 PX 5", "SET b 2 PX 5", "SET c 3 PX 5", "SELECT 3", "SET d 4 PX 5"} {
		do(line)
	}
	got = nil
	local.Sleep(time.Second)
	do("DEL b d x")
	do("SELECT 0")
	do("RENAME a x") // an error
	do("MSET b 1 c 2")
	want := []string{
		"3 d expired", "0 a expired",
		"0 b expired", "0 b new", "0 b set", "0 c expired", "0 c new", "0 c set",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	got = nil
	do("SET r 5 PX 5")
	local.Sleep(time.Second)
	for range 20 {
		do("PING")
	}
	if diff := cmp.Diff([]string{"0 r new", "0 r set", "0 r expire", "0 r expired"}, got); diff != "" {
		t.Errorf("reclaimed (-want +got):\n%s", diff)
	}
}

// A key that is evicted is one event, before those of the command for which it
// went.
func TestEvictedEvents(t *testing.T) {
	server := transcript.StartRedis(t)
	local := transcript.NewLocal(command.NewTable(), time.Now())
	listener, queue := server.Connect(), local.DB.Broker.NewQueue()
	listener.Do([]string{"PSUBSCRIBE", "__key*__:*"})
	queue.Subscribe(pubsub.Pattern, "__key*__:*")
	server.Reset()
	var want, got []string
	for _, line := range []string{
		"CONFIG SET notify-keyspace-events KEAn",
		"SET k v",
		"RPUSH l a",
		"CONFIG SET maxmemory 1 maxmemory-policy volatile-lru",
		"RPOP l",
		"EXPIRE k 100",
		"SET k w",
		"CONFIG SET maxmemory-policy allkeys-random",
		"DBSIZE",
		"CONFIG SET maxmemory 0",
		"SET k v",
		"CONFIG SET maxmemory 1",
		"GET k",
	} {
		args := strings.Fields(line)
		server.Do(args)
		local.Do(args)
		want, got = append(want, heard(listener)...), append(got, received(queue)...)
	}
	// A real one evicts before the commands of the listener, too.
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
