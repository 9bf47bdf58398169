package command_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// What SLOWLOG keeps of the arguments, and the name of who called, must be what
// Redis keeps.
func TestSlowlogArguments(t *testing.T) {
	server, local := transcript.StartRedis(t), newLocal()
	calls := [][]string{
		{"MGET", strings.Repeat("a", 128), strings.Repeat("b", 129), strings.Repeat("c", 1000)},
		append([]string{"MGET"}, slices.Repeat([]string{"k"}, 31)...),
		append([]string{"MGET"}, slices.Repeat([]string{"k"}, 32)...),
		append([]string{"mget"}, slices.Repeat([]string{strings.Repeat("a", 200)}, 99)...),
		{"CLIENT", "SETNAME", "me"},
		{"ACL", "SETUSER", "bob", "on", ">secret"},
		append([]string{"ACL", "SETUSER", "bob"}, slices.Repeat([]string{"on"}, 40)...),
		{"ACL", "DELUSER", "bob"},
		{"CONFIG", "SET", "masterauth", "secret", "maxmemory-samples", "5", "MasterUser", "secret"},
		{"CONFIG", "SET", "requirepass", ""},
	}
	for _, line := range []string{
		"HELLO 2 AUTH default pass SETNAME me", "hello 2 setname auth",
		"ACL SETUSER Ada on >pass ~*", "ACL SETUSER Ada x", "ACL GETUSER Ada", "ACL GETUSER nosuch", "ACL DRYRUN Ada GET k", "ACL DELUSER Ada Grace",
		"CONFIG SET maxmemory 0 requirePASS pass", "CONFIG SET requirepass pass requirepass nosuch", "CONFIG SET slowlog-max-len 128", "CONFIG GET requirepass",
		"MIGRATE h 1 nosuch 0 100 AUTH pass AUTH2 Ada pass COPY KEYS a", "MIGRATE h 1 nosuch x 100 AUTH AUTH AUTH KEYS",
	} {
		calls = append(calls, strings.Fields(line))
	}
	for _, e := range []transcript.Executor{server, local} {
		e.Do(strings.Fields("CONFIG SET slowlog-log-slower-than 0"))
		for _, args := range calls {
			e.Do(args)
		}
	}
	get := strings.Fields("SLOWLOG GET -1")
	want, got := server.Do(get).Elems(), local.Do(get).Elems()
	if len(want) != len(calls)+1 || len(want) != len(got) {
		t.Fatalf("%d and %d entries, want %d", len(want), len(got), len(calls)+1)
	}
	for i := range want {
		for _, of := range []int{3, 5} {
			if diff := cmp.Diff(transcript.Render(want[i].Elems()[of], transcript.Exact), transcript.Render(got[i].Elems()[of], transcript.Exact)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	}
}

// A call that takes long must be found without that the time of all is taken.
func TestLongCalls(t *testing.T) {
	table := command.NewTable()
	table.Add("", []command.Row{{Name: "linger", Arity: 1, Run: func(c *command.Call) command.Reply {
		c.Session().Working()
		time.Sleep(12 * time.Millisecond)
		return command.OK
	}}})
	local := transcript.NewLocal(table, time.Unix(1_700_000_000, 0))
	do := func(line string) command.Reply { return local.Do(strings.Fields(line)) }
	doctor := func(prefix, last string) {
		t.Helper()
		if text := do("LATENCY DOCTOR").Str(); !strings.HasPrefix(text, prefix) || !strings.HasSuffix(text, last+"\n") {
			t.Errorf("LATENCY DOCTOR says %q", text)
		}
	}
	doctor("Nothing is measured", "CONFIG SET can change it.")
	do("CONFIG SET latency-monitor-threshold 10")
	doctor("No call has taken 10 ms", "threshold.")
	do("PING")
	do("LINGER")
	entries := do("SLOWLOG GET").Elems()
	if len(entries) != 1 || entries[0].Elems()[3].Elems()[0].Str() != "LINGER" {
		t.Fatalf("SLOWLOG has %q", transcript.Render(command.Array(entries...), transcript.Exact))
	}
	e := entries[0].Elems()
	if e[0].Int() != 0 || e[1].Int() != 1_700_000_000 || e[2].Int() < 10_000 {
		t.Errorf("the entry is %q", transcript.Render(entries[0], transcript.Exact))
	}
	latest := do("LATENCY LATEST").Elems()
	if len(latest) != 1 || latest[0].Elems()[0].Str() != "command" || latest[0].Elems()[1].Int() != 1_700_000_000 || latest[0].Elems()[3].Int() < 10 {
		t.Errorf("LATENCY LATEST answers %q", transcript.Render(command.Array(latest...), transcript.Exact))
	}
	do("LINGER")
	if n := len(do("LATENCY HISTORY command").Elems()); n != 1 {
		t.Errorf("%d samples of one second", n)
	}
	local.Sleep(time.Second)
	do("LINGER")
	if n := len(do("LATENCY HISTORY command").Elems()); n != 2 {
		t.Errorf("%d samples of two seconds", n)
	}
	doctor("command: 2 of the last 2 seconds had long calls. The longest of each took 1", "SLOWLOG GET says which calls were so long.")
	do("CONFIG SET slowlog-log-slower-than 20000")
	doctor("command: 2 of", "after CONFIG SET slowlog-log-slower-than 10000.")
	if n := do("LATENCY RESET nosuch command").Int(); n != 1 {
		t.Errorf("LATENCY RESET answers %d", n)
	}
}
