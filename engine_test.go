package luastore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLimits: each limit stops a script that reaches it, with an error that
// errors.Is knows and the script cannot catch, and leaves the store as usable
// as before.
func TestLimits(t *testing.T) {
	for name, tt := range map[string]struct {
		options Options
		script  string
		want    error
	}{
		"instructions":          {Options{MaxInstructions: 100_000}, "while true do end", ErrInstructions},
		"instructions, caught":  {Options{MaxInstructions: 100_000}, "while true do pcall(function() while true do end end) end", ErrInstructions},
		"instructions, pattern": {Options{MaxInstructions: 100_000}, "return (('a'):rep(1e5):find('.-.-.-b'))", ErrInstructions},
		"memory":                {Options{MaxScriptMemory: 1 << 20}, "local t = {} for i = 1, 1e5 do t[i] = {} end", ErrMemory},
		"memory, doubling":      {Options{MaxScriptMemory: 1 << 20}, "local s = 'x' while true do s = s .. s end", ErrMemory},
		"memory, caught":        {Options{MaxScriptMemory: 1 << 20}, "while true do pcall(function() local s = 'x' while true do s = s .. s end end) end", ErrMemory},
		"memory, reply":         {Options{MaxScriptMemory: 1 << 20}, "local t = {} for i = 1, 30 do t = {t, t} end return t", ErrMemory},
		"memory, default":       {Options{}, "local s = 'x' while true do s = s .. s end", ErrMemory},
		"reply":                 {Options{MaxReplySize: 1000}, "local t = {} for i = 1, 100 do t[i] = i end return t", ErrReplySize},
		"reply, text":           {Options{MaxReplySize: 1000}, "return ('x'):rep(1000)", ErrReplySize},
		"reply, error":          {Options{MaxReplySize: 1000}, "return {err = ('x'):rep(1000)}", ErrReplySize},
		"reply, no memory":      {Options{MaxReplySize: 1000, MaxScriptMemory: -1}, "local t = {} for i = 1, 64 do t = {t, t} end return t", ErrReplySize},
		"time":                  {Options{ScriptTimeout: time.Second}, "while true do end", ErrTimeout},
		"time, coroutine":       {Options{ScriptTimeout: time.Second}, "while true do coroutine.wrap(function() while true do end end)() end", ErrTimeout},
	} {
		s := New(&tt.options)
		must(t, s.Do(ctx, "SET", "k", "v"))
		err := s.Eval(ctx, "redis.call('INCR', 'runs') "+tt.script, nil).Err()
		var e *Error
		if !errors.Is(err, tt.want) || !errors.As(err, &e) || e.SHA == "" {
			t.Errorf("%s: %v; want %v", name, err, tt.want)
		}
		// What every limit lets through.
		got, err := s.Eval(ctx, "local n = 0 for i = 1, 10000 do n = n + #('x' .. i) end return tostring(redis.call('GET', 'runs')) .. redis.call('GET', 'k')", nil).Text()
		if got != "falsev" || err != nil {
			t.Errorf("%s: afterwards %q, %v; want falsev", name, got, err)
		}
	}
}

// TestReplyFits: a reply up to the limit is whole.
func TestReplyFits(t *testing.T) {
	s := New(&Options{MaxReplySize: 1000})
	if got, err := s.Eval(ctx, "return {1, 2, ('x'):rep(500)}", nil).Slice(); len(got) != 3 || err != nil {
		t.Errorf("%v, %v; want three elements", got, err)
	}
}

func TestDeadline(t *testing.T) {
	var s Store
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := s.Eval(short, "while true do end", nil).Err(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v; want the deadline exceeded", err)
	}
}

