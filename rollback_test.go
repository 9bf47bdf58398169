package luastore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRollback: what is left of a script's writes, however it ends.
func TestRollback(t *testing.T) {
	const marked = "--!rollback\n"
	tests := []struct {
		reason  string
		script  string
		onStop  bool // whether the write stays under RollbackOnStop,
		onError bool // and RollbackOnError; it does under RollbackNever
	}{
		{"it ends well", "redis.call('SET', 'k', 'new')", true, true},
		{"it answers an error of a command that it caught", "redis.call('SET', 'k', 'new') redis.pcall('INCR', 'k')", true, true},
		{"it raises an error", "redis.call('SET', 'k', 'new') error('no')", true, false},
		{"it returns an error", "redis.call('SET', 'k', 'new') return redis.error_reply('NO')", true, false},
		{"a command fails", "redis.call('SET', 'k', 'new') redis.call('INCR', 'k')", true, false},
		{"it asks for it and ends well", marked + "redis.call('SET', 'k', 'new')", true, true},
		{"it asks for it and fails", marked + "redis.call('SET', 'k', 'new') error('no')", false, false},
		{"it asks for it with other line ends", "--!rollback \r\nredis.call('SET', 'k', 'new') error('no')", false, false},
		{"it asks for it after a shebang", "#!lua\n" + marked + "redis.call('SET', 'k', 'new') error('no')", false, false},
		{"it asks for it by a flag", "#!lua flags=rollback,allow-oom\nredis.call('SET', 'k', 'new') error('no')", false, false},
		{"it asks too late", "\n" + marked + "redis.call('SET', 'k', 'new') error('no')", true, false},
		{"it asks for something else", "--!rollbacks\nredis.call('SET', 'k', 'new') error('no')", true, false},
		{"it is stopped", "redis.call('SET', 'k', 'new') while true do end", false, false},
		{"it is stopped in a command", "redis.call('SET', 'k', 'new') redis.call('SINTERSTORE', 'd', 'huge', 'huge2') while true do end", false, false},
	}
	for _, test := range tests {
		for mode, stays := range map[Rollback]bool{RollbackOnStop: test.onStop, RollbackOnError: test.onError, RollbackNever: true} {
			s := New(&Options{Rollback: mode, MaxInstructions: 10_000})
			want := "old"
			if stays {
				want = "new"
			}
			run := map[string]func() Reply{
				"EVAL":    func() Reply { return s.Do(ctx, "EVAL", test.script, 0) },
				"Eval":    func() Reply { return s.Eval(ctx, test.script, nil) },
				"EvalSha": func() Reply { return NewScript(test.script).Run(ctx, s, nil) },
			}
			if !strings.HasPrefix(test.script, "#!") {
				mark, body, marked := strings.Cut(test.script, "\n")
				if !marked {
					mark, body = "", test.script
				}
				library := fmt.Sprintf("#!lua name=lib\n%s\nredis.register_function('f', function() %s end)", mark, body)
				if strings.HasPrefix(test.script, "\n") {
					library = fmt.Sprintf("#!lua name=lib\n\n%s\nredis.register_function('f', function() %s end)", mark, body)
				}
				_, err := s.FunctionLoad(ctx, library)
				if err != nil {
					t.Fatal(err)
				}
				run["FCALL"] = func() Reply { return s.Do(ctx, "FCALL", "f", 0) }
			}
			for how, run := range run {
				must(t, s.Do(ctx, "SET", "k", "old"))
				run()
				if got := s.Do(ctx, "GET", "k").Val(); got != want {
					t.Errorf("mode %d, %s, %s: k is %v, want %s", mode, how, test.reason, got, want)
				}
			}
		}
	}
}

