package attack

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"github.com/luastore/luastore/internal/luavm"
)

// sourceAttacks are attacks whose danger is in their source, each as a script
// of its own and as what a script gives to loadstring.
func sourceAttacks() (attacks []attack) {
	const load = "local f, e = loadstring(ARGV[1]) if f then return f() end error('Error compiling script: ' .. e:sub(1, 1000), 0)"
	for _, s := range hostileSources() {
		a := attack{kind: "error", want: regexp.MustCompile(s.want), source: s.parts.join}
		if s.want == "" {
			a.kind = "any"
		}
		a.name = "source/" + s.name
		attacks = append(attacks, a)
		a.name, a.script = "loadstring/"+s.name, load
		attacks = append(attacks, a)
	}
	return attacks
}

// hostileSource is a source and the error that it ends in; "" means that it
// may end in any way.
type hostileSource struct {
	name, want string
	parts      parts
}

// parts are those of a source that is made when it is needed: texts, or
// functions that return some, and numbers of times to repeat what is before.
type parts []any

func (p parts) join() string {
	var b strings.Builder
	last := ""
	for _, part := range p {
		switch part := part.(type) {
		case string:
			last = part
			b.WriteString(last)
		case func() string:
			b.WriteString(part())
		case float64:
			b.WriteString(strings.Repeat(last, int(part)-1))
		case int:
			b.WriteString(strings.Repeat(last, part-1))
		}
	}
	return b.String()
}

// numbered is f(0) … f(n-1).
func numbered(n int, format string) func() string {
	return func() string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
}

