package luavm_test

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/luastore/luastore/internal/luavm"
)

// The real Lua 5.1, if it is installed, says what a line hook sees.
type stepper struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func startStepper(t *testing.T) *stepper {
	path, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("not compared with a real Lua 5.1: ", err)
	}
	cmd := exec.Command(path, "testdata/steps.lua")
	in, err := cmd.StdinPipe()
	check(t, err)
	out, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return &stepper{in, bufio.NewReader(out)}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *stepper) steps(t *testing.T, chunk string) []string {
	fmt.Fprintf(s.in, "%d\n%s", len(chunk), chunk)
	line, err := s.out.ReadString('\n')
	check(t, err)
	return strings.Split(strings.TrimSuffix(line, "\n"), "|")
}

// steps is what Machine.Debug sees of a chunk, as steps.lua shows it.
func steps(chunk string) []string {
	m := newMachine()
	m.Set(m.Globals(), m.Name("print"), m.NewBuiltin("print", func(*luavm.Call) {}).Value())
	m.Set(m.Globals(), m.Name("pcall"), m.NewBuiltin("pcall", func(c *luavm.Call) { // Lua's, not Redis's
		c.Any(1)
		c.PCall(nil)
	}).Value())
	var seen []string
	deep := false // from here on the limits of C's stack differ
	m.Debug = func(p *luavm.Pause) {
		if p.Source() != "s" || len(seen) > 400 || deep {
			return
		}
		words := []string{fmt.Sprint(p.Line())}
		levels := p.Levels()
		deep = len(levels) > 30
		for _, l := range levels {
			if l.Source != "s" {
				continue
			}
			words = append(words, fmt.Sprintf("<%s:%d", l.Name, l.Line))
			for _, v := range l.Locals {
				words = append(words, v.Name+"="+show(v.Value))
			}
			words = append(words, ">")
		}
		seen = append(seen, strings.Join(words, " "))
	}
	if f, err := m.Load(chunk, "=s"); err == nil {
		m.Run(f, func(luavm.Value) {})
	}
	return append(seen, make([]string, max(0, 1-len(seen)))...)
}

func show(v luavm.Value) string {
	switch v.Kind() {
	case luavm.KindNumber, luavm.KindBoolean, luavm.KindNil:
		return luavm.Display(v)
	}
	return v.TypeName()
}

// TestRandomSteps: a debugger sees the lines of random programs in the order in
// which Lua 5.1 shows them, and the same functions and variables.
func TestRandomSteps(t *testing.T) {
	lua := startStepper(t)
	differ := 0
	for seed := range uint64(5000) {
		chunk := program(seed)
		if strings.Contains(chunk, "return coroutine.") {
			continue // in steps.lua these are written in Lua
		}
		if d := cmp.Diff(lua.steps(t, chunk), steps(chunk)); d != "" {
			t.Errorf("of %d:\n%s\n(-Lua 5.1 +this one)\n%s", seed, chunk, d)
			if differ++; differ > 3 {
				t.FailNow()
			}
		}
	}
}
