package luastore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// line runs a line of words in the session.
func (s *Session) line(line string) Reply {
	var words []any
	for _, w := range strings.Fields(line) {
		words = append(words, w)
	}
	return s.Do(ctx, words...)
}

func TestSessionTransaction(t *testing.T) {
	var store Store
	session, other := store.Session(), store.Session()
	for _, line := range []string{"WATCH n", "MULTI", "SET n one", "INCR n", "GET n"} {
		must(t, session.line(line))
	}
	replies, err := session.line("EXEC").Slice()
	var failed *Error
	if err != nil || len(replies) != 3 || replies[2] != "one" || !errors.As(replies[1].(error), &failed) || failed.Code != "ERR" {
		t.Errorf("EXEC = %v, %v", replies, err)
	}
	for _, line := range []string{"WATCH n", "MULTI", "SET n two"} {
		must(t, session.line(line))
	}
	must(t, other.line("SET n three"))
	if err := session.line("EXEC").Err(); err != ErrNil {
		t.Errorf("EXEC after a change: %v, want ErrNil", err)
	}
	for _, args := range [][]any{{"MULTI"}, {"EXEC"}, {"DISCARD"}, {"WATCH", "n"}, {"UNWATCH"}} {
		if err := store.Do(ctx, args...).Err(); err == nil || !strings.Contains(err.Error(), "needs a Session") {
			t.Errorf("%s without a session: %v", args, err)
		}
	}
}

// Close forgets what is queued and watched, and the session can be used on.
func TestSessionClose(t *testing.T) {
	var store Store
	session := store.Session()
	session.Close()
	for _, line := range []string{"WATCH n", "MULTI", "SET n 1"} {
		must(t, session.line(line))
	}
	session.Close()
	if err := session.line("EXEC").Err(); err == nil || err.Error() != "ERR EXEC without MULTI" {
		t.Errorf("EXEC after Close: %v", err)
	}
	must(t, session.line("SET n 2"))
	must(t, session.line("MULTI"))
	if err := session.line("EXEC").Err(); err != nil {
		t.Errorf("a key that is watched no more: %v", err)
	}
}

// TestStopTransaction: what is left of a transaction that is stopped, in a command
// or in a script, or of which a script asks to be undone.
func TestStopTransaction(t *testing.T) {
	const (
		endless = "redis.call('RPUSH', 'l', 'script') while true do end"
		failing = "--!rollback\nredis.call('RPUSH', 'l', 'script') error('no')"
	)
	for _, c := range []struct {
		reason  string
		limit   int64
		queue   [][]any
		want    string
		left    []string // in the list, which was there before
		leftAll []string // and under RollbackNever
	}{
		{"a command", 0, [][]any{{"RPUSH", "l", "a"}, {"SUNIONSTORE", "d", "big", "big2"}, {"RPUSH", "l", "b"}},
			"context canceled", []string{"before"}, []string{"before", "a"}},
		{"a script that is stopped", 1000, [][]any{{"RPUSH", "l", "a"}, {"EVAL", endless, 0}, {"RPUSH", "l", "b"}},
			"EXECABORT Transaction discarded because of: Script stopped: ", []string{"before"}, []string{"before", "a", "script", "b"}},
		{"a script that asks to be undone", 0, [][]any{{"RPUSH", "l", "a"}, {"EVAL", failing, 0}, {"RPUSH", "l", "b"}},
			"EXECABORT Transaction discarded because of: user_script:2: no", []string{"before"}, []string{"before", "a", "script", "b"}},
		{"a command that fails", 0, [][]any{{"RPUSH", "l", "a"}, {"INCR", "l"}, {"RPUSH", "l", "b"}},
			"", []string{"before", "a", "b"}, []string{"before", "a", "b"}},
	} {
		for mode, left := range map[Rollback][]string{RollbackOnStop: c.left, RollbackNever: c.leftAll} {
			store := New(&Options{Rollback: mode, MaxInstructions: c.limit})
			must(t, store.Do(ctx, "RPUSH", "l", "before"))
			for i := range 200 {
				members := []any{"SADD", []string{"big", "big2"}[i%2]}
				for j := range 100 {
					members = append(members, fmt.Sprint(i, "-", j))
				}
				must(t, store.Do(ctx, members...))
			}
			session := store.Session()
			must(t, session.Do(ctx, "MULTI"))
			for _, args := range c.queue {
				must(t, session.Do(ctx, args...))
			}
			ctx := ctx
			if c.want == "context canceled" {
				ends, cancel := context.WithCancel(ctx)
				ctx = &endsLater{ends, cancel, 3}
			}
			got := ""
			if err := session.Do(ctx, "EXEC").Err(); err != nil {
				got = err.Error()
			}
			if mode == RollbackOnStop && (!strings.HasPrefix(got, c.want) || c.want == "" && got != "") {
				t.Errorf("%s, mode %d: EXEC fails with %q, want %q", c.reason, mode, got, c.want)
			}
			if got, err := store.Do(t.Context(), "LRANGE", "l", 0, -1).StringSlice(); err != nil || !cmp.Equal(left, got) {
				t.Errorf("%s, mode %d: the list has %q, %v, want %q", c.reason, mode, got, err, left)
			}
		}
	}
}

// endsLater is a context that ends when it was asked a number of times.
type endsLater struct {
	context.Context
	cancel context.CancelFunc
	times  int
}

func (c *endsLater) Err() error {
	if c.times--; c.times < 0 {
		c.cancel()
	}
	return c.Context.Err()
}

// TestSpoiled: what follows an error in a transaction makes no difference to it.
func TestSpoiled(t *testing.T) {
	var s Store
	c := s.Session()
	for _, command := range []string{"MULTI", "NOSUCH", "INCR"} {
		c.Do(ctx, command)
	}
	if r := c.Do(ctx, "SET", "k", "v"); r.Val() != "QUEUED" {
		t.Errorf("SET answers %v", r.Val())
	}
	must(t, s.Do(ctx, "CONFIG", "SET", "maxmemory", 1))
	if err := c.Do(ctx, "EXEC").Err(); err == nil || err.Error() != "EXECABORT Transaction discarded because of previous errors." {
		t.Errorf("EXEC answers %v", err)
	}
}

// TestShortInTransaction: a script of which nobody knew, when it was queued, what
// it says of itself, and for which there is too little memory when it is run.
func TestShortInTransaction(t *testing.T) {
	var s Store
	c := s.Session()
	script := NewScript("#!lua\nreturn 1")
	c.Do(ctx, "MULTI")
	must(t, c.Do(ctx, "EVALSHA", script.Hash(), 0))
	if _, err := script.Load(ctx, &s); err != nil {
		t.Fatal(err)
	}
	must(t, s.Do(ctx, "CONFIG", "SET", "maxmemory", 1))
	replies, err := c.Do(ctx, "EXEC").Slice()
	const want = "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"
	if err != nil || len(replies) != 1 || fmt.Sprint(replies[0]) != want {
		t.Errorf("EXEC answers %v, %v", replies, err)
	}
}
