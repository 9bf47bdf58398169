package luastoretest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/redisconn"
)

// A recorder is a test within a test: it keeps what is said against it.
type recorder struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatal(args ...any) {
	r.errors = append(r.errors, fmt.Sprint(args...))
	panic(r)
}

// finish ends the test and returns what was said.
func (r *recorder) finish() string {
	for len(r.cleanups) > 0 {
		last := len(r.cleanups) - 1
		r.cleanups[last]()
		r.cleanups = r.cleanups[:last]
	}
	return strings.Join(r.errors, "\n")
}

func do(t *testing.T, s *Store, line string) luastore.Reply {
	t.Helper()
	var words []any
	for _, word := range strings.Fields(line) {
		words = append(words, word)
	}
	return s.Do(t.Context(), words...)
}

func TestAdvance(t *testing.T) {
	var events []string
	s := New(t, &luastore.Options{OnEvent: func(e luastore.Event) { events = append(events, e.Name+" "+e.Key) }})
	do(t, s, "SET k v PX 1000")
	do(t, s, "HSET h a 1 b 2")
	do(t, s, "HPEXPIRE h 1000 FIELDS 1 a")
	events = nil
	s.Advance(time.Second) // the last moment
	if n, _ := do(t, s, "EXISTS k").Int(); n != 1 || len(events) > 0 {
		t.Errorf("%d keys after a second, events %q", n, events)
	}
	s.Advance(time.Millisecond)
	if diff := cmp.Diff([]string{"expired k", "hexpired h"}, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if want := Epoch.Add(1001 * time.Millisecond); s.Now() != want {
		t.Errorf("the time is %v, want %v", s.Now(), want)
	}
	at, err := do(t, s, "TIME").Int64Slice()
	if err != nil || at[0] != s.Now().Unix() {
		t.Errorf("TIME is %v, %v", at, err)
	}
}

func TestAdvanceEndsWaits(t *testing.T) {
	s := New(t, nil)
	replies := make(chan luastore.Reply, 1)
	go func() { replies <- s.Do(context.Background(), "BLPOP", "queue", 5) }()
	s.WaitBlocked(1)
	s.Advance(5*time.Second - time.Millisecond)
	s.WaitBlocked(1)
	s.Advance(time.Millisecond)
	if err := (<-replies).Err(); err != luastore.ErrNil {
		t.Errorf("BLPOP: %v, want nil", err)
	}
}

// With a clock of the test's own in a bubble all time is that of the bubble.
func TestSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(t, &luastore.Options{Now: time.Now})
		began := time.Now()
		if err := do(t, s, "BLPOP queue 5").Err(); err != luastore.ErrNil {
			t.Errorf("BLPOP: %v, want nil", err)
		}
		if d := time.Since(began); d != 5*time.Second {
			t.Errorf("BLPOP took %v", d)
		}
		do(t, s, "SET k v EX 10")
		time.Sleep(11 * time.Second)
		if n, _ := do(t, s, "EXISTS k").Int(); n != 0 {
			t.Error("k has not expired")
		}
	})
}

func TestAdvanceOfAnotherClock(t *testing.T) {
	r := &recorder{}
	s := New(r, &luastore.Options{Now: time.Now})
	func() {
		defer func() { recover() }()
		s.Advance(time.Second)
	}()
	if got := r.finish(); !strings.Contains(got, "Options.Now") {
		t.Errorf("Advance says %q", got)
	}
}

func TestRandomIsRepeated(t *testing.T) {
	choose := func(s *Store) string {
		var b strings.Builder
		for i := range 100 {
			do(t, s, fmt.Sprintf("SET key%d v", i))
			do(t, s, fmt.Sprintf("SADD s %d", i))
			do(t, s, fmt.Sprintf("ZADD z 1 %d", i))
			do(t, s, fmt.Sprintf("HSET h %d v", i))
		}
		for _, line := range []string{"RANDOMKEY", "SRANDMEMBER s", "SRANDMEMBER s 5", "SRANDMEMBER s -5", "SPOP s", "ZRANDMEMBER z", "HRANDFIELD h"} {
			for range 5 {
				fmt.Fprintln(&b, do(t, s, line).Val())
			}
		}
		fmt.Fprintln(&b, s.Eval(t.Context(), "return {math.random(1000), math.random(1000)}", nil).Val())
		return b.String()
	}
	first := choose(New(t, nil))
	if diff := cmp.Diff(first, choose(New(t, nil))); diff != "" {
		t.Errorf("another run (-first +second):\n%s", diff)
	}
	other := New(t, &luastore.Options{Rand: rand.NewPCG(3, 4)})
	if first == choose(other) {
		t.Error("Options.Rand makes no difference")
	}
}

var errBroken = errors.New("broken")

