package luavm

import "strconv"

// translate makes the function that is executed from one that was decoded.
// What it lets pass cannot make the executor go out of its registers,
// constants or code: operands are checked here, once, and not there.
func (l *loader) translate(f *chunkFunction, outer *proto) *proto {
	check(len(f.lines) == len(f.code) && f.params <= f.registers)
	check(len(f.code) > 0 && f.code[len(f.code)-1].op() == chunkReturn)
	lines := l.lines(f)
	if l.src.stepped {
		f, lines = l.stepped(f, lines)
	}
	p := &proto{
		upvalues: f.upvalues, params: f.params, vararg: f.vararg, registers: f.registers,
		source: l.chunkName, lineDefined: l.lineOf(f.lineDefined),
		chunk: f.code, lines: lines, locals: f.locals,
	}
	l.constants(f, p)
	for i := range p.upvalues {
		u := &p.upvalues[i]
		switch {
		case outer == nil:
			check(i == 0)
			u.globals = true
		case u.inStack:
			check(int(u.index) < outer.registers)
		default:
			check(int(u.index) < len(outer.upvalues))
			u.globals = outer.upvalues[u.index].globals
		}
		u.name = sourceName(u.name)
	}
	for i := range p.locals {
		p.locals[i].name = sourceName(p.locals[i].name)
	}
	l.checkLimits(f, p)
	p.protos = make([]*proto, len(f.functions))
	for i, g := range f.functions {
		p.protos[i] = l.translate(g, p)
	}
	t := translator{proto: p, f: f}
	p.code = make([]instruction, len(f.code))
	for pc := range f.code {
		l.m.Tick(1)
		p.code[pc] = t.instruction(pc)
	}
	if l.src.needsArg[f.lineDefined] {
		t.argTable()
	}
	l.m.Alloc(p.size())
	return p
}

// Lua 5.1 allows a function less than go-lua does.
const (
	maxRegisters = 249 // MAXSTACK - 1
	maxUpvalues  = 60  // LUAI_MAXUPVALUES
)

// checkLimits refuses a function that is too large for Lua 5.1. The complaint
// is about where it became so.
func (l *loader) checkLimits(f *chunkFunction, p *proto) {
	registers := maxRegisters
	if f.lineDefined > 0 && l.src.hiddenArg(l.src.parametersEnd(l.tokenAt(f.lineDefined))) {
		registers--
	}
	if f.registers > registers {
		for pc, i := range f.code {
			if i.a() >= registers || pc == len(f.code)-1 {
				panic(l.failNear(l.tokenAt(int(f.lines[pc])+1), "function or expression too complex"))
			}
		}
	}
	n := 0
	for i, u := range p.upvalues {
		if !u.globals {
			n++
		}
		if n <= maxUpvalues {
			continue
		}
		at := len(f.code) - 1
		for pc, in := range f.code {
			if (in.op() == chunkGetUpval || in.op() == chunkGetTabUp) && in.b() == i {
				at = pc
				break
			}
		}
		panic(l.failAt(l.tokenAt(int(f.lines[at])), l.functionAt(p.lineDefined)+" has more than "+strconv.Itoa(maxUpvalues)+" upvalues"))
	}
}

func check(ok bool) {
	if !ok {
		panic(errChunk)
	}
}

// constants makes the values of f's constants.
func (l *loader) constants(f *chunkFunction, p *proto) {
	p.k = make([]Value, len(f.k))
	var zero *Value // Lua 5.1 has one constant for 0 and -0: that which came first
	for i, k := range f.k {
		switch k := k.(type) {
		case bool:
			p.k[i] = Bool(k)
		case float64:
			p.k[i] = Number(k)
		case string:
			p.k[i] = l.constant(k)
		}
		if p.k[i].IsNumber() && p.k[i].n == 0 {
			if zero == nil {
				zero = &p.k[i]
			}
			p.k[i] = *zero
		}
	}
}

// translator makes the instructions of one function.
type translator struct {
	proto *proto
	f     *chunkFunction
}

