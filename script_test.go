package luastore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScriptRun(t *testing.T) {
	var s Store
	script := NewScript("return {KEYS[1], ARGV[1]}")
	if got, want := NewScript("return 1").Hash(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"; got != want {
		t.Errorf("Hash = %q; want %q", got, want)
	}
	if err := s.EvalSha(ctx, script.Hash(), nil).Err(); !errors.Is(err, ErrNoScript) {
		t.Errorf("EvalSha before Run: %v; want ErrNoScript", err)
	}
	for range 2 { // by its source, then by its SHA-1
		got, err := script.Run(ctx, &s, []string{"k"}, "a").StringSlice()
		if diff := cmp.Diff([]string{"k", "a"}, got); diff != "" || err != nil {
			t.Errorf("Run: %v (-want +got)\n%s", err, diff)
		}
	}
	if got := must(t, s.EvalSha(ctx, strings.ToUpper(script.Hash()), []string{"k"}, "b")).Val(); !cmp.Equal(got, []any{"k", "b"}) {
		t.Errorf("EvalSha in capitals = %v", got)
	}
}

func TestScriptRunRO(t *testing.T) {
	var s Store
	must(t, s.Do(ctx, "SET", "k", "v"))
	get := NewScript("return redis.call('GET', KEYS[1])")
	set := NewScript("return redis.call('SET', KEYS[1], 'w')")
	for range 2 {
		if got, err := get.RunRO(ctx, &s, []string{"k"}).Text(); got != "v" || err != nil {
			t.Errorf("get.RunRO = %q, %v; want v", got, err)
		}
		if err := set.RunRO(ctx, &s, []string{"k"}).Err(); err == nil || !strings.Contains(err.Error(), "read-only scripts") {
			t.Errorf("set.RunRO: %v; want it refused", err)
		}
	}
}

func TestScriptLoadExistsFlush(t *testing.T) {
	var s Store
	script := NewScript("return 1")
	sha, err := script.Load(ctx, &s)
	if sha != script.Hash() || err != nil {
		t.Fatalf("Load = %q, %v; want %q", sha, err, script.Hash())
	}
	exists := func() []bool {
		t.Helper()
		got, err := s.ScriptExists(ctx, sha, strings.Repeat("0", 40), strings.ToUpper(sha))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if diff := cmp.Diff([]bool{true, false, true}, exists()); diff != "" {
		t.Errorf("ScriptExists (-want +got)\n%s", diff)
	}
	if err := s.ScriptFlush(ctx); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]bool{false, false, false}, exists()); diff != "" {
		t.Errorf("ScriptExists after ScriptFlush (-want +got)\n%s", diff)
	}
	if _, err := s.ScriptLoad(ctx, "return -"); err == nil || !strings.Contains(err.Error(), "user_script:1: unexpected symbol near '<eof>'") {
		t.Errorf("ScriptLoad of no Lua: %v", err)
	}
}

// TestCacheBounds: of the scripts that Eval brings, those used last are kept;
// those that ScriptLoad brings all are.
func TestCacheBounds(t *testing.T) {
	var s Store
	source := func(i int) string { return fmt.Sprintf("return %d", i) }
	kept := func(i int) bool {
		t.Helper()
		got, err := s.ScriptExists(ctx, sha1hex(source(i)))
		if err != nil {
			t.Fatal(err)
		}
		return got[0]
	}
	for i := range maxEvaluated {
		must(t, s.Eval(ctx, source(i), nil))
	}
	must(t, s.EvalSha(ctx, sha1hex(source(0)), nil)) // used again: not the oldest any more
	if _, err := s.ScriptLoad(ctx, source(2)); err != nil {
		t.Fatal(err) // loaded: never removed
	}
	for i := 1000; i < 1003; i++ { // one more fits, since that is not counted any more
		must(t, s.Eval(ctx, source(i), nil))
	}
	got := map[int]bool{}
	for _, i := range []int{0, 1, 2, 3, 4, 1000, 1002} {
		got[i] = kept(i)
	}
	want := map[int]bool{0: true, 1: false, 2: true, 3: false, 4: true, 1000: true, 1002: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scripts that are kept (-want +got)\n%s", diff)
	}
	for i := 2000; i < 2000+2*maxEvaluated; i++ {
		if _, err := s.ScriptLoad(ctx, source(i)); err != nil {
			t.Fatal(err)
		}
	}
	if !kept(2000) || !kept(0) {
		t.Error("ScriptLoad removed scripts")
	}
	if n := len(s.scripts.bySource); n != len(s.scripts.bySHA) {
		t.Errorf("%d sources, %d SHA-1s", n, len(s.scripts.bySHA))
	}
}

