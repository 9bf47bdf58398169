package luavm_test

import (
	"runtime"
	"testing"

	"github.com/luastore/luastore/internal/luavm"
)

// passes reports whether f panics with p, or ends its goroutine if p is nil.
func passes(p any, f func()) bool {
	var got any
	returned := false
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { got = recover() }()
		f()
		returned = true
	}()
	<-done
	return !returned && got == p
}

// TestPanicsPass: what a callback panics with, and that it ends its goroutine, goes
// through everything that recovers, and the machine can run again.
func TestPanicsPass(t *testing.T) {
	if !passes("a bug", func() { luavm.Malformed("a bug") }) {
		t.Error("the decoder of chunks keeps a panic that is not its own")
	}
	source := "local x = 1\n"
	for range 12 {
		source += source
	}
	for name, use := range map[string]func(*luavm.Machine){
		"Load": func(m *luavm.Machine) { m.Load(source, "=s") },
		"Load of what is wrong": func(m *luavm.Machine) {
			m.Load(source+" x", "=s")
		},
		"Run":                  runs("while true do end"),
		"try":                  runs("pcall(function() while true do end end)"),
		"an error handler":     runs("xpcall(error, function() while true do end end)"),
		"a coroutine":          runs("coroutine.wrap(function() while true do end end)()"),
		"a table that grows":   runs("local t = {} for i = 1, 1e6 do t['k' .. i] = i end"),
		"loadstring, in a run": runs("while true do loadstring(([[" + source[:3000] + "]]):rep(9)) end"),
	} {
		for _, p := range []any{"a bug", nil} {
			m := newMachine()
			polls := 0
			m.Poll = func() error {
				if polls++; polls < 3 {
					return nil
				}
				if p != nil {
					panic(p)
				}
				runtime.Goexit()
				return nil
			}
			if !passes(p, func() { use(m) }) {
				t.Errorf("%s: a callback's panic with %v does not go on", name, p)
			}
			m.Poll = nil
			runs("for i = 1, 100000 do end")(m)
		}
	}
}

// runs returns what loads and runs a chunk.
func runs(chunk string) func(*luavm.Machine) {
	return func(m *luavm.Machine) {
		f, err := m.Load(chunk, "=s")
		if err == nil {
			err = m.Run(f, func(luavm.Value) {})
		}
		if err != nil {
			panic(err)
		}
	}
}