// The executor's operation for two registers, and that for a register and a
// constant number, of each arithmetic operation.
var arithmetic = map[int]struct {
	event  metaEvent
	rr, rk opcode
}{
	chunkAdd: {metaAdd, opAdd, opAddK},
	chunkSub: {metaSub, opSub, opSubK},
	chunkMul: {metaMul, opMul, opMulK},
	chunkDiv: {metaDiv, opDiv, opDivK},
	chunkMod: {metaMod, opMod, opModK},
	chunkPow: {metaPow, opArith, opArith},
}

func (t *translator) instruction(pc int) instruction {
	i := t.f.code[pc]
	a, b, c := i.a(), i.b(), i.c()
	switch op := i.op(); op {
	case chunkMove:
		return encode(opMove, t.reg(a), t.reg(b), 0, 0)
	case chunkLoadK:
		return encode(opLoadK, t.reg(a), 0, 0, t.k(i.bx()))
	case chunkLoadKX:
		return encode(opLoadK, t.reg(a), 0, 0, t.k(t.extra(pc)))
	case chunkExtraArg:
		return encode(opJump, 0, 0, 0, 0)
	case chunkLoadBool:
		t.target(pc + 1 + c)
		return encode(opLoadBool, t.reg(a), uint8(b), uint8(c), 0)
	case chunkLoadNil:
		t.reg(a + b)
		return encode(opLoadNil, t.reg(a), uint8(b), 0, 0)
	case chunkGetUpval:
		return encode(opGetUpval, t.reg(a), t.up(b), 0, 0)
	case chunkSetUpval:
		return encode(opSetUpval, t.reg(a), t.up(b), 0, 0)
	case chunkGetTabUp:
		switch s := t.fieldKey(c); {
		case s == nil:
			return encode(opGetUpTable, t.reg(a), t.up(b), t.rk(c), constants(0, c))
		case t.proto.upvalues[t.up(b)].globals:
			return encode(opGetGlobal, t.reg(a), 0, uint8(c), int(s.hash()))
		}
		return encode(opGetUpField, t.reg(a), t.up(b), uint8(c), 0)
	case chunkSetTabUp:
		if s := t.fieldKey(b); s != nil && !isConstant(c) && t.proto.upvalues[t.up(a)].globals {
			return encode(opSetGlobal, t.reg(c), 0, uint8(b), 0)
		}
		return encode(opSetUpTable, t.up(a), t.rk(b), t.rk(c), constants(b, c))
	case chunkGetTable:
		switch s := t.fieldKey(c); {
		case s != nil:
			return encode(opGetField, t.reg(a), t.reg(b), uint8(c), int(s.hash()))
		case isConstant(c):
			return encode(opGetTableK, t.reg(a), t.reg(b), t.rk(c), 0)
		}
		return encode(opGetTable, t.reg(a), t.reg(b), t.reg(c), 0)
	case chunkSetTable:
		switch s := t.fieldKey(b); {
		case s != nil && isConstant(c):
			return encode(opSetFieldK, t.reg(a), uint8(b), t.rk(c), 0)
		case s != nil:
			return encode(opSetField, t.reg(a), uint8(b), t.reg(c), 0)
		case !isConstant(b) && !isConstant(c):
			return encode(opSetTable, t.reg(a), t.reg(b), t.reg(c), 0)
		}
		return encode(opSetTableX, t.reg(a), t.rk(b), t.rk(c), constants(b, c))
	case chunkNewTable:
		return encode(opNewTable, t.reg(a), uint8(b), uint8(c), 0)
	case chunkSelf:
		t.reg(a + 1)
		if s := t.fieldKey(c); s != nil {
			return encode(opSelf, t.reg(a), t.reg(b), uint8(c), int(s.hash()))
		}
		return encode(opSelfR, t.reg(a), t.reg(b), t.reg(c), 0)
	case chunkAdd, chunkSub, chunkMul, chunkDiv, chunkMod, chunkPow:
		x := arithmetic[op]
		switch {
		case x.rr != opArith && !isConstant(b) && !isConstant(c):
			return encode(x.rr, t.reg(a), t.reg(b), t.reg(c), 0)
		case x.rr != opArith && !isConstant(b) && t.constant(c).IsNumber():
			return encode(x.rk, t.reg(a), t.reg(b), uint8(c), 0)
		case t.constant(b).IsNumber() && t.constant(c).IsNumber():
			return t.fold(a, Number(compute(x.event, t.constant(b).n, t.constant(c).n)))
		}
		return encode(opArith, t.reg(a), t.rk(b), t.rk(c), int(x.event)<<2|constants(b, c))
	case chunkUnm:
		return encode(opUnm, t.reg(a), t.reg(b), 0, 0)
	case chunkNot:
		return encode(opNot, t.reg(a), t.reg(b), 0, 0)
	case chunkLen:
		return encode(opLen, t.reg(a), t.reg(b), 0, 0)
	case chunkConcat:
		check(b < c)
		return encode(opConcat, t.reg(a), t.reg(b), t.reg(c), 0)
	case chunkJump:
		t.target(pc + 1 + i.sbx())
		switch {
		case a > 0:
			return encode(opClose, uint8(a), 0, 0, i.sbx())
		case i.sbx() < 0:
			return encode(opLoop, 0, 0, 0, i.sbx())
		}
		return encode(opJump, 0, 0, 0, i.sbx())
	case chunkEq, chunkLt, chunkLe:
		return t.comparison(pc)
	case chunkTest:
		if d, fused := t.jumpAfter(pc); fused {
			return encode(opTest, 0, t.reg(a), uint8(c), d)
		}
		return encode(opTestSkip, 0, t.reg(a), uint8(c), 0)
	case chunkTestSet:
		if d, fused := t.jumpAfter(pc); fused {
			return encode(opTestSet, t.reg(a), t.reg(b), uint8(c), d)
		}
		return encode(opTestSetSkip, t.reg(a), t.reg(b), uint8(c), 0)
	case chunkCall:
		t.values(a, b)
		if c > 0 {
			t.values(a, c-1)
		}
		check(c <= window)
		return encode(opCall, t.reg(a), uint8(b), uint8(c), 0)
	case chunkTailCall:
		t.values(a, b)
		next := pc + 1
		if t.target(next); t.f.code[next].op() == chunkStep {
			next++
		}
		check(next < len(t.f.code) && t.f.code[next].op() == chunkReturn)
		return encode(opTailCall, t.reg(a), uint8(b), 0, 0)
	case chunkReturn:
		t.values(a, b-1)
		switch b {
		case 1:
			return encode(opReturn0, 0, 0, 0, 0)
		case 2:
			return encode(opReturn1, t.reg(a), 0, 0, 0)
		}
		return encode(opReturn, t.reg(a), uint8(b), 0, 0)
	case chunkForPrep, chunkForLoop:
		t.reg(a + 3)
		t.target(pc + 1 + i.sbx())
		if op == chunkForPrep {
			return encode(opForPrep, t.reg(a), 0, 0, i.sbx())
		}
		return encode(opForLoop, t.reg(a), 0, 0, i.sbx())
	case chunkForCall:
		t.reg(a + 2 + max(c, 3))
		return encode(opForEach, t.reg(a), 0, uint8(c), 0)
	case chunkForEachLoop:
		t.reg(a + 1)
		t.target(pc + 1 + i.sbx())
		return encode(opForEachLoop, t.reg(a), 0, 0, i.sbx())
	case chunkSetList:
		t.values(a, b)
		if c == 0 {
			c = t.extra(pc)
		}
		check(c > 0 && c < 1<<24)
		return encode(opSetList, t.reg(a), uint8(b), 0, (c-1)*listItems)
	case chunkClosure:
		check(i.bx() < len(t.proto.protos))
		return encode(opClosure, t.reg(a), 0, 0, i.bx())
	case chunkStep:
		return encode(opStep, 0, 0, 0, 0)
	case chunkVararg:
		t.values(a, b-1)
		return encode(opVararg, t.reg(a), uint8(b), 0, 0)
	}
	panic(errChunk)
}

