package luavm_test

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/luavm"
)

// run runs a chunk and returns the text of its first result. Nothing polls while it
// is loaded.
func run(t testing.TB, m *luavm.Machine, source string) (text string, err error) {
	t.Helper()
	poll := m.Poll
	m.Poll = nil
	f, err := m.Load(source, "@test")
	m.Poll = poll
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	err = m.Run(f, func(v luavm.Value) { text = luavm.Display(v) })
	return text, err
}

// wrappers are what a script may put around code to catch what ends it.
var wrappers = map[string]string{
	"nothing":      "%s",
	"pcall":        "while true do pcall(function() %s end) end",
	"pcall of all": "local function f() %s end while true do pcall(pcall, pcall, pcall, f) end",
	"xpcall":       "while true do xpcall(function() %s end, function(e) return e end) end",
	"handler":      "while true do xpcall(function() error('x') end, function() %s end) end",
	"coroutine":    "while true do coroutine.resume(coroutine.create(function() %s end)) end",
	"coroutines":   "while true do pcall(coroutine.wrap(function() pcall(coroutine.wrap(function() %s end)) end)) end",
	"yielding":     "local f = coroutine.wrap(function() while true do coroutine.yield() %s end end) while true do f() end",
	"__index":      "local t = setmetatable({}, {__index = function() %s end}) while true do pcall(function() return t.x end) end",
	"__lt":         "local mt = {__lt = function() %s end} local a, b = setmetatable({}, mt), setmetatable({}, mt) while true do pcall(function() return a < b end) end",
	"sort":         "while true do pcall(table.sort, {1, 2, 3}, function() %s end) end",
	"gsub":         "while true do pcall(string.gsub, 'abc', '.', function() %s end) end",
	"iterator":     "while true do pcall(function() for _ in function() %s end do end end) end",
	"tostring":     "local t = setmetatable({}, {__tostring = function() %s end}) while true do pcall(tostring, t) end",
	"load":         "while true do load(function() %s end) end",
}

// TestLimitsCannotBeCaught: whatever is around the code that reaches a limit,
// the run ends, and the machine runs again.
func TestLimitsCannotBeCaught(t *testing.T) {
	errPoll := errors.New("poll")
	for _, limit := range []struct {
		name, code string
		limits     luavm.Limits
		poll       error
		want       error
	}{
		{"instructions", "local n = 0 while true do n = n + 1 end", luavm.Limits{Instructions: 100_000}, nil, luavm.ErrInstructions},
		{"memory", "local t = {} while true do t[#t + 1] = {} end", luavm.Limits{Memory: 1 << 20}, nil, luavm.ErrMemory},
		{"strings", "local s = 'xy' while true do s = s .. s end", luavm.Limits{Memory: 1 << 20}, nil, luavm.ErrMemory},
		{"rep", "return string.rep('x', 1e9)", luavm.Limits{Memory: 1 << 20}, nil, luavm.ErrMemory},
		{"depth", "local function f() return 1 + f() end f()", luavm.Limits{Depth: 150}, nil, luavm.ErrDepth},
		{"poll", "while true do end", luavm.Limits{}, errPoll, errPoll},
	} {
		for name, wrapper := range wrappers {
			t.Run(limit.name+"/"+name, func(t *testing.T) {
				m := newMachine()
				m.Limits = limit.limits
				m.Poll = func() error { return limit.poll }
				_, err := run(t, m, fmt.Sprintf(wrapper, limit.code))
				var e *luavm.Error
				if !errors.Is(err, limit.want) || !errors.As(err, &e) || e.Source != "@test" || e.Line != 1 {
					t.Fatalf("error %+v; want %v", e, limit.want)
				}
				m.Limits, m.Poll = luavm.Limits{}, nil
				got, err := run(t, m, "local ok, e = pcall(error, 'x') return tostring(ok) .. e .. coroutine.wrap(function() return 1 end)()")
				if got != "falsex1" || err != nil {
					t.Errorf("afterwards: %q, %v", got, err)
				}
			})
		}
	}
}

