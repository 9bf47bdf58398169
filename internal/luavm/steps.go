package luavm

// How code is made for a debugger: it has an opStep before each instruction that
// Lua 5.1 would have too, so that code for nobody has nothing to ask. debug.go has
// what a step does.

// stepped returns f, whose instructions have the lines, with the steps, and the
// lines of all. What Lua 5.1's compiler makes otherwise is settled here, so that
// lines come in the same order, and variables at the same time.
func (l *loader) stepped(f *chunkFunction, lines []int32) (*chunkFunction, []int32) {
	if 2*len(f.code) > maxJump {
		return f, lines
	}
	l.closeOnce(f)
	if len(l.src.tokens) == 1 { // there is no word that the end comes after
		lines[0] = 1
	}
	g := *f
	g.code, g.lines, g.locals = nil, nil, append([]localVariable(nil), f.locals...)
	var all []int32
	at := make([]int, len(f.code)) // where the instructions are in g
	first := l.firstStep(f)
	for pc, i := range f.code {
		at[pc] = len(g.code)
		if pc >= first && l.isStep(f, pc) {
			g.code, g.lines, all = append(g.code, chunkStep), append(g.lines, f.lines[pc]), append(all, lines[pc])
		}
		g.code, g.lines, all = append(g.code, i), append(g.lines, f.lines[pc]), append(all, lines[pc])
	}
	f.jumpTo(&g, at)
	for i := range g.locals {
		v := &g.locals[i]
		check(v.from >= 0 && v.from <= v.to && int(v.from) < len(at) && int(v.to) <= len(at))
		// They end before the last return, and before a block closes its upvalues.
		if last := v.to - 1; int(v.to) == len(at) || last >= 0 && f.code[last].closes() && l.endsBlockAfter(f.lines[last]) {
			v.to = last
		}
		v.from, v.to = int32(at[v.from]), int32(at[v.to])
	}
	return &g, all
}

// jumpTo makes the jumps of g, which has f's instructions at the places at, go to
// where those of f go.
func (f *chunkFunction) jumpTo(g *chunkFunction, at []int) {
	for pc, i := range f.code {
		next := len(g.code)
		if pc+1 < len(at) {
			next = at[pc+1]
		}
		switch i.op() {
		case chunkJump, chunkForPrep, chunkForLoop, chunkForEachLoop:
			to := pc + 1 + i.sbx()
			check(to >= 0 && to < len(at))
			g.code[next-1] = i.withSBX(at[to] - next)
		case chunkLoadBool:
			if i.c() > 0 {
				check(pc+2 < len(at))
				g.code[next-1] = i.withC(at[pc+2] - next)
			}
		}
	}
}

// maxJump is how far a jump of a chunk can go.
const maxJump = 131071

func (i chunkInstruction) withSBX(n int) chunkInstruction {
	return i&(1<<14-1) | chunkInstruction(n+maxJump)<<14
}

func (i chunkInstruction) withC(n int) chunkInstruction {
	return i&^(511<<14) | chunkInstruction(n)<<14
}

// closes says whether i is a jump that closes upvalues.
func (i chunkInstruction) closes() bool { return i.op() == chunkJump && i.a() > 0 }

// closeOnce makes jumps that close the upvalues of a block themselves go to where
// the block does.
func (l *loader) closeOnce(f *chunkFunction) {
	for pc, i := range f.code {
		if to := pc + i.sbx(); i.closes() && to > pc && to < len(f.code) && f.code[to].closes() && f.code[to].sbx() == 0 {
			f.code[pc] = i.withSBX(i.sbx() - 1)
		}
	}
}

// firstStep returns the first instruction that Lua 5.1 has, too.
func (l *loader) firstStep(f *chunkFunction) (pc int) {
	if l.src.needsArg[f.lineDefined] {
		pc = 3 // it is a parameter
	}
	if pc < len(f.code) && f.code[pc].op() == chunkLoadNil && f.code[pc].a() >= f.params && !loopsTo(f, pc) {
		pc++ // registers are nil where a function begins
	}
	return pc
}

// isStep says whether Lua 5.1 has the instruction at pc.
func (l *loader) isStep(f *chunkFunction, pc int) bool {
	switch i := f.code[pc]; i.op() {
	case chunkForEachLoop: // a part of the one before
		return false
	case chunkJump: // also of a test
		return pc == 0 || !tests[f.code[pc-1].op()]
	default:
		return !i.added()
	}
}

// endsBlockAfter says whether a block ends after the token that go-lua's line is,
// and not by a break.
func (l *loader) endsBlockAfter(line int32) bool {
	i := l.tokenAt(int(line))
	if i+1 == len(l.src.tokens) || l.src.tokens[i].kind == tokBreak {
		return false
	}
	return l.src.endsBlock(i+1) && l.src.tokens[i+1].kind != tokUntil
}

// loopsTo says whether a jump leads back to the instruction at pc.
func loopsTo(f *chunkFunction, pc int) bool {
	for i, in := range f.code {
		if in.op() == chunkJump && i+1+in.sbx() == pc && in.sbx() < 0 {
			return true
		}
	}
	return false
}