// TestLongCommands: a context ends a command that takes long, from Go and from
// scripts, and nothing is changed.
func TestLongCommands(t *testing.T) {
	var s Store
	must(t, s.Do(ctx, "SET", strings.Repeat("a", 1<<20), "v"))
	must(t, s.Do(ctx, "SET", "x", strings.Repeat("ab", 2000)))
	must(t, s.Do(ctx, "SET", "y", strings.Repeat("ba", 2000)))
	words := []any{"SADD", "set"}
	for i := range 200_000 {
		words = append(words, i)
	}
	must(t, s.Do(ctx, words...))
	pattern := "*[" + strings.Repeat("b", 1<<19) + "]"
	for name, call := range map[string]func(context.Context) Reply{
		"KEYS":          func(ctx context.Context) Reply { return s.Do(ctx, "KEYS", pattern) },
		"KEYS, session": func(ctx context.Context) Reply { return s.Session().Do(ctx, "KEYS", pattern) },
		"KEYS, script": func(ctx context.Context) Reply {
			return s.Eval(ctx, "return redis.call('KEYS', ARGV[1])", nil, pattern)
		},
		"SCAN":        func(ctx context.Context) Reply { return s.Do(ctx, "SCAN", 0, "COUNT", 1000, "MATCH", pattern) },
		"SUNIONSTORE": func(ctx context.Context) Reply { return s.Do(ctx, "SUNIONSTORE", "set", "set", "set") },
		"SDIFF":       func(ctx context.Context) Reply { return s.Do(ctx, "SDIFF", "set", "other") },
		"SINTERCARD":  func(ctx context.Context) Reply { return s.Do(ctx, "SINTERCARD", 3, "set", "set", "set") },
		"SRANDMEMBER": func(ctx context.Context) Reply { return s.Do(ctx, "SRANDMEMBER", "set", -4_000_000) },
		"SPOP, in a loop": func(ctx context.Context) Reply {
			return s.Eval(ctx, "while true do redis.call('SPOP', 'set', 10) redis.call('SADD', 'set', 1, 2, 3, 4, 5, 6) end", nil)
		},
		"LCS":     func(ctx context.Context) Reply { return s.Do(ctx, "LCS", "x", "y") },
		"LCS LEN": func(ctx context.Context) Reply { return s.Do(ctx, "LCS", "x", "y", "LEN") },
		"LCS, in a loop": func(ctx context.Context) Reply {
			return s.Eval(ctx, "while true do redis.pcall('LCS', 'x', 'y') end", nil)
		},
	} {
		short, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
		start := time.Now()
		err := call(short).Err()
		cancel()
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 10*time.Second {
			t.Errorf("%s: %v after %v; want the deadline exceeded", name, err, took)
		}
		if n, err := s.Do(ctx, "DBSIZE").Int(); n != 4 || err != nil {
			t.Errorf("%s: afterwards %d keys, %v; want 4", name, n, err)
		}
	}
}

// busyScripts go on for ever, at all kinds of work.
var busyScripts = map[string]string{
	"loop":      "while true do end",
	"pcall":     "while true do pcall(function() while true do end end) end",
	"coroutine": "while true do coroutine.wrap(function() for i = 1, 1e9 do end end)() end",
	"call":      "while true do redis.call('SET', 'k', 'v') end",
	"keys":      "while true do redis.call('KEYS', '*') end",
	"pattern":   "return ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40))",
	"gsub":      "local s = ('x'):rep(1e6) while true do s:gsub('.', 'y') end",
	"find":      "local s = ('x'):rep(1e7) while true do s:find('y', 1, true) end",
	"sort":      "local t = {} for i = 1, 1e5 do t[i] = i * 7919 % 100003 end while true do table.sort(t, function(a, b) return a < b end) end",
	"concat":    "local t = {} for i = 1, 1e6 do t[i] = 'x' end while true do table.concat(t) end",
	"insert":    "local t = {} for i = 1, 1e6 do t[i] = i end while true do table.insert(t, 1, 0) end",
	"encode":    "local t = {} for i = 1, 1e6 do t[i] = i end while true do cjson.encode(t) end",
	"decode":    "local s = '[' .. ('1,'):rep(1e6) .. '1]' while true do cjson.decode(s) end",
	"pack":      "local t = {} for i = 1, 1e6 do t[i] = i end while true do cmsgpack.pack(t) end",
	"unpack":    "local t = {} for i = 1, 7000 do t[i] = i end while true do select('#', unpack(t)) end",
	"load":      "local s = ('x = 1 '):rep(1e5) while true do loadstring(s) end",
	"garbage":   "while true do local t = {} for i = 1, 1e5 do t[i] = {i} end end",
	"live":      "local t = {} for i = 1, 1e6 do t[i] = {i} end while true do local s = ('x'):rep(1e6) end",
	"numbers":   "local t = {} for i = 1, 3e6 do t[i] = i * 7919 % 3000017 end while true do table.sort(t) end",
	"object":    "local t = {} for i = 1, 2e5 do t['k' .. i] = i end while true do cjson.encode(t) end",
	"text":      "local s = ('x'):rep(4e7) while true do cjson.encode(s) end",
	"quoted":    "local s = '\"' .. ('x'):rep(4e7) .. '\"' while true do cjson.decode(s) end",
	"upper":     "local s = ('x'):rep(4e7) while true do s:upper() end",
	"reverse":   "local s = ('x'):rep(4e7) while true do s:reverse() end",
	"map":       "local t = {} for i = 1, 2e5 do t['k' .. i] = i end while true do cmsgpack.pack(t) end",
	"range":     "while true do redis.call('LRANGE', 'l', 0, 4999999) end",
	"reply":     "local t = {} for i = 1, 1e6 do t[i] = i end while true do t = {t} if #redis.call('ECHO', 'x') == 2 then return t end end",
}