func TestCacheBoundsBytes(t *testing.T) {
	var s Store
	const size = 1 << 19
	for i := range 2 * maxEvaluatedSource / size {
		must(t, s.Eval(ctx, fmt.Sprintf("return %d --%*d", i, size-20, 0), nil))
	}
	if n := len(s.scripts.bySHA); n > maxEvaluatedSource/size+1 || n < maxEvaluatedSource/size-1 || s.scripts.size > maxEvaluatedSource {
		t.Errorf("%d scripts of %d bytes are kept", n, s.scripts.size)
	}
	must(t, s.EvalSha(ctx, sha1hex(fmt.Sprintf("return %d --%*d", 2*maxEvaluatedSource/size-1, size-20, 0)), nil))
}

func TestErrorDetails(t *testing.T) {
	var s Store
	script := `local function inner()
  return redis.call('INCR', KEYS[1])
end
local r = inner()
return r`
	must(t, s.Do(ctx, "SET", "k", "text"))
	for name, err := range map[string]error{
		"Eval": s.Eval(ctx, script, []string{"k"}).Err(),
		"Do":   s.Do(ctx, "EVAL", script, 1, "k").Err(),
	} {
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("%s: %v is no *Error", name, err)
		}
		want := Error{
			Code:      "ERR",
			Message:   "value is not an integer or out of range script: " + sha1hex(script) + ", on @user_script:2.",
			SHA:       sha1hex(script),
			Line:      2,
			Traceback: []string{"user_script:2: in upvalue 'inner'", "user_script:4: in main chunk"},
		}
		want.Traceback[0] = e.Traceback[0] // its wording is not Redis's business
		got := Error{Code: e.Code, Message: e.Message, SHA: e.SHA, Line: e.Line, Traceback: e.Traceback}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Error{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
		if e.Error() != e.Code+" "+e.Message {
			t.Errorf("%s: Error() = %q", name, e.Error())
		}
	}
	var e *Error
	if err := s.Eval(ctx, "return 1\nreturn 2", nil).Err(); !errors.As(err, &e) || e.Line != 2 || e.SHA != sha1hex("return 1\nreturn 2") {
		t.Errorf("error of a script that is no Lua: %#v", e)
	}
	if err := s.Do(ctx, "INCR", "k").Err(); errors.Is(err, ErrWrongType) || errors.Is(err, ErrNoScript) {
		t.Errorf("%v is an error of another code", err)
	}
	if err := (&Error{Code: "A", Message: "b"}); err.Error() != "A b" || !errors.Is(err, &Error{Code: "A"}) || errors.Is(err, &Error{Code: "A", Message: "c"}) {
		t.Errorf("Error made by hand: %v", err)
	}
}

func TestLog(t *testing.T) {
	var b bytes.Buffer
	plain := &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	s := New(&Options{Logger: slog.New(slog.NewTextHandler(&b, plain))})
	script := "for _, level in ipairs({redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING}) do redis.log(level, 'level', level) end"
	must(t, s.Eval(ctx, script, nil))
	named, err := LoadScript(files(map[string]string{"log.lua": "\n\nredis.log(redis.LOG_NOTICE, 'of a file')"}), "log.lua")
	if err != nil {
		t.Fatal(err)
	}
	must(t, named.Run(ctx, s, nil))
	if _, err := s.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function()\nredis.log(redis.LOG_NOTICE, 'of a function') end)"); err != nil {
		t.Fatal(err)
	}
	must(t, s.FCall(ctx, "f", nil))
	sha := sha1hex(script)
	want := "level=DEBUG msg=\"level 0\" script=" + sha + " line=1\n" +
		"level=DEBUG+2 msg=\"level 1\" script=" + sha + " line=1\n" +
		"level=INFO msg=\"level 2\" script=" + sha + " line=1\n" +
		"level=WARN msg=\"level 3\" script=" + sha + " line=1\n" +
		"level=INFO msg=\"of a file\" script=log.lua line=3\n" +
		"level=INFO msg=\"of a function\" function=f line=3\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestReplySize: a result that is small in Lua and huge as a reply is stopped.
