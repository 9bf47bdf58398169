package luastore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// recorder returns a store and what its OnEvent was called with.
func recorder() (*Store, *[]string) {
	got := new([]string)
	return New(&Options{OnEvent: func(e Event) {
		*got = append(*got, fmt.Sprint(e.DB, " ", e.Key, " ", e.Name))
	}}), got
}

func TestOnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, got := recorder()
		session := s.Session()
		for _, step := range []struct {
			do   func() Reply
			want []string
		}{
			{func() Reply { return s.Do(ctx, "SET", "a", 1, "EX", 1) }, []string{"0 a new", "0 a set", "0 a expire"}},
			{func() Reply { return s.Do(ctx, "GET", "a") }, nil},
			{func() Reply { return s.Do(ctx, "LPUSH", "a", 1) }, nil}, // fails
			{func() Reply { return session.Do(ctx, "SELECT", 2) }, nil},
			{func() Reply { return session.Do(ctx, "HSET", "h", "f", 1) }, []string{"2 h new", "2 h hset"}},
			{func() Reply {
				return s.Eval(ctx, `redis.call('RPUSH', 'l', 1) redis.pcall('INCR', 'l') redis.call('DEL', 'l') error('too late')`, nil)
			}, []string{"0 l new", "0 l rpush", "0 l del"}},
			{func() Reply { return session.Do(ctx, "EVAL", "return redis.call('HDEL', 'h', 'f')", 0) }, []string{"2 h hdel", "2 h del"}},
			{func() Reply { time.Sleep(2 * time.Second); return s.Do(ctx, "INCR", "a") }, []string{"0 a expired", "0 a new", "0 a incrby"}},
			{func() Reply { return s.Do(ctx, "RENAME", "a", "b") }, []string{"0 b new", "0 a rename_from", "0 b rename_to"}},
		} {
			*got = nil
			step.do()
			if diff := cmp.Diff(step.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	})
}

// Whoever waits is served by the call that brings something, which sends the
// events of both.
func TestOnEventOfWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, got := recorder()
		go s.Do(ctx, "BLPOP", "l", 0)
		synctest.Wait()
		must(t, s.Do(ctx, "RPUSH", "l", "x"))
		if diff := cmp.Diff([]string{"0 l new", "0 l rpush", "0 l lpop", "0 l del"}, *got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// OnEvent may use the store; what that causes comes after what was there.
func TestOnEventUsesStore(t *testing.T) {
	var s *Store
	var got []string
	s = New(&Options{OnEvent: func(e Event) {
		got = append(got, e.Key+" "+e.Name)
		if e.Name == "set" && len(e.Key) < 3 {
			must(t, s.Do(ctx, "SET", e.Key+"'", 1))
		}
	}})
	must(t, s.Do(ctx, "MSET", "a", 1, "b", 2))
	want := []string{"a new", "a set", "b new", "b set", "a' new", "a' set", "b' new", "b' set", "a'' new", "a'' set", "b'' new", "b'' set"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// While OnEvent takes its time the store goes on, and nothing is lost.
func TestSlowOnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		goOn := make(chan bool)
		s := New(&Options{OnEvent: func(e Event) {
			<-goOn
			got = append(got, e.Key)
		}})
		returned := false
		go func() {
			s.Do(ctx, "DEL", "nothing")
			s.Eval(ctx, "redis.call('SET', 'a', 1) redis.call('DEL', 'a')", nil)
			returned = true
		}()
		synctest.Wait()
		must(t, s.Do(ctx, "SET", "b", 1)) // waits for nobody
		if returned || got != nil {
			t.Errorf("the first call has returned: %t, after %v", returned, got)
		}
		for range 5 {
			goOn <- true
		}
		synctest.Wait()
		if diff := cmp.Diff([]string{"a", "a", "a", "b", "b"}, got); diff != "" || !returned {
			t.Errorf("returned: %t (-want +got):\n%s", returned, diff)
		}
	})
}

