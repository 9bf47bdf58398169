package lualib

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/lua51"
	"github.com/luastore/luastore/internal/luavm"
)

// compare runs chunks here and in lua5.1.
func compare(t *testing.T, chunks []string) {
	t.Helper()
	m := newMachine()
	m.Limits = luavm.Limits{Instructions: 50_000_000, Memory: 256 << 20}
	lua51.Compare(t, lua51.On(t, m), chunks)
}

// A generator makes random chunks.
type generator struct{ *rand.Rand }

var seed = flag.Uint64("seed", 51, "of the random chunks that are compared")

func newGenerator(test uint64) generator { return generator{rand.New(rand.NewPCG(test, *seed))} }

func (g generator) one(of []string) string { return of[g.IntN(len(of))] }

// some joins up to n of the texts.
func (g generator) some(n int, sep string, of []string) string {
	var parts []string
	for range g.IntN(n + 1) {
		parts = append(parts, g.one(of))
	}
	return strings.Join(parts, sep)
}

var (
	anyArgs = strings.Split(`nil|true|false|0|-0|1|2|3|-1|-2|3.7|-2.5|10|255|256|1e10|-1e10|2^31|2^31-1|-2^31|2^53|1e15|1e100|-1e100|1/0|-1/0|0/0|`+
		`""|"a"|"abc"|"a\0b"|"\0"|"10"|"0x10"|" 5 "|"1e2"|"-3"|"nan"|"abc def"|"%d"|"%"|"[a"|("xy"):rep(60)|`+
		`{}|{1,2,3}|{"a","b","c"}|{1,nil,3}|{x=1}|type|function() return 1 end|coroutine.create(function() end)`, "|")
	smallArgs = strings.Split(`nil|true|0|1|2|3|4|5|-1|-3|2.5|"2"|"x"|{}|""|"ab"|7`, "|")
	functions = strings.Fields(`string.byte string.char string.find string.format string.gsub string.len string.lower
		string.match string.reverse string.sub string.upper table.concat table.getn table.maxn table.setn
		math.abs math.ceil math.deg math.floor math.fmod math.frexp math.ldexp math.max math.min math.mod math.modf math.rad math.sqrt
		math.acos math.asin math.atan math.atan2 math.cos math.cosh math.exp math.log math.log10 math.pow math.sin math.sinh math.tan math.tanh
		assert error getmetatable ipairs next pairs rawequal rawget select setmetatable tonumber tostring type
		loadstring pcall xpcall coroutine.resume coroutine.status coroutine.wrap coroutine.create string.gmatch rawset`)
	careful = strings.Fields(`string.rep table.insert table.remove table.foreach table.foreachi table.sort load collectgarbage`)
)

// TestCalls calls every function with all kinds of arguments, too few and too
// many.
func TestCalls(t *testing.T) {
	g := newGenerator(1)
	var chunks []string
	for range 400 {
		for _, f := range functions {
			args := g.some(4, ",", anyArgs)
			switch g.IntN(3) {
			case 0:
				chunks = append(chunks, fmt.Sprintf("return %s(%s)", f, args))
			case 1:
				chunks = append(chunks, fmt.Sprintf("local r = %s(%s) return r", f, args))
			default:
				chunks = append(chunks, fmt.Sprintf("return pcall(%s%s)", f, strings.TrimSuffix(","+args, ",")))
			}
		}
		for _, f := range careful {
			chunks = append(chunks, fmt.Sprintf("return %s(%s)", f, g.some(4, ",", smallArgs)))
		}
		name := strings.TrimPrefix(functions[g.IntN(11)], "string.")
		chunks = append(chunks, fmt.Sprintf("local s = %s return s:%s(%s)", g.one([]string{`"abc"`, `"%d"`, `"a\0b"`}), name, g.some(3, ",", anyArgs)))
	}
	compare(t, chunks)
}

const dumper = `
local function dump(t) local r = {#t} for k, v in pairs(t) do r[#r+1] = tostring(k).."="..tostring(v) end return table.concat(r, " ") end `

