package luastore

import (
	"errors"
	"fmt"
	"runtime"
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
