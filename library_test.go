package luastore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/rdb"
	"github.com/luastore/luastore/internal/transcript"
)

const counterLibrary = `#!lua name=counter
local calls = 0
redis.register_function{function_name='Count', description='counts', flags={'no-writes'}, callback=function(keys, args)
	calls = calls + 1
	return {calls, keys[1], args[1]}
end}`

func TestFunctions(t *testing.T) {
	var s Store
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	name, err := s.FunctionLoad(ctx, counterLibrary)
	check(err)
	if _, err := s.FunctionLoad(ctx, counterLibrary); name != "counter" || err == nil || err.Error() != "ERR Library 'counter' already exists" {
		t.Errorf("FunctionLoad = %q, and once more: %v", name, err)
	}
	for i, call := range []func(context.Context, string, []string, ...any) Reply{s.FCall, s.FCallRO} {
		want := []any{int64(i + 1), "k", "7"}
		if diff := cmp.Diff(want, must(t, call(ctx, "count", []string{"k"}, 7)).Val()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	dump, err := s.FunctionDump(ctx)
	check(err)
	_, err = s.FunctionLoadReplace(ctx, counterLibrary)
	check(err)
	if diff := cmp.Diff([]any{int64(1), "k"}, must(t, s.FCall(ctx, "count", []string{"k"})).Val()); diff != "" {
		t.Errorf("a library that was replaced (-want +got)\n%s", diff)
	}
	list, err := s.FunctionList(ctx, FunctionListQuery{LibraryNamePattern: "COUNT*", WithCode: true})
	check(err)
	want := []Library{{"counter", "LUA", []Function{{"Count", "counts", []string{"no-writes"}}}, counterLibrary}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("FunctionList (-want +got)\n%s", diff)
	}
	check(s.FunctionDelete(ctx, "counter"))
	if err := s.FCall(ctx, "count", nil).Err(); err == nil || err.Error() != "ERR Function not found" {
		t.Errorf("FCall of what was removed: %v", err)
	}
	check(s.FunctionRestore(ctx, dump))
	must(t, s.FCall(ctx, "count", nil))
	check(s.FunctionFlush(ctx))
	if list, err := s.FunctionList(ctx, FunctionListQuery{}); len(list) != 0 || err != nil {
		t.Errorf("FunctionList after FunctionFlush = %v, %v", list, err)
	}
	stats := map[any]any{"running_script": nil, "engines": map[any]any{"LUA": map[any]any{"libraries_count": int64(0), "functions_count": int64(0)}}}
	if diff := cmp.Diff(stats, s.FunctionStats(ctx).Val()); diff != "" {
		t.Errorf("FunctionStats (-want +got)\n%s", diff)
	}
}

// TestFunctionErrors: errors say where they come from.
func TestFunctionErrors(t *testing.T) {
	var s Store
	_, err := s.FunctionLoad(ctx, "#!lua name=lib\n\nlocal x = = 1")
	var e *Error
	if !errors.As(err, &e) || e.Function != "lib" || e.Line != 3 || e.SHA != "" {
		t.Errorf("a library that is no Lua: %#v", err)
	}
	_, err = s.FunctionLoad(ctx, "#!lua name=lib\nlocal x = nosuch")
	if !errors.As(err, &e) || e.Function != "lib" || e.Line != 2 || len(e.Traceback) != 1 {
		t.Errorf("a library that fails: %#v", err)
	}
	if _, err := s.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function()\nerror('text') end)"); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"FCall": s.FCall(ctx, "F", nil).Err(), "Do": s.Do(ctx, "FCALL", "F", 0).Err()} {
		if !errors.As(err, &e) || e.Function != "f" || e.Line != 3 || e.SHA != "" {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

// TestFunctionLoadStops: what does not end while it is loaded is stopped.
func TestFunctionLoadStops(t *testing.T) {
	const endless = "#!lua name=lib\nredis.register_function('f', function() end)\nwhile true do end"
	s := New(&Options{MaxInstructions: 100_000})
	for _, test := range []struct {
		s    *Store
		time time.Duration
		want error
		text string
	}{
		{new(Store), time.Minute, ErrInstructions, "ERR Error registering functions: ERR FUNCTION LOAD timeout"},
		{s, time.Minute, ErrInstructions, "ERR Error registering functions: ERR FUNCTION LOAD timeout"},
		{new(Store), 20 * time.Millisecond, context.DeadlineExceeded, "ERR Error registering functions: ERR Script stopped: context deadline exceeded"},
	} {
		limited, cancel := context.WithTimeout(ctx, test.time)
		_, err := test.s.FunctionLoad(limited, endless)
		cancel()
		if !errors.Is(err, test.want) || err.Error() != test.text {
			t.Errorf("FunctionLoad: %v; want %s", err, test.text)
		}
		if err := test.s.FunctionRestore(ctx, rdb.DumpLibraries([]string{counterLibrary, endless})); !errors.Is(err, ErrInstructions) {
			t.Errorf("FunctionRestore: %v", err)
		}
		if list, err := test.s.FunctionList(ctx, FunctionListQuery{}); len(list) != 0 || err != nil {
			t.Errorf("libraries %v, %v are left", list, err)
		}
		if test.s.library.engine.registry.Len() != 0 {
			t.Error("callbacks are left")
		}
	}
	// The limits of what runs later are as before.
	if _, err := s.FunctionLoad(ctx, loopingLibrary); err != nil {
		t.Fatal(err)
	}
	if err := s.FCall(ctx, "loop", nil).Err(); !errors.Is(err, ErrInstructions) {
		t.Errorf("FCall: %v", err)
	}
}

// TestLibrariesAreBounded: what libraries keep from call to call counts as their
// memory, until they are removed.
func TestLibrariesAreBounded(t *testing.T) {
	const limit = 8 << 20
	for _, hoard := range []string{
		"kept[#kept + 1] = ('x'):rep(1e5)",
		"kept[#kept + 1] = args",
		"local i = #kept kept[i + 1] = function() return args[1], i end",
	} {
		s := New(&Options{MaxScriptMemory: limit})
		library := "#!lua name=lib\nlocal kept = {}\nredis.register_function('f', function(keys, args) " + hoard + " return #kept end)"
		if _, err := s.FunctionLoad(ctx, library); err != nil {
			t.Fatal(err)
		}
		var err error
		calls := 0
		for ; err == nil && calls < 1000; calls++ {
			err = s.FCall(ctx, "f", nil, strings.Repeat("y", 1e5)).Err()
		}
		if !errors.Is(err, ErrMemory) {
			t.Errorf("%s: after %d calls: %v", hoard, calls, err)
		}
		if n := s.library.engine.vm.InUse(); n > limit+limit/2 || n < limit/4 {
			t.Errorf("%s: %d bytes are in use", hoard, n)
		}
		if err := s.FunctionDelete(ctx, "lib"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.FunctionLoad(ctx, library); err != nil {
			t.Fatal(err)
		}
		if n, err := s.FCall(ctx, "f", nil, "y").Int(); n != 1 || err != nil {
			t.Errorf("%s: afterwards %d, %v", hoard, n, err)
		}
		// Garbage does not count.
		if _, err := s.FunctionLoad(ctx, "#!lua name=garbage\nredis.register_function('g', function() return #('x'):rep(1e6) end)"); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			must(t, s.FCall(ctx, "g", nil))
		}
	}
}

// TestExchange: Redis reads the dumps of libraries that are made here, and the
// other way round.
func TestExchange(t *testing.T) {
	server := transcript.StartRedis(t)
	here := newExecutor()
	long := "#!lua name=long\n--" + strings.Repeat("compressible ", 2000) + "\nredis.register_function('long', function() return 'long' end)"
	for _, direction := range []struct {
		name     string
		from, to transcript.Executor
	}{{"to Redis", here, server}, {"from Redis", server, here}} {
		for _, e := range []transcript.Executor{here, server} {
			e.Do([]string{"FUNCTION", "FLUSH"})
		}
		for _, library := range []string{counterLibrary, long, "#!lua name=binary\nlocal s = '\x00\xff'\nredis.register_function('binary', function() return s end)"} {
			if r := direction.from.Do([]string{"FUNCTION", "LOAD", library}); r.IsError() {
				t.Fatal(r.Str())
			}
		}
		dump := direction.from.Do([]string{"FUNCTION", "DUMP"}).Str()
		if r := direction.to.Do([]string{"FUNCTION", "RESTORE", dump}); r.Str() != "OK" {
			t.Fatalf("%s: %s", direction.name, r.Str())
		}
		for _, f := range []string{"count", "long", "binary"} {
			want := transcript.Render(direction.from.Do([]string{"FCALL", f, "0"}), transcript.Exact)
			got := transcript.Render(direction.to.Do([]string{"FCALL", f, "0"}), transcript.Exact)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: FCALL %s (-want +got)\n%s", direction.name, f, diff)
			}
		}
	}
}

// TestRestoreFails: FUNCTION RESTORE of libraries that cannot be, or not beside
// what there is, answers what Redis does and changes nothing.
func TestRestoreFails(t *testing.T) {
	server := transcript.StartRedis(t)
	here := newExecutor()
	lib := func(name, function string) string {
		return fmt.Sprintf("#!lua name=%s\nredis.register_function('%s', function() return '%[1]s' end)", name, function)
	}
	for _, test := range []struct {
		reason  string
		payload []string
	}{
		{"the same library", []string{lib("a", "f")}},
		{"a function of another library", []string{lib("b", "f")}},
		{"the same function twice", []string{lib("b", "g"), lib("c", "g")}},
		{"in another case", []string{lib("b", "g"), lib("c", "G")}},
		{"the same library twice", []string{lib("b", "g"), lib("b", "h")}},
		{"a function moves to another library", []string{lib("b", "f"), lib("a", "g")}},
		{"no library", []string{lib("b", "g"), "return 1"}},
		{"no name", []string{"#!lua\n"}},
		{"no Lua", []string{lib("b", "g"), "#!lua name=c\nsyntax error"}},
		{"no functions", []string{"#!lua name=c\n"}},
		{"an error", []string{"#!lua name=c\nredis.call()"}},
		{"nothing", nil},
		{"an empty text", []string{""}},
		{"a number", []string{"12"}},
	} {
		for _, policy := range [][]string{nil, {"APPEND"}, {"REPLACE"}, {"FLUSH"}} {
			var replies [2][]string
			for i, e := range []transcript.Executor{server, here} {
				e.Do([]string{"FUNCTION", "FLUSH"})
				e.Do([]string{"FUNCTION", "LOAD", lib("a", "f")})
				for _, words := range [][]string{
					append([]string{"FUNCTION", "RESTORE", rdb.DumpLibraries(test.payload)}, policy...),
					{"FCALL", "f", "0"}, {"FCALL", "g", "0"}, {"FUNCTION", "STATS"},
				} {
					replies[i] = append(replies[i], transcript.Render(e.Do(words), transcript.Exact)...)
				}
			}
			if diff := cmp.Diff(replies[0], replies[1]); diff != "" {
				t.Errorf("%s %s (-want +got)\n%s", test.reason, policy, diff)
			}
		}
	}
}

// TestFCallIsCounted: INFO and SLOWLOG know the calls by FCall like those by Do.
func TestFCallIsCounted(t *testing.T) {
	var s Store
	must(t, s.Do(ctx, "CONFIG", "SET", "slowlog-log-slower-than", 0))
	if _, err := s.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function(keys, args) return args[1] end)"); err != nil {
		t.Fatal(err)
	}
	must(t, s.FCall(ctx, "f", []string{"k"}, "a"))
	must(t, s.Do(ctx, "FCALL", "f", 1, "k", "a"))
	if err := s.FCallRO(ctx, "nosuch", nil).Err(); err == nil {
		t.Error("a function that is not there was called")
	}
	info, err := s.Do(ctx, "INFO", "commandstats").Text()
	for _, want := range []string{"cmdstat_fcall:calls=2,", "cmdstat_fcall_ro:calls=1,"} {
		if err != nil || !strings.Contains(info, want) {
			t.Errorf("%s, %v; want %s", info, err, want)
		}
	}
	calls := map[string]int{}
	for _, entry := range must(t, s.Do(ctx, "SLOWLOG", "GET", -1)).reply.Elems() {
		var words []string
		for _, w := range entry.Elems()[3].Elems() {
			words = append(words, w.Str())
		}
		calls[strings.Join(words, " ")]++
	}
	if calls["FCALL f 1 k a"] != 2 || calls["FCALL_RO nosuch 0"] != 1 {
		t.Errorf("SLOWLOG has %v", calls)
	}
}