// TestTables changes tables and looks at all there is in them, in order.
func TestTables(t *testing.T) {
	g := newGenerator(2)
	values := strings.Split(`1|2|3|"a"|"bc"|true|nil|1.5|10`, "|")
	var chunks []string
	for range 6000 {
		var b strings.Builder
		fmt.Fprintf(&b, "%slocal t = {%s} local r = {}", dumper, g.some(9, ",", values))
		for range 1 + g.IntN(6) {
			var call string
			switch g.IntN(6) {
			case 0:
				call = "table.insert, t, " + g.one(values)
			case 1:
				call = fmt.Sprintf("table.insert, t, %d, %s", g.IntN(12)-2, g.one(values))
			case 2:
				call = "table.remove, t"
			case 3:
				call = fmt.Sprintf("table.remove, t, %d", g.IntN(12)-2)
			case 4:
				call = fmt.Sprintf(`table.concat, t, %s, %d, %d`, g.one([]string{`""`, `"-"`, `", "`}), g.IntN(5), g.IntN(8))
			case 5:
				call = fmt.Sprintf("rawset, t, %d, %s", g.IntN(12)-2, g.one(values))
			}
			fmt.Fprintf(&b, " local a, x = pcall(%s) if x ~= t then r[#r+1] = tostring(x) end r[#r+1] = dump(t)", call)
		}
		b.WriteString(" return unpack(r)")
		chunks = append(chunks, b.String())
	}
	compare(t, chunks)
}

// TestSort sorts by comparators good and bad, and looks at every call of them.
func TestSort(t *testing.T) {
	g := newGenerator(3)
	comparators := []string{
		"nil", "function(a, b) log(a, b) return a < b end", "function(a, b) log(a, b) return a > b end",
		"function(a, b) log(a, b) return a <= b end", "function(a, b) log(a, b) return true end",
		"function(a, b) log(a, b) return false end", "function(a, b) log(a, b) seed = seed * 16807 % 2147483647 return seed % 2 == 0 end",
		"function(a, b) log(a, b) return a % 3 < b % 3 end", "function(a, b) if #l > 40 then error('enough') end log(a, b) return a < b end",
		"function(a, b) if #l == 30 then t[#t] = nil end log(a, b) return a < b end",
	}
	values := strings.Split(`1|2|3|4|5|6|7|8|9|10|2.5|-1|0/0|100|1/0`, "|")
	texts := strings.Split(`"a"|"b"|"ab"|""|"a\0"|"a\0b"|"B"|"\200"`, "|")
	var chunks []string
	for i := range 3000 {
		of := values
		switch {
		case i%5 == 0:
			of = texts
		case i%17 == 0:
			of = append(append([]string{}, values...), `"1"`, "{}", "true")
		}
		chunks = append(chunks, fmt.Sprintf(`local l, seed = {}, %d local function log(a, b) l[#l+1] = tostring(a)..":"..tostring(b) end
			local t = {%s} local ok, err = pcall(table.sort, t, %s)
			for i = 1, #t do t[i] = tostring(t[i]) end return ok, err, table.concat(t, " "), table.concat(l, " ")`,
			1+g.IntN(1000), g.some(40, ",", of), g.one(comparators)))
	}
	compare(t, chunks)
}

// TestPatterns matches random patterns with random subjects.
func TestPatterns(t *testing.T) {
	g := newGenerator(4)
	parts := strings.Split(`a|b|c|.|%a|%d|%s|%w|%A|%S|%p|%x|%z|%l|%u|%c|[ab]|[^a]|[a-c]|[%d%s]|[]]|[^]]|[a-]|[%a_]|[-a]|[a-%]|[c-a]|(|)|()|`+
		`%1|%2|%0|%b()|%bab|%f[a]|%f[%A]|%f|$|^|%|%%|%.|[|[a|[^|[%|]|-|*|+|?|x|\0|\255|%-|abc|ab`, "|")
	signs := []string{"", "", "", "*", "+", "-", "?"}
	pattern := func() string {
		var b strings.Builder
		if g.IntN(6) == 0 {
			b.WriteByte('^')
		}
		for range g.IntN(6) {
			part := g.one(parts)
			b.WriteString(part)
			if part != "(" {
				b.WriteString(g.one(signs))
			}
		}
		if p := b.String(); strings.Count(p, "(") > strings.Count(p, ")") && g.IntN(3) > 0 {
			b.WriteByte(')')
		}
		return b.String()
	}
	subjects := strings.Split(`a|b|c|ab|abc|aabbcc|(a(b)c)|foo bar|12 ab 3|x=1, y=22|\0|a\0b| |%|[]|A1_b|\255\200|aaaaaaaa|abababab|()`, "|")
	replacements := strings.Split(`"x"|""|"%0"|"%1"|"%2"|"<%1>"|"%%"|"%"|"%x"|"a%0b%1"|{a="A",b=false,ab=1}|function(...) return ... end|`+
		`function(...) return select("#",...) end|function() end|function() return {} end|{a={}}|5|true|nil|"\0%0"|function() error("e") end`, "|")
	var chunks []string
	for range 12000 {
		p, s := lua(pattern()), `"`+g.some(3, "", subjects)+`"`
		switch g.IntN(6) {
		case 0:
			chunks = append(chunks, fmt.Sprintf("return string.find(%s, %s)", s, p))
		case 1:
			chunks = append(chunks, fmt.Sprintf("return string.find(%s, %s, %s)", s, p, g.some(2, ",", smallArgs[:13])+",nil"))
		case 2:
			chunks = append(chunks, fmt.Sprintf("return string.match(%s, %s, %d)", s, p, g.IntN(6)-2))
		case 3:
			chunks = append(chunks, fmt.Sprintf(`local r = {} for a, b, c in string.gmatch(%s, %s) do
				r[#r+1] = tostring(a)..":"..tostring(b)..":"..tostring(c) if #r > 50 then break end end return unpack(r)`, s, p))
		case 4:
			chunks = append(chunks, fmt.Sprintf("return string.gsub(%s, %s, %s)", s, p, g.one(replacements)))
		case 5:
			chunks = append(chunks, fmt.Sprintf("return string.gsub(%s, %s, %s, %d)", s, p, g.one(replacements), g.IntN(4)-1))
		}
	}
	compare(t, chunks)
}

