package luavm

// What errors say of a value: the variable that it came from.

// A place says where an operand of the running instruction was.
type place struct {
	kind  placeKind
	index int
}

type placeKind uint8

const (
	inNoPlace placeKind = iota
	inRegister
	inUpvalue
	inOperandB // of the running instruction
	inOperandC
)

var (
	placeNone = place{kind: inNoPlace}
	operandB  = place{kind: inOperandB}
	operandC  = place{kind: inOperandC}
)

func register(i uint8) place { return place{inRegister, int(i)} }
func upvalue(i uint8) place  { return place{inUpvalue, int(i)} }

// place returns the place of the stack's value at.
func (t *Thread) place(at int) place {
	if n := len(t.frames); n > 0 {
		if i := at - int(t.frames[n-1].base); i >= 0 && i < window {
			return place{inRegister, i}
		}
	}
	return placeNone
}

// typeError complains that one cannot do that with v, which was at p.
func (m *Machine) typeError(doing string, v Value, p place) {
	if kind, name := m.running.variable(p); kind != "" {
		m.errorf("attempt to %s %s '%s' (a %s value)", doing, kind, name, v.TypeName())
	}
	m.errorf("attempt to %s a %s value", doing, v.TypeName())
}

// variable names the variable that an operand of the running instruction came
// from: local, global, field, method or upvalue; "" for none.
func (t *Thread) variable(p place) (kind, name string) {
	f := t.frameAt(0)
	if f == nil || f.closure == nil {
		return "", ""
	}
	fn, pc := f.closure.proto, int(f.pc)-1
	t.m.Tick(pc / stepsPerTick) // to look for what set the register
	switch p.kind {
	case inUpvalue:
		return fn.upvalueName(p.index)
	case inRegister:
		return fn.registerName(p.index, pc)
	case inOperandB:
		return fn.operandName(fn.chunk[pc].b(), pc)
	case inOperandC:
		return fn.operandName(fn.chunk[pc].c(), pc)
	}
	return "", ""
}

func (p *proto) operandName(rk, pc int) (kind, name string) {
	if isConstant(rk) {
		return "", ""
	}
	return p.registerName(rk, pc)
}

func (p *proto) upvalueName(i int) (kind, name string) { return "upvalue", p.upvalues[i].name }

// calledName names what the frame's present instruction calls.
func (f *frame) calledName() (kind, name string) {
	if f.closure == nil {
		return "", ""
	}
	switch i := f.closure.proto.chunk[f.pc-1]; i.op() {
	case chunkCall, chunkTailCall, chunkForCall:
		return f.closure.proto.registerName(i.a(), int(f.pc)-1)
	}
	return "", ""
}

// registerName names the variable that register r holds a copy of when the
// instruction at pc runs.
func (p *proto) registerName(r, pc int) (kind, name string) {
	if name := p.localName(r, pc); name != "" {
		return "local", name
	}
	at := p.setter(r, pc)
	if at < 0 {
		return "", ""
	}
	switch i := p.chunk[at]; i.op() {
	case chunkMove:
		if i.b() < i.a() {
			return p.registerName(i.b(), at)
		}
	case chunkGetTabUp:
		if p.upvalues[i.b()].globals {
			return "global", p.keyName(i.c())
		}
		return "field", p.keyName(i.c())
	case chunkGetTable:
		return "field", p.keyName(i.c())
	case chunkSelf:
		return "method", p.keyName(i.c())
	case chunkGetUpval:
		return p.upvalueName(i.b())
	}
	return "", ""
}

// keyName is the text of a key that is a constant string, else "?".
func (p *proto) keyName(rk int) string {
	if isConstant(rk) {
		if k := p.k[rk&^constantBit]; k.isString() {
			return k.Text()
		}
	}
	return "?"
}

// localName returns the name of the local variable in register r at pc, or "".
func (p *proto) localName(r, pc int) string {
	if l := p.local(r, pc); l != nil {
		return l.name
	}
	return ""
}

// local returns the local variable in register r at pc, or nil.
func (p *proto) local(r, pc int) *localVariable {
	for i := range p.locals {
		l := &p.locals[i]
		if int(l.from) > pc {
			break
		}
		if pc < int(l.to) {
			if r == 0 {
				return l
			}
			r--
		}
	}
	return nil
}

// setter returns the instruction that set register r last before end, -1 if
// none did. As in Lua 5.1, it follows jumps forward as if they were always
// taken.
func (p *proto) setter(r, end int) int {
	at := -1
	for pc := 0; pc < end; pc++ {
		i := p.chunk[pc]
		a, sets := i.a(), false
		switch i.op() {
		case chunkLoadNil:
			sets = a <= r && r <= a+i.b()
		case chunkForCall:
			sets = r >= a+2
		case chunkCall, chunkTailCall:
			sets = r >= a
		case chunkSelf:
			sets = r == a || r == a+1
		case chunkForPrep, chunkForLoop, chunkJump:
			sets = i.op() != chunkJump && r == a
			if to := pc + 1 + i.sbx(); pc < to && to <= end {
				pc = to - 1
			}
		default:
			sets = setsA[i.op()] && r == a
		}
		if sets {
			at = pc
		}
	}
	return at
}
