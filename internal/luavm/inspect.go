package luavm

// What code does, as far as it can be seen without running it: it is found in
// go-lua's instructions, by following what registers hold from one to the next.

// A GlobalUse is a place where code reads or writes a global by its name, or a
// field of _G.
type GlobalUse struct {
	Name  string
	Write bool
	Line  int
}

// A FieldCall is a place where code calls a field of a global, such as
// redis.call, by itself or by a local variable for it.
type FieldCall struct {
	Global, Field string
	Args          []Argument
	Open          bool // more arguments may follow, as many as another call or ... gives
	Line          int
}

// An Argument is known if it is a constant.
type Argument struct {
	Known bool
	Value Value
}

// Inspect returns the uses of globals in f and the functions in it, and the
// calls of their fields. It takes time linear in the code, times the depth of
// loops and functions.
func Inspect(f *Closure) ([]GlobalUse, []FieldCall) {
	var in inspector
	in.function(f.proto, make([]content, len(f.proto.upvalues)))
	return in.uses, in.calls
}

type inspector struct {
	uses  []GlobalUse
	calls []FieldCall
}

// content is what a register is known to hold: nothing, if it has no kind.
type content struct {
	kind          contentKind
	value         Value  // of isConst
	global, field string // of isGlobal, isField
}

type contentKind uint8

const (
	isConst contentKind = iota + 1
	isGlobal
	isField // of a global
)

// A flow follows the registers through one function.
type flow struct {
	*inspector
	proto    *proto
	upvalues []content
	regs     []content
	jumps    map[int][]content // what registers hold that arrive at an instruction by jumping forward
	loops    map[int][]bool    // the registers that change in the loop that begins at an instruction
	variable []bool            // registers that functions within assign to: these may change at any time
	jumped   bool              // the last instruction leads elsewhere
}

func (in *inspector) function(p *proto, upvalues []content) {
	f := &flow{inspector: in, proto: p, upvalues: upvalues, regs: make([]content, p.registers), jumps: map[int][]content{}}
	f.findLoops()
	f.variable = make([]bool, p.registers)
	for _, q := range p.protos {
		for i, u := range q.upvalues {
			if u.inStack && q.assigns(i) {
				f.variable[u.index] = true
			}
		}
	}
	for pc := range p.chunk {
		if from, ok := f.jumps[pc]; ok {
			if !f.jumped {
				meet(from, f.regs)
			}
			f.regs = from
			delete(f.jumps, pc)
		} // else a loop's body, to which its head jumps back: what held before the head
		f.jumped = false
		for r, changes := range f.loops[pc] {
			if changes {
				f.regs[r] = content{}
			}
		}
		f.step(pc)
	}
}

// findLoops finds what changes in loops.
func (f *flow) findLoops() {
	f.loops = map[int][]bool{}
	for pc, i := range f.proto.chunk {
		head := pc + 1 + i.sbx()
		switch i.op() {
		case chunkJump, chunkForLoop, chunkForEachLoop:
			if head > pc {
				continue
			}
		default:
			continue
		}
		changed := f.loops[head]
		if changed == nil {
			changed = make([]bool, f.proto.registers)
			f.loops[head] = changed
		}
		for at := head; at <= pc; at++ {
			from, to := f.proto.sets(at)
			for r := from; r < to; r++ {
				changed[r] = true
			}
		}
	}
}

// assigns says whether the function, or one in it, assigns to upvalue i.
func (p *proto) assigns(i int) bool {
	for _, in := range p.chunk {
		if in.op() == chunkSetUpval && in.b() == i {
			return true
		}
	}
	for _, q := range p.protos {
		for j, u := range q.upvalues {
			if !u.inStack && int(u.index) == i && q.assigns(j) {
				return true
			}
		}
	}
	return false
}

// sets returns the registers that the instruction may set, without the last.
func (p *proto) sets(pc int) (from, to int) {
	i := p.chunk[pc]
	a := i.a()
	switch i.op() {
	case chunkLoadNil:
		to = a + i.b() + 1
	case chunkSelf:
		to = a + 2
	case chunkCall, chunkTailCall, chunkVararg, chunkForCall:
		to = p.registers
	case chunkForPrep:
		to = a + 1
	case chunkForLoop:
		to = a + 4
	default:
		if setsA[i.op()] && i.op() != chunkTest {
			to = a + 1
		}
	}
	return a, min(to, p.registers)
}

// meet keeps in a what it has in common with b.
func meet(a, b []content) {
	for r := range a {
		if a[r] != b[r] {
			a[r] = content{}
		}
	}
}

// jump notes that the instruction at to may be the next one.
func (f *flow) jump(to int) {
	if there, ok := f.jumps[to]; ok {
		meet(there, f.regs)
		return
	}
	f.jumps[to] = append([]content(nil), f.regs...)
}