// random is n of the pieces, the same each time.
func random(n int, pieces []string) func() string {
	return func() string {
		r := rand.New(rand.NewPCG(1, 2))
		var b strings.Builder
		for range n {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		return b.String()
	}
}

func hostileSources() []hostileSource {
	const (
		levels  = "chunk has too many syntax levels"
		complex = "function or expression too complex"
		compile = "Error compiling script"
	)
	words := strings.SplitAfter("and break do else elseif end false for function if in local nil not or repeat return then true until while + - ( ) { } [ ] ; : , . .. ... x y 1 '' = == ", " ")
	bytes := strings.Split(string(func() (all []byte) {
		for b := range 256 {
			all = append(all, byte(b), 'x', 'x')
		}
		return all
	}()), "xx")
	sources := []hostileSource{
		{"deep parentheses", levels, parts{"return ", "(", 1e5, "1", ")", 1e5}},
		{"deep parentheses, open", levels, parts{"return ", "(", 1e6}},
		{"deep braces", levels, parts{"return ", "{", 1e5, "}", 1e5}},
		{"deep brackets", levels, parts{"return ", "KEYS[", 1e5, "1", "]", 1e5}},
		{"deep calls", levels, parts{"return ", "type(", 1e5, "1", ")", 1e5}},
		{"deep functions", levels, parts{"return function() ", 3e4, " end", 3e4}},
		{"deep functions in tables", levels, parts{"return ", "{function() return ", 3e4, "1", " end}", 3e4}},
		{"deep blocks", levels, parts{"do ", 1e5, " end", 1e5}},
		{"deep if", levels, parts{"if true then ", 5e4, " end", 5e4}},
		{"deep else", levels, parts{"if true then else ", 2e4, " end", 2e4}},
		{"deep while", levels, parts{"while true do ", 5e4, " end", 5e4}},
		{"deep repeat", levels, parts{"repeat ", 5e4, " until true", 5e4}},
		{"deep for", "more than 200 local variables", parts{"for i = 1, 2 do ", 2e4, " end", 2e4}},
		{"deep for in", "more than 200 local variables", parts{"for i in pairs(KEYS) do ", 2e4, " end", 2e4}},
		{"many not", levels, parts{"return ", "not ", 2e5, "1"}},
		{"many minus signs", levels, parts{"return ", "- ", 5e5, "1"}},
		{"many lengths", levels, parts{"return ", "#", 1e6, "''"}},
		{"concatenation", levels, parts{"return 'a'", "..'a'", 2e5}},
		{"powers", levels, parts{"return 1", "^1", 5e5}},
		{"sums", "", parts{"return 1", "+1", 5e5}},
		{"sums of variables", "nil value", parts{"local x return x", "+x", 5e5}},
		{"sums and products", "", parts{"local x = 1 return x", "+x*x-x/x", 1e5}},
		{"comparisons", "attempt to compare", parts{"return 1", "<1", 5e5}},
		{"equalities", "", parts{"local x = 1 return x", "==x", 3e5}},
		{"and", "", parts{"local x return x", " and x", 690}},
		{"and, too many", compile, parts{"local x return x", " and x", 1e5}},
		{"or", "", parts{"local x return x", " or x", 690}},
		{"or, too many", compile, parts{"local x return x", " or x", 1e5}},
		{"and, or", compile, parts{"local x return x", " and x or x", 5e4}},
		{"and, or in parentheses", compile, parts{"local x return ", "(x and x) or ", 5e4, "x"}},
		{"and, or, in many statements", "", parts{"local x ", "x = x and x or x ", 5e4}},
		{"and, or of comparisons", "", parts{"local x = 1 return x", " > 0 and x < 2 or x", 340}},
		{"elseif", "", parts{"local x if x then", " elseif x then", 2e4, " end"}},
		{"elseif with bodies", "", parts{"local x if x then", " elseif x == 1 then x = 2", 1e4, " end"}},
		{"elseif, too many", levels + "|control structure too long", parts{"local x if x then", " elseif x then x = 1", 5e4, " end"}},
		{"if after if", "", parts{"if KEYS then end ", 6e4}},
		{"break", "", parts{"while true do ", "if true then break end ", 690, "end"}},
		{"break, very often", "", parts{"while true do ", "if true then break end ", 4e4, "end"}},
		{"break outside of loops", "no loop to break", parts{"break ", 1e5}},
		{"a jump too long", "control structure too long", parts{"local x while x do ", "x = {} ", 1.4e5, "end"}},
		{"a level of many equals signs", "", parts{"return [", "=", 5e5, "[x]", "=", 5e5, "]"}},
		{"levels of equals signs", compile, parts{"[=", 5e5}},
		{"a long string", "", parts{"return [[", "x", 1e6, "]]"}},
		{"a long string in long strings", "", parts{"return [[", "[[", 5e5, "]]"}},
		{"a long string of brackets", "unfinished long string", parts{"return [==[", "]=", 5e5}},
		{"a string", "", parts{"return '", "x", 1e6, "'"}},
		{"a string of escapes", "", parts{"return '", `\065`, 2.5e5, "'"}},
		{"a string of new lines", "", parts{"return '", "\\\n", 5e5, "'"}},
		{"a string that never ends", "unfinished string", parts{"return '", "x", 1e6}},
		{"a string that never ends, of escapes", "unfinished string", parts{"return '", `\'`, 5e5}},
		{"strings", "", parts{"('x'):len() ", 8e4}},
		{"a comment", "", parts{"--", "x", 1e6}},
		{"comments", "", parts{"--\n", 3e5}},
		{"a long comment", "", parts{"--[[", "x\n", 5e5, "]]"}},
		{"a long comment that never ends", "unfinished long comment", parts{"--[==[", "]]", 5e5}},
		{"local variables", "more than 200 local variables", parts{numbered(1000, "local a%d ")}},
		{"local variables at once", "more than 200 local variables", parts{"local a", ",a", 3e5}},
		{"local variables in blocks", "", parts{"do local a, b, c end ", 4e4}},
		{"local functions in blocks", "", parts{"do local a local function f() return a end end ", 2e4}},
		{"upvalues", "more than 60 upvalues", parts{numbered(150, "local a%d "), "return function() return ", numbered(149, "a%d,"), "1 end"}},
		{"upvalues of upvalues", "", parts{numbered(59, "local a%d "), "return function() ", 90, "return ", numbered(58, "a%d,"), "1", " end", 90}},
		{"parameters", "more than 200 local variables", parts{"return function(a", ",a", 3e5, ") end"}},
		{"numbers", "", parts{"local x ", numbered(8e4, "x=%d ")}},
		{"fractions", "", parts{"local x ", numbered(8e4, "x=.%d ")}},
		{"constant strings", "", parts{"local x ", numbered(8e4, "x='%d' ")}},
		{"fields", "", parts{"local x = {} ", numbered(8e4, "x.a%d=1 ")}},
		{"globals", "readonly table", parts{numbered(8e4, "a%d=1 ")}},
		{"functions", "", parts{"local x ", "x=function() end ", 5e4}},
		{"functions with upvalues", "", parts{"local x ", "x=function() return x end ", 3e4}},
		{"items", "", parts{"return {", "1,", 5e5, "}"}},
		{"items that differ", "", parts{"return {", numbered(1e5, "%d,"), "}"}},
		{"items that are tables", "", parts{"return {", "{},", 3e5, "}"}},
		{"items with keys", "", parts{"return {", numbered(8e4, "a%d=1,"), "}"}},
		{"items that are calls", "", parts{"return {", "type(1),", 1e5, "}"}},
		{"arguments", complex, parts{"return type(", "1,", 5e5, "1)"}},
		{"results", complex, parts{"return 1", ",1", 5e5}},
		{"varargs", complex, parts{"return ...", ",...", 2e5}},
		{"targets", "", parts{"KEYS[1],", 1e5, "KEYS[1] = 1"}},
		{"values", "", parts{"KEYS[1] = 1", ",1", 5e5}},
		{"fields of fields", "nil value", parts{"return KEYS", ".a", 5e5}},
		{"indexes of indexes", "nil value", parts{"return KEYS", "[1]", 3e5}},
		{"calls of calls", "attempt to call", parts{"return type", "(1)", 3e5}},
		{"calls with tables", "attempt to call", parts{"return type", "{}", 5e5}},
		{"calls with strings", "attempt to call", parts{"return type", "''", 5e5}},
		{"methods of methods", "", parts{"return ('x')", ":sub(1)", 1e5}},
		{"methods without calls", compile, parts{"return KEYS", ":a", 5e5}},
		{"calls, operators and indexes", "", parts{"local t = {} t[1] = t return t", "[#t-#t+1]", 1e5}},
		{"a long name", "", parts{"local ", "a", 1e6}},
		{"a long name that is missing", "nonexistent global", parts{"return ", "a", 1e6}},
		{"a long name of an upvalue", "", parts{"local ", "a", 5e5, " ", "local f = function() ", 90, "return ", "a", 5e5, " end", 90}},
		{"a long name in an error", "", parts{"return KEYS.", "a", 1e6, ".b"}},
		{"a long number", "", parts{"return ", "1", 1e6}},
		{"a long fraction", "", parts{"return .", "0", 1e6, "1"}},
		{"a long exponent", "", parts{"return 1e", "9", 1e6}},
		{"a long hexadecimal number", "", parts{"return 0x", "f", 1e5}},
		{"a long number that is malformed", "malformed number", parts{"return ", "1.", 5e5}},
		{"numerals out of range", "", parts{"return 1e400, -1e400, 1e-400"}},
		{"points", compile, parts{"return ", ".", 1e6}},
		{"labels", compile, parts{"::a:: goto a ", 5e4}},
		{"too long a source", "too many lines|too long", parts{" ", luavm.MaxSource + 1}},
		{"the longest source", "", parts{" ", luavm.MaxSource}},
		{"zero bytes", compile, parts{"\x00", 1e6}},
		{"zero bytes in between", compile, parts{"local x\x00 ", 1e5}},
		{"a zero byte in a string", "", parts{"return '", "\x00", 1e6, "'"}},
		{"no UTF-8", compile, parts{"\xff\xfe", 5e5}},
		{"no UTF-8 in a string", "", parts{"return '", "\xff\xfe", 5e5, "'"}},
		{"a byte order mark", compile, parts{"\xef\xbb\xbfreturn 1"}},
		{"a binary chunk", compile, parts{"\x1bLuaQ\x00\x01\x04\x08\x04\x08\x00", "\x00", 1e6}},
		{"random bytes", compile, parts{random(5e5, bytes)}},
		{"random words", compile, parts{random(2e5, words)}},
		{"a long first line", "", parts{"#!lua flags=", "no-writes,", 1e5}},
		{"a first line with many words", "", parts{"#!lua", " x", 5e5, "\nreturn 1"}},
	}
	for _, word := range strings.Fields(`and break do else elseif end false for function if in local nil not or repeat return then true
		until while + - * / % ^ # == ~= <= >= < > = ( ) { } [ ] ; : , . .. ... x 1 'x' "" [[x]] x=1 x() x.y x:y() function() local\tx ~ ! @ $ ? \ & |`) {
		n := luavm.MaxSource / (len(word) + 1)
		sources = append(sources, hostileSource{"a mebibyte of " + word, "", parts{word + " ", n}})
	}
	return sources
}