func TestFail(t *testing.T) {
	s := New(t, nil)
	do(t, s, "SET k v")
	f := s.Fail("get", errBroken)
	if err := do(t, s, "GET k").Err(); err == nil || err.Error() != "ERR broken" || !errors.Is(err, errBroken) {
		t.Errorf("GET: %v", err)
	}
	err := s.Eval(t.Context(), "return redis.call('GET', 'k')", nil).Err()
	var failed *luastore.Error
	if !errors.Is(err, errBroken) || !errors.As(err, &failed) || failed.Line != 1 || failed.Command[0] != "GET" {
		t.Errorf("redis.call: %+v", err)
	}
	caught, err := s.Eval(t.Context(), "return redis.pcall('GET', 'k').err", nil).Text()
	if err != nil || caught != "ERR broken" {
		t.Errorf("redis.pcall: %q, %v", caught, err)
	}
	if err := do(t, s, "STRLEN k").Err(); err != nil {
		t.Errorf("another command: %v", err)
	}
	f.Remove()
	if err := do(t, s, "GET k").Err(); err != nil {
		t.Errorf("after Remove: %v", err)
	}
}

// A command that fails changes nothing.
func TestFailInTheMiddle(t *testing.T) {
	s := New(t, nil)
	s.Fail("INCR", luastore.ErrOutOfMemory).Skip(1).Times(1)
	for i, want := range []error{nil, luastore.ErrOutOfMemory, nil} {
		if err := do(t, s, "INCR n").Err(); !errors.Is(err, want) {
			t.Errorf("call %d: %v, want %v", i, err, want)
		}
	}
	Equal(t, Dump(t, s), Data{0: {"n": {Value: "2"}}})
}

// Those that run scripts and functions fail too, by whatever way they are called.
func TestFailScripts(t *testing.T) {
	s := New(t, nil)
	script := luastore.NewScript("return 1")
	s.Fail("EVALSHA", io.EOF).Times(1)
	if err := script.Run(t.Context(), s, nil).Err(); !errors.Is(err, io.EOF) {
		t.Errorf("EVALSHA: %v", err)
	}
	s.Fail("EVALSHA", luastore.ErrNoScript)
	eval := s.Fail("EVAL", errBroken).Times(2)
	for range 2 {
		if err := script.Run(t.Context(), s, nil).Err(); !errors.Is(err, errBroken) {
			t.Errorf("EVALSHA and EVAL: %v", err)
		}
	}
	if n, err := script.Run(t.Context(), s, nil).Int(); n != 1 || err != nil {
		t.Errorf("EVALSHA fails, EVAL does not: %d, %v", n, err)
	}
	eval.Times(1)
	if err := do(t, s, "EVAL return{} 0").Err(); !errors.Is(err, errBroken) {
		t.Errorf("EVAL as a command: %v", err)
	}
	s.Fail("SCRIPT LOAD", errBroken)
	if _, err := s.ScriptLoad(t.Context(), "return 2"); !errors.Is(err, errBroken) {
		t.Errorf("SCRIPT LOAD: %v", err)
	}
	s.Fail("FCALL", errBroken)
	if err := s.FCall(t.Context(), "f", nil).Err(); !errors.Is(err, errBroken) {
		t.Errorf("FCALL: %v", err)
	}
}

func TestDelayUntilTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(t, nil)
		s.Delay("SET", time.Minute)
		for name, call := range map[string]func(context.Context) luastore.Reply{
			"SET": func(ctx context.Context) luastore.Reply { return s.Do(ctx, "SET", "k", "v") },
			"EVAL": func(ctx context.Context) luastore.Reply {
				return s.Eval(ctx, "redis.pcall('SET', 'k', 'v') return 1", nil)
			},
		} {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := call(ctx).Err(); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
			if d := time.Since(began); d != time.Second {
				t.Errorf("%s took %v", name, d)
			}
		}
		Equal(t, Dump(t, s), Data{})
		began := time.Now()
		if err := do(t, s, "SET k v").Err(); err != nil || time.Since(began) != time.Minute {
			t.Errorf("SET took %v: %v", time.Since(began), err)
		}
	})
}

func TestFailAll(t *testing.T) {
	var asked []string
	s := New(t, &luastore.Options{Intercept: func(_ context.Context, args []string) error {
		asked = append(asked, args[0])
		return nil
	}})
	s.Fail("*", errBroken).Times(1)
	for _, want := range []error{errBroken, nil} {
		if err := do(t, s, "PING").Err(); !errors.Is(err, want) {
			t.Errorf("PING: %v, want %v", err, want)
		}
	}
	if diff := cmp.Diff([]string{"PING"}, asked); diff != "" {
		t.Errorf("the test's own Intercept (-want +got):\n%s", diff)
	}
}

