package luastore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/transcript"
)

var ctx = context.Background()

// must returns a function that wants no error.
func must(t *testing.T, r Reply) Reply {
	t.Helper()
	if err := r.Err(); err != nil && !errors.Is(err, ErrNil) {
		t.Fatal(err)
	}
	return r
}

func TestZeroStore(t *testing.T) {
	var s Store
	if got, err := s.Eval(ctx, "return redis.call('INCR', KEYS[1])", []string{"n"}).Int64(); got != 1 || err != nil {
		t.Fatalf("Eval = %d, %v; want 1", got, err)
	}
	if got, err := s.Do(ctx, "GET", "n").Text(); got != "1" || err != nil {
		t.Fatalf("GET = %q, %v; want 1", got, err)
	}
}

type marshaler struct{ err error }

func (m marshaler) MarshalBinary() ([]byte, error) { return []byte("marshaled"), m.err }

func TestArguments(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for _, tt := range []struct {
		arg  any
		want string
	}{
		{nil, ""},
		{"text\x00\xff", "text\x00\xff"},
		{[]byte("bytes"), "bytes"},
		{-1, "-1"},
		{int8(-8), "-8"},
		{int16(-16), "-16"},
		{int32(-32), "-32"},
		{int64(-1 << 63), "-9223372036854775808"},
		{uint(1), "1"},
		{uint8(8), "8"},
		{uint16(16), "16"},
		{uint32(32), "32"},
		{uint64(1<<64 - 1), "18446744073709551615"},
		{float32(0.5), "0.5"},
		{0.1, "0.1"},
		{1e21, "1000000000000000000000"},
		{true, "1"},
		{false, "0"},
		{at, "2026-01-02T03:04:05.000000006Z"},
		{time.Second, "1000000000"},
		{net.IP{1, 2, 3, 4}, "\x01\x02\x03\x04"},
		{marshaler{}, "marshaled"},
	} {
		var s Store
		if got, err := s.Do(ctx, "ECHO", tt.arg).Text(); got != tt.want || err != nil {
			t.Errorf("ECHO %T(%v) = %q, %v; want %q", tt.arg, tt.arg, got, err, tt.want)
		}
		if got, err := s.Eval(ctx, "return ARGV[1]", nil, tt.arg).Text(); got != tt.want || err != nil {
			t.Errorf("ARGV[1] of %T(%v) = %q, %v; want %q", tt.arg, tt.arg, got, err, tt.want)
		}
	}
}