// listItems is the number of table items that one opSetList stores, at most.
const listItems = 50

// comparison fuses a comparison with the jump after it.
func (t *translator) comparison(pc int) instruction {
	i := t.f.code[pc]
	b, c, want := i.b(), i.c(), uint8(i.a())
	d, fused := t.jumpAfter(pc)
	if fused && !isConstant(b) && !isConstant(c) {
		op := map[int]opcode{chunkEq: opEq, chunkLt: opLt, chunkLe: opLe}[i.op()]
		return encode(op, want, t.reg(b), t.reg(c), d)
	}
	if fused && isConstant(b) != isConstant(c) {
		r, k, op := b, c, map[int]opcode{chunkEq: opEqK, chunkLt: opLtK, chunkLe: opLeK}[i.op()]
		if isConstant(b) {
			r, k, op = c, b, map[int]opcode{chunkEq: opEqK, chunkLt: opGtK, chunkLe: opGeK}[i.op()]
		}
		if op == opEqK || t.constant(k).IsNumber() {
			return encode(op, want, t.reg(r), t.rk(k), d)
		}
	}
	op := map[int]opcode{chunkEq: opEq, chunkLt: opLt, chunkLe: opLe}[i.op()]
	return encode(opCompare, want, t.rk(b), t.rk(c), int(op)<<2|constants(b, c))
}

