package luavm_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/lua51"
	"github.com/luastore/luastore/internal/luavm"
)

// pathological are sources of which a compiler's time may grow faster than their
// length, made of so many bytes. Those that end in an error do so at their end.
var pathological = func() map[string]func(n int) string {
	repeated := func(before, piece, after string) func(int) string {
		return func(n int) string {
			return before + strings.Repeat(piece, max(n-len(before)-len(after), 0)/len(piece)) + after
		}
	}
	numbered := func(before, piece, after string) func(int) string {
		return func(n int) string {
			var b strings.Builder
			b.WriteString(before)
			for i := 0; b.Len() < n-len(after)-len(piece)-8; i++ {
				fmt.Fprintf(&b, piece, i)
			}
			return b.String() + after
		}
	}
	// nested makes as many levels as compilers allow, each with its share of pieces.
	nested := func(levels int, open, piece, closing string) func(int) string {
		return func(n int) string {
			level := open + strings.Repeat(piece, max(n/levels-len(open)-len(closing), 0)/len(piece))
			return strings.Repeat(level, levels) + strings.Repeat(closing, levels)
		}
	}
	return map[string]func(int) string{
		"repeat with breaks":    repeated("", "repeat if 1 then else break end until 1 ", ""),
		"while with a break":    repeated("", "while 1 do break end ", ""),
		"while with breaks":     repeated("while 1 do ", "if a then break end ", "end"),
		"breaks alone":          repeated("while 1 do ", "do break end ", "end"),
		"breaks in else":        repeated("while 1 do ", "if a then else break end ", "end"),
		"breaks in repeat":      repeated("repeat ", "if a then break end ", "until a"),
		"breaks in for":         repeated("for i = 1, 2 do ", "if a then b() break end ", "end"),
		"breaks in for in":      repeated("for i in a do ", "if a then b() break end ", "end"),
		"breaks of upvalues":    repeated("while 1 do local a local function f() return a end ", "if a then local b f = function() return b end break end ", "end"),
		"breaks without an end": repeated("while 1 do ", "if a then break end ", ""),
		"loops in a loop":       repeated("while 1 do ", "while 1 do break end ", "end"),
		"nested loops":          nested(190, "while 1 do ", "if a then break end ", "end "),
		"nested repeat":         nested(190, "repeat ", "if a then break end ", "until a "),
		"or":                    repeated("return ", "a or ", "a"),
		"and":                   repeated("return ", "a and ", "a"),
		"if or":                 repeated("if ", "a or ", "a then end"),
		"if and":                repeated("if ", "a and ", "a then end"),
		"while or":              repeated("while ", "a or ", "a do end"),
		"until and":             repeated("repeat until ", "a and ", "a"),
		"then break":            repeated("while 1 do if ", "a or ", "a then break end end"),
		"comparisons":           numbered("return ", "a == %d or ", "a"),
		"and, or":               repeated("return ", "a and b or ", "a"),
		"or, and":               repeated("return ", "a or b and ", "a"),
		"constants":             repeated("return ", "a and 1 or nil or false and ", "a"),
		"not":                   repeated("return ", "not a or not not a and ", "a"),
		"parentheses":           repeated("return ", "(a or b or c) and (d or not (e and f)) or ", "a"),
		"and, or in calls":      repeated("return f(", "a or b(", ""),
		"nested or on the left": func(n int) string {
			return "return " + strings.Repeat("(", 60) + "a" + strings.Repeat(strings.Repeat(" or a", n/300)+")", 60)
		},
		"nested or on the right":    nested(60, "(", "a or ", "a) or a"),
		"nested or, returned":       func(n int) string { return "return " + nested(60, "(", "a or ", "a) or a")(n) },
		"nested and, not":           func(n int) string { return "return " + nested(40, "not (", "a and ", "a) or a")(n) },
		"or in items":               repeated("return {", "a or b or c,", "}"),
		"an unfinished or":          repeated("return ", "a or ", ""),
		"elseif":                    repeated("if a then ", "elseif a then ", "end"),
		"elseif with calls":         repeated("if a then ", "elseif a == 1 then b() ", "end"),
		"elseif that return":        repeated("if a then ", "elseif a then return ", "end"),
		"elseif true":               repeated("if a then ", "elseif true then ", "end"),
		"elseif and else":           repeated("if a then ", "elseif a then ", "else end"),
		"elseif without an end":     repeated("if a then ", "elseif a then ", ""),
		"elseif after else":         repeated("if a then else ", "elseif a then ", "end"),
		"elseif that break":         repeated("while 1 do if a then ", "elseif a then break ", "end end"),
		"elseif with if":            repeated("if a then ", "if b then else end elseif a then ", "end"),
		"elseif with elseif":        repeated("if a then ", "if b then elseif c then elseif d then end elseif a then ", "end"),
		"else if":                   nested(190, "if a then ", "x = 1 ", "else end "),
		"if, nested":                nested(190, "if a then ", "if a then else end ", "end "),
		"if, each in the last":      repeated("", "if a then if a then if a then end end end ", ""),
		"if else":                   repeated("", "if a then else end ", ""),
		"if, no code between":       repeated("local a ", "if true then else end a = a ", ""),
		"if, in a loop without end": repeated("while 1 do ", "if a then else end ", ""),
		"repeat":                    repeated("", "repeat until a ", ""),
		"repeat true":               repeated("", "repeat if a then else end until true ", ""),
		"repeat nested":             nested(190, "repeat if a then else end ", ";", "until true "),
		"repeat of upvalues":        repeated("", "repeat local a local function f() return a end until a ", ""),
		"do of upvalues":            repeated("", "do local a local function f() return a end end ", ""),
		"do":                        repeated("", "do end ", ""),
		"nested do of upvalues":     nested(98, "do local a local function f() return a end ", "f() ", "end "),
		"for":                       repeated("", "for i = 1, 2 do end ", ""),
		"globals":                   numbered("", "a%d = 1 ", ""),
		"numbers":                   numbered("local a ", "a = %d.5 ", ""),
		"strings":                   numbered("local a ", "a = 's%d' ", ""),
		"equal strings":             repeated("local a ", "a = 'abcdefgh' ", ""),
		"no numbers":                repeated("local a ", "a = 1e999 - 1e999 ", ""),
		"folded":                    repeated("local a = 1 ", "+ 1 ", ""),
		"sums":                      repeated("local a = b ", "+ b ", ""),
		"sums of products":          repeated("local a = b ", "+ b * c / d - e ", ""),
		"powers":                    repeated("local a = b ", "^ c + b", ""),
		"concatenated":              repeated("local a = ", "b .. c + ", "d"),
		"many concatenated":         repeated("", "a = "+strings.Repeat("b .. ", 150)+"c ", ""),
		"nested functions":          nested(60, "local function f() ", "a = a ", "end "),
		"functions":                 repeated("", "local a = function() end a = nil do local b end ", ""),
		"functions in a do":         repeated("", "do local function f() end end ", ""),
		"upvalues": func(n int) string {
			names := strings.TrimSuffix(strings.Repeat("abcdefghijklmnopq,", 150), ",")
			return "local " + names + repeated(" return function() return function() return function() ", "z = y ", "end end end")(n-len(names))
		},
		"locals":               numbered("", "do local a%d end ", ""),
		"locals, looked up":    repeated("local x "+strings.Repeat("local aaaaaaaaaaaaaaaa ", 190), "x = y ", ""),
		"items":                repeated("return {", "1,", "}"),
		"items of names":       repeated("return {", "a,", "}"),
		"fields":               numbered("return {", "a%d=1,", "}"),
		"nested tables":        nested(190, "{", "1,", "},"),
		"nested tables, right": func(n int) string { return "return " + strings.TrimSuffix(nested(190, "{", "1,", "},")(n), ",") },
		"calls":                repeated("", "a(b) ", ""),
		"chained calls":        repeated("a", "(b)", ""),
		"chained fields":       repeated("return a", ".b", ""),
		"chained methods":      repeated("return a", ":b()", ""),
		"chained indexes":      repeated("return a", "[b]", ""),
		"nested calls":         nested(190, "a(", "b,", "c)"),
		"parentheses alone":    repeated("return ", "(", "a"),
		"unary":                repeated("return ", "-", "a"),
		"braces":               repeated("return ", "{", ""),
		"ends":                 repeated("", "end ", ""),
		"untils":               repeated("", "until a ", ""),
		"opened":               repeated("", "repeat ", ""),
		"opened ifs":           repeated("", "if a then ", ""),
		"opened functions":     repeated("", "function f() ", ""),
		"a long string":        repeated("return '", `\000`, "'"),
		"a long bracket":       repeated("return [=[", "]]", "]=]"),
		"an open bracket":      repeated("return [=[", "]==", ""),
		"a long comment":       repeated("--[[", "x", "]]"),
		"comments":             repeated("", "--\n", ""),
		"a long name":          repeated("return ", "a", ""),
		"lines":                repeated("", "\n", ""),
		"semicolons":           repeated("a = 1", ";b = 1", ""),
		"assigned":             repeated("", strings.TrimSuffix(strings.Repeat("a,", 150), ",")+" = 1 ", ""),
		"assigned fields":      repeated("local a ", "a.b, a.b, a.b, a = 1 ", ""),
		"assigned too often":   repeated("a", ",a", " = 1"),
		"declared too often":   repeated("local a", ",a", " = 1"),
		"arguments":            repeated("function f(a", ",a", ") end"),
		"names":                repeated("", "a, ", ""),
		"varargs":              repeated("local function f(...) ", "g(...) ", "end"),
		"arg":                  repeated("", "local function f(...) return arg end f = nil do local a end ", ""),
		"garbage":              repeated("", "@", ""),
	}
}()