// TestBadCalls: each call is refused with an error that says why, and changes
// nothing.
func TestBadCalls(t *testing.T) {
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	var noContext context.Context
	broken := errors.New("broken")
	const set = "redis.call('SET', 'k', 'changed') return 1"
	for _, tt := range []struct {
		name string
		call func(*Store) error
		want string // in the error's text
		is   error  // if not nil
	}{
		{"nil context", func(s *Store) error { return s.Do(noContext, "SET", "k", "changed").Err() }, "nil context", nil},
		{"nil context, script", func(s *Store) error { return s.Eval(noContext, set, nil).Err() }, "nil context", nil},
		{"cancelled", func(s *Store) error { return s.Do(cancelled, "SET", "k", "changed").Err() }, "canceled", context.Canceled},
		{"cancelled, script", func(s *Store) error { return s.Eval(cancelled, set, nil).Err() }, "canceled", context.Canceled},
		{"cancelled, load", func(s *Store) error { _, err := s.ScriptLoad(cancelled, set); return err }, "canceled", context.Canceled},
		{"nothing", func(s *Store) error { return s.Do(ctx).Err() }, "no command", nil},
		{"unknown command", func(s *Store) error { return s.Do(ctx, "SETT", "k", "changed").Err() }, "ERR unknown command 'SETT', with args beginning with: 'k' 'changed' ", nil},
		{"type", func(s *Store) error { return s.Do(ctx, "SET", "k", struct{}{}).Err() }, "argument 3: cannot use a struct {}", nil},
		{"type, script", func(s *Store) error { return s.Eval(ctx, set, nil, 1, []string{"x"}).Err() }, "argument 2: cannot use a []string", nil},
		{"marshaler", func(s *Store) error { return s.Do(ctx, "SET", "k", marshaler{broken}).Err() }, "argument 3: broken", broken},
		{"syntax", func(s *Store) error { return s.Eval(ctx, set+" end", nil).Err() }, "ERR Error compiling script (new function): user_script:1: '<eof>' expected near 'end'", nil},
		{"NUL in script", func(s *Store) error { return s.Eval(ctx, "\x00"+set, nil).Err() }, "ERR Error compiling script (new function): user_script:1: unexpected symbol", nil},
		{"no UTF-8 in script", func(s *Store) error { return s.Eval(ctx, "\xff"+set, nil).Err() }, "unexpected symbol near '\xff'", nil},
		{"bytecode", func(s *Store) error { return s.Eval(ctx, "\x1bLua\x52\x00", nil).Err() }, "unexpected symbol near 'char(27)'", nil},
		{"too large", func(s *Store) error { return s.Eval(ctx, strings.Repeat(" ", 1<<20)+set, nil).Err() }, "ERR Error compiling script", nil},
		{"missing key", func(s *Store) error {
			return s.Eval(ctx, "return redis.call('SET', KEYS[2], 'changed')", []string{"k"}).Err()
		}, "ERR Lua redis lib command arguments must be strings or integers", nil},
		{"unknown SHA", func(s *Store) error { return s.EvalSha(ctx, strings.Repeat("0", 40), nil).Err() }, "NOSCRIPT No matching script. Please use EVAL.", ErrNoScript},
		{"no SHA", func(s *Store) error { return s.EvalSha(ctx, "nonsense", nil).Err() }, "NOSCRIPT No matching script. Please use EVAL.", ErrNoScript},
		{"write in read-only", func(s *Store) error { return s.EvalRO(ctx, set, nil).Err() }, "ERR Write commands are not allowed from read-only scripts.", nil},
		{"wrong type", func(s *Store) error { return s.Eval(ctx, "return redis.call('INCRBY', 'k', 'x')", nil).Err() }, "ERR value is not an integer or out of range", nil},
		{"SELECT", func(s *Store) error { return s.Do(ctx, "SELECT", 1).Err() }, "Session", nil},
		{"no hashes", func(s *Store) error { _, err := s.ScriptExists(ctx); return err }, "ERR wrong number of arguments for 'script|exists' command", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s Store
			must(t, s.Do(ctx, "SET", "k", "v"))
			err := tt.call(&s)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q; want one with %q", err, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v is not %v", err, tt.is)
			}
			if got, err := s.Do(ctx, "GET", "k").Text(); got != "v" || err != nil {
				t.Errorf("GET k = %q, %v; want it unchanged", got, err)
			}
			if n, err := s.Do(ctx, "DBSIZE").Int(); n != 1 || err != nil {
				t.Errorf("DBSIZE = %d, %v; want 1", n, err)
			}
		})
	}
}

func TestAnyBytes(t *testing.T) {
	var s Store
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	key := string(all)
	got, err := s.Eval(ctx, "redis.call('SET', KEYS[1], ARGV[1]) return {redis.call('GET', KEYS[1]), #KEYS[1]}", []string{key}, all).Result()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{key, int64(256)}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestNewRefusesDatabase(t *testing.T) {
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "Options.DB is 16") {
			t.Errorf("New panicked with %q", p)
		}
	}()
	New(&Options{DB: 16})
}

func TestOptionsDB(t *testing.T) {
	s := New(&Options{DB: 3})
	must(t, s.Do(ctx, "SET", "k", "do"))
	must(t, s.Eval(ctx, "redis.call('SET', 'e', 'eval')", nil))
	session := s.Session()
	for _, key := range []string{"k", "e"} {
		if got := session.Do(ctx, "EXISTS", key).Val(); got != int64(1) {
			t.Errorf("%s does not exist in the session's database", key)
		}
	}
	must(t, session.Do(ctx, "SELECT", 0))
	if got := session.Do(ctx, "DBSIZE").Val(); got != int64(0) {
		t.Errorf("database 0 has %v keys; want 0", got)
	}
}

