package luastore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

const loopingLibrary = `#!lua name=lib
redis.register_function('loop', function()
	while true do end
end)
redis.register_function{function_name='loop_ro', callback=function() while true do end end, flags={'no-writes'}}
redis.register_function('write', function(keys) redis.call('DEL', keys[1]) for i = 1, 2e7 do end return 'done' end)`

// kills are programs that run for long, and what others say meanwhile. Those
// that nobody can kill end by themselves.
var kills = []struct {
	reason  string
	program []string
	others  []string
}{
	{"a script", []string{"EVAL", "while true do end", "0"},
		[]string{"PING", "FUNCTION KILL", "FUNCTION STATS", "SCRIPT FLUSH", "SCRIPT HELP", "EVAL x 0", "SHUTDOWN", "SHUTDOWN SAVE", "SCRIPT KILL"}},
	{"a coroutine", []string{"EVAL", "\nlocal f = coroutine.wrap(function()\nwhile true do end end) f()", "0"},
		[]string{"SCRIPT KILL"}},
	{"a script that reads", []string{"EVAL", "while true do redis.call('GET', 'k') end", "0"},
		[]string{"SCRIPT KILL"}},
	{"a script that cannot write", []string{"EVAL_RO", "while true do redis.pcall('SET', 'k', 'v') end", "0"},
		[]string{"SCRIPT KILL"}},
	{"a script that has written, if nothing", []string{"EVAL", "redis.call('DEL', 'k') for i = 1, 2e7 do end return 'done'", "0"},
		[]string{"FUNCTION KILL", "SCRIPT KILL", "PING"}},
	{"a script whose write has failed", []string{"EVAL", "redis.pcall('INCR', 's') for i = 1, 2e7 do end return 'done'", "0"},
		[]string{"SCRIPT KILL"}},
	{"a function", []string{"FCALL", "LOOP", "1", "k", "a"},
		[]string{"PING", "SCRIPT KILL", "FUNCTION STATS", "FCALL loop 0", "FUNCTION KILL"}},
	{"a function that cannot write", []string{"fcall_Ro", "loop_ro", "0"},
		[]string{"FUNCTION STATS", "FUNCTION KILL"}},
	{"a function that has written", []string{"FCALL", "write", "1", "k"},
		[]string{"SCRIPT KILL", "FUNCTION KILL"}},
}

var duration = regexp.MustCompile(`("duration_ms"\s+\d+\) \(integer\)) \d+`)

