package lua51_test

import (
	"testing"

	"github.com/luastore/luastore/internal/lua51"
	"github.com/luastore/luastore/internal/lualib"
	"github.com/luastore/luastore/internal/luavm"
)

func newMachine() *luavm.Machine {
	m := luavm.New()
	lualib.Open(m, lualib.NewRandom())
	return m
}

// TestNotation: all that chunks can give is written down as lua5.1 does it.
func TestNotation(t *testing.T) {
	lua51.Replay(t, lua51.On(t, newMachine()), "testdata/notation.jsonl")
}

// TestLoad: what is only loaded does not run.
func TestLoad(t *testing.T) {
	lua51.CompareLoad(t, lua51.On(t, newMachine()), []string{"", "return 1", "error('ran')", "x = ", "x = 'a\nb'"})
}

// TestStopped: a limit is not taken for an error of the chunk, and the next
// chunk runs.
func TestStopped(t *testing.T) {
	m := newMachine()
	m.Limits.Instructions = 100_000
	ours := lua51.On(t, m)
	for _, test := range []struct{ chunk, want string }{
		{"while true do end", "STOPPED too many instructions"},
		{"return pcall(function() while true do end end)", "STOPPED too many instructions"},
		{"return 1", "OK 1"},
	} {
		if got := ours.Outcome(test.chunk); got != test.want {
			t.Errorf("%s: %s, want %s", test.chunk, got, test.want)
		}
	}
}
