package lualib

import (
	"fmt"
	"strings"
	"testing"
)

// TestCoroutines compares what coroutines do with what lua5.1's do: by chunks
// that go to each corner, and by random programs.
func TestCoroutines(t *testing.T) {
	chunks := strings.Split(`local co = coroutine.create(function(a, b) local c = coroutine.yield(a + b) local d, e = coroutine.yield(c * 2) return d, e end)
return coroutine.resume(co, 1, 2), coroutine.resume(co, 10), coroutine.resume(co, "x", "y"), coroutine.resume(co)
--
local co co = coroutine.create(function() return coroutine.status(co), coroutine.running() == co end) return coroutine.status(co), coroutine.resume(co)
--
local a, b a = coroutine.create(function() return coroutine.resume(b) end) b = coroutine.create(function() return coroutine.status(a), coroutine.resume(a) end) return coroutine.resume(a)
--
return coroutine.resume(coroutine.create(function() error("x") end))
--
return coroutine.resume(coroutine.create(function() error({}) end))
--
return coroutine.resume(coroutine.create(function() error("x", 2) end))
--
return coroutine.resume(coroutine.create(function() error() end))
--
return pcall(coroutine.wrap(function() error("x") end))
--
return pcall(coroutine.wrap(function() error(42) end))
--
return pcall(coroutine.wrap(function() error({}) end))
--
local f = coroutine.wrap(function() return 1 end) f() return pcall(f)
--
local f = coroutine.wrap(function() error("e") end) pcall(f) return pcall(f)
--
local function g() coroutine.wrap(function() error("deep") end)() end return pcall(g)
--
local f f = coroutine.wrap(function() return pcall(f) end) return f()
--
return pcall(coroutine.yield, 1)
--
return coroutine.resume(coroutine.create(function() return pcall(coroutine.yield, 1) end))
--
return coroutine.resume(coroutine.create(function() return pcall(function() coroutine.yield(1) end) end))
--
return coroutine.resume(coroutine.create(function() table.sort({3, 2, 1}, function(a, b) coroutine.yield(1) end) end))
--
return coroutine.resume(coroutine.create(function() ("x"):gsub("x", function() coroutine.yield(1) end) end))
--
return coroutine.resume(coroutine.create(function() for _ in function() coroutine.yield(1) end do end return 2 end))
--
return coroutine.resume(coroutine.create(function() local t = setmetatable({}, {__index = function() coroutine.yield(1) end}) return t.x end))
--
return coroutine.resume(coroutine.create(function() local t = setmetatable({}, {__add = function() coroutine.yield(1) end}) return t + 1 end))
--
return coroutine.resume(coroutine.create(function() return load(function() coroutine.yield("x = 1") end) end))
--
return coroutine.resume(coroutine.create(function() return tostring(setmetatable({}, {__tostring = function() coroutine.yield(1) end})) end))
--
local f = coroutine.wrap(function(...) local t = {...} while true do t = {coroutine.yield(unpack(t))} end end) return f(1, 2, 3), f(), f(nil, nil), select("#", f(nil, nil))
--
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) local r = {} for v in co do r[#r+1] = v end return unpack(r)
--
local co = coroutine.create(coroutine.yield) return coroutine.resume(co, 1)
--
return pcall(coroutine.create, print)
--
return pcall(coroutine.wrap, 1)
--
return pcall(coroutine.status)
--
return pcall(coroutine.resume, {})
--
return coroutine.running()
--
local n = 0 local function f() n = n + 1 return coroutine.resume(coroutine.create(f)) end local a, b, c = f() return type(n), a
--
local function deep(n) if n == 0 then return "bottom" end return (coroutine.wrap(function() return deep(n - 1) end)()) end return deep(100)
--
local t = {} for i = 1, 50 do t[i] = coroutine.wrap(function() local x = i while true do x = x + (coroutine.yield(x) or 0) end end) end
local s = 0 for r = 1, 3 do for i = 1, 50 do s = s + t[i](r > 1 and i or nil) end end return s
--
local up local co = coroutine.wrap(function() local x = 1 up = function() x = x + 1 return x end coroutine.yield() return x end) co() up() up() return co()
--
local up local co = coroutine.create(function() local x = 1 up = function() x = x + 1 return x end error("e") end) coroutine.resume(co) return up(), up()
--
return coroutine.resume(coroutine.create(function(...) return select("#", ...), ... end), nil, nil)
--
local co = coroutine.create(function() return unpack({}, 1, 300) end) return select("#", coroutine.resume(co))
--
local co = coroutine.create(function(...) return select("#", coroutine.yield(...)) end) return select("#", coroutine.resume(co, unpack({}, 1, 500))), coroutine.resume(co, unpack({}, 1, 600))
--
return xpcall(function() return coroutine.wrap(function() error("in") end)() end, function(e) return "handled " .. e end)
--
local co = coroutine.create(function() return xpcall(function() error("a") end, function(e) return coroutine.yield(e) end) end) return coroutine.resume(co)
--
local co = coroutine.wrap(function() return pcall(error, "x") end) return co()
--
return pcall(coroutine.wrap(function() local x = nil; return x.y end))`, "\n--\n")
	g := newGenerator(6)
	for range 2000 {
		chunks = append(chunks, g.coroutines())
	}
	compare(t, chunks)
}

// coroutines returns a program in which a few coroutines resume each other.
func (g generator) coroutines() string {
	const count = 3
	var b strings.Builder
	b.WriteString("local r, c, steps = {}, {}, 0 local function note(...) for i = 1, select('#', ...) do r[#r+1] = tostring((select(i, ...))) end end\n")
	for i := 1; i <= count; i++ {
		fmt.Fprintf(&b, "c[%d] = coroutine.create(function(...) note('start', ...)\n", i)
		for range 1 + g.IntN(4) {
			b.WriteString("steps = steps + 1 if steps > 30 then return 'enough' end\n")
			switch g.IntN(6) {
			case 0:
				fmt.Fprintf(&b, "note(coroutine.yield(%d, steps))\n", i)
			case 1:
				fmt.Fprintf(&b, "note(coroutine.resume(c[%d], %d))\n", 1+g.IntN(count), i)
			case 2:
				fmt.Fprintf(&b, "note(coroutine.status(c[%d]))\n", 1+g.IntN(count))
			case 3:
				fmt.Fprintf(&b, "note(pcall(coroutine.resume, c[%d]))\n", 1+g.IntN(count))
			case 4:
				b.WriteString("if steps % 5 == 4 then error('five') end\n")
			case 5:
				b.WriteString("for i = 1, 2 do note(coroutine.yield(i)) end\n")
			}
		}
		b.WriteString("return 'done', ... end)\n")
	}
	fmt.Fprintf(&b, "for i = 0, 8 do note(coroutine.resume(c[i %% %d + 1], i)) note(coroutine.status(c[%d])) end\n", count, 1+g.IntN(count))
	b.WriteString("return table.concat(r, ' ')")
	return b.String()
}