// busyStore returns a store with what busyScripts read.
func busyStore() *Store {
	s := new(Store)
	for i := range 10_000 {
		s.Do(ctx, "SET", i, i)
	}
	s.Eval(ctx, "for i = 1, 1e7, 1000 do local t = {} for j = 0, 999 do t[j + 1] = i + j end redis.call('RPUSH', 'l', unpack(t)) end", nil)
	return s
}

// cancelAfter runs the script and returns how long it still runs after its context
// was cancelled.
func cancelAfter(tb testing.TB, s *Store, script string, d time.Duration) time.Duration {
	running, cancel := context.WithCancel(ctx)
	var at time.Time
	time.AfterFunc(d, func() { at = time.Now(); cancel() })
	if err := s.Eval(running, script, nil).Err(); !errors.Is(err, context.Canceled) {
		tb.Fatal(err)
	}
	return time.Since(at)
}

// TestCancel: whatever a script is at, it ends soon after its context. How soon
// BenchmarkCancel measures.
func TestCancel(t *testing.T) {
	s := busyStore()
	for name, script := range busyScripts {
		if took := cancelAfter(t, s, script, 50*time.Millisecond); took > 5*time.Second {
			t.Errorf("%s: %v after its context", name, took)
		}
	}
	if n, err := s.Do(ctx, "LLEN", "l").Int(); n != 1e7 || err != nil {
		t.Errorf("afterwards the list has %d elements, %v", n, err)
	}
}

// BenchmarkCancel is how long scripts still run after their context is
// cancelled, at most.
func BenchmarkCancel(b *testing.B) {
	s := busyStore()
	for name, script := range busyScripts {
		b.Run(name, func(b *testing.B) {
			var worst time.Duration
			for b.Loop() {
				worst = max(worst, cancelAfter(b, s, script, 200*time.Millisecond))
			}
			b.ReportMetric(float64(worst.Microseconds()), "µs-worst")
		})
	}
}

