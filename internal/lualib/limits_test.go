package lualib

import (
	"errors"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/luavm"
)

// TestLimits runs what would take all memory, or for ever.
func TestLimits(t *testing.T) {
	for _, test := range []struct {
		chunk string
		want  error
	}{
		// Memory, in one go or by and by, of the result or on the way to it.
		{`return ("x"):rep(1e9)`, luavm.ErrMemory},
		{`return pcall(string.rep, "x", 1e9)`, luavm.ErrMemory},
		{`return ("x"):rep(5e6):upper():lower():reverse()`, luavm.ErrMemory},
		{`return (("x"):rep(1e5):gsub(".", ("y"):rep(1e4)))`, luavm.ErrMemory},
		{`return (("x"):rep(1e5):gsub(".", function() return ("y"):rep(1e4) end))`, luavm.ErrMemory},
		{`return (("x"):rep(1e5):gsub("x", {x = ("y"):rep(1e4)}))`, luavm.ErrMemory},
		{`local s = ("x"):rep(1e5) return (("xx"):gsub(".", ("%0"):rep(1e5)):gsub("x", ("%0"):rep(1e5)))`, luavm.ErrMemory},
		{`local function f(n) return (("ab"):gsub(".", function(c) if c == "a" then return ("y"):rep(3e6) end return n > 0 and f(n - 1) end)) end return f(100)`, luavm.ErrMemory},
		{`local t, s = {}, ("x"):rep(1e5) for i = 1, 1e3 do t[i] = s end return table.concat(t)`, luavm.ErrMemory},
		{`local t, s = {}, ("x"):rep(1e5) for i = 1, 1e3 do t[i] = "" end return table.concat(t, s)`, luavm.ErrMemory},
		{`local t, s = {}, ("x"):rep(1e5) for i = 1, 1e3 do t[i] = s end return cjson.encode(t)`, luavm.ErrMemory},
		{`local t, s = {}, ("x"):rep(1e5) for i = 1, 1e3 do t[i] = s end return cmsgpack.pack(t)`, luavm.ErrMemory},
		{`local t, s = {}, ("x"):rep(1e5) for i = 1, 1e2 do t[i] = s end return cmsgpack.pack(unpack(t))`, luavm.ErrMemory},
		{`local t, s = {}, ("x"):rep(1e5) for i = 1, 1e2 do t[i] = s end return struct.pack(("s"):rep(100), unpack(t))`, luavm.ErrMemory},
		{`local t, s = {}, ("x"):rep(1e5) for i = 1, 1e2 do t[i] = s end return string.format(("%s"):rep(100), unpack(t))`, luavm.ErrMemory},
		{`local t = {} for i = 1, 16 do t = {t, t, t, t} end return cjson.encode(t)`, luavm.ErrMemory},
		{`local t = {} for i = 1, 15 do t = {t, t, t, t} end return cmsgpack.pack(t)`, luavm.ErrMemory},
		{`return cjson.decode("["..("[],"):rep(1e6).."[]]")`, luavm.ErrMemory},
		{`return cjson.decode("["..("1,"):rep(1e6).."1]")`, luavm.ErrMemory},
		{`return cjson.decode('["'..("x"):rep(1e6)..'","'..("\\n"):rep(2e6)..'"]')`, luavm.ErrMemory},
		{`return cmsgpack.unpack("\221\0\15\255\255"..("\144"):rep(1e6))`, luavm.ErrMemory},
		{`return cmsgpack.unpack("\221\0\15\255\255"..("\129\1\1"):rep(1e6))`, luavm.ErrMemory},
		{`local t = {} for i = 1, 1e4 do t[i] = (("x"):rep(1e4)..i):gmatch("x") end`, luavm.ErrMemory},
		{`local t = {} for i = 1, 1e5 do t[i] = coroutine.wrap(function() end) end`, luavm.ErrMemory},
		{`local t = {} for i = 1, 1e5 do t[i] = cjson.new() end`, luavm.ErrMemory},
		{`return load(function() return ("x"):rep(1e5) end)`, nil},
		{`return ("a"):find(("[a]"):rep(1e6))`, nil},
		{`return ("a"):rep(1e5):find(("[a]"):rep(1e5))`, luavm.ErrMemory},
		{`return string.format("%99.99f", 1e308):len()`, nil},
		// Time.
		{`return ("a"):rep(40):find(("a?"):rep(40)..("a"):rep(40))`, luavm.ErrInstructions},
		{`return ("a"):rep(1e4):find((".-"):rep(10).."b")`, luavm.ErrInstructions},
		{`return ("a"):rep(1e5):match("a*a*a*b")`, luavm.ErrInstructions},
		{`return ("a"):rep(1e5):gsub("a*b", "")`, luavm.ErrInstructions},
		{`for x in ("a"):rep(1e5):gmatch("a*b") do end`, luavm.ErrInstructions},
		{`return ("("):rep(1e5):find("%b()")`, luavm.ErrInstructions},
		{`return ("a"):rep(1e5):find("(.*)%1b")`, luavm.ErrInstructions},
		{`return ("a"):rep(1e5):find(".-.-%f[b]")`, luavm.ErrInstructions},
		{`return pcall(string.find, ("a"):rep(40), ("a?"):rep(40)..("a"):rep(40))`, luavm.ErrInstructions},
		{`return table.insert({}, -2^31, 1)`, luavm.ErrInstructions},
		{`local t = {} for i = 1, 1e4 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end`, luavm.ErrInstructions},
		{`local t = {} for i = 1, 1e4 do t[i] = i % 7 end while true do table.sort(t) end`, luavm.ErrInstructions},
		{`local t, s = {}, ("x"):rep(1e4) for i = 1, 100 do t[i] = s..i end while true do table.sort(t) end`, luavm.ErrInstructions},
		{`local s = ("x"):rep(1e6) while true do s:find("y", 1, true) end`, luavm.ErrInstructions},
		{`local s = ("x"):rep(1e6) while true do s:upper() end`, luavm.ErrInstructions},
		{`local t = {} for i = 1, 1e4 do t[i] = i end while true do table.maxn(t) end`, luavm.ErrInstructions},
		{`local t = {} for i = 1, 1e4 do t[i] = "" end while true do table.concat(t) end`, luavm.ErrInstructions},
		{`local t = {} for i = 1, 1e4 do t[i] = i end while true do cjson.encode(t) end`, luavm.ErrInstructions},
		{`local t = {} for i = 1, 1e4 do t[i] = i end while true do cmsgpack.pack(t) end`, luavm.ErrInstructions},
		{`local s = "["..(" "):rep(1e6).."]" while true do cjson.decode(s) end`, luavm.ErrInstructions},
		{`local s = ("1"):rep(1e6) while true do tonumber(s) end`, luavm.ErrInstructions},
		{`local s = ("1"):rep(1e6) while true do tonumber(s, 16) end`, luavm.ErrInstructions},
		{`local s = ("b"):rep(1e6) while true do struct.size(s) end`, luavm.ErrInstructions},
		{`local s = ("%%"):rep(1e6) while true do s:format() end`, luavm.ErrInstructions},
		{`while true do loadstring("x = 1") end`, luavm.ErrInstructions},
		{`local t = {} for i = 1, 1e4 do t[i] = {} end while true do collectgarbage("count") end`, luavm.ErrInstructions},
		{`local t = {} for i = 1, 1e4 do t[i] = {} end while true do collectgarbage() end`, luavm.ErrInstructions},
		{`local t = {} t[1] = t return cjson.encode(t)`, nil},
		{`local t = {} t[1] = t return cmsgpack.pack(t)`, nil},
		{`table.sort({1, 2, 3}, function() while true do end end)`, luavm.ErrInstructions},
		{`local t = setmetatable({}, {__lt = function() return true end}) return pcall(table.sort, {t, t, t, t, t, t, t})`, nil},
	} {
		m := luavm.New()
		Open(m, NewRandom())
		m.Limits = luavm.Limits{Instructions: 2_000_000, Memory: 8 << 20}
		if test.want == luavm.ErrMemory {
			m.Limits.Instructions = 20_000_000
		}
		f, err := m.Load(test.chunk, "=s")
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		err = m.Run(f, func(luavm.Value) {})
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", test.chunk, took)
		} else if took > time.Second {
			t.Logf("%s took %v", test.chunk, took)
		}
		var luaError *luavm.Error
		if test.want == nil && err != nil && !errors.As(err, &luaError) || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s\n got %v\nwant %v", test.chunk, err, test.want)
		}
	}
}

// TestPoll stops a function in the middle, past a pcall.
func TestPoll(t *testing.T) {
	stop := errors.New("stop")
	m := luavm.New()
	Open(m, NewRandom())
	polls := 0
	m.Poll = func() error {
		if polls++; polls > 10 {
			return stop
		}
		return nil
	}
	f, err := m.Load(`return pcall(string.find, ("a"):rep(40), ("a?"):rep(40)..("a"):rep(40))`, "=s")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(f, func(luavm.Value) {}); !errors.Is(err, stop) {
		t.Errorf("got %v, want %v", err, stop)
	}
}
