package luavm_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// programmer writes random programs: most of them fail somewhere, as programs
// do, and the error says where and with which variable.
type programmer struct {
	*rand.Rand
	b      strings.Builder
	locals []string // in scope
	loops  int
	vararg bool
	depth  int
	size   int
}

func program(seed uint64) string {
	p := &programmer{Rand: rand.New(rand.NewPCG(seed, 7)), size: 60}
	p.write("local count = 0 ")
	for range 2 + p.IntN(6) {
		p.statement()
	}
	if p.IntN(3) > 0 {
		p.write("return ")
		p.expressions(1+p.IntN(3), 3)
	}
	return p.b.String()
}

func (p *programmer) write(words ...string) {
	for _, w := range words {
		p.b.WriteString(w)
		p.size--
		switch p.IntN(12) {
		case 0:
			if strings.HasSuffix(w, " ") {
				p.b.WriteString("\n")
			}
		}
	}
}

func (p *programmer) one(of ...string) string { return of[p.IntN(len(of))] }

func (p *programmer) name() string {
	if len(p.locals) > 0 && p.IntN(8) > 0 {
		return p.locals[p.IntN(len(p.locals))]
	}
	return p.one("a", "b", "c", "t", "f")
}

func (p *programmer) block(n int) {
	scope := len(p.locals)
	p.depth++
	for range n {
		p.statement()
	}
	p.depth--
	p.locals = p.locals[:scope]
}

func (p *programmer) guard() { p.write("count = count + 1 if count > 200 then error('enough') end ") }

func (p *programmer) statement() {
	if p.depth > 4 || p.size < 0 {
		p.write("local z = 1 ")
		return
	}
	switch p.IntN(16) {
	case 0, 1, 2:
		name := p.one("a", "b", "c", "t", "f", "g", "arg")
		p.write("local ", name, " = ")
		p.expression(3)
		p.write("\n")
		p.locals = append(p.locals, name)
	case 3:
		p.write("local a, b = ")
		p.expressions(1+p.IntN(3), 2)
		p.write("\n")
		p.locals = append(p.locals, "a", "b")
	case 4:
		p.write("local t = ")
		p.table(3)
		p.write("\n")
		p.locals = append(p.locals, "t")
	case 5:
		p.write(p.name(), " = ")
		p.expression(3)
		p.write("\n")
	case 6:
		p.write(p.name(), ".", p.one("x", "y", "z"), " = ")
		p.expression(3)
		p.write("\n")
	case 7:
		p.write(p.name(), "[")
		p.expression(2)
		p.write("], ", p.name(), " = ")
		p.expressions(1+p.IntN(2), 2)
		p.write("\n")
	case 8:
		p.write("if ")
		p.expression(2)
		p.write(" then ")
		p.block(1 + p.IntN(2))
		if p.IntN(2) == 0 {
			p.write("elseif ")
			p.expression(2)
			p.write(" then ")
			p.block(1)
		}
		if p.IntN(2) == 0 {
			p.write("else ")
			p.block(1)
		}
		p.write("end\n")
	case 9:
		p.write("for ", p.one("a", "i"), " = ")
		p.expression(1)
		p.write(", ")
		p.expression(1)
		if p.IntN(3) == 0 {
			p.write(", ", p.one("1", "2", "-1", "0.5"))
		}
		p.write(" do ")
		p.loop("i")
	case 10:
		p.write("for k, v in ", p.one("pairs", "ipairs", "next, ", ""), "(")
		p.expression(1)
		p.write(") do ")
		p.loop("k", "v")
	case 11:
		p.write("while ")
		p.expression(2)
		p.write(" do ")
		p.loop()
	case 12:
		p.write("repeat ")
		p.guard()
		p.block(1)
		p.write("until ")
		p.expression(2)
		p.write("\n")
	case 13:
		name := p.one("f", "g")
		p.write("local function ", name)
		p.locals = append(p.locals, name)
		p.function()
		p.write("\n")
	case 14:
		p.write("local f = ", p.name(), " ")
		p.write("f = f ")
		p.arguments(2)
		p.write("\n")
		p.locals = append(p.locals, "f")
	case 15:
		p.write("do ")
		p.block(2)
		p.write("end ")
	}
}

func (p *programmer) loop(names ...string) {
	scope := len(p.locals)
	p.locals = append(p.locals, names...)
	p.loops++
	p.guard()
	p.block(1 + p.IntN(2))
	if p.IntN(3) == 0 {
		p.write("break ")
	}
	p.loops--
	p.locals = p.locals[:scope]
	p.write("end\n")
}

func (p *programmer) function() {
	scope, vararg, loops := len(p.locals), p.vararg, p.loops
	p.vararg, p.loops = p.IntN(3) == 0, 0
	switch {
	case p.vararg:
		p.write("(a, ...) ")
	case p.IntN(2) == 0:
		p.write("(a, b) ")
	default:
		p.write("() ")
	}
	p.locals = append(p.locals, "a")
	p.guard()
	p.block(1 + p.IntN(2))
	if p.IntN(3) > 0 {
		p.write("return ")
		p.expressions(1+p.IntN(2), 2)
	}
	p.write(" end ")
	p.locals, p.vararg, p.loops = p.locals[:scope], vararg, loops
}

func (p *programmer) expressions(n, depth int) {
	for i := range n {
		if i > 0 {
			p.write(", ")
		}
		p.expression(depth)
	}
}

