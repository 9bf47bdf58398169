package lualib

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/luavm"
)

// ratios are operations, each with what is made once before, for some sizes N.
var ratios = []struct{ name, before, op string }{
	{"empty call", "local f = math.abs", "f(1)"},
	{"pairs", "local t = {} for i = 1, N do t['k'..i] = i end", "for k, v in pairs(t) do end"},
	{"pairs array", "local t = {} for i = 1, N do t[i] = i end", "for k, v in pairs(t) do end"},
	{"ipairs", "local t = {} for i = 1, N do t[i] = i end", "for k, v in ipairs(t) do end"},
	{"next array", "local t, next = {}, next for i = 1, N do t[i] = i end", "local k = next(t) while k do k = next(t, k) end"},
	{"next", "local t, next = {}, next for i = 1, N do t['k'..i] = i end", "local k = next(t) while k do k = next(t, k) end"},
	{"concat", "local t = {} for i = 1, N do t[i] = 'item'..i end", "table.concat(t, ',')"},
	{"concat numbers", "local t = {} for i = 1, N do t[i] = i end", "table.concat(t, ',')"},
	{"get fields", "local t = {name = 1, id = 2}", "local x = t.name + t.id"},
	{"get strings", "local t, k = {}, {} for i = 1, N do k[i] = 'k'..i t[k[i]] = i end", "local s = 0 for i = 1, N do s = s + t[k[i]] end"},
	{"set strings", "local k = {} for i = 1, N do k[i] = 'k'..i end", "local t = {} for i = 1, N do t[k[i]] = i end"},
	{"backward keys", "", "local t = {} for i = 1, N do t[N-i] = i end"},
	{"sparse keys", "", "local t = {} for i = 1, N do t[i*1000] = i end"},
	{"delete keys", "", "local t = {} for i = 1, N do t[i] = i end for i = 1, N do t[i] = nil end"},
	{"constructor", "", "local t = {1, 2, 3, a = 1, b = 2}"},
	{"insert end", "", "local t = {} for i = 1, N do table.insert(t, i) end"},
	{"insert front", "local t = {} for i = 1, N do t[i] = i end", "table.insert(t, 1, 0) t[#t] = nil"},
	{"remove end", "", "local t = {} for i = 1, N do t[i] = i end for i = 1, N do table.remove(t) end"},
	{"remove front", "local t = {} for i = 1, N do t[i] = i end", "t[#t+1] = table.remove(t, 1)"},
	{"sort", "local a, x = {}, 1 for i = 1, N do x = x * 16807 % 2147483647 a[i] = x end", "local t = {} for i = 1, N do t[i] = a[i] end table.sort(t)"},
	{"sort strings", "local a, x = {}, 1 for i = 1, N do x = x * 16807 % 2147483647 a[i] = 'k'..x end", "local t = {} for i = 1, N do t[i] = a[i] end table.sort(t)"},
	{"sort function", "local a, x = {}, 1 for i = 1, N do x = x * 16807 % 2147483647 a[i] = x end local function f(a, b) return a > b end", "local t = {} for i = 1, N do t[i] = a[i] end table.sort(t, f)"},
	{"append", "", "local t = {} for i = 1, N do t[#t+1] = i end"},
	{"unpack", "local t = {} for i = 1, math.min(N, 7000) do t[i] = i end", "unpack(t)"},
	{"select", "local t = {} for i = 1, math.min(N, 200) do t[i] = i end", "select('#', unpack(t))"},
	{"concatenate", "", "local s = '' for i = 1, N do s = s..'x' end"},
	{"concatenate many", "local a, b, c = ('a'):rep(N), 'b', 'c'", "local s = a.._..c..a"},
	{"number to string", "", "for i = 1, N do local s = 'k'..i end"},
	{"rep", "", "local s = ('ab'):rep(N)"},
	{"sub", "local s = ('ab'):rep(N)", "for i = 1, 10 do local x = s:sub(i, i + 5) end"},
	{"sub long", "local s = ('ab'):rep(N)", "local x = s:sub(3, -3)"},
	{"byte", "local s = ('ab'):rep(N)", "for i = 1, 10 do local x = s:byte(i) end"},
	{"upper", "local s = ('ab'):rep(N)", "local x = s:upper()"},
	{"len", "local s = ('ab'):rep(N)", "local x = s:len()"},
	{"find plain", "local s = ('ab'):rep(N)..'needle'", "s:find('needle', 1, true)"},
	{"find", "local s = ('ab'):rep(N)..'123'", "s:find('%d+')"},
	{"find class", "local s = ('ab '):rep(N)..'key=val'", "s:find('(%w+)=(%w+)')"},
	{"match", "local s = 'user:12345:name'", "s:match('^(%a+):(%d+):(%a+)$')"},
	{"match lazy", "local s = ('ab '):rep(N)..'<x>'", "s:match('^(.-)<(.*)>')"},
	{"gmatch", "local s = ('word '):rep(N)", "for w in s:gmatch('%a+') do end"},
	{"gsub string", "local s = ('word '):rep(N)", "s:gsub('word', 'w')"},
	{"gsub pattern", "local s = ('word '):rep(N)", "s:gsub('(%w+) ', '%1,')"},
	{"gsub table", "local s, t = ('word '):rep(N), {word = 'w'}", "s:gsub('%a+', t)"},
	{"gsub function", "local s = ('word '):rep(N)", "s:gsub('%a+', function(w) return w end)"},
	{"format", "", "string.format('%d %s %5.2f', 42, 'abc', 3.14159)"},
	{"format %d", "", "string.format('%d', 12345)"},
	{"format %s", "", "string.format('user:%s:name', 'bob')"},
	{"format %g", "", "string.format('%g %.14g', 0.1, 1/3)"},
	{"tostring", "", "tostring(12345)"},
	{"tostring fraction", "", "tostring(123.45)"},
	{"tonumber", "", "tonumber('12345')"},
	{"tonumber fraction", "", "tonumber('123.45')"},
	{"type", "local t = {}", "type(t)"},
	{"math.floor", "", "math.floor(3.7)"},
	{"math.max", "", "math.max(1, 2, 3)"},
	{"math.sin", "", "math.sin(0.7)"},
	{"math.exp", "", "math.exp(0.7)"},
	{"math.log", "", "math.log(0.7)"},
	{"math.pow", "", "math.pow(1.7, 2.3)"},
	{"math.random", "", "math.random(100)"},
	{"closure", "", "local f = function() return N end f()"},
	{"closures", "", "local t = {} for i = 1, N do t[i] = function() return i end end"},
	{"pcall", "local function f() end", "pcall(f)"},
	{"pcall error", "local function f() error('x') end", "pcall(f)"},
	{"coroutine switch", "local co = coroutine.wrap(function() while true do coroutine.yield() end end)", "co()"},
	{"coroutine create", "local function f() end", "coroutine.resume(coroutine.create(f))"},
	{"setmetatable", "local mt = {__index = {x = 1}}", "local t = setmetatable({}, mt) local x = t.x"},
	{"fib(20)", "local function fib(n) if n < 2 then return n end return fib(n-1) + fib(n-2) end", "fib(20)"},
	{"loadstring", "", "loadstring('return 1')"},
	{"cpu_loop", "", `local a, b = 0, 1 local n = tonumber(N) for i = 1, n do a, b = b, (a + b) % 1000007 end`},
}