// TestRollbackFlag: of the functions of a library only those are undone that have
// the flag.
func TestRollbackFlag(t *testing.T) {
	var s Store
	_, err := s.FunctionLoad(ctx, `#!lua name=lib
		local function fail(keys) redis.call('SET', keys[1], 'new') error('no') end
		redis.register_function('keeps', fail)
		redis.register_function{function_name='undoes', callback=fail, flags={'Rollback'}}`)
	if err != nil {
		t.Fatal(err)
	}
	for function, want := range map[string]int64{"keeps": 1, "undoes": 0} {
		if err := s.FCall(ctx, function, []string{function}).Err(); err == nil {
			t.Errorf("%s does not fail", function)
		}
		if got := s.Do(ctx, "EXISTS", function).Val(); got != want {
			t.Errorf("of %s there is %v, want %d", function, got, want)
		}
	}
}

// TestUndoneIsNotTold: of what is undone nobody hears, and nobody is served.
func TestUndoneIsNotTold(t *testing.T) {
	var events []string
	s := New(&Options{Rollback: RollbackOnError, OnEvent: func(e Event) { events = append(events, e.Name+" "+e.Key) }})
	messages := s.Subscribe("news")
	defer messages.Close()
	waiting := make(chan Reply, 1)
	go func() { waiting <- s.Do(ctx, "BLPOP", "queue", 0) }()
	eventually(t, func() bool {
		info, _ := s.Do(ctx, "INFO", "clients").Text()
		return strings.Contains(info, "blocked_clients:1")
	})
	for _, last := range []string{"error('no')", ""} {
		s.Eval(ctx, "redis.call('PUBLISH', 'news', ARGV[1]) redis.call('RPUSH', 'queue', ARGV[1]) "+last, nil, "ends with "+last)
	}
	m, err := messages.Receive(ctx)
	if err != nil || m.Payload != "ends with " {
		t.Errorf("received %q, %v", m.Payload, err)
	}
	if got, err := (<-waiting).StringSlice(); err != nil || len(got) != 2 || got[1] != "ends with " {
		t.Errorf("popped %q, %v", got, err)
	}
	if diff := cmp.Diff([]string{"new queue", "rpush queue", "lpop queue", "del queue"}, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestKillUndoes: what has written can be killed, and has then written nothing.
func TestKillUndoes(t *testing.T) {
	var s Store
	_, err := s.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function() redis.call('INCR', 'runs') while true do end end)")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		run  func() Reply
		kill func(context.Context) error
	}{
		"script":   {func() Reply { return s.Eval(ctx, "redis.call('INCR', 'runs') while true do end", nil) }, s.ScriptKill},
		"function": {func() Reply { return s.FCall(ctx, "f", nil) }, s.FunctionKill},
		"Update": {func() Reply {
			return Reply{err: s.Update(ctx, func(tx *Tx) error {
				tx.Do("INCR", "runs")
				tx.Eval("redis.call('INCR', 'runs') while true do end", nil)
				return nil
			})}
		}, s.ScriptKill},
	} {
		done := make(chan error)
		go func() { done <- c.run().Err() }()
		killed(t, c.kill)
		if err := <-done; !errors.Is(err, ErrKilled) {
			t.Errorf("%s: %v", name, err)
		}
		if got := s.Do(ctx, "EXISTS", "runs").Val(); got != int64(0) {
			t.Errorf("%s: it has left %v", name, got)
		}
	}
}

// writes is a script that moves things between all types and ends, of which each
// write makes the sum in the key total wrong until the last one.
const writes = `
	redis.call('INCRBY', 'total', ARGV[1])
	for i = 1, ARGV[1] do
		local n = (tonumber(ARGV[2]) + i) % 300
		redis.call('HSET', 'hash', n, n .. ':' .. ARGV[2])
		redis.call('ZADD', 'zset', n, 'm' .. ARGV[2] % 50)
		redis.call('RPUSH', 'list', n)
		if i % 3 == 0 then redis.call('LPOP', 'list') redis.call('HDEL', 'hash', n - 1) end
		redis.call('SADD', 'set', n)
		redis.call('SREM', 'set', n - 7)
		redis.call('APPEND', 'string', n)
		redis.call('SETBIT', 'string', n, n % 2)
		redis.call('XADD', 'stream', 'MAXLEN', 50, '*', 'n', n)
		redis.call('RENAME', 'list', 'list2') redis.call('RENAME', 'list2', 'list')
		redis.call('EXPIRE', 'hash', 1000 + n)
	end
	redis.call('INCRBY', 'done', ARGV[1])
	if ARGV[3] == 'fail' then error('no') end`

