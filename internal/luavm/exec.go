package luavm

import (
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
)

// execute runs the thread's last frame until it returns, or until the
// coroutine yields. What is in local variables is the frame's state; pc is
// stored into it before anything that may raise an error, call or look at it,
// and R is made anew after anything that may have moved the stack.
func (t *Thread) execute() {
	m := t.m
newFrame:
	fr := &t.frames[len(t.frames)-1]
	cl, base, pc := fr.closure, int(fr.base), int(fr.pc)
	code, K := cl.proto.code, cl.proto.k
	R := (*[window]Value)(t.stack[base:])
	for {
		i := code[pc]
		pc++
		switch i.op() {
		case opMove:
			R[i.a()] = R[i.b()]

		case opLoadK:
			R[i.a()] = K[i.d()]

		case opLoadBool:
			R[i.a()] = Bool(i.b() != 0)
			pc += int(i.c())

		case opLoadNil:
			for a, n := int(i.a()), int(i.b()); n >= 0; n-- {
				R[uint8(a+n)] = Nil
			}

		case opGetUpval:
			R[i.a()] = *cl.upvalues[i.b()].at

		case opSetUpval:
			*cl.upvalues[i.b()].at = R[i.a()]

		case opGetGlobal:
			k := K[i.c()]
			g := m.globals
			n := &g.node[uint32(i.d())&uint32(len(g.node)-1)]
			if n.key.p == k.p && n.val.p != nil {
				R[i.a()] = n.val
				continue
			}
			v := g.getString(k.str())
			if v.IsNil() && g.meta != nil {
				fr.pc = int32(pc)
				v = t.index(g.Value(), k, placeNone)
				fr, R = t.current(base)
			}
			R[i.a()] = v

		case opSetGlobal:
			fr.pc = int32(pc)
			t.setIndex(m.globals.Value(), K[i.c()], R[i.a()], placeNone)
			fr, R = t.current(base)

		case opGetField:
			k := K[i.c()]
			if o := R[i.b()]; o.isTable() {
				tab := o.table()
				n := &tab.node[uint32(i.d())&uint32(len(tab.node)-1)]
				if n.key.p == k.p && n.val.p != nil {
					R[i.a()] = n.val
					continue
				}
				if v := tab.getString(k.str()); v.p != nil || tab.meta == nil {
					R[i.a()] = v
					continue
				}
			}
			fr.pc = int32(pc)
			v := t.index(R[i.b()], k, register(i.b()))
			fr, R = t.current(base)
			R[i.a()] = v

		case opGetTable:
			if o, k := &R[i.b()], &R[i.c()]; o.isTable() {
				tab := o.table()
				if k.p == unsafe.Pointer(&numberTag) {
					if j := int(k.n); uint(j-1) < uint(len(tab.array)) && float64(j) == k.n && tab.array[j-1].p != nil {
						R[i.a()] = tab.array[j-1]
						continue
					}
				}
				if v := tab.Get(*k); v.p != nil || tab.meta == nil {
					R[i.a()] = v
					continue
				}
			}
			fr.pc = int32(pc)
			v := t.index(R[i.b()], R[i.c()], register(i.b()))
			fr, R = t.current(base)
			R[i.a()] = v

		case opGetTableK:
			k := K[i.c()]
			if o := R[i.b()]; o.isTable() {
				tab := o.table()
				if v := tab.Get(k); v.p != nil || tab.meta == nil {
					R[i.a()] = v
					continue
				}
			}
			fr.pc = int32(pc)
			v := t.index(R[i.b()], k, register(i.b()))
			fr, R = t.current(base)
			R[i.a()] = v

		case opGetUpField:
			fr.pc = int32(pc)
			v := t.index(*cl.upvalues[i.b()].at, K[i.c()], upvalue(i.b()))
			fr, R = t.current(base)
			R[i.a()] = v

		case opGetUpTable:
			fr.pc = int32(pc)
			v := t.index(*cl.upvalues[i.b()].at, *operand(R, K, i.c(), i.d()&constantC != 0), upvalue(i.b()))
			fr, R = t.current(base)
			R[i.a()] = v

		case opSetField:
			if o := R[i.a()]; o.isTable() && t.setField(o.table(), K[i.b()], R[i.c()]) {
				continue
			}
			fr.pc = int32(pc)
			t.setIndex(R[i.a()], K[i.b()], R[i.c()], register(i.a()))
			fr, R = t.current(base)

		case opSetFieldK:
			if o := R[i.a()]; o.isTable() && t.setField(o.table(), K[i.b()], K[i.c()]) {
				continue
			}
			fr.pc = int32(pc)
			t.setIndex(R[i.a()], K[i.b()], K[i.c()], register(i.a()))
			fr, R = t.current(base)

		case opSetTable:
			if o, k := &R[i.a()], &R[i.b()]; o.isTable() && k.p == unsafe.Pointer(&numberTag) {
				tab := o.table()
				if j := int(k.n); uint(j-1) < uint(len(tab.array)) && float64(j) == k.n && !tab.readOnly && (tab.meta == nil || tab.array[j-1].p != nil) {
					tab.array[j-1] = R[i.c()]
					continue
				}
			}
			fr.pc = int32(pc)
			t.setIndex(R[i.a()], R[i.b()], R[i.c()], register(i.a()))
			fr, R = t.current(base)

		case opSetTableX:
			fr.pc = int32(pc)
			t.setIndex(R[i.a()], *operand(R, K, i.b(), i.d()&constantB != 0), *operand(R, K, i.c(), i.d()&constantC != 0), register(i.a()))
			fr, R = t.current(base)

		case opSetUpTable:
			fr.pc = int32(pc)
			t.setIndex(*cl.upvalues[i.a()].at, *operand(R, K, i.b(), i.d()&constantB != 0), *operand(R, K, i.c(), i.d()&constantC != 0), upvalue(i.a()))
			fr, R = t.current(base)

		case opNewTable:
			fr.pc = int32(pc)
			R[i.a()] = m.NewTable(floatingByte(i.b()), floatingByte(i.c())).Value()

		case opSelf:
			o := R[i.b()]
			R[i.a()+1] = o
			fr.pc = int32(pc)
			v := t.index(o, K[i.c()], register(i.b()))
			fr, R = t.current(base)
			R[i.a()] = v

		case opSelfR:
			o, k := R[i.b()], R[i.c()]
			R[i.a()+1] = o
			fr.pc = int32(pc)
			v := t.index(o, k, register(i.b()))
			fr, R = t.current(base)
			R[i.a()] = v

		case opAdd:
			if b, c := &R[i.b()], &R[i.c()]; b.p == unsafe.Pointer(&numberTag) && c.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(b.n + c.n)
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaAdd, R[i.b()], R[i.c()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opAddK:
			if b := &R[i.b()]; b.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(b.n + K[i.c()].n)
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaAdd, R[i.b()], K[i.c()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opSub:
			if b, c := &R[i.b()], &R[i.c()]; b.p == unsafe.Pointer(&numberTag) && c.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(b.n - c.n)
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaSub, R[i.b()], R[i.c()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opSubK:
			if b := &R[i.b()]; b.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(b.n - K[i.c()].n)
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaSub, R[i.b()], K[i.c()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opMul:
			if b, c := &R[i.b()], &R[i.c()]; b.p == unsafe.Pointer(&numberTag) && c.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(b.n * c.n)
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaMul, R[i.b()], R[i.c()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opMulK:
			if b := &R[i.b()]; b.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(b.n * K[i.c()].n)
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaMul, R[i.b()], K[i.c()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opDiv:
			if b, c := &R[i.b()], &R[i.c()]; b.p == unsafe.Pointer(&numberTag) && c.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(b.n / c.n)
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaDiv, R[i.b()], R[i.c()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opDivK:
			if b := &R[i.b()]; b.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(b.n / K[i.c()].n)
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaDiv, R[i.b()], K[i.c()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opMod:
			if b, c := &R[i.b()], &R[i.c()]; b.p == unsafe.Pointer(&numberTag) && c.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(mod(b.n, c.n))
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaMod, R[i.b()], R[i.c()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opModK:
			if b := &R[i.b()]; b.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(mod(b.n, K[i.c()].n))
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaMod, R[i.b()], K[i.c()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opArith:
			fr.pc = int32(pc)
			v := t.arith(metaEvent(i.d()>>2), *operand(R, K, i.b(), i.d()&constantB != 0), *operand(R, K, i.c(), i.d()&constantC != 0))
			fr, R = t.current(base)
			R[i.a()] = v

		case opUnm:
			if b := &R[i.b()]; b.p == unsafe.Pointer(&numberTag) {
				R[i.a()].setNumber(-b.n)
				continue
			}
			fr.pc = int32(pc)
			v := t.arith(metaUnm, R[i.b()], R[i.b()])
			fr, R = t.current(base)
			R[i.a()] = v

		case opNot:
			R[i.a()] = Bool(!R[i.b()].Truth())

		case opLen:
			fr.pc = int32(pc)
			v := t.length(R[i.b()], register(i.b()))
			fr, R = t.current(base)
			R[i.a()] = v

		case opConcat:
			fr.pc = int32(pc)
			b, c := int(i.b()), int(i.c())
			t.concat(base+b, c-b+1)
			fr, R = t.current(base)
			R[i.a()] = R[i.b()]

		case opJump:
			pc += i.d()

		case opLoop:
			if m.budget.instructions--; m.budget.instructions <= 0 {
				fr.pc = int32(pc)
				m.poll()
			}
			pc += i.d()

		case opClose:
			t.closeUpvalues(base + int(i.a()) - 1)
			if m.budget.instructions--; m.budget.instructions <= 0 {
				fr.pc = int32(pc)
				m.poll()
			}
			pc += i.d()

		case opEq:
			b, c := R[i.b()], R[i.c()]
			equal := m.RawEqual(b, c)
			if !equal && b.isTable() && c.isTable() {
				fr.pc = int32(pc)
				equal = t.equalTables(b, c)
				fr, R = t.current(base)
			}
			if equal == (i.a() != 0) {
				pc += i.d()
			}
			pc++

		case opEqK:
			if m.RawEqual(R[i.b()], K[i.c()]) == (i.a() != 0) {
				pc += i.d()
			}
			pc++

		case opLt:
			if b, c := &R[i.b()], &R[i.c()]; b.p == unsafe.Pointer(&numberTag) && c.p == unsafe.Pointer(&numberTag) {
				if (b.n < c.n) == (i.a() != 0) {
					pc += i.d()
				}
				pc++
				continue
			}
			fr.pc = int32(pc)
			if t.less(R[i.b()], R[i.c()]) == (i.a() != 0) {
				pc += i.d()
			}
			pc++
			fr, R = t.current(base)

		case opLtK:
			if b := &R[i.b()]; b.p == unsafe.Pointer(&numberTag) {
				if (b.n < K[i.c()].n) == (i.a() != 0) {
					pc += i.d()
				}
				pc++
				continue
			}
			fr.pc = int32(pc)
			t.less(R[i.b()], K[i.c()]) // fails

		case opGtK:
			if b := &R[i.b()]; b.p == unsafe.Pointer(&numberTag) {
				if (K[i.c()].n < b.n) == (i.a() != 0) {
					pc += i.d()
				}
				pc++
				continue
			}
			fr.pc = int32(pc)
			t.less(K[i.c()], R[i.b()]) // fails

		case opLe:
			if b, c := &R[i.b()], &R[i.c()]; b.p == unsafe.Pointer(&numberTag) && c.p == unsafe.Pointer(&numberTag) {
				if (b.n <= c.n) == (i.a() != 0) {
					pc += i.d()
				}
				pc++
				continue
			}
			fr.pc = int32(pc)
			if t.lessEqual(R[i.b()], R[i.c()]) == (i.a() != 0) {
				pc += i.d()
			}
			pc++
			fr, R = t.current(base)

		case opLeK:
			if b := &R[i.b()]; b.p == unsafe.Pointer(&numberTag) {
				if (b.n <= K[i.c()].n) == (i.a() != 0) {
					pc += i.d()
				}
				pc++
				continue
			}
			fr.pc = int32(pc)
			t.lessEqual(R[i.b()], K[i.c()]) // fails

		case opGeK:
			if b := &R[i.b()]; b.p == unsafe.Pointer(&numberTag) {
				if (K[i.c()].n <= b.n) == (i.a() != 0) {
					pc += i.d()
				}
				pc++
				continue
			}
			fr.pc = int32(pc)
			t.lessEqual(K[i.c()], R[i.b()]) // fails

		case opCompare:
			fr.pc = int32(pc)
			b, c := *operand(R, K, i.b(), i.d()&constantB != 0), *operand(R, K, i.c(), i.d()&constantC != 0)
			if t.compare(i.d()>>2, b, c) != (i.a() != 0) {
				pc++
			}
			fr, R = t.current(base)

		case opTest:
			if R[i.b()].Truth() == (i.c() != 0) {
				pc += i.d()
			}
			pc++

		case opTestSet:
			if b := R[i.b()]; b.Truth() == (i.c() != 0) {
				R[i.a()] = b
				pc += i.d()
			}
			pc++

		case opTestSkip:
			if R[i.b()].Truth() != (i.c() != 0) {
				pc++
			}

		case opTestSetSkip:
			if b := R[i.b()]; b.Truth() == (i.c() != 0) {
				R[i.a()] = b
			} else {
				pc++
			}

		case opCall:
			at, n := base+int(i.a()), int(i.b())-1
			if n < 0 {
				n = t.top - at - 1
			}
			fr.pc = int32(pc)
			f := R[i.a()]
			if f.p == nil || (*header)(f.p).kind != KindFunction && (*header)(f.p).kind != KindGoFunction {
				f = t.callable(at, n)
				n++
			}
			if (*header)(f.p).kind == KindFunction {
				t.enter(f.closure(), at, n, int(i.c())-1)
				goto newFrame
			}
			t.callGo(f.builtin(), at, n, int(i.c())-1)
			if t.yield {
				return
			}
			fr, R = t.current(base)

		case opTailCall:
			at, n := base+int(i.a()), int(i.b())-1
			if n < 0 {
				n = t.top - at - 1
			}
			fr.pc = int32(pc)
			f := R[i.a()]
			if !f.isFunction() {
				f = t.callable(at, n)
				n++
			}
			if f.Kind() == KindGoFunction {
				t.callGo(f.builtin(), at, n, -1)
				if t.yield {
					return
				}
				fr, R = t.current(base)
				continue // to the return that follows
			}
			if m.budget.instructions <= 1 { // enter would poll, when there is no frame to say where
				m.budget.instructions--
				m.poll()
				m.budget.instructions++
			}
			t.closeUpvalues(base)
			bulk.Copy(t.stack[fr.fn:], t.stack[at:at+n+1])
			last := *fr
			t.frames = t.frames[:len(t.frames)-1]
			fr = t.enter(f.closure(), int(last.fn), n, int(last.want))
			fr.tail, fr.entry = last.tail+1, last.entry
			goto newFrame

		case opReturn1:
			if t.open != nil {
				t.closeUpvalues(base)
			}
			if fr.want != 1 {
				t.results(fr, base+int(i.a()), 1)
			} else {
				t.stack[fr.fn] = R[i.a()]
			}
			t.frames = t.frames[:len(t.frames)-1]
			if fr.entry {
				return
			}
			goto newFrame

		case opReturn0:
			if t.open != nil {
				t.closeUpvalues(base)
			}
			t.results(fr, base, 0)
			t.frames = t.frames[:len(t.frames)-1]
			if fr.entry {
				return
			}
			goto newFrame

		case opReturn:
			n := int(i.b()) - 1
			if n < 0 {
				n = t.top - base - int(i.a())
			}
			if t.open != nil {
				t.closeUpvalues(base)
			}
			t.results(fr, base+int(i.a()), n)
			t.frames = t.frames[:len(t.frames)-1]
			if fr.entry {
				return
			}
			goto newFrame

		case opForPrep:
			fr.pc = int32(pc)
			forPrep(m, R, i.a())
			pc += i.d()

		case opForLoop:
			at, limit, step := &R[i.a()], R[i.a()+1].n, R[i.a()+2].n
			next := at.n + step
			if m.budget.instructions--; m.budget.instructions <= 0 {
				fr.pc = int32(pc)
				m.poll()
			}
			if step > 0 && next <= limit || step <= 0 && limit <= next {
				at.n = next
				R[i.a()+3].setNumber(next)
				pc += i.d()
			}

		case opForEach:
			fr.pc = int32(pc)
			t.forEach(base+int(i.a()), int(i.c()))
			fr, R = t.current(base)

		case opForEachLoop:
			if m.budget.instructions--; m.budget.instructions <= 0 {
				fr.pc = int32(pc)
				m.poll()
			}
			if v := R[i.a()+1]; v.p != nil {
				R[i.a()] = v
				pc += i.d()
			}

		case opSetList:
			fr.pc = int32(pc)
			n := int(i.b())
			if n == 0 {
				n = t.top - base - int(i.a()) - 1
			}
			from := base + int(i.a())
			if tab := R[i.a()].Table(); tab != nil { // always, in what the compiler made
				m.setList(tab, i.d(), t.stack[from+1:from+1+n])
			}

		case opClosure:
			fr.pc = int32(pc)
			p := cl.proto.protos[i.d()]
			f := m.newClosure(p)
			for j, u := range p.upvalues {
				if u.inStack {
					f.upvalues[j] = t.findUpvalue(base + int(u.index))
				} else {
					f.upvalues[j] = cl.upvalues[u.index]
				}
			}
			R[i.a()] = f.value()

		case opVararg:
			first := int(fr.fn) + 1 + cl.proto.params
			have := max(base-first, 0)
			n := int(i.b()) - 1
			if n < 0 {
				n = have
				t.reserve(base + int(i.a()) + n)
				fr, R = t.current(base)
				t.top = base + int(i.a()) + n
			}
			to := t.stack[base+int(i.a()):]
			copied := bulk.Copy(to[:n], t.stack[first:first+have])
			clear(to[copied:n])

		case opArgTable:
			fr.pc = int32(pc)
			first := int(fr.fn) + 1 + cl.proto.params
			args := t.stack[first:max(first, base)]
			tab := m.NewTable(len(args), 1)
			m.setList(tab, 0, args)
			m.Set(tab, m.Name("n"), Int(len(args)))
			R[i.a()] = tab.Value()

		case opStep:
			fr.pc = int32(pc)
			t.step()
			fr, R = t.current(base)
		}
	}
}

// Which operands of an instruction are constants, in its d.
const (
	constantB = 1 << iota
	constantC
)

func operand(R *[window]Value, K []Value, i uint8, constant bool) *Value {
	if constant {
		return &K[i]
	}
	return &R[i]
}

// forPrep checks the three numbers of a numeric loop, in registers from a on,
// and makes the first one step less than it is.
func forPrep(m *Machine, R *[window]Value, a uint8) {
	for j, what := range [...]string{"initial value", "limit", "step"} {
		v := &R[a+uint8(j)]
		f, ok := m.toNumber(*v)
		if !ok {
			m.errorf("'for' %s must be a number", what)
		}
		*v = Number(f)
	}
	R[a].n -= R[a+2].n
}

// setList stores vs at n+1…
func (m *Machine) setList(t *Table, n int, vs []Value) {
	m.Resize(t, n+len(vs))
	for j, v := range vs {
		m.SetInt(t, n+1+j, v)
	}
}

// floatingByte is the size that an operand of opNewTable means: eeeeexxx is
// 1xxx shifted left by eeeee-1.
func floatingByte(b uint8) int {
	if e := b >> 3; e > 0 {
		return int(b&7+8) << (e - 1)
	}
	return int(b)
}
