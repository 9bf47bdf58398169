package luavm

// Where a run was stopped. Redis asks at each 100,000th instruction whether a script
// must end, and says on which line that one is. In a loop of two instructions it is
// always the same of them. Here the question comes at other places, so that the line
// of the present instruction may be one that Redis never says. So what the script
// has done is done again on paper, as far as a few of Redis's questions: with
// numbers and functions, while all else is unknown.

// hookEvery is the number of instructions between two of Redis's questions, and
// hooks how many of them are looked at: in a few milliseconds.
const (
	hookEvery = 100_000
	hooks     = 6
)

// surface makes e, the error of a run that is stopped, be where it would arrive in
// Redis: a pcall catches it, but the next line raises it again; a coroutine hands
// it on.
func (m *Machine) surface(e *Error) {
	if f := m.main.catcher(); f != nil {
		e.Source, e.Line = f.source(), f.lineAfter()
	} else if f := m.main.innermost(); f != nil && m.running != m.main {
		e.Source, e.Line = f.source(), f.line()
	}
}

// catcher returns the frame that the outermost pcall of the thread was called from.
func (t *Thread) catcher() *frame {
	for i := 1; i < len(t.frames); i++ {
		f, caller := &t.frames[i], &t.frames[i-1]
		if f.closure != nil || f.own || caller.closure == nil {
			continue
		}
		if v := t.stack[f.fn]; v.Kind() == KindGoFunction && (v.builtin().name == "pcall" || v.builtin().name == "xpcall") {
			return caller
		}
	}
	return nil
}

// innermost returns the innermost frame of a function written in Lua, or nil.
func (t *Thread) innermost() *frame {
	for i := len(t.frames) - 1; i >= 0; i-- {
		if t.frames[i].closure != nil {
			return &t.frames[i]
		}
	}
	return nil
}

// lineAfter returns the next line that the frame comes to after the present
// instruction.
func (f *frame) lineAfter() int {
	p, line := f.closure.proto, f.line()
	for pc := int(f.pc); pc < len(p.lines); pc++ {
		if int(p.lines[pc]) != line {
			return int(p.lines[pc])
		}
		switch i := p.chunk[pc]; i.op() {
		case chunkReturn:
			return line
		case chunkJump:
			if pc += i.sbx(); i.sbx() < 0 {
				return int(p.lines[pc+1])
			}
		}
	}
	return line
}

// settle moves the innermost frame to the instruction in its loop at which Redis
// would most often have stopped it, if that can be found out.
func (m *Machine) settle() {
	t := m.running
	if t != m.main || len(t.frames) == 0 || m.Debug != nil || t.catcher() != nil {
		return
	}
	inner, outer := &t.frames[len(t.frames)-1], &t.frames[0]
	if inner.own && len(t.frames) > 1 {
		inner = &t.frames[len(t.frames)-2]
	}
	if inner.closure == nil || outer.closure == nil {
		return
	}
	s := sketch{}
	s.from, s.to = outer.closure.proto.loopAround(int(outer.pc) - 1)
	args := make([]sketched, outer.closure.proto.params)
	for i := range args {
		args[i].kind = isTrue // KEYS and ARGV
	}
	s.run(&sketchedFunction{proto: outer.closure.proto}, args, 0)
	votes := map[int32]int{}
	p, best := inner.closure.proto, -1
	for _, h := range s.hits {
		if h.proto != p {
			continue
		}
		if votes[p.lines[h.pc]]++; best < 0 || votes[p.lines[h.pc]] > votes[p.lines[best]] {
			best = h.pc
		}
	}
	if best >= 0 && votes[p.lines[best]] > votes[p.lines[max(inner.pc-1, 0)]] {
		inner.pc = int32(best + 1)
	}
}

// loopAround returns the extent of the outermost loop around the instruction at pc;
// all of p if there is none.
func (p *proto) loopAround(pc int) (from, to int) {
	from, to = 0, len(p.chunk)
	found := false
	for i, in := range p.chunk {
		switch in.op() {
		case chunkJump, chunkForLoop, chunkForEachLoop:
			if head := i + 1 + in.sbx(); in.sbx() < 0 && head <= pc && pc <= i+1 && (!found || head <= from && i >= to) {
				from, to, found = head, i, true
			}
		}
	}
	return from, to
}

