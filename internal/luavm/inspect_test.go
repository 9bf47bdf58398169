package luavm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/luavm"
)

// inspected is what Inspect says of a source, in words.
func inspected(t testing.TB, source string) (found []string) {
	t.Helper()
	f, err := luavm.New().Load(source, "@test")
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	uses, calls := luavm.Inspect(f)
	for _, u := range uses {
		if u.Write {
			found = append(found, fmt.Sprintf("%d: %s = ", u.Line, u.Name))
		} else if u.Name != "r" && u.Name != "x" {
			found = append(found, fmt.Sprintf("%d: %s", u.Line, u.Name))
		}
	}
	for _, c := range calls {
		var args []string
		for _, a := range c.Args {
			switch {
			case !a.Known:
				args = append(args, "?")
			case a.Value.Kind() == luavm.KindString:
				args = append(args, fmt.Sprintf("%q", a.Value.Text()))
			default:
				args = append(args, luavm.Display(a.Value))
			}
		}
		if c.Open {
			args = append(args, "...")
		}
		found = append(found, fmt.Sprintf("%d: %s.%s(%s)", c.Line, c.Global, c.Field, strings.Join(args, ", ")))
	}
	return found
}

// TestInspect: r and x are globals that are there.
func TestInspect(t *testing.T) {
	for _, test := range []struct {
		source string
		want   []string
	}{
		{"return 1", nil},
		{"local a = b\nc = a", []string{"1: b", "2: c = "}},
		{"function f() end", []string{"1: f = "}},
		{"local function f()\n  g()\n  return function()\n    h = 1\n  end\nend", []string{"2: g", "4: h = "}},
		{"local b local function f() b = 1 return b end", nil},
		{"return function(...) return arg end", nil},
		{"r.call('GET', x, 1, nil, true, {})", []string{`1: r.call("GET", ?, 1, nil, true, ?)`}},
		{"return r.call('GET')", []string{`1: r.call("GET")`}},
		{"r['call']('GET')", []string{`1: r.call("GET")`}},
		{"r.call(\n'DEL',\nunpack(x))", []string{"3: unpack", `1: r.call("DEL", ...)`}},
		{"r.call('DEL', x, ...)", []string{`1: r.call("DEL", ?, ...)`}},
		{"r.call('DEL', x(), x())", []string{`1: r.call("DEL", ?, ...)`}},
		{"r.call('SET', x, x and 1 or 2, x == 1, not x)", []string{`1: r.call("SET", ?, ?, ?, ?)`}},
		{"r.call(x and 'A' or 'B')", []string{`1: r.call(?)`}},
		{"r.call(x and 'A' or 'A')", []string{`1: r.call("A")`}},
		{"r.call('G' .. 'ET')", []string{`1: r.call(?)`}},
		{"r.call(r.call('A'), r.call('B'), 'C')", []string{`1: r.call("A")`, `1: r.call("B")`, `1: r.call(?, ?, "C")`}},
		{"r.a.b('GET') x('GET') x:f('GET')", nil},
		// local names
		{"local call, name = r.call, 'GET'\ncall(name, x)", []string{`2: r.call("GET", ?)`}},
		{"local a = r local b = a.call b('A')", []string{`1: r.call("A")`}},
		{"local call = r.call if x then call = x end call('A')", nil},
		{"local call = r.call if x then call('A') else call('B') end call('C')", []string{`1: r.call("A")`, `1: r.call("B")`, `1: r.call("C")`}},
		{"local call = r.call if x then call = r.pcall end call('A')", nil},
		// loops
		{"local call = r.call for i = 1, 2 do call('A', i) end call('B')", []string{`1: r.call("A", ?)`, `1: r.call("B")`}},
		{"local call = r.call for k, v in x do call('A', k) if x then break end end call('B')", []string{`1: r.call("A", ?)`, `1: r.call("B")`}},
		{"local n, call = 1, r.call while n < 9 do call('A', n) n = n + 1 end", []string{`1: r.call("A", ?)`}},
		{"local n, call = 1, r.call repeat call('A', n) call = x until x", nil},
		{"local call = x while x do call('A') call = r.call end", nil},
		{"while true do r.call('A') end", []string{`1: r.call("A")`}},
		// functions
		{"local call = r.call local function f(k) return call('A', k) end", []string{`1: r.call("A", ?)`}},
		{"local call = r.call return function() return function() call('A') end end", []string{`1: r.call("A")`}},
		{"local call = r.call local function f() call('A') end call = x", nil},
		{"local call = r.call local function f() call('A') end local function g() call = x end call('B')", nil},
		{"local call = r.call local function f() return function() call = x end, function() call('A') end end", nil},
		{"local function f() local call = r.call call('A') end call = x", []string{"1: call = ", `1: r.call("A")`}},
		{"for i = 1, 2 do local call = r.call x(function() call('A', i) end) end", []string{`1: r.call("A", ?)`}},
		{"local call for i = 1, 2 do x(function() call('A') end) call = r.call end", nil},
		// the table of globals
		{"_G.r.call('A', _G.a)\n_G.b = 1", []string{"1: _G", "1: _G", "1: a", "2: _G", "2: b = ", `1: r.call("A", ?)`}},
		{"local g = _G g.g = g[x] x._G.a = 1", []string{"1: _G", "1: g = "}},
	} {
		if diff := cmp.Diff(test.want, inspected(t, test.source)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.source, diff)
		}
	}
}

// TestInspectManyConstants: a constant of a high number is loaded first.
func TestInspectManyConstants(t *testing.T) {
	var b strings.Builder
	b.WriteString("local t\n")
	for i := range 300 {
		fmt.Fprintf(&b, "t = 'constant %d'\n", i)
	}
	b.WriteString("r.call('A', 'B')\nnosuch = missing")
	if diff := cmp.Diff([]string{"303: missing", "303: nosuch = ", `302: r.call("A", "B")`}, inspected(t, b.String())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