// TestMaxMemory: a script's own writes count against Options.MaxMemory, whatever
// it says that it may do, and what it removes makes room.
func TestMaxMemory(t *testing.T) {
	const limit = 8 << 20
	for name, script := range map[string]string{
		"appending":     "redis.call('SET', 'k', 'x') while true do redis.call('APPEND', 'k', redis.call('GET', 'k')) end",
		"allowed":       "#!lua flags=allow-oom\nwhile true do redis.call('APPEND', 'k', ('x'):rep(1000)) end",
		"keys":          "for i = 1, 1e9 do redis.call('SET', 'key:' .. i, i) end",
		"fields":        "for i = 1, 1e9 do redis.call('HSET', 'h', i, i) end",
		"a large value": "redis.call('SETRANGE', 'k', 2^25, 'x') redis.call('SET', 'l', 'x')",
		"consumers":     "redis.call('XGROUP', 'CREATE', 's', 'g', '$', 'MKSTREAM') for i = 1, 1e9 do redis.call('XREADGROUP', 'GROUP', 'g', i, 'STREAMS', 's', '0') end",
		"expiries":      "for i = 1, 1e9 do redis.call('SETEX', i, 1000, i) end",
	} {
		for _, policy := range []string{"", "allkeys-lru", "volatile-ttl"} {
			s := New(&Options{MaxMemory: limit, MaxMemoryPolicy: policy})
			must(t, s.Do(ctx, "SET", "there", "before"))
			r := s.Eval(ctx, script, nil)
			if !errors.Is(r.Err(), ErrOutOfMemory) {
				t.Errorf("%s, %s: %v; want %v", name, policy, r.Err(), ErrOutOfMemory)
			}
			if got := s.Do(ctx, "GET", "there").Val(); policy == "" && got != "before" {
				t.Errorf("%s: %v is there", name, got)
			}
			// Now a command that needs memory is refused, or keys are evicted.
			if err := s.Do(ctx, "SET", "more", "x").Err(); (err == nil) != (policy == "allkeys-lru" || name == "expiries" && policy != "") {
				t.Errorf("%s, %s: SET answers %v", name, policy, err)
			}
			must(t, s.Do(ctx, "FLUSHALL"))
			must(t, s.Do(ctx, "SET", "more", "x"))
		}
	}
}

func TestNewRefusesMemory(t *testing.T) {
	for _, options := range []Options{{MaxMemory: -1}, {MaxMemoryPolicy: "lru"}} {
		func() {
			defer func() {
				if p, ok := recover().(string); !ok || !strings.HasPrefix(p, "luastore: Options.MaxMemory") {
					t.Errorf("New(%+v) panicked with %q", options, p)
				}
			}()
			New(&options)
		}()
	}
}

// TestDeclaredKeysOnly: a script that touches a key that it did not declare
// fails there, and before the command does anything.
func TestDeclaredKeysOnly(t *testing.T) {
	keys := []string{"a", "b", "c"}
	for _, test := range []struct {
		script string
		key    string // that is touched without being declared; "" for none
	}{
		{"redis.call('SET', KEYS[1], 1) redis.call('RENAME', KEYS[1], KEYS[2]) redis.call('COPY', 'b', 'c')", ""},
		{"redis.call('PING') redis.call('PUBLISH', 'x', 'y') redis.call('DBSIZE')", ""},
		{"redis.pcall('GET') redis.pcall('NOSUCH', 'x')", ""},
		{"redis.call('SET', 'x', 1)", "x"},
		{"redis.call('RENAME', KEYS[1], KEYS[1] .. 'x')", "ax"},
		{"redis.call('MSET', 'a', 1, 'x', 2)", "x"},
		{"redis.call('ZUNIONSTORE', 'a', 2, 'b', 'x')", "x"},
		{"redis.call('ZUNIONSTORE', 'x', 2, 'b', 'a')", "x"},
		{"redis.call('LPUSH', 'b', 1) redis.call('SORT', 'b', 'STORE', 'x')", "x"},
		{"redis.call('LPUSH', 'b', 1) redis.call('SORT', 'b', 'LIMIT', 0, 1, 'BY', 'nosort', 'GET', '#')", ""},
		{"redis.call('LPUSH', 'b', 1) redis.call('SORT', 'b', 'by', 'w_*', 'GET', '#')", "w_*"},
		{"redis.call('LPUSH', 'b', 1) redis.call('SORT_RO', 'b', 'GET', 'h*->f')", "h*->f"},
		{"redis.call('XREAD', 'STREAMS', 'a', 'x', 0, 0)", "x"},
		{"redis.call('PFMERGE', 'x')", "x"},
		{"redis.call('OBJECT', 'ENCODING', 'x')", "x"},
		{"redis.call('SET', 'two\\nlines', 1)", "two lines"},
	} {
		s := New(&Options{DeclaredKeysOnly: true})
		err := s.Eval(ctx, "redis.call('SET', 'a', 'old')\n"+test.script, keys).Err()
		want := ErrNil.Error()
		if test.key != "" {
			want = "ERR Script attempted to access undeclared key '" + test.key + "' script: "
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v; want %s", test.script, err, want)
		}
		var e *Error
		if test.key != "" && (!errors.As(err, &e) || e.Line != 2 || len(e.Command) == 0) {
			t.Errorf("%s: %+v", test.script, err)
		}
		left, _ := s.Do(ctx, "KEYS", "*").StringSlice()
		if slices.Contains(left, test.key) {
			t.Errorf("%s: the key is there", test.script)
		}
		if err := New(nil).Eval(ctx, "redis.call('SET', 'a', 'old')\n"+test.script, keys).Err(); strings.Contains(err.Error(), "undeclared") {
			t.Errorf("%s: without the option %v", test.script, err)
		}
	}
}