// TestStopWhileResized: a table that lasts is whole, though the run was stopped
// when its keys had been moved in part.
func TestStopWhileResized(t *testing.T) {
	m := newMachine()
	if _, err := run(t, m, "t = {} for i = 1, 2^15 do t['k' .. i] = i end"); err != nil {
		t.Fatal(err)
	}
	errPoll := errors.New("poll")
	m.Poll = func() error { return errPoll }
	if _, err := run(t, m, "t.more = true"); !errors.Is(err, errPoll) {
		t.Fatalf("%v; want %v", err, errPoll)
	}
	m.Poll = nil
	got, err := run(t, m, "for i = 1, 2^15 do if t['k' .. i] ~= i then return i end end return tostring(t.more)")
	if got != "nil" || err != nil {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

// TestGarbageIsFree: a script may allocate much more than the limit, if it
// does not keep it; what it keeps counts, wherever that is.
func TestGarbageIsFree(t *testing.T) {
	m := newMachine()
	m.Limits = luavm.Limits{Memory: 1 << 20}
	for _, source := range []string{
		"for i = 1, 200000 do local t = {i} end",
		"local s = '' for i = 1, 20000 do s = ('x'):rep(i % 1000) end",
		"for i = 1, 20000 do local f = function() return i end end",
		"for i = 1, 1000 do coroutine.wrap(function() coroutine.yield() end)() end",
		"local t = {} for i = 1, 200000 do t[i % 100] = {i} end",
		"for i = 1, 3000 do loadstring('local a = ' .. i .. ' return a')() end",
	} {
		if _, err := run(t, m, source); err != nil {
			t.Errorf("%s: %v", source, err)
		}
	}
	for name, source := range map[string]string{
		"table":      "local t = {} for i = 1, 1e6 do t[i] = i end",
		"keys":       "local t = {} for i = 1, 1e6 do t['k' .. i] = true end",
		"upvalues":   "local fs = nil for i = 1, 1e6 do local g = fs fs = function() return g end end",
		"coroutines": "local t = {} for i = 1, 1e6 do t[i] = coroutine.create(function() end) end",
		"suspended":  "local t = {} for i = 1, 1e6 do local f = coroutine.wrap(function() local big = ('x'):rep(1000) coroutine.yield() return big end) f() t[i] = f end",
		"arguments":  "local function f(n, ...) if n == 0 then return end return f(n - 1, ('x'):rep(n), ...) end f(5000)",
		"metatables": "local m = nil for i = 1, 1e6 do m = setmetatable({}, {__index = m}) end",
		"functions":  "local t = {} for i = 1, 1e6 do t[i] = loadstring('return ' .. i) end",
		"substrings": "local t = {} for i = 1, 1e6 do t[i] = (('x'):rep(10000) .. i):sub(-20) end",
	} {
		if _, err := run(t, m, source); !errors.Is(err, luavm.ErrMemory) {
			t.Errorf("%s: %v; want ErrMemory", name, err)
		}
	}
}

// TestGoStack: calls between Lua functions, and what runs in coroutines, take
// no place on Go's stack.
func TestGoStack(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	m := newMachine()
	for source, want := range map[string]string{
		"local function f(n) if n == 0 then return 'deep' end return (f(n - 1)) end return f(16000)":                                                            "deep",
		"local function f(n) if n == 0 then return 'tail' end return f(n - 1) end return f(1e6)":                                                                "tail",
		"return coroutine.wrap(function() local function f(n) if n == 0 then return coroutine.yield('up') end return (f(n - 1)) end return f(16000) end)()":     "up",
		"local function f() return 1 + f() end local _, e = pcall(f) return e":                                                                                  "test:1: stack overflow",
		"local function f() return pcall(f) end f() return 'C'":                                                                                                 "C",
		"local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. 'x'] end local _, e = pcall(function() return t.x end) return e": "test:1: C stack overflow",
	} {
		if got, err := run(t, m, source); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", source, got, err, want)
		}
	}
}

// TestErrorsLeaveNothing: a run that fails in any depth leaves the machine as
// it was.
func TestErrorsLeaveNothing(t *testing.T) {
	m := newMachine()
	for name, wrapper := range wrappers {
		if strings.HasPrefix(wrapper, "while") || strings.Contains(wrapper, " while") {
			wrapper = strings.Replace(wrapper, "while true do", "do", 1)
		}
		for range 3 {
			if _, err := run(t, m, fmt.Sprintf(wrapper, "error('inside')")+" error({})"); err == nil {
				t.Errorf("%s: no error", name)
			}
			if got, err := run(t, m, "local t = {} for i = 1, 100 do t[i] = i end return #t"); got != "100" || err != nil {
				t.Errorf("after %s: %q, %v", name, got, err)
			}
		}
	}
}