func TestLeft(t *testing.T) {
	for name, test := range map[string]struct {
		leave func(s *Store) (end func())
		want  string
	}{
		"nothing": {func(*Store) func() { return func() {} }, ""},
		"a waiting caller": {func(s *Store) func() {
			ctx, cancel := context.WithCancel(context.Background())
			go s.Do(ctx, "BLPOP", "k", 0)
			s.WaitBlocked(1)
			return cancel
		}, "1 callers who wait"},
		"subscriptions": {func(s *Store) func() {
			channel, pattern := s.Subscribe("news"), s.PSubscribe("a*", "b*")
			return func() { channel.Close(); pattern.Close() }
		}, `subscriptions to ["news"], 2 subscriptions to patterns`},
		"a connection": {func(s *Store) func() {
			conn, err := redisconn.Dialer(s.Store)(context.Background(), "", "")
			if err == nil {
				fmt.Fprint(conn, "PING\r\n")
				_, err = conn.Read(make([]byte, 7)) // now it is served
			}
			if err != nil {
				panic(err)
			}
			return func() { conn.Close() }
		}, "1 connections"},
		"a session that watches": {func(s *Store) func() {
			session := s.Session()
			s.must(session.Do(unfailing, "WATCH", "a", "b"))
			return session.Close
		}, "2 keys that a Session watches"},
		"a session that has watched": {func(s *Store) func() {
			session := s.Session()
			s.must(session.Do(unfailing, "WATCH", "a", "b"))
			s.must(session.Do(unfailing, "UNWATCH"))
			return func() {}
		}, ""},
		"a script": {func(s *Store) func() {
			ended := make(chan bool)
			go func() {
				s.Eval(context.Background(), "while true do end", nil)
				close(ended)
			}()
			time.Sleep(20 * time.Millisecond) // until it runs
			return func() { <-ended }         // the check has killed it
		}, "a script still runs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{}
			end := test.leave(New(r, nil))
			got := r.finish()
			if test.want == "" && got != "" || !strings.Contains(got, test.want) {
				t.Errorf("says %q, want %q", got, test.want)
			}
			end()
		})
	}
}

// What ends with the test's context, a moment later, is not left.
func TestNothingLeft(t *testing.T) {
	r := &recorder{}
	s := New(r, nil)
	ctx, cancel := context.WithCancel(t.Context())
	go s.Do(ctx, "BLPOP", "k", 0)
	s.WaitBlocked(1)
	time.AfterFunc(10*time.Millisecond, cancel)
	if got := r.finish(); got != "" {
		t.Errorf("says %q", got)
	}
}

func TestDump(t *testing.T) {
	s := New(t, nil)
	session := s.Session()
	for _, line := range []string{
		"SET text v EX 60", "SET number 1", "RPUSH list b a", "SADD set b a", "ZADD zset 1.5 a -inf b", "SETBIT bits 7 1",
		"HSET hash a 1 b 2", "HPEXPIRE hash 1500 FIELDS 1 a",
		"XADD stream 1-1 f v f w", "XADD stream 2-1 f x", "XADD stream 3-1 f y", "XDEL stream 3-1",
		"XGROUP CREATE stream g 0", "XGROUP CREATECONSUMER stream g idle", "XREADGROUP GROUP g c COUNT 1 STREAMS stream >",
		"XADD empty 5-5 f v", "XDEL empty 5-5",
		"SELECT 15", "SET other \x00\xff",
	} {
		var words []any
		for _, word := range strings.Fields(line) {
			words = append(words, word)
		}
		if err := session.Do(t.Context(), words...).Err(); err != nil {
			t.Fatal(line, ": ", err)
		}
	}
	s.Fail("*", errBroken) // does not concern Dump
	Equal(t, Dump(t, s), Data{
		0: {
			"text":   {Value: "v", TTL: time.Minute},
			"number": {Value: "1"},
			"list":   {Value: List{"b", "a"}},
			"set":    {Value: Set{"a": true, "b": true}},
			"zset":   {Value: SortedSet{"a": 1.5, "b": math.Inf(-1)}},
			"bits":   {Value: "\x01"},
			"hash":   {Value: Hash{"a": "1", "b": "2"}, FieldTTL: map[string]time.Duration{"a": 1500 * time.Millisecond}},
			"stream": {Value: Stream{
				Entries: []Entry{{"1-1", []string{"f", "v", "f", "w"}}, {"2-1", []string{"f", "x"}}},
				LastID:  "3-1",
				Groups: map[string]Group{"g": {
					LastID:    "1-1",
					Consumers: []string{"c", "idle"},
					Pending:   []Pending{{"1-1", "c", 1}},
				}},
			}},
			"empty": {Value: Stream{LastID: "5-5"}},
		},
		15: {"other": {Value: "\x00\xff"}},
	})
}

func TestEqual(t *testing.T) {
	r := &recorder{}
	Equal(r, Data{0: {"n": {Value: "2"}}}, Data{0: {"n": {Value: "1", TTL: time.Minute}}})
	got := r.finish()
	for _, want := range []string{"-want +got", `"1"`, `"2"`, "1m0s"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
}
