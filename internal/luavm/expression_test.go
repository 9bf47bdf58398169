package luavm_test

import "strings"

// The expressions of random programs.

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