// TestDeclaredKeysOnlyFunctions: the keys of a function are those of its FCALL,
// and those of a call are none of the next.
func TestDeclaredKeysOnlyFunctions(t *testing.T) {
	s := New(&Options{DeclaredKeysOnly: true})
	if _, err := s.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function(keys, args) return redis.call('SET', args[1], 1) end)"); err != nil {
		t.Fatal(err)
	}
	must(t, s.FCall(ctx, "f", []string{"a", "b"}, "b"))
	for _, err := range []error{s.FCall(ctx, "f", []string{"a"}, "b").Err(), s.FCall(ctx, "f", nil, "b").Err(), s.Eval(ctx, "redis.call('GET', 'b')", nil).Err()} {
		if err == nil || !strings.HasPrefix(err.Error(), "ERR Script attempted to access undeclared key 'b'") {
			t.Error(err)
		}
	}
	must(t, s.Do(ctx, "SET", "b", 2)) // not in a script
}

// TestTrace: each command is told once, with where it is called from.
func TestTrace(t *testing.T) {
	var events []TraceEvent
	s := New(&Options{Trace: func(e TraceEvent) { events = append(events, e) }})
	const source = `#!lua
redis.call('RPUSH', KEYS[1], 'a', 'b')
local function read(k)
	return redis.call('LRANGE', k, 0, -1)
end
local a, b = read(KEYS[1]), read(KEYS[1])
redis.pcall('NOSUCH', 1.5)
pcall(redis.call, 'INCR', KEYS[1])
pcall(redis.call)
coroutine.wrap(function()
	loadstring('redis.call("PING")')()
end)()
table.sort({1, 2}, function() redis.call('TIME') end)
return #read(KEYS[1])`
	script, err := LoadScript(files(map[string]string{"s.lua": source}), "s.lua")
	if err != nil {
		t.Fatal(err)
	}
	must(t, s.Do(ctx, "SET", "other", 1)) // not in a script
	must(t, script.Run(ctx, s, []string{"k"}))
	if _, err := s.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function(keys)\nreturn redis.call('GET', keys[1]) end)"); err != nil {
		t.Fatal(err)
	}
	s.FCall(ctx, "F", []string{"other"})

	var got []string
	for _, e := range events {
		who := e.Function
		if who == "" {
			who = e.Name + strings.TrimPrefix(e.SHA, sha1hex(source))
		}
		v, err := e.Reply.Result()
		got = append(got, fmt.Sprintf("%s:%d %q %v %v", who, e.Line, e.Args, v, err))
		if e.Duration < 0 {
			t.Errorf("%s took %v", e.Args, e.Duration)
		}
		if e.Args[0] == "TIME" {
			got[len(got)-1] = fmt.Sprintf("%s:%d TIME", who, e.Line)
		}
	}
	want := []string{
		`s.lua:2 ["RPUSH" "k" "a" "b"] 2 <nil>`,
		`s.lua:4 ["LRANGE" "k" "0" "-1"] [a b] <nil>`,
		`s.lua:4 ["LRANGE" "k" "0" "-1"] [a b] <nil>`,
		`s.lua:7 ["NOSUCH" "1.5"] <nil> ERR Unknown Redis command called from script`,
		`s.lua:8 ["INCR" "k"] <nil> WRONGTYPE Operation against a key holding the wrong kind of value`,
		`s.lua:11 ["PING"] PONG <nil>`,
		`s.lua:13 TIME`,
		`s.lua:4 ["LRANGE" "k" "0" "-1"] [a b] <nil>`,
		`f:3 ["GET" "other"] 1 <nil>`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