// TestStop: a script that never ends is stopped by its context, and while it
// runs another caller gives up waiting when its own context ends.
func TestStop(t *testing.T) {
	for name, script := range map[string]string{
		"loop":      "redis.call('SET', 'k', 'v') while true do end",
		"pcall":     "redis.call('SET', 'k', 'v') while true do pcall(function() while true do end end) end",
		"coroutine": "redis.call('SET', 'k', 'v') coroutine.wrap(function() while true do pcall(error) end end)()",
		"calls":     "redis.call('SET', 'k', 'v') while true do redis.call('GET', 'k') end",
		"library":   "redis.call('SET', 'k', 'v') while true do string.rep('x', 1000000) end",
		"recursion": "redis.call('SET', 'k', 'v') local function f() return f() end f()",
	} {
		t.Run(name, func(t *testing.T) {
			var s Store
			running, cancel := context.WithCancel(ctx)
			done := make(chan error)
			must(t, s.Do(ctx, "PING")) // from then on there is a lock
			go func() { done <- s.Eval(running, script, nil).Err() }()
			for !s.lock.Held() { // until it runs
				time.Sleep(time.Millisecond)
			}
			waiting, stop := context.WithTimeout(ctx, 5*time.Millisecond)
			defer stop()
			if err := s.Do(waiting, "SET", "other", "x").Err(); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("waiting: %v; want its deadline exceeded", err)
			}
			begin := time.Now()
			cancel()
			err := <-done
			if took := time.Since(begin); took > time.Second {
				t.Errorf("it took %v to stop", took)
			}
			var e *Error
			if !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.SHA != sha1hex(script) {
				t.Errorf("stopped with %#v; want an Error of the script that is context.Canceled", err)
			}
			if got, err := s.Eval(ctx, "return redis.call('GET', 'k')", nil).Text(); err != ErrNil {
				t.Errorf("afterwards k = %q, %v; want none", got, err)
			}
			if n := s.Do(ctx, "EXISTS", "other").Val(); n != int64(0) {
				t.Error("the call that gave up waiting was done")
			}
		})
	}
}

func TestConcurrentCalls(t *testing.T) {
	var s Store
	var all sync.WaitGroup
	const goroutines, calls = 8, 500
	incr := NewScript("local n = tonumber(redis.call('GET', KEYS[1]) or 0) redis.call('SET', KEYS[1], n + 1)")
	for range goroutines {
		all.Go(func() {
			for range calls {
				incr.Run(ctx, &s, []string{"n"})
				s.Do(ctx, "PING")
			}
		})
	}
	all.Wait()
	if got, err := s.Do(ctx, "GET", "n").Int(); got != goroutines*calls || err != nil {
		t.Errorf("n = %d, %v; want %d", got, err, goroutines*calls)
	}
}

// TestDroppedStores: stores that nobody uses any more leave nothing behind.
func TestDroppedStores(t *testing.T) {
	use := func(n int) {
		for range n {
			var s Store
			must(t, s.Eval(ctx, "return redis.call('SET', KEYS[1], ARGV[1])", []string{"k"}, "v"))
		}
	}
	use(100)
	before := heapInUse()
	use(10_000)
	if grown := heapInUse() - before; grown > 1<<20 {
		t.Errorf("10,000 stores left %d bytes", grown)
	}
	if n := runtime.NumGoroutine(); n > 20 {
		t.Errorf("there are %d goroutines", n)
	}
}