// step follows the instruction at pc.
func (f *flow) step(pc int) {
	p := f.proto
	i := p.chunk[pc]
	a, b, c := i.a(), i.b(), i.c()
	var result content
	switch i.op() {
	case chunkMove:
		result = f.regs[b]
	case chunkLoadK:
		result = content{kind: isConst, value: p.k[i.bx()]}
	case chunkLoadKX:
		result = content{kind: isConst, value: p.k[p.chunk[pc+1].ax()]}
	case chunkLoadBool:
		result = content{kind: isConst, value: Bool(b != 0)}
	case chunkGetUpval:
		result = f.upvalues[b]
	case chunkGetTabUp:
		if name := f.text(c); p.upvalues[b].globals && name != "" {
			f.uses = append(f.uses, GlobalUse{name, false, int(p.lines[pc])})
			result = content{kind: isGlobal, global: name}
		}
	case chunkSetTabUp:
		if name := f.text(b); p.upvalues[a].globals && name != "" {
			f.uses = append(f.uses, GlobalUse{name, true, int(p.lines[pc])})
		}
	case chunkGetTable:
		if name := f.text(c); f.regs[b].kind == isGlobal && name != "" {
			result = content{kind: isField, global: f.regs[b].global, field: name}
			if f.isGlobals(b) {
				f.uses = append(f.uses, GlobalUse{name, false, int(p.lines[pc])})
				result = content{kind: isGlobal, global: name}
			}
		}
	case chunkSetTable:
		if name := f.text(b); f.isGlobals(a) && name != "" {
			f.uses = append(f.uses, GlobalUse{name, true, int(p.lines[pc])})
		}
	case chunkCall, chunkTailCall:
		f.call(pc)
	case chunkClosure:
		q := p.protos[i.bx()]
		f.function(q, f.captured(q, pc))
	}
	from, to := p.sets(pc)
	for r := from; r < to; r++ {
		f.regs[r] = content{}
	}
	if from < to && !f.variable[a] {
		f.regs[a] = result
	}
	if i.op() == chunkLoadNil {
		for r := from; r < to; r++ {
			f.regs[r] = content{kind: isConst}
		}
	}
	f.leave(pc)
}

// leave notes where else than to the next instruction the one at pc leads.
func (f *flow) leave(pc int) {
	i := f.proto.chunk[pc]
	switch i.op() {
	case chunkEq, chunkLt, chunkLe, chunkTest, chunkTestSet:
		f.jump(pc + 2)
	case chunkLoadBool:
		if f.jumped = i.c() != 0; f.jumped {
			f.jump(pc + 2)
		}
	case chunkJump, chunkForPrep:
		f.jumped = true
		if i.sbx() >= 0 {
			f.jump(pc + 1 + i.sbx())
		}
	case chunkReturn:
		f.jumped = true
	}
}

// call notes the call at pc if it is of a global's field.
func (f *flow) call(pc int) {
	i := f.proto.chunk[pc]
	called := f.regs[i.a()]
	if called.kind != isField {
		return
	}
	n := i.b() - 1
	if n < 0 { // up to what the last instruction gave
		n, _ = f.proto.sets(pc - 1)
		n -= i.a() + 1
	}
	site := FieldCall{Global: called.global, Field: called.field, Open: i.b() == 0, Line: int(f.proto.lines[pc])}
	for _, arg := range f.regs[i.a()+1:][:n] {
		site.Args = append(site.Args, Argument{arg.kind == isConst, arg.value})
	}
	f.calls = append(f.calls, site)
}

// captured returns what the upvalues of the function hold that is made at pc:
// those that nobody assigns to.
func (f *flow) captured(q *proto, pc int) []content {
	held := make([]content, len(q.upvalues))
	for i, u := range q.upvalues {
		switch {
		case !u.inStack:
			held[i] = f.upvalues[u.index]
		case !f.changes(int(u.index), pc):
			held[i] = f.regs[u.index]
		}
	}
	return held
}

// changes says whether the local variable in register r at pc is assigned to.
func (f *flow) changes(r, pc int) bool {
	l := f.proto.local(r, pc)
	if l == nil || f.variable[r] {
		return true
	}
	for at := int(l.from); at < int(l.to); at++ {
		if a, b := f.proto.sets(at); a <= r && r < b {
			return true
		}
	}
	return false
}

// isGlobals says whether register r holds the table of globals.
func (f *flow) isGlobals(r int) bool { return f.regs[r] == content{kind: isGlobal, global: "_G"} }

// text returns the constant string that the operand is, or "".
func (f *flow) text(rk int) string {
	v := Nil
	if isConstant(rk) {
		v = f.proto.k[rk&^constantBit]
	} else if f.regs[rk].kind == isConst {
		v = f.regs[rk].value
	}
	if v.isString() {
		return v.Text()
	}
	return ""
}
