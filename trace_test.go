package luastore

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
