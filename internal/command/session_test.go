package command_test

import (
	"testing"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// What a script must not call is refused with the texts that scripts get in
// Redis.
func TestScriptRefusals(t *testing.T) {
	server := transcript.StartRedis(t)
	table := command.NewTable()
	table.Add("scripting", []command.Row{{
		Name: "eval", Arity: -3, Flags: command.NoScript,
		Run: func(*command.Call) command.Reply { return command.OK },
	}})
	db := command.New(table, time.Now)
	tests := []struct {
		readOnly bool
		args     []string
	}{
		{false, []string{"nosuch"}},
		{false, []string{"nosuch", "a"}},
		{false, []string{"object", "nosuch", "k"}},
		{false, []string{"object|encoding", "k"}},
		{false, []string{"object"}},
		{false, []string{"get"}},
		{false, []string{"get", "k", "l"}},
		{false, []string{"object", "encoding"}},
		{false, []string{"eval", "return 1", "0"}},
		{false, []string{"eval"}},
		{false, []string{"mset", "a", "1", "b"}},
		{false, []string{"ping", "a", "b"}},
		{false, []string{"incrby", "k", "a"}},
		{false, []string{"set", "k", "v"}},
		{false, []string{"blpop", "l", "0"}},
		{false, []string{"bzpopmin", "z", "0"}},
		{false, []string{"xREAD", "block", "a", "streams", "s", "$"}},
		{true, []string{"set", "k", "v"}},
		{true, []string{"pfcount", "k"}},
		{true, []string{"set", "k"}},
		{true, []string{"eval", "return 1", "0"}},
		{true, []string{"get", "nosuch"}},
		{true, []string{"getex", "nosuch"}},
		{true, []string{"flushall"}},
	}
	for _, test := range tests {
		eval := "EVAL"
		if test.readOnly {
			eval = "EVAL_RO"
		}
		want := server.Do(append([]string{eval, "return redis.pcall(unpack(ARGV))", "0"}, test.args...))
		got := db.Do(&command.Session{Script: true, ReadOnly: test.readOnly}, test.args)
		if want.Kind != got.Kind || want.Str() != got.Str() {
			t.Errorf("%s %q answers %q, want %q", eval, test.args, got.Str(), want.Str())
		}
	}
}

// A script's SELECT is its own.
func TestSessionsSelect(t *testing.T) {
	db := command.New(command.NewTable(), time.Now)
	var a, b command.Session
	db.Do(&a, []string{"SELECT", "1"})
	db.Do(&a, []string{"SET", "k", "v"})
	if r := db.Do(&b, []string{"GET", "k"}); r.Kind != command.NilKind {
		t.Errorf("another session sees %q", r.Str())
	}
	if a.Selected != 1 || b.Selected != 0 {
		t.Errorf("databases %d and %d are selected, want 1 and 0", a.Selected, b.Selected)
	}
}