// TestKill: who wants to kill what runs, or anything else, gets the answers of
// Redis.
func TestKill(t *testing.T) {
	server := transcript.StartRedis(t)
	for _, test := range kills {
		t.Run(test.reason, func(t *testing.T) {
			// run runs the program at one caller and the other commands at another.
			run := func(first, other transcript.Executor) (replies []string) {
				show := func(name string, r command.Reply) {
					text := strings.Join(transcript.Render(r, transcript.Exact), " ")
					replies = append(replies, name+": "+duration.ReplaceAllString(text, "$1 …"))
				}
				other.Do([]string{"SET", "s", "text"})
				other.Do([]string{"FUNCTION", "LOAD", loopingLibrary})
				done := make(chan command.Reply, 1)
				go func() { done <- first.Do(test.program) }()
				eventually(t, func() bool { return strings.HasPrefix(other.Do([]string{"PING"}).Str(), "BUSY") })
				for _, line := range test.others {
					show(line, other.Do(strings.Fields(line)))
				}
				show("the program", <-done)
				show("SCRIPT KILL afterwards", other.Do([]string{"SCRIPT", "KILL"}))
				show("FUNCTION KILL afterwards", other.Do([]string{"FUNCTION", "KILL"}))
				return replies
			}
			server.Reset()
			threshold := []string{"CONFIG", "SET", "busy-reply-threshold", "10"}
			server.Do(threshold)
			want := run(server.Connect(), server)
			s := New(&Options{Rollback: RollbackNever})
			caller := func() transcript.Executor {
				e := &executor{session: s.Session()}
				e.Protocol(2)
				return e
			}
			caller().Do(threshold)
			if diff := cmp.Diff(want, run(caller(), caller())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// whileBusy are what one caller says before a script runs, while it does, and
// when it has ended.
var whileBusy = []struct {
	reason                string
	before, during, after []string
}{
	{"MULTI is taken, what is to be queued is not", nil,
		[]string{"MULTI", "INCR k"}, []string{"INCR k", "EXEC", "EXEC"}},
	{"a part of the transaction", []string{"MULTI", "INCR k"},
		[]string{"INCR k"}, []string{"EXEC", "GET k"}},
	{"EXEC", []string{"MULTI", "INCR k"},
		[]string{"EXEC", "EXEC", "MULTI", "DISCARD"}, []string{"EXEC", "GET k"}},
	{"WATCH and DISCARD", []string{"MULTI", "INCR k"},
		[]string{"WATCH k", "DISCARD", "WATCH k other", "UNWATCH", "WATCH k", "MULTI"}, []string{"SET k 2", "EXEC", "GET k"}},
	{"errors that come before BUSY", nil,
		[]string{"NOSUCH", "GET", "MULTI a", "EXEC", "DISCARD", "AUTH a b"}, nil},
	{"errors in a transaction", []string{"MULTI"},
		[]string{"NOSUCH", "MULTI", "HELLO 3"}, []string{"EXEC"}},
	{"memory is short", []string{"CONFIG SET maxmemory 1", "MULTI"},
		[]string{"SET k 2", "UNWATCH", "DISCARD", "SET k 2"}, []string{"CONFIG SET maxmemory 0"}},
}

// TestWhileBusy: who does not wait for a script may begin and end a transaction,
// but of none the half is executed.
func TestWhileBusy(t *testing.T) {
	server := transcript.StartRedis(t)
	for _, test := range whileBusy {
		t.Run(test.reason, func(t *testing.T) {
			run := func(first, other, killer transcript.Executor) (replies []string) {
				say := func(lines ...string) {
					for _, line := range lines {
						text := strings.Join(transcript.Render(other.Do(strings.Fields(line)), transcript.Exact), " ")
						replies = append(replies, line+": "+text)
					}
				}
				say("CONFIG SET busy-reply-threshold 10", "SET k 1")
				say(test.before...)
				done := make(chan command.Reply, 1)
				go func() { done <- first.Do([]string{"EVAL_RO", "while true do end", "0"}) }()
				eventually(t, func() bool { return strings.HasPrefix(killer.Do([]string{"PING"}).Str(), "BUSY") })
				say(test.during...)
				killer.Do([]string{"SCRIPT", "KILL"})
				<-done
				say(test.after...)
				return replies
			}
			server.Reset()
			want := run(server.Connect(), server, server.Connect())
			s := New(nil)
			caller := func() transcript.Executor {
				e := &executor{session: s.Session()}
				e.Protocol(2)
				return e
			}
			if diff := cmp.Diff(want, run(caller(), caller(), caller())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// eventually waits until there is what the test wants.
func eventually(t *testing.T, there func() bool) {
	t.Helper()
	for begin := time.Now(); !there(); time.Sleep(time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatal("waited for a minute")
		}
	}
}

// killed kills what is about to run, as soon as it can.
func killed(t *testing.T, kill func(context.Context) error) {
	t.Helper()
	eventually(t, func() bool {
		err := kill(ctx)
		if err != nil && !errors.Is(err, ErrNotBusy) {
			t.Error(err)
		}
		return err == nil
	})
}

// TestKillCannotBeCaught: what is killed ends, whatever it does.
func TestKillCannotBeCaught(t *testing.T) {
	for _, script := range []string{
		"while true do pcall(function() while true do end end) end",
		"while true do xpcall(function() while true do end end, function(e) return e end) end",
		"while true do coroutine.wrap(function() pcall(function() while true do end end) end)() end",
		"while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
		"local s = ('a'):rep(1e6) while true do pcall(string.find, s, '.-.-b') end",
		"local t = {} for i = 1, 1e5 do t[i] = i end while true do table.sort(t, function(a, b) return a > b end) end",
		"local t = {} for i = 1, 1e4 do t[i] = i end while true do cjson.decode(cjson.encode(t)) end",
	} {
		var s Store
		var running sync.WaitGroup
		running.Go(func() {
			err := s.Eval(ctx, script, nil).Err()
			var e *Error
			if !errors.Is(err, ErrKilled) || !errors.As(err, &e) || e.SHA != sha1hex(script) ||
				!strings.HasPrefix(e.Message, fmt.Sprintf("Script killed by user with SCRIPT KILL... script: %s, on ", e.SHA)) {
				t.Errorf("%s\n%v; want it killed", script, err)
			}
		})
		killed(t, s.ScriptKill)
		running.Wait()
		if err := s.ScriptKill(ctx); !errors.Is(err, ErrNotBusy) {
			t.Errorf("ScriptKill of nothing: %v", err)
		}
	}
}

// TestWaitWhileBusy: who did not ask for BUSY waits, until the context ends.
func TestWaitWhileBusy(t *testing.T) {
	var s Store
	var running sync.WaitGroup
	running.Go(func() { s.Eval(ctx, "while true do end", nil) })
	eventually(t, func() bool { return !errors.Is(s.FunctionKill(ctx), ErrNotBusy) })
	if err := s.FunctionKill(ctx); !errors.Is(err, ErrBusy) {
		t.Errorf("FunctionKill of a script: %v", err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	for name, do := range map[string]func() error{
		"Do":    func() error { return s.Do(short, "PING").Err() },
		"Eval":  func() error { return s.Eval(short, "return 1", nil).Err() },
		"FCall": func() error { return s.FCall(short, "f", nil).Err() },
	} {
		if err := do(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.ScriptKill(short); !errors.Is(err, context.DeadlineExceeded) && err != nil {
		t.Errorf("ScriptKill with a context that has ended: %v", err)
	}
	var waits sync.WaitGroup
	waits.Go(func() {
		if text, err := s.Do(ctx, "PING").Text(); text != "PONG" || err != nil {
			t.Errorf("PING: %q, %v", text, err)
		}
	})
	if err := s.ScriptKill(ctx); err != nil && !errors.Is(err, ErrNotBusy) {
		t.Error(err)
	}
	waits.Wait()
	running.Wait()
}

// TestBusyReply: a context ends a wait also where BUSY would later, and BUSY
// comes to who has waited.
func TestBusyReply(t *testing.T) {
	s := New(&Options{BusyReply: 30 * time.Millisecond})
	must(t, s.Do(ctx, "SET", "k", "v"))
	var running sync.WaitGroup
	running.Go(func() { s.Eval(ctx, "while true do end", nil) })
	eventually(t, func() bool { return s.board.Script() != nil })
	if err := s.Do(ctx, "GET", "k").Err(); !errors.Is(err, ErrBusy) {
		t.Errorf("GET: %v", err)
	}
	if ran := time.Since(s.board.Script().Began); ran < 30*time.Millisecond {
		t.Errorf("BUSY after %v", ran)
	}
	killed(t, s.ScriptKill)
	running.Wait()
	if text, err := s.Do(ctx, "GET", "k").Text(); text != "v" || err != nil {
		t.Errorf("GET: %q, %v", text, err)
	}

	s = New(&Options{BusyReply: time.Hour})
	running.Go(func() { s.Eval(ctx, "while true do end", nil) })
	eventually(t, func() bool { return s.board.Script() != nil })
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := s.Do(short, "GET", "k").Err(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("GET: %v", err)
	}
	killed(t, s.ScriptKill)
	running.Wait()
}

// TestBusyReplyThreshold: CONFIG GET says what holds, and to set that again makes no
// difference. Where nothing was said only connections do not wait for ever.
func TestBusyReplyThreshold(t *testing.T) {
	for _, test := range []struct {
		option   time.Duration
		set      string // then
		want     string
		patience time.Duration // of Do
	}{
		{0, "", "5000", 0},
		{0, "5000", "5000", 0},
		{0, "10", "10", 10 * time.Millisecond},
		{0, "0", "0", 0},
		{5 * time.Second, "5000", "5000", 5 * time.Second},
		{1500 * time.Microsecond, "", "2", 2 * time.Millisecond},
		{time.Hour, "5000", "5000", 5 * time.Second},
	} {
		s := New(&Options{BusyReply: test.option})
		if test.set != "" {
			must(t, s.Do(ctx, "CONFIG", "SET", "lua-time-limit", test.set))
		}
		got := s.Do(ctx, "CONFIG", "GET", "busy-reply-threshold").reply.Elems()[1].Str()
		if got != test.want || time.Duration(s.patience()) != test.patience {
			t.Errorf("%v, then %q: CONFIG GET answers %q, Do waits for %v", test.option, test.set, got, time.Duration(s.patience()))
		}
	}
}

// TestKillRaces: callers, some of whom kill, meet in any order, and each gets
// an answer that makes sense.
func TestKillRaces(t *testing.T) {
	s := New(&Options{BusyReply: time.Millisecond})
	if _, err := s.FunctionLoad(ctx, loopingLibrary); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 100 {
				var err error
				switch (i + n) % 6 {
				case 0:
					err = s.ScriptKill(ctx)
				case 1:
					err = s.FunctionKill(ctx)
				case 2:
					err = s.Eval(ctx, "for i = 1, 20000 do end", nil).Err()
				case 3:
					short, cancel := context.WithTimeout(ctx, time.Millisecond)
					err = s.FCall(short, "loop", nil).Err()
					cancel()
				case 4:
					err = s.FunctionStats(ctx).Err()
				case 5:
					err = s.Do(ctx, "INCR", "k").Err()
				}
				for _, expected := range []error{nil, ErrNil, ErrBusy, ErrNotBusy, ErrKilled, context.DeadlineExceeded} {
					if errors.Is(err, expected) {
						err = nil
					}
				}
				if err != nil {
					t.Errorf("caller %d, call %d: %v", i, n, err)
				}
			}
		})
	}
	all.Wait()
}