// TestStoppedAnywhere: wherever a script is stopped, all or nothing of it is left.
func TestStoppedAnywhere(t *testing.T) {
	digest := func(s *Store) string {
		return fmt.Sprint(s.Do(ctx, "DEBUG", "DIGEST").Val(), s.Do(ctx, "TTL", "hash").Val(), s.Do(ctx, "XINFO", "STREAM", "stream").Val())
	}
	for _, mode := range []Rollback{RollbackOnStop, RollbackOnError, RollbackNever} {
		rnd := rand.New(rand.NewPCG(1, uint64(mode)))
		now := time.Now()
		s := New(&Options{Rollback: mode, Now: func() time.Time { return now }})
		s.Eval(ctx, writes, nil, 400, 0)
		counts := map[string]int{}
		for i := range 300 {
			before := digest(s)
			s.engine.vm.Limits.Instructions = 1 + rnd.Int64N(20_000)
			end := ""
			if i%2 == 0 {
				end = "fail"
			}
			err := s.Eval(ctx, writes, nil, 1+rnd.IntN(40), rnd.IntN(300), end).Err()
			if err == ErrNil {
				err = nil
			}
			same := digest(s) == before
			stopped := errors.Is(err, ErrInstructions)
			if undone := stopped && mode != RollbackNever || err != nil && mode == RollbackOnError; undone && !same || err == nil && same {
				t.Fatalf("mode %d: %v; the data are the same: %t", mode, err, same)
			}
			counts[fmt.Sprintf("stopped %t, failed %t, same %t", stopped, err != nil, same)]++
		}
		if len(counts) < 3 {
			t.Errorf("mode %d: nothing but %v", mode, counts)
		}
	}
}

// TestManyCancel: of many who write at once and give up at any moment, each call
// is done as a whole or not at all.
func TestManyCancel(t *testing.T) {
	var s Store
	const each = 150
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 0))
			for range each {
				ctx := ctx
				if i%2 == 0 {
					short, cancel := context.WithTimeout(ctx, time.Duration(rnd.IntN(3000))*time.Microsecond)
					defer cancel()
					ctx = short
				}
				n := 1 + rnd.IntN(100)
				if i%4 < 2 {
					s.Eval(ctx, writes, nil, n, n)
					continue
				}
				s.Update(ctx, func(tx *Tx) error {
					tx.Do("INCRBY", "total", n)
					tx.Eval(writes, nil, n, n)
					return tx.Do("INCRBY", "done", n).Err()
				})
			}
		})
	}
	callers.Wait()
	total, done := s.Do(ctx, "GET", "total").Val(), s.Do(ctx, "GET", "done").Val()
	if total != done || total == nil {
		t.Errorf("%v were begun and %v done", total, done)
	}
}