// An OnEvent that panics, or ends its goroutine, harms one caller only: the next
// one delivers what is left.
func TestOnEventPanics(t *testing.T) {
	for name, end := range map[string]func(){
		"panic":  func() { panic("no") },
		"Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			s := New(&Options{OnEvent: func(e Event) {
				got = append(got, e.Key+" "+e.Name)
				if e.Name == "set" {
					end()
				}
			}})
			var panicked []any
			for _, args := range [][]any{{"MSET", "a", 1, "b", 2}, {"PING"}, {"DEL", "a"}} {
				var call sync.WaitGroup
				call.Go(func() {
					defer func() { panicked = append(panicked, recover()) }()
					s.Do(ctx, args...)
				})
				call.Wait()
			}
			if diff := cmp.Diff([]string{"a new", "a set", "b new", "b set", "a del"}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if want := []any{"no", "no", nil}; name == "panic" && !cmp.Equal(want, panicked) {
				t.Errorf("the calls panic with %v, want %v", panicked, want)
			}
		})
	}
}

// However many call at once, events come in the order of what happened, all of
// them before the last call returns.
func TestOnEventOrder(t *testing.T) {
	const goroutines, calls = 8, 300
	n := 0
	s := New(&Options{OnEvent: func(e Event) {
		if e.Name != "set" {
			return
		}
		if n++; e.Key != fmt.Sprint("k", n) {
			t.Errorf("event %d is of %s", n, e.Key)
		}
	}})
	incr := NewScript("redis.call('SET', 'k' .. redis.call('INCR', 'n'), 1)")
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			for range calls {
				incr.Run(ctx, s, nil)
			}
		})
	}
	all.Wait()
	if n != goroutines*calls {
		t.Errorf("%d events, want %d", n, goroutines*calls)
	}
}

// What a script causes counts as its memory until it has ended.
func TestNewsCountAsMemory(t *testing.T) {
	for name, script := range map[string]string{
		"events":   "while true do redis.call('INCR', 'n') end",
		"messages": "while true do redis.call('PUBLISH', 'c', 'm') end",
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			s := New(&Options{MaxScriptMemory: 4 << 20, OnEvent: func(Event) { n++ }})
			sub := s.Subscribe("c")
			defer sub.Close()
			if err := s.Eval(ctx, script, nil).Err(); !errors.Is(err, ErrMemory) {
				t.Errorf("stopped with %v, want ErrMemory", err)
			}
			if changes, _ := s.Do(ctx, "GET", "n").Int(); changes > 0 && n != changes+1 {
				t.Errorf("%d events of a new key and %d changes", n, changes)
			}
		})
	}
}

var _ io.Closer = (*Subscription)(nil)

// next returns the next messages.
func next(t *testing.T, s *Subscription, n int) (messages []Message) {
	t.Helper()
	for range n {
		m, err := s.Receive(ctx)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m)
	}
	return messages
}

// nothing wants no message to wait.
func nothing(t *testing.T, s *Subscription) {
	t.Helper()
	ended, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if m, err := s.Receive(ended); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, %v; want nothing", m, err)
	}
}

// publish wants so many to get the message.
func publish(t *testing.T, s *Store, channel, payload string, want int) {
	t.Helper()
	if n, err := s.Do(ctx, "PUBLISH", channel, payload).Int(); n != want || err != nil {
		t.Errorf("PUBLISH %s = %d, %v; want %d", channel, n, err, want)
	}
}

func TestSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Store
		a, b := s.Subscribe("news", "weather"), s.PSubscribe("n*", "?ews")
		defer a.Close()
		defer b.Close()
		publish(t, &s, "news", "1", 3)
		publish(t, &s, "weather", "2", 1)
		publish(t, &s, "other", "3", 0)
		if diff := cmp.Diff([]Message{{"news", "", "1"}, {"weather", "", "2"}}, next(t, a, 2)); diff != "" {
			t.Errorf("by name (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]Message{{"news", "n*", "1"}, {"news", "?ews", "1"}}, next(t, b, 2)); diff != "" {
			t.Errorf("by pattern (-want +got):\n%s", diff)
		}

		a.PSubscribe("o*")
		a.Unsubscribe("news")
		b.PUnsubscribe()
		b.Subscribe("other")
		publish(t, &s, "news", "4", 0)
		publish(t, &s, "other", "5", 2)
		if diff := cmp.Diff([]Message{{"other", "o*", "5"}}, next(t, a, 1)); diff != "" {
			t.Errorf("after the change (-want +got):\n%s", diff)
		}
		a.Unsubscribe()
		a.PUnsubscribe("o*", "n*")
		publish(t, &s, "weather", "6", 0)
		nothing(t, a)

		b.Close() // though a message waits
		publish(t, &s, "other", "7", 0)
		b.Subscribe("other")
		publish(t, &s, "other", "8", 0)
		if _, err := b.Receive(ctx); err != ErrClosed {
			t.Errorf("after Close Receive = %v, want ErrClosed", err)
		}
		var none context.Context
		if _, err := a.Receive(none); err == nil {
			t.Error("a nil context is taken")
		}
	})
}