// TestPathologicalSources: no source is compiled for long without a look whether to
// go on, and none for many times as long as others. The bounds are those of busy
// machines: where time grows with the square of the length or worse it is minutes.
func TestPathologicalSources(t *testing.T) {
	for name, source := range pathological {
		src := source(256 << 10)
		m := luavm.New()
		begin := time.Now()
		last, longest := begin, time.Duration(0)
		m.Poll = func() error {
			now := time.Now()
			longest, last = max(longest, now.Sub(last)), now
			return nil
		}
		_, err := m.Load(src, "=s")
		took := time.Since(begin)
		longest = max(longest, time.Since(last))
		if longest > 2*time.Second || took > 20*time.Second {
			t.Errorf("%s: %v, and as long as %v without a look: %v", name, took, longest, err)
		}
		t.Logf("%-28s %8v %8v %v", name, took.Round(time.Millisecond), longest.Round(time.Millisecond), err)

		stop := errors.New("stop")
		m.Poll = func() error { return stop }
		if _, err := m.Load(src, "=s"); err != stop && took > time.Second {
			t.Errorf("%s, stopped: %v", name, err)
		}
	}
}

// folded are pieces of code of which a source has many, with the jumps that the
// compiler is not given as they are: breaks, elseif, and, or.
var folded = []string{
	"x = x + 1 if x % 7 == %d then log(x, %d) break end ",
	"if x == %d then log('a', x) elseif x == %d + 3 then y = y + 1 end ",
	"if not (x ~= %d or y > 5) and log(y) then break end ",
	"do local u = x local f = function() u = u + 1 return u end if f() > %d then log(f(), u) break end keep[#keep + 1] = f end ",
	"if x > %d then if y == 3 then log('deep', x) break end else y = y - 1 end ",
}