// TestUndoingStaysSmall: what a script makes and replaces over and over is not all
// kept, so that it does not reach the limit of memory.
func TestUndoingStaysSmall(t *testing.T) {
	for _, write := range []string{
		"redis.call('SET', 'k', big) redis.call('DEL', 'k')",
		"redis.call('SET', 'a', big) redis.call('SET', 'b', big)",
		"redis.call('SET', 'old', big) redis.call('SET', 'old2', big)",
		"redis.call('SET', 'k', big) redis.call('FLUSHALL')",
		"redis.call('SET', 'k', big) redis.call('RENAME', 'k', 'l')",
		"redis.call('GET', 'old') redis.call('SETBIT', 'old', i, 1)",
		"redis.call('APPEND', 'old', 'x') redis.call('SETRANGE', 'old', 1000000, 'y')",
		"redis.call('BITOP', 'NOT', 'old', 'old2')",
		"redis.call('SORT', 'list', 'BY', 'nosort', 'STORE', 'dest')",
		"redis.call('RPUSH', 'k', big) redis.call('DEL', 'k')",
		"redis.call('HSET', 'k', 'f', big)",
	} {
		s := New(&Options{MaxScriptMemory: 16 << 20})
		must(t, s.Eval(ctx, `local big = ('x'):rep(1e6)
			redis.call('APPEND', 'old', big)
			redis.call('APPEND', 'old2', big)
			for i = 1, 10000 do redis.call('RPUSH', 'list', i) end
			return redis.call('APPEND', 'old2', big)`, nil))
		r := s.Eval(ctx, "local big = ('x'):rep(1e6) for i = 1, 100 do "+write+" end return 1", nil)
		if err := r.Err(); err != nil {
			t.Errorf("%s\n%v", write, err)
		}
	}
}

// TestUndoIsLeft: a caller whose context has ended does not wait until all is undone
// that its script did. The next ones go on with it, and see nothing of what the
// script did, nor is anybody served with that.
func TestUndoIsLeft(t *testing.T) {
	var end func()
	s := New(&Options{MaxScriptMemory: -1, Trace: func(e TraceEvent) {
		if e.Args[0] == "PING" {
			end()
		}
	}})
	must(t, s.Eval(ctx, "for i = 1, 2e5 do redis.call('HSET', 'h', i, i) end return 1", nil))
	waiting := make(chan Reply, 1)
	go func() { waiting <- s.Do(ctx, "BLPOP", "queue", 0) }()
	eventually(t, func() bool {
		return strings.Contains(fmt.Sprint(s.Do(ctx, "INFO", "clients").Val()), "blocked_clients:1")
	})
	digest := s.Do(ctx, "DEBUG", "DIGEST").Val()
	for how, run := range map[string]func(ctx context.Context, script string) error{
		"Eval": func(ctx context.Context, script string) error { return s.Eval(ctx, script, nil).Err() },
		"Update": func(ctx context.Context, script string) error {
			return s.Update(ctx, func(tx *Tx) error { return tx.Eval(script, nil).Err() })
		},
		"EXEC": func(ctx context.Context, script string) error {
			session := s.Session()
			session.Do(ctx, "MULTI")
			session.Do(ctx, "EVAL", script, 0)
			return session.Do(ctx, "EXEC").Err()
		},
	} {
		ending, cancel := context.WithCancel(ctx)
		end = cancel
		err := run(ending, "redis.call('RPUSH', 'queue', 'x') for i = 1, 2e5 do redis.call('HSET', 'h', i, 'x') end redis.call('PING') while true do end")
		if !errors.Is(err, context.Canceled) && !strings.Contains(fmt.Sprint(err), "context canceled") {
			t.Errorf("%s: %v", how, err)
		}
		if !s.db.Owes() {
			t.Errorf("%s: nothing is left to be undone", how)
		}
		if err := s.Do(ending, "GET", "h").Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: then %v", how, err)
		}
		short, cancel := context.WithTimeout(ctx, time.Microsecond)
		s.Do(short, "PING")
		cancel()
		if got := s.Do(ctx, "DEBUG", "DIGEST").Val(); got != digest {
			t.Errorf("%s: the data are others", how)
		}
		if s.db.Owes() {
			t.Errorf("%s: something is still left to be undone", how)
		}
	}
	must(t, s.Do(ctx, "RPUSH", "queue", "y"))
	if got, err := (<-waiting).StringSlice(); err != nil || len(got) != 2 || got[1] != "y" {
		t.Errorf("popped %q, %v", got, err)
	}
}