// lua returns s as a constant of the language; backslashes in it are escapes
// already.
func lua(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// TestFormat formats all kinds of values in all kinds of ways.
func TestFormat(t *testing.T) {
	g := newGenerator(5)
	numbers := strings.Split(`0|-0|1|-1|0.5|-0.5|1.5|2.5|3.14159|100|123456|1234567|1e6|1e5|99999.5|999999.5|0.0001|0.00001|0.000099999|1e15|1e16|`+
		`1e17|123456789012|1e100|-1e100|1.7976931348623157e308|5e-324|2^31|2^32|2^53|2^63|-2^63|2^64|1e19|1e20|1/0|-1/0|0/0|-(0/0)|65|255|"12"|"0x1F"|"1e3"|0.1|1/3|2/3|1e-10`, "|")
	texts := strings.Split(`"abc"|""|"a\0b"|("x"):rep(99)|("x"):rep(100)|("x"):rep(120)|"a\nb\\\"c\r\0\1"|12|nil|{}|true`, "|")
	flags := []string{"", "", "", "-", "+", " ", "#", "0", "-0", "+0", " 0", "#0", "-#", "+-", "00000", "-+ #0", "-+ #0-"}
	widths := []string{"", "", "", "1", "5", "12", "20", "99", "100"}
	precisions := []string{"", "", "", ".", ".0", ".1", ".3", ".10", ".20", ".99", ".100"}
	var chunks []string
	for range 15000 {
		letter := g.one(strings.Split("d i u c x X o e E f g G q s s d f g y % a F l", " "))
		of := numbers
		if strings.ContainsAny(letter, "qs") {
			of = texts
		}
		if g.IntN(20) == 0 {
			of = anyArgs
		}
		f := "%" + g.one(flags) + g.one(widths) + g.one(precisions) + letter
		if g.IntN(100) == 0 {
			f = f[:g.IntN(len(f))]
		}
		chunks = append(chunks, fmt.Sprintf("return string.format(%s, %s)", lua("<"+f+">"), g.one(of)))
	}
	compare(t, chunks)
}

// TestConcatenation builds strings of others, and looks at all of them, since
// some share their bytes.
func TestConcatenation(t *testing.T) {
	g := newGenerator(7)
	var chunks []string
	for range 1000 {
		var b strings.Builder
		b.WriteString("local s = {('x'):rep(60), ('y'):rep(200), '', 5} local function sum(s) local n = 0 for i = 1, #s do n = (n * 31 + s:byte(i)) % 2^31 end return n end ")
		for range 5 + g.IntN(40) {
			fmt.Fprintf(&b, "s[%d] = s[%d]", 1+g.IntN(4), 1+g.IntN(4))
			for range 1 + g.IntN(3) {
				b.WriteString(" .. " + g.one([]string{"'a'", "'bc'", "1.5", "''", "s[3]", "s[4]", "('z'):rep(90)"}))
			}
			b.WriteString(" if #s[3] > 3000 then s[3] = 'd' end if #tostring(s[4]) > 3000 then s[4] = 6 end ")
		}
		chunks = append(chunks, b.String()+"for i = 1, 4 do s[i] = sum(tostring(s[i])) end return unpack(s)")
	}
	compare(t, chunks)
}
