package luavm_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/lua51"
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

// TestRandomPrograms runs random programs.
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
	lua51.Compare(t, lua51.On(t, newMachine()), chunks)
}
