package luavm_test

import (
	"testing"

	"github.com/luastore/luastore/internal/lua51"
)

// TestInterpreter: whatever go-lua's own interpreter would do otherwise.
func TestInterpreter(t *testing.T) {
	lua51.Replay(t, lua51.On(t, newMachine()), "testdata/interpreter.jsonl")
}

// TestDialect: whatever go-lua's compiler, which is one of Lua 5.2, would do
// otherwise.
func TestDialect(t *testing.T) {
	lua51.Replay(t, lua51.On(t, newMachine()), "testdata/dialect.jsonl")
}