func (p *programmer) expression(depth int) {
	if depth <= 0 || p.size < 0 {
		p.atom()
		return
	}
	switch p.IntN(17) {
	case 0, 1, 2:
		p.atom()
	case 3, 4:
		p.expression(depth - 1)
		p.write(p.one(" + ", " - ", " * ", " / ", " % ", " ^ "))
		p.expression(depth - 1)
	case 5:
		p.expression(depth - 1)
		p.write(" .. ")
		p.expression(depth - 1)
	case 6:
		p.expression(depth - 1)
		p.write(p.one(" == ", " ~= ", " < ", " <= ", " > ", " >= "))
		p.expression(depth - 1)
	case 7:
		p.expression(depth - 1)
		p.write(p.one(" and ", " or "))
		p.expression(depth - 1)
	case 8:
		p.write(p.one("not ", "- ", "# "))
		p.expression(depth - 1)
	case 9:
		p.write("(")
		p.expression(depth - 1)
		p.write(")")
	case 10:
		p.table(depth - 1)
	case 11, 12:
		p.suffixed(depth)
	case 13:
		p.literal()
	case 14:
		p.write("setmetatable(")
		p.table(depth - 1)
		p.write(", {")
		for range 1 + p.IntN(3) {
			p.write(p.one("__index", "__newindex", "__call", "__add", "__sub", "__mod", "__pow", "__unm", "__concat",
				"__eq", "__lt", "__le", "__len", "__tostring", "__metatable"), " = ")
			if p.IntN(2) == 0 {
				p.literal()
			} else {
				p.expression(depth - 1)
			}
			p.write(", ")
		}
		p.write("})")
	case 15:
		p.write(p.one("pcall(", "xpcall(", "coroutine.wrap(", "coroutine.resume(coroutine.create(", "coroutine.create("))
		s := p.b.String()
		p.literal()
		if strings.HasSuffix(s, "create(coroutine.") || strings.HasSuffix(s, "resume(coroutine.create(") {
			p.write(")")
		}
		if p.IntN(2) == 0 {
			p.write(", ")
			p.expression(depth - 1)
		}
		p.write(")")
		if p.IntN(3) == 0 {
			p.arguments(1)
		}
	case 16:
		p.write(p.one("coroutine.yield(", "error(", "select('#', ", "unpack(", "next(", "tostring(", "rawget(", "getmetatable(", "type(", "coroutine.status("))
		p.expressions(1+p.IntN(2), depth-1)
		p.write(")")
	}
}

// literal writes a function.
func (p *programmer) literal() {
	p.write("function ")
	p.depth += 2
	p.function()
	p.depth -= 2
}

// suffixed writes what is called or taken of a name.
func (p *programmer) suffixed(depth int) {
	p.write(p.one(p.name(), p.name(), "tostring", "type", "select", "rawget", "setmetatable", "pcall", "string"))
	for range 1 + p.IntN(3) {
		switch p.IntN(5) {
		case 0, 1:
			p.write(".", p.one("x", "y", "z", "rep", "sub"))
		case 2:
			p.write("[")
			p.expression(depth - 1)
			p.write("]")
		case 3:
			p.arguments(depth - 1)
		case 4:
			p.write(":", p.one("x", "y", "upper", "len"))
			p.arguments(depth - 1)
		}
	}
}

func (p *programmer) arguments(depth int) {
	switch p.IntN(5) {
	case 0:
		p.b.WriteString("{")
		p.expression(depth - 1)
		p.write("} ")
	case 1:
		p.b.WriteString(`"s" `)
	default:
		p.b.WriteString("(")
		p.expressions(p.IntN(3), depth-1)
		p.write(") ")
	}
}

func (p *programmer) table(depth int) {
	p.write("{")
	for range p.IntN(4) {
		switch p.IntN(4) {
		case 0:
			p.write(p.one("x", "y", "z"), " = ")
			p.expression(depth - 1)
		case 1:
			p.write("[")
			p.expression(depth - 1)
			p.write("] = ")
			p.expression(depth - 1)
		default:
			p.expression(depth - 1)
		}
		p.write(p.one(", ", "; "))
	}
	p.write("} ")
}

func (p *programmer) atom() {
	switch p.IntN(9) {
	case 0:
		p.write(p.one("0", "1", "2", "3", "10", "0.5", "-1", "1e3", "0x10", "2^53"))
	case 1:
		p.write(p.one(`"a"`, `"10"`, `""`, `"0x1"`, `'x\ny'`, "[[l\nm]]"))
	case 2:
		p.write(p.one("nil", "true", "false"))
	case 3:
		if p.vararg || p.depth == 0 && p.IntN(2) == 0 {
			p.write("... ")
			return
		}
		p.write(p.name())
	case 4:
		p.write(p.name(), ".", p.one("x", "y", "z"))
	default:
		p.write(p.name())
	}
}

func TestRandomPrograms(t *testing.T) {
	var chunks []string
	for seed := range uint64(20000) {
		c := program(seed)
		if strings.Contains(c, "...") {
			// At depth the main chunk's ... may have slipped into a function.
			if !strings.Contains(c, "(a, ...)") {
				c = strings.ReplaceAll(c, "... ", "nil ")
			}
		}
		chunks = append(chunks, c)
	}
	want := lua51(t, "", chunks)
	bad, kinds := 0, map[string]int{}
	for i, c := range chunks {
		got := outcome(t, newMachine(), c)
		kinds[strings.SplitN(want[i], " ", 2)[0]]++
		if got != want[i] {
			if bad++; bad <= 25 {
				t.Errorf("seed %d: %s\n got  %s\n want %s", i, c, got, want[i])
			}
		}
	}
	t.Log(bad, "differ of", fmt.Sprint(kinds))
}