func TestReplySize(t *testing.T) {
	var s Store
	err := s.Eval(ctx, "local t = {} for i = 1, 40 do t = {t, t} end return t", nil).Err()
	if err == nil || !strings.Contains(err.Error(), "not enough memory") {
		t.Errorf("%v; want it stopped", err)
	}
}

func TestScriptsSeeTimeStandStill(t *testing.T) {
	var s Store
	got, err := s.Eval(ctx, `
		redis.call('SET', 'k', 'v', 'PX', 1)
		local begin = redis.call('TIME')
		for i = 1, 1000000 do end
		local now = redis.call('TIME')
		return {begin[1] == now[1] and begin[2] == now[2] and 1 or 0, redis.call('PTTL', 'k'), redis.call('EXISTS', 'k')}`, nil).Int64Slice()
	if diff := cmp.Diff([]int64{1, 1, 1}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// The nine workloads of the bench module, without their rivals, with a journal
// and without.
func BenchmarkEvalSha(b *testing.B) {
	always := func(args ...any) func(int) []any { return func(int) []any { return args } }
	now := func(i int) int { return 1_700_000_000_000 + i }
	order, err := os.ReadFile("bench/workloads/order.json")
	if err != nil {
		b.Fatal(err)
	}
	list, hash := []any{"RPUSH", "key:0"}, []any{"HSET", "key:0"}
	for i := range 1000 {
		list = append(list, fmt.Sprintf("item:%d", i))
	}
	for i := range 100 {
		hash = append(hash, fmt.Sprintf("f%d", i), i)
	}
	for _, w := range []struct {
		name   string
		keys   int
		args   func(i int) []any
		before []any // the command that makes what the first key holds
	}{
		{"fixed_window", 1000, always(5, 60), nil},
		{"sliding_window", 1000, func(i int) []any { return []any{now(i), 60000, 10, now(i)} }, nil},
		{"token_bucket", 1000, func(i int) []any { return []any{0.01, 10, now(i), 1} }, nil},
		{"lock_unlock", 1000, always("token", 30000), nil},
		{"batch_hset", 1, always("value"), nil},
		{"cjson", 1, always(order), nil},
		{"cpu_loop", 0, always(10000), nil},
		{"range_reply", 1, always(), list},
		{"scan_sum", 1, always(), hash},
	} {
		for mode, rollback := range map[string]Rollback{"journal": RollbackOnStop, "none": RollbackNever} {
			b.Run(w.name+"/"+mode, func(b *testing.B) {
				source, err := os.ReadFile("bench/workloads/" + w.name + ".lua")
				if err != nil {
					b.Fatal(err)
				}
				keys := [][]string{nil}
				if w.keys > 0 {
					keys = nil
				}
				for i := range w.keys {
					keys = append(keys, []string{fmt.Sprintf("key:%d", i)})
				}
				s := New(&Options{Rollback: rollback})
				if w.before != nil {
					s.Do(ctx, w.before...)
				}
				sha, err := s.ScriptLoad(ctx, string(source))
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if err := s.EvalSha(ctx, sha, keys[i%len(keys)], w.args(i)...).Err(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// Scripts that take long must be entries of SLOWLOG, by whichever way they run.
func TestSlowScripts(t *testing.T) {
	var store Store
	const long = "local n = 0 for i = 1, ARGV[1] do n = n + 1 end return n"
	store.Do(ctx, "CONFIG", "SET", "slowlog-log-slower-than", 2000)
	store.Eval(ctx, long, []string{"k"}, 10)
	if n, _ := store.Do(ctx, "SLOWLOG", "LEN").Int64(); n != 0 {
		t.Fatalf("%d entries after a short script", n)
	}
	store.Eval(ctx, long, []string{"k"}, 1_000_000)
	store.Do(ctx, "EVAL", long, 0, 1_000_000)
	entries, err := store.Do(ctx, "SLOWLOG", "GET").Slice()
	if err != nil || len(entries) != 2 {
		t.Fatalf("SLOWLOG has %v (%v)", entries, err)
	}
	for i, want := range [][]any{{"EVAL", long, "0", "1000000"}, {"EVAL", long, "1", "k", "1000000"}} {
		if diff := cmp.Diff(want, entries[i].([]any)[3]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestInfoScripts: INFO tells how many scripts and functions there are.
func TestInfoScripts(t *testing.T) {
	var s Store
	must(t, s.Eval(ctx, "return 1", nil))
	if _, err := s.ScriptLoad(ctx, "return 2"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.FunctionLoad(ctx, loopingLibrary); err != nil {
		t.Fatal(err)
	}
	text, err := s.Do(ctx, "INFO", "memory").Text()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"number_of_cached_scripts:2", "number_of_functions:3", "number_of_libraries:1"} {
		if !strings.Contains(text, "\n"+line+"\r") {
			t.Errorf("INFO memory has no %s:\n%s", line, text)
		}
	}
}

// TestShortOfMemory: the methods, too, look for memory before anything else.
func TestShortOfMemory(t *testing.T) {
	s := New(&Options{MaxMemory: 1})
	if _, err := s.ScriptLoad(ctx, "#!lua\nreturn 1"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		script string
		want   error
	}{
		{"#!lua\nsyntax error", ErrOutOfMemory},
		{"#!lua flags=no-writes\nsyntax error", &Error{Code: "ERR"}},
		{"#!lua\nreturn 1", ErrOutOfMemory},
		{"#!lua flags=allow-oom\nreturn 1", nil},
		{"return 1", nil},
	} {
		if err := s.Eval(ctx, test.script, nil).Err(); !errors.Is(err, test.want) {
			t.Errorf("%q: %v, want %v", test.script, err, test.want)
		}
	}
	info, err := s.Do(ctx, "INFO", "commandstats").Text()
	if !regexp.MustCompile(`cmdstat_eval:calls=3,usec=\d+,usec_per_call=[\d.]+,rejected_calls=2,failed_calls=1`).MatchString(info) {
		t.Errorf("%s, %v", info, err)
	}
}

// TestLoadingEnds: whatever loads a source, the context ends it, and the next call
// finds nothing of it.
func TestLoadingEnds(t *testing.T) {
	source := strings.Repeat("repeat if 1 then else break end until 1 ", 20_000)
	library := "#!lua name=lib\n" + source + " redis.register_function('f', function() return 1 end)"
	var other Store
	must(t, other.Do(ctx, "FUNCTION", "LOAD", library))
	dump, err := other.FunctionDump(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range [][]any{
		{"EVAL", source, 0},
		{"EVAL_RO", source, 0},
		{"SCRIPT", "LOAD", source},
		{"FUNCTION", "LOAD", library},
		{"FUNCTION", "RESTORE", dump},
		{"EVAL", "return loadstring(ARGV[1])", 0, source},
		{"EVAL", "local source = ARGV[1] return load(function() local s = source source = nil return s end)", 0, source},
	} {
		s := New(&Options{ScriptTimeout: time.Minute})
		must(t, s.Eval(ctx, "return 1", nil))
		short, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
		begin := time.Now()
		r := s.Do(short, call...)
		if took := time.Since(begin); !errors.Is(r.Err(), context.DeadlineExceeded) || took > 5*time.Second {
			t.Errorf("%v: %.200v after %v; want the deadline exceeded", call[:2], r.Err(), took)
		}
		cancel()
		if n, err := s.Eval(ctx, "return 2", nil).Int(); n != 2 || err != nil {
			t.Errorf("%v: afterwards %d, %v", call[:2], n, err)
		}
		if known, err := s.ScriptExists(ctx, sha1hex(source)); err != nil || known[0] {
			t.Errorf("%v: the script is known: %v, %v", call[:2], known, err)
		}
		if libraries, err := s.Do(ctx, "FUNCTION", "LIST").Slice(); err != nil || len(libraries) != 0 {
			t.Errorf("%v: libraries %v, %v", call[:2], libraries, err)
		}
	}
}
