package lualib

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/luavm"
)

// newMachine returns a machine with the libraries, and what lua5.1 has more
// that chunks of the tests use: print, and pcall as it is there.
func newMachine(printed *strings.Builder) *luavm.Machine {
	m := luavm.New()
	Open(m)
	add := func(name string, f func(*luavm.Call)) {
		m.Set(m.Globals(), m.Name(name), m.NewBuiltin(name, f).Value())
	}
	add("pcall", func(c *luavm.Call) {
		c.Any(1)
		c.PCall(nil)
	})
	add("print", func(c *luavm.Call) {
		for i, v := range c.Args() {
			if i > 0 {
				printed.WriteByte('\t')
			}
			printed.WriteString(c.ToString(v))
		}
		printed.WriteByte('\n')
	})
	return m
}

// driverLine is where driver.lua calls a chunk.
const driverLine = 23

// outcome runs a chunk and writes down what it did, as show.lua does for
// lua5.1.
func outcome(m *luavm.Machine, source string) string {
	f, err := m.Load(source, "=s")
	if err != nil {
		return "LOADERR " + show(m.NewString(err.Error()))
	}
	var text string
	m.Set(m.Globals(), m.Name("chunk"), m.FunctionValue(f))
	m.Set(m.Globals(), m.Name("show"), m.NewBuiltin("show", func(c *luavm.Call) {
		shown := make([]string, 0, c.Len())
		for _, v := range c.Args()[1:] {
			shown = append(shown, show(v))
		}
		if c.Arg(1).Truth() {
			text = "OK " + strings.Join(shown, ",")
		} else {
			text = "ERR " + shown[0]
		}
	}).Value())
	driver, _ := m.Load(strings.Repeat("\n", driverLine-1)+"show(pcall(chunk))", "=(command line)")
	err = m.Run(driver, func(luavm.Value) {})
	if err != nil {
		return fmt.Sprintf("STOPPED %v", err)
	}
	return text
}

func show(v luavm.Value) string {
	switch v.Kind() {
	case luavm.KindString:
		return quote(address.ReplaceAllString(v.Text(), "PTR"))
	case luavm.KindNumber:
		return showNumber(v.Float())
	case luavm.KindBoolean:
		return strconv.FormatBool(v.Truth())
	case luavm.KindNil:
		return "nil"
	}
	return "<" + v.TypeName() + ">"
}

func showNumber(f float64) string {
	switch {
	case math.IsNaN(f) && math.Signbit(f):
		return "-nan"
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strconv.FormatFloat(f, 'f', -1, 64)[:1], "+") + "inf"
	}
	return strconv.FormatFloat(f, 'g', 17, 64)
}

var address = regexp.MustCompile(`0x[0-9a-fA-F]{6,}`)

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// readRows reads a file of rows; their code points are bytes.
func readRows(t *testing.T, name string) (rows []row) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for d := json.NewDecoder(file); ; {
		var r row
		if err := d.Decode(&r); err == io.EOF {
			return rows
		} else if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row{fromLatin1(r.Source), fromLatin1(r.Want)})
	}
}

// fromLatin1 returns the bytes that the code points of s are.
func fromLatin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// toLatin1 is the inverse of fromLatin1.
func toLatin1(s string) string {
	runes := make([]rune, len(s))
	for i := range runes {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// notInSandbox matches the globals that Redis's scripts do not have of lua5.1,
// and a limit that depends on how deep in C calls a chunk is loaded.
var notInSandbox = regexp.MustCompile(`\b(os|io|debug|package)\.|pairs\((os|_G)\)|` +
	`^x0,x1,.*,x197|\b(setfenv|getfenv|newproxy|require|module|dofile|loadfile)\b`)

var unsigned = regexp.MustCompile(`([ ,])-nan\b`)

// TestGolden compares with what lua5.1 gave for chunks that touch all of the
// language and its libraries.
func TestGolden(t *testing.T) {
	ran, notApplicable := 0, 0
	for _, row := range readRows(t, "testdata/lua51.jsonl") {
		source, want := row.Source, row.Want
		if notInSandbox.MatchString(source) {
			notApplicable++
			continue
		}
		ran++
		var printed strings.Builder
		got := outcome(newMachine(&printed), source)
		if printed.Len() > 0 {
			got += " PRINT " + quote(strings.TrimSuffix(printed.String(), "\n"))
		}
		got = unsigned.ReplaceAllString(got, "${1}nan") // as the rows have it
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
	t.Logf("%d rows, and %d that use what the sandbox does not have", ran, notApplicable)
}
