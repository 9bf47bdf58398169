// Package lua51 compares the Lua of this project with the real Lua 5.1, where
// that is installed, and with what it once gave (rows.go). Both run the same
// driver.lua, so that what chunks give is written down the same way.
package lua51

import (
	"bufio"
	_ "embed"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/luavm"
	"github.com/luastore/luastore/internal/transcript"
)

//go:embed driver.lua
var driver string

// A Lua says what chunks give.
type Lua struct {
	// run runs or, if loadOnly is set, only loads a chunk, and returns what
	// driver.lua says of it, and the lines that it printed.
	run func(chunk string, loadOnly bool) (text string, printed []string)
	end func() // of a real one: ends it
}

// Outcome returns what a chunk gives: OK and its results, ERR and its error, or
// LOADERR and the error of loading it; then what it printed. A limit that ends
// it is STOPPED and why.
func (l *Lua) Outcome(chunk string) string {
	text, printed := l.run(chunk, false)
	if printed != nil {
		text += " PRINT " + quote(strings.Join(printed, "\n"))
	}
	return text
}

// Load returns OK if a chunk can be loaded, else what Outcome does.
func (l *Lua) Load(chunk string) string {
	text, _ := l.run(chunk, true)
	return text
}

// quote shows a text as driver.lua does.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String() + `"`
}

// Start starts a real Lua 5.1, which ends with the test. It returns nil if
// lua5.1 is not installed.
func Start(t testing.TB) *Lua {
	t.Helper()
	path, err := exec.LookPath("lua5.1")
	if err != nil {
		if transcript.Updating() {
			t.Fatal("only a real Lua 5.1 writes outcomes: ", err)
		}
		return nil
	}
	cmd := exec.Command(path, "-e", driver)
	in, err := cmd.StdinPipe()
	check(t, err)
	stdout, err := cmd.StdoutPipe()
	check(t, err)
	check(t, cmd.Start())
	lua := &Lua{end: func() {
		in.Close()
		cmd.Wait()
	}}
	t.Cleanup(lua.end)
	out := bufio.NewReader(stdout)
	lua.run = func(chunk string, loadOnly bool) (text string, printed []string) {
		fmt.Fprintf(in, "%s\n%s", header(chunk, loadOnly), chunk)
		for {
			line, err := out.ReadString('\n')
			if err != nil {
				panic(fmt.Sprintf("lua5.1, of %q: %v", chunk, err))
			}
			line = strings.TrimSuffix(line, "\n")
			if text, ok := strings.CutPrefix(line, "\x01"); ok {
				return text, printed
			}
			printed = append(printed, line)
		}
	}
	return lua
}

// header is the line before a chunk.
func header(chunk string, loadOnly bool) string {
	how := "r"
	if loadOnly {
		how = "l"
	}
	return how + strconv.Itoa(len(chunk))
}

// On returns the Lua that is the machine m, with its libraries. It changes
// what is not in Redis as in lua5.1: pcall, and that print is missing.
func On(t testing.TB, m *luavm.Machine) *Lua {
	t.Helper()
	var input, printed []string
	var text string
	function := func(name string, f func(*luavm.Call)) luavm.Value { return m.NewBuiltin(name, f).Value() }
	globals, io := m.Globals(), m.NewTable(0, 3)
	set := func(t *luavm.Table, name string, v luavm.Value) { m.Set(t, m.Name(name), v) }
	set(globals, "pcall", function("pcall", func(c *luavm.Call) {
		c.Any(1)
		c.PCall(nil)
	}))
	set(globals, "print", function("print", func(c *luavm.Call) {
		words := make([]string, c.Len())
		for i, v := range c.Args() {
			words[i] = c.ToString(v)
		}
		printed = append(printed, strings.Join(words, "\t"))
	}))
	set(globals, "setglobals", function("setglobals", func(c *luavm.Call) { m.SetGlobals(c.Table(1)) }))
	set(globals, "io", io.Value())
	set(io, "read", function("read", func(c *luavm.Call) {
		if len(input) > 0 {
			c.ReturnText(input[0])
			input = input[1:]
		}
	}))
	set(io, "write", function("write", func(c *luavm.Call) { text = c.Text(2) }))
	set(io, "flush", function("flush", func(*luavm.Call) {}))

	// The driver is called from a function written in Go, as in lua5.1 from one
	// written in C: errors tell how deep in such calls they are.
	main, err := m.Load(driver, "=(command line)")
	check(t, err)
	set(globals, "main", function("main", func(c *luavm.Call) { c.Call(m.FunctionValue(main)) }))
	begin, err := m.Load("main()", "=main")
	check(t, err)
	return &Lua{run: func(chunk string, loadOnly bool) (string, []string) {
		input, printed = []string{header(chunk, loadOnly)}, nil
		if chunk != "" {
			input = append(input, chunk)
		}
		err := m.Run(begin, func(luavm.Value) {})
		m.SetGlobals(globals)
		if err != nil {
			text = fmt.Sprintf("STOPPED %v", err)
		}
		return text, printed
	}}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