// BenchmarkRatio measures each operation here and in lua5.1, and reports how
// many times as long it takes here. It needs no more than -benchtime 1x.
func BenchmarkRatio(b *testing.B) {
	lua, err := exec.LookPath("lua5.1")
	if err != nil {
		b.Skip("lua5.1 is not installed: nothing to compare with")
	}
	for _, r := range ratios {
		for _, n := range []int{10, 1000, 100_000} {
			if n > 10 && !strings.Contains(r.before+r.op, "N") {
				continue
			}
			b.Run(fmt.Sprintf("%s/%d", r.name, n), func(b *testing.B) {
				source := fmt.Sprintf("local N = %d %s return function(times) for _ = 1, times do %s end end", n, r.before, r.op)
				theirs, times := timeLua(b, lua, source)
				ours := timeHere(b, source, times)
				b.ReportMetric(float64(ours)/float64(times), "ns/op")
				b.ReportMetric(float64(theirs)/float64(times), "C-ns/op")
				b.ReportMetric(float64(ours)/float64(theirs), "ratio")
			})
		}
	}
}

const measured = 40 * time.Millisecond

// timeLua returns how long so many times take in lua5.1.
func timeLua(b *testing.B, lua, source string) (d time.Duration, times int) {
	b.Helper()
	driver := `local f, times, best = assert(loadstring(...))(), 1, math.huge
		while true do local t = os.clock() f(times) t = os.clock() - t if t > ` + fmt.Sprint(measured.Seconds()) + ` then best = t break end times = times * 2 end
		for i = 1, 3 do local t = os.clock() f(times) best = math.min(best, os.clock() - t) end print(times, best * 1e9)`
	out, err := exec.Command(lua, "-e", "arg = nil "+strings.Replace(driver, "loadstring(...)", "loadstring([==["+source+"]==])", 1)).CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	words := strings.Fields(string(out))
	times, _ = strconv.Atoi(words[0])
	ns, _ := strconv.ParseFloat(words[1], 64)
	return time.Duration(ns), times
}

func timeHere(b *testing.B, source string, times int) time.Duration {
	b.Helper()
	m := luavm.New()
	Open(m, NewRandom())
	make, err := m.Load(source, "=make")
	if err != nil {
		b.Fatal(err)
	}
	check(b, m.Run(make, func(f luavm.Value) { m.Set(m.Globals(), m.Name("f"), f) }))
	run, err := m.Load(fmt.Sprintf("f(%d)", times), "=run")
	check(b, err)
	best := time.Hour
	for range 4 {
		start := time.Now()
		check(b, m.Run(run, func(luavm.Value) {}))
		best = min(best, time.Since(start))
	}
	return best
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