// BenchmarkFirstReply is what a new store takes up to its first script's reply.
func BenchmarkFirstReply(b *testing.B) {
	for b.Loop() {
		var s Store
		if err := s.Eval(ctx, "return redis.call('INCR', KEYS[1])", []string{"k"}).Err(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestVirtualTime: in a bubble of testing/synctest, keys expire and contexts
// end by its clock.
func TestVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Store
		must(t, s.Eval(ctx, "return redis.call('SET', KEYS[1], 'v', 'EX', 60)", []string{"k"}))
		time.Sleep(59 * time.Second)
		if got, err := s.Do(ctx, "TTL", "k").Int(); got != 1 || err != nil {
			t.Errorf("TTL after 59 s: %d, %v; want 1", got, err)
		}
		time.Sleep(time.Second + time.Millisecond)
		if err := s.Do(ctx, "GET", "k").Err(); !errors.Is(err, ErrNil) {
			t.Errorf("GET after 60 s: %v; want nil", err)
		}

		must(t, s.Do(ctx, "SET", "held", 1))
		if err := s.lock.Acquire(ctx); err != nil {
			t.Fatal(err)
		}
		waiting, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		begin := time.Now()
		err := s.Do(waiting, "DEL", "held").Err()
		if waited := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || waited != time.Hour {
			t.Errorf("waiting for the lock: %v after %v; want the deadline exceeded after an hour", err, waited)
		}
		s.lock.Release()
		if got, err := s.Do(ctx, "EXISTS", "held").Bool(); !got || err != nil {
			t.Error("the call that gave up waiting was done")
		}
	})
}

const (
	millionCounters = `for i = 1, 1000000 do
	local key = 'counter:' .. i
	redis.call('INCR', key)
	redis.call('EXPIRE', key, 60)
end`
	manyCounters = 1_000_000
)

// heapInUse returns how many bytes of the heap are reachable.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMillionCounters: a million counters with a TTL take no more than 1.3
// times the memory that Redis says it uses for them.
func TestMillionCounters(t *testing.T) {
	skipUnderRace(t)
	server := transcript.StartRedis(t)
	usedMemory := func() int64 {
		info := server.Do([]string{"INFO", "memory"}).Str()
		_, after, _ := strings.Cut(info, "used_memory:")
		n, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
		must(t, Reply{err: err})
		return n
	}
	theirs := -usedMemory()
	server.Do([]string{"EVAL", millionCounters, "0"})
	theirs += usedMemory()

	var s Store
	must(t, s.Eval(ctx, "return 1", nil))
	ours := -heapInUse()
	must(t, s.Eval(ctx, millionCounters, nil))
	ours += heapInUse()
	runtime.KeepAlive(&s)
	t.Logf("%d bytes a key, in Redis %d: %.2f times as many", ours/manyCounters, theirs/manyCounters, float64(ours)/float64(theirs))
	if ours*10 > theirs*13 {
		t.Errorf("the counters take %d bytes, in Redis %d", ours, theirs)
	}
}

func TestNewRefusesUsers(t *testing.T) {
	for line, complaint := range map[string]string{
		"alice +nosuch": "Unknown command or category name in ACL",
		" ":             "no name of a user",
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, "Options.Users") || !strings.Contains(p, complaint) {
					t.Errorf("New panicked with %q", p)
				}
			}()
			New(&Options{Users: []string{line}})
		}()
	}
}

// A Session may do everything until it is somebody's, and then what he may.
func TestSessionOfUser(t *testing.T) {
	s := New(&Options{Users: []string{"alice on >pw ~a +get +eval", "default off"}})
	session := s.Session()
	for _, test := range []struct {
		args []any
		want string
	}{
		{[]any{"SET", "b", "1"}, ""},
		{[]any{"AUTH", "alice", "no"}, "WRONGPASS invalid username-password pair or user is disabled."},
		{[]any{"AUTH", "alice", "pw"}, ""},
		{[]any{"GET", "b"}, "NOPERM this user has no permissions to access one of the keys used as arguments"},
		{[]any{"EVAL", "return redis.pcall('get', 'b')", 0}, "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments"},
		{[]any{"GET", "a"}, ""},
	} {
		got := ""
		if err := session.Do(ctx, test.args...).Err(); err != nil && err != ErrNil {
			got = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.args, diff)
		}
	}
	if err := s.Do(ctx, "GET", "b").Err(); err != nil {
		t.Error(err)
	}
	if err := s.Do(ctx, "ACL", "DELUSER", "alice").Err(); err != nil {
		t.Error(err)
	}
	if err := session.Do(ctx, "GET", "a").Err(); err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
		t.Errorf("the session of a user who is gone may GET: %v", err)
	}
	if err := s.Do(ctx, "AUTH", "alice", "pw").Err(); err == nil {
		t.Error("a Store took a user")
	}
}
