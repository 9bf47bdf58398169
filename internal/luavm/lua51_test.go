package luavm_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/lualib"
	"github.com/luastore/luastore/internal/luavm"
)

// lua51 runs chunks in the real Lua 5.1, all in one process, and returns what
// each gives, in the notation of outcome.
func lua51(t *testing.T, set string, chunks []string) []string {
	t.Helper()
	path, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed: nothing to compare with")
	}
	driver, err := os.ReadFile("testdata/driver.lua")
	if err != nil {
		t.Fatal(err)
	}
	var in bytes.Buffer
	for _, c := range chunks {
		fmt.Fprintln(&in, hex.EncodeToString([]byte(c)))
	}
	cmd := exec.Command(path, "-e", set+string(driver))
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("lua5.1: %v", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(chunks) {
		t.Fatalf("lua5.1 answered %d of %d chunks", len(lines), len(chunks))
	}
	return lines
}

// outcome runs a chunk and says what it gives, as driver.lua does.
func outcome(t *testing.T, m *luavm.Machine, source string) string {
	f, err := m.Load(source, "=s")
	if err != nil {
		return "LOADERR " + quote(err.Error())
	}
	var text string
	m.Set(m.Globals(), m.Name("chunk"), m.FunctionValue(f))
	m.Set(m.Globals(), m.Name("pcall"), m.NewBuiltin("pcall", func(c *luavm.Call) { c.Any(1); c.PCall(nil) }).Value())
	m.Set(m.Globals(), m.Name("show"), m.NewBuiltin("show", func(c *luavm.Call) {
		var shown []string
		for _, v := range c.Args()[1:] {
			shown = append(shown, show(v))
		}
		if c.Arg(1).Truth() {
			text = "OK " + strings.Join(shown, ",")
		} else {
			text = "ERR " + shown[0]
		}
	}).Value())
	driver, _ := m.Load("show(pcall(chunk))", "=(command line)")
	if err := m.Run(driver, func(luavm.Value) {}); err != nil {
		return fmt.Sprintf("STOPPED %v", err)
	}
	return text
}

func show(v luavm.Value) string {
	switch v.Kind() {
	case luavm.KindString:
		return quote(address.ReplaceAllString(v.Text(), "PTR"))
	case luavm.KindNumber:
		return string(luavm.AppendG(nil, v.Float(), 17))
	case luavm.KindBoolean, luavm.KindNil:
		return luavm.Display(v)
	}
	return "<" + v.TypeName() + ">"
}

var address = regexp.MustCompile(`0x[0-9a-f]{6,}`)

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7F || c == '"' || c == '\\' {
			fmt.Fprintf(&b, "\\x%02x", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String() + `"`
}

func newMachine() *luavm.Machine {
	m := luavm.New()
	lualib.Open(m)
	m.Limits = luavm.Limits{Instructions: 50_000_000, Memory: 256 << 20}
	return m
}

func TestMutatedSyntax(t *testing.T) {
	src, err := os.ReadFile("testdata/syntax.lua")
	if err != nil {
		t.Fatal(err)
	}
	samples := strings.Split(string(src), "\n--\n")
	r := rand.New(rand.NewPCG(1, 2))
	var chunks []string
	n := 20000
	for range n {
		chunks = append(chunks, mutate(r, samples[r.IntN(len(samples))]))
	}
	m := newMachine()
	bad := 0
	want := lua51(t, "loadonly = true ", chunks)
	for i, c := range chunks {
		_, err := m.Load(c, "=s")
		got := "OK"
		if err != nil {
			got = "LOADERR " + quote(err.Error())
		}
		w := want[i]
		if got != w {
			if bad++; bad < 40 {
				t.Errorf("%s\n got  %s\n want %s", c, got, w)
			}
		}
	}
	t.Logf("%d of %d differ", bad, len(chunks))
}

// mutate changes a few words of a chunk.
func mutate(r *rand.Rand, s string) string {
	words := strings.FieldsFunc(strings.ReplaceAll(s, "\n", " \n "), func(c rune) bool { return c == ' ' })
	spare := strings.Fields(`end do then if else elseif while for in local function return break nil true ( ) [ ] { } , ; : . .. ... = == ~= <= < + - * / ^ % # not and or x y.z f() "s" 'q' 1 0x1F 1e5 arg goto until repeat @ & ~ ! [[l]] --c`)
	for range 1 + r.IntN(2) {
		i := r.IntN(len(words))
		switch r.IntN(4) {
		case 0:
			words = append(words[:i:i], words[i+1:]...)
		case 1:
			words[i] = spare[r.IntN(len(spare))]
		case 2:
			words = append(words[:i:i], append([]string{spare[r.IntN(len(spare))]}, words[i:]...)...)
		case 3:
			j := r.IntN(len(words))
			words[i], words[j] = words[j], words[i]
		}
		if len(words) == 0 {
			break
		}
	}
	return strings.Join(words, " ")
}