// TestManyJumps: loops with many breaks, conditions with many operands and ifs with
// many arms do what they do in Lua.
func TestManyJumps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	number := func() string { return strconv.Itoa(r.IntN(200)) }
	// fill puts numbers in the places of %d.
	fill := func(s string) string {
		for strings.Contains(s, "%d") {
			s = strings.Replace(s, "%d", number(), 1)
		}
		return s
	}
	body := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(fill(folded[r.IntN(len(folded))]))
		}
		return b.String()
	}
	chain := func(n int) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteString([]string{" or ", " and ", " or\n", " and\n"}[r.IntN(4)])
			}
			switch r.IntN(9) {
			case 0:
				b.WriteString("not ")
				fallthrough
			case 1:
				b.WriteString("log(" + number() + ")")
			case 2:
				b.WriteString("#'" + strings.Repeat("x", r.IntN(4)) + "' == " + strconv.Itoa(r.IntN(4)))
			case 3:
				b.WriteString("x " + []string{"==", "~=", "<", ">="}[r.IntN(4)] + " " + number())
			case 4:
				b.WriteString([]string{"nil", "false", "true", "1", "'s'", "1 + 2", "-3", "#t", "t[1]", "t.x"}[r.IntN(10)])
			case 5:
				b.WriteString("(x == " + number() + " and y or false)")
			case 6:
				b.WriteString("(" + strings.TrimSuffix(strings.Repeat("log(x) == x or ", r.IntN(50)+1), " or ") + ")")
			default:
				b.WriteString("log(nil)")
			}
		}
		return b.String()
	}
	arms := func(n int) string {
		var b strings.Builder
		b.WriteString("if x == -1 then log(0) ")
		for range n {
			b.WriteString(fill("elseif x == %d " + []string{"", "and y > 1 ", "or log(false) "}[r.IntN(3)] + "then "))
			b.WriteString(fill([]string{"", "log(%d) ", "do break end ", "break ", "if y > 2 then log(y) else log(x) end ",
				"local a = x keep[#keep + 1] = function() return a end ", "while y > 0 do y = y - 1 if y == 2 then break end end "}[r.IntN(7)]))
		}
		return b.String() + []string{"", "else log('else') "}[r.IntN(2)] + "end "
	}
	var chunks []string
	for range 60 {
		n := 1 + r.IntN(120)
		var code string
		switch r.IntN(8) {
		case 0:
			code = "while x < 50 do x = x + 1 " + body(n) + "end "
		case 1:
			code = "repeat x = x + 1 " + body(n) + "local z = x until z > 30 or y < -100 log(x, y) "
		case 2:
			code = "for i = 1, 20 do x = x + i " + body(n) + "end "
		case 3:
			code = "for _, v in ipairs({1, 5, 3, 7}) do x = x + v " + body(n) + "end "
		case 4:
			code = "for x = 1, 40 do y = y + x % 3 " + arms(n) + "log(x) end "
		case 5:
			code = "for x = 1, 4 do local v = " + chain(n) + " log(v) end "
		case 6:
			code = "for x = 1, 4 do if " + chain(n) + " then log('yes') else log('no') end while " + chain(n) + " do log('loop') break end end "
		case 7:
			code = "repeat x = x + 1 log({" + chain(n) + ", (" + chain(n) + ")}[2]) until x > 3 or x == 2 and " + chain(n) + " log('after') "
		}
		chunks = append(chunks, "local x, y, t, keep, lines = 0, 3, {x = 5}, {}, {} local function log(...) for i = 1, select('#', ...) do lines[#lines + 1] = tostring((select(i, ...))) end return (...) end "+
			code+" for i, f in ipairs(keep) do lines[#lines + 1] = f() end return table.concat(lines, ' ')")
	}
	lua51.Compare(t, lua51.On(t, newMachine()), chunks)
}