// A sketched value is what is known of one.
type sketched struct {
	kind sketchedKind
	n    float64           // of a number
	f    *sketchedFunction // of a function
}

type sketchedKind uint8

const (
	isUnknown sketchedKind = iota
	isNil
	isFalse
	isTrue // true, or anything else that is no number, as far as conditions go
	isNumber
	isFunction
	isCaller // calls its argument: pcall
)

type sketchedFunction struct {
	proto    *proto
	upvalues []*sketched
}

// A sketch is a run on paper.
type sketch struct {
	from, to int // of the outermost function: where the questions count
	at       int // where that is
	n        int // instructions so far
	hits     []hit
}

// hit is an instruction at which Redis asks.
type hit struct {
	proto *proto
	pc    int
}

const maxSketched = 100 // calls in one another

// run runs a function and returns its first result; ok is false if the sketch ends.
func (s *sketch) run(f *sketchedFunction, args []sketched, depth int) (result sketched, ok bool) {
	p := f.proto
	R := make([]sketched, p.registers+1)
	for i := range R {
		R[i].kind = isNil
	}
	for i := 0; i < p.params && i < len(args); i++ {
		R[i] = args[i]
	}
	K := func(rk int) sketched {
		if !isConstant(rk) {
			return R[rk]
		}
		return sketchConstant(p.k[rk&^constantBit])
	}
	stays := false // the last instruction was a test that does not leave a loop
	for pc := 0; pc < len(p.chunk); {
		i := p.chunk[pc]
		// 5.1 does not have all instructions, or has them as a part of the one before:
		// where a condition leaves a loop, what goes back if it does not hold is its
		// own jump.
		other := i.op() == chunkForEachLoop || i.added() || stays && i.op() == chunkJump && i.sbx() < 0
		stays = false
		if !other {
			if depth == 0 {
				s.at = pc
			}
			if s.n++; s.n%hookEvery == 0 {
				if s.from <= s.at && s.at <= s.to {
					s.hits = append(s.hits, hit{p, pc})
				}
				if s.n >= hooks*hookEvery {
					return sketched{}, false
				}
			}
		}
		pc++
		a, b, c := i.a(), i.b(), i.c()
		switch i.op() {
		case chunkMove:
			R[a] = R[b]
		case chunkLoadK:
			R[a] = sketchConstant(p.k[i.bx()])
		case chunkLoadBool:
			if R[a] = (sketched{kind: isFalse}); b != 0 {
				R[a].kind = isTrue
			}
			if c != 0 {
				pc++
			}
		case chunkLoadNil:
			for ; b >= 0; b-- {
				R[a+b] = sketched{kind: isNil}
			}
		case chunkGetUpval:
			R[a] = sketched{}
			if b < len(f.upvalues) && f.upvalues[b] != nil {
				R[a] = *f.upvalues[b]
			}
		case chunkSetUpval:
			if b < len(f.upvalues) && f.upvalues[b] != nil {
				*f.upvalues[b] = R[a]
			}
		case chunkGetTabUp:
			R[a] = sketched{}
			if isConstant(c) {
				if k := p.k[c&^constantBit]; k.isString() && (k.Text() == "pcall" || k.Text() == "xpcall") {
					R[a].kind = isCaller
				}
			}
		case chunkGetTable, chunkLen, chunkLoadKX:
			R[a] = sketched{}
		case chunkSelf:
			R[a], R[a+1] = sketched{}, R[b]
		case chunkNewTable, chunkConcat:
			R[a] = sketched{kind: isTrue}
		case chunkAdd, chunkSub, chunkMul, chunkDiv, chunkMod, chunkPow:
			x, y := K(b), K(c)
			if R[a] = (sketched{}); x.kind == isNumber && y.kind == isNumber {
				R[a] = sketched{kind: isNumber, n: compute(arithmetic[i.op()].event, x.n, y.n)}
			}
		case chunkUnm:
			x := R[b]
			if R[a] = (sketched{}); x.kind == isNumber {
				R[a] = sketched{kind: isNumber, n: -x.n}
			}
		case chunkNot:
			truth, known := R[b].truth()
			switch R[a] = (sketched{}); {
			case known && truth:
				R[a].kind = isFalse
			case known:
				R[a].kind = isTrue
			}
		case chunkJump:
			pc += i.sbx()
		case chunkEq, chunkLt, chunkLe, chunkTest, chunkTestSet:
			truth, known := false, false
			want := a != 0
			switch x, y := K(b), K(c); i.op() {
			case chunkTest:
				truth, known = R[a].truth()
				want = c != 0
			case chunkTestSet:
				truth, known = R[b].truth()
				want = c != 0
			case chunkEq:
				known = x.kind != isUnknown && y.kind != isUnknown && (x.kind != isTrue || y.kind != isTrue)
				truth = x == y
			default:
				known = x.kind == isNumber && y.kind == isNumber
				truth = i.op() == chunkLt && x.n < y.n || i.op() == chunkLe && x.n <= y.n
			}
			j := p.chunk[pc]
			jumps := truth == want
			if !known {
				jumps = j.sbx() < 0 // a loop is not left
			}
			if jumps && i.op() == chunkTestSet {
				R[a] = R[b]
			}
			stays = !jumps && j.sbx() > 0
			if pc++; jumps {
				pc += j.sbx()
			}
		case chunkCall, chunkTailCall, chunkForCall:
			from, n, to := a+1, b-1, a
			if i.op() == chunkForCall {
				from, n, to = a+1, 2, a+3
			}
			if n < 0 || from+n > len(R) {
				n = max(len(R)-from, 0)
			}
			callee, given := R[a], R[from:from+n]
			if callee.kind == isCaller && n > 0 {
				callee, given = given[0], nil
			}
			result := sketched{}
			if callee.kind == isFunction && depth < maxSketched {
				if result, ok = s.run(callee.f, given, depth+1); !ok {
					return result, false
				}
			}
			for r := to + 1; r < len(R) && r < to+max(c, 3); r++ {
				R[r] = sketched{}
			}
			if i.op() == chunkTailCall {
				return result, true
			}
			R[to] = result
		case chunkForEachLoop:
			if R[a+1].kind != isNil {
				R[a] = R[a+1]
				pc += i.sbx()
			}
		case chunkReturn:
			if b == 1 {
				return sketched{kind: isNil}, true
			}
			return R[a], true
		case chunkForPrep:
			if R[a].kind == isNumber && R[a+2].kind == isNumber {
				R[a].n -= R[a+2].n
			}
			pc += i.sbx()
		case chunkForLoop:
			goesOn := true
			if at, limit, step := &R[a], R[a+1], R[a+2]; at.kind == isNumber && limit.kind == isNumber && step.kind == isNumber {
				at.n += step.n
				goesOn = step.n > 0 && at.n <= limit.n || step.n <= 0 && limit.n <= at.n
			}
			if goesOn {
				R[a+3] = R[a]
				pc += i.sbx()
			}
		case chunkClosure:
			g := &sketchedFunction{proto: p.protos[i.bx()]}
			for _, u := range g.proto.upvalues {
				var v *sketched
				if u.inStack {
					v = &R[u.index]
				} else if int(u.index) < len(f.upvalues) {
					v = f.upvalues[u.index]
				}
				g.upvalues = append(g.upvalues, v)
			}
			R[a] = sketched{kind: isFunction, f: g}
		case chunkVararg:
			for r := a; r < len(R) && (b == 0 || r < a+b-1); r++ {
				R[r] = sketched{}
			}
		}
	}
	return sketched{}, true
}

func (v sketched) truth() (truth, known bool) {
	return v.kind != isNil && v.kind != isFalse, v.kind != isUnknown
}

func sketchConstant(v Value) sketched {
	switch {
	case v.IsNumber():
		return sketched{kind: isNumber, n: v.n}
	case v.IsNil():
		return sketched{kind: isNil}
	case !v.Truth():
		return sketched{kind: isFalse}
	}
	return sketched{kind: isTrue}
}