// A script's messages are sent when it ends, also when it fails, and those of
// one call in order with its events.
func TestPublishInScript(t *testing.T) {
	var sub *Subscription
	s := New(&Options{Logger: slog.New(slog.NewTextHandler(writer(func() { nothing(t, sub) }), nil))})
	sub = s.Subscribe("c")
	defer sub.Close()
	r := s.Eval(ctx, `
		local n = redis.call('PUBLISH', 'c', 'first')
		redis.call('PUBLISH', 'c', 'second')
		redis.log(redis.LOG_WARNING, 'here nothing has come yet')
		return n`, nil)
	if n, err := r.Int(); n != 1 || err != nil {
		t.Errorf("PUBLISH = %d, %v; want 1", n, err)
	}
	if diff := cmp.Diff([]Message{{"c", "", "first"}, {"c", "", "second"}}, next(t, sub, 2)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.Eval(ctx, "redis.call('PUBLISH', 'c', 'before the error') error('here')", nil)
	next(t, sub, 1)
	if err := s.EvalRO(ctx, "return redis.call('PUBLISH', 'c', 'x')", nil).Err(); err == nil {
		t.Error("a script that cannot write publishes")
	}
	nothing(t, sub)
}

// writer is called for what is written.
type writer func()

func (w writer) Write(b []byte) (int, error) { w(); return len(b), nil }

// Messages ends with the subscription, or with an error.
func TestMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Store
		sub := s.Subscribe("c")
		go func() {
			for i := range 3 {
				time.Sleep(time.Second)
				publish(t, &s, "c", fmt.Sprint(i), 1)
			}
			time.Sleep(time.Hour)
			sub.Close()
		}()
		read := func(ctx context.Context, until string) (got []string) {
			for m, err := range sub.Messages(ctx) {
				if err != nil {
					return append(got, err.Error())
				}
				if got = append(got, m.Payload); m.Payload == until {
					break
				}
			}
			return got
		}
		soon, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		got := [][]string{read(ctx, "1"), read(soon, ""), read(ctx, "")}
		if diff := cmp.Diff([][]string{{"0", "1"}, {"2", "context deadline exceeded"}, nil}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A subscription that nobody reads ends, and holds nothing up.
func TestSlowSubscription(t *testing.T) {
	var s Store
	sub := s.Subscribe("c")
	payload := strings.Repeat("x", 1<<20)
	for n := 1; n > 0; {
		n, _ = s.Do(ctx, "PUBLISH", "c", payload).Int()
	}
	if _, err := sub.Receive(ctx); err != ErrSlow {
		t.Errorf("Receive = %v, want ErrSlow", err)
	}
}

// All subscribers see the same order, however many publish.
func TestPublishOrder(t *testing.T) {
	const publishers, subscribers, each = 4, 4, 300
	var s Store
	var subs [subscribers]*Subscription
	for i := range subs {
		subs[i] = s.Subscribe("c")
		defer subs[i].Close()
	}
	var all sync.WaitGroup
	for p := range publishers {
		all.Go(func() {
			for i := range each {
				publish(t, &s, "c", fmt.Sprint(p, " ", i), subscribers)
			}
		})
	}
	var got [subscribers][]Message
	for i := range subs {
		all.Go(func() { got[i] = next(t, subs[i], publishers*each) })
	}
	all.Wait()
	for i := range got {
		if diff := cmp.Diff(got[0], got[i]); diff != "" {
			t.Errorf("subscriber %d sees another order:\n%s", i, diff)
		}
	}
}

// What needs a connection says what to use instead.
func TestSubscribeNeedsConnection(t *testing.T) {
	var s Store
	for _, do := range []func(context.Context, ...any) Reply{s.Do, s.Session().Do} {
		for _, name := range []string{"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"} {
			if err := do(ctx, name, "c").Err(); err == nil || !strings.Contains(err.Error(), "use Store.Subscribe") {
				t.Errorf("%s answers %v", name, err)
			}
		}
	}
}