// jumpAfter returns the distance of the jump after the test at pc, if it is one
// forward that closes nothing, which the test can do itself.
func (t *translator) jumpAfter(pc int) (d int, ok bool) {
	t.target(pc + 2)
	j := t.f.code[pc+1]
	check(j.op() == chunkJump)
	return j.sbx(), j.a() == 0 && j.sbx() >= 0
}

// fold loads a constant that was computed.
func (t *translator) fold(a int, v Value) instruction {
	t.proto.k = append(t.proto.k, v)
	return encode(opLoadK, t.reg(a), 0, 0, len(t.proto.k)-1)
}

// argTable makes a function with an arg variable fill it. The source was
// rewritten so that the function begins with local arg = {...}.
func (t *translator) argTable() {
	code := t.f.code
	check(len(code) > 2 && code[0].op() == chunkNewTable && code[1].op() == chunkVararg && code[2].op() == chunkSetList)
	t.proto.code[0] = encode(opArgTable, uint8(code[0].a()), 0, 0, 0)
	t.proto.code[1] = encode(opJump, 0, 0, 0, 1)
}

// reg checks the register r.
func (t *translator) reg(r int) uint8 {
	check(r < t.proto.registers)
	return uint8(r)
}

// values checks n registers from r on; n of 0 or less says that their number
// is known only when the code runs.
func (t *translator) values(r, n int) {
	t.reg(r)
	if n > 0 {
		t.reg(r + n - 1)
	}
}

func (t *translator) up(i int) uint8 {
	check(i < len(t.proto.upvalues))
	return uint8(i)
}

func (t *translator) k(i int) int {
	check(i < len(t.f.k))
	return i
}

// rk checks a register or constant.
func (t *translator) rk(i int) uint8 {
	if isConstant(i) {
		return uint8(t.k(i &^ constantBit))
	}
	return t.reg(i)
}

func constants(b, c int) (d int) {
	if isConstant(b) {
		d |= constantB
	}
	if isConstant(c) {
		d |= constantC
	}
	return d
}

// constant returns the constant that the operand is, or nil.
func (t *translator) constant(rk int) Value {
	if isConstant(rk) {
		return t.proto.k[t.rk(rk)]
	}
	return Nil
}

// fieldKey returns the constant string that the operand is, or nil.
func (t *translator) fieldKey(rk int) *String {
	if k := t.constant(rk); k.isString() {
		return k.str()
	}
	return nil
}

// target checks the place of an instruction to go to.
func (t *translator) target(pc int) { check(pc >= 0 && pc < len(t.f.code)) }

// extra returns the operand in the instruction after pc.
func (t *translator) extra(pc int) int {
	t.target(pc + 1)
	check(t.f.code[pc+1].op() == chunkExtraArg)
	return t.f.code[pc+1].ax()
}
