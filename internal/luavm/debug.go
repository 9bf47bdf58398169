package luavm

import "slices"

// What a debugger needs. Code that is loaded for one has an opStep before each
// instruction that Lua 5.1 would have too: so code for nobody has nothing to ask.

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
	end := 0 // of g, so far
	for pc, i := range f.code {
		if end = len(g.code); pc+1 < len(f.code) {
			end = at[pc+1]
		}
		switch i.op() {
		case chunkJump, chunkForPrep, chunkForLoop, chunkForEachLoop:
			to := pc + 1 + i.sbx()
			check(to >= 0 && to < len(at))
			g.code[end-1] = i.withSBX(at[to] - end)
		case chunkLoadBool:
			if i.c() > 0 {
				check(pc+2 < len(at))
				g.code[end-1] = i.withC(at[pc+2] - end)
			}
		}
	}
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
	switch at := l.tokenAt(int(f.lines[pc])); f.code[pc].op() {
	case chunkForEachLoop, chunkExtraArg: // a part of the one before
		return false
	case chunkJump: // also of a test
		return pc == 0 || !tests[f.code[pc-1].op()]
	case chunkLoadNil: // see source.split
		return l.src.tokens[at].kind != tokEnd || l.src.split[at] == 0
	}
	return true
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

// step tells the debugger if the running frame is about to begin a line.
func (t *Thread) step() {
	n := len(t.frames) - 1
	f := &t.frames[n]
	p, pc := f.closure.proto, f.pc-1
	for len(t.last) <= n {
		t.m.Alloc(4)
		t.last = append(t.last, 0)
	}
	last := t.last[n]
	t.last[n] = pc
	if t.m.debugging || t.m.Debug == nil {
		return
	}
	if p.stepsFirst(int(pc)) || pc <= last || p.lines[pc] != p.lines[last] {
		t.m.pause(t, int(p.lines[pc]))
	}
}

// stepsFirst says whether the step at pc is the first of the function.
func (p *proto) stepsFirst(pc int) bool {
	return pc <= maxUnstepped && !slices.Contains(p.chunk[:pc], chunkStep)
}

// maxUnstepped is how many instructions there are at most before a function's
// first step.
const maxUnstepped = 4

// pause calls the debugger, which may do anything that a function may.
func (m *Machine) pause(t *Thread, line int) {
	before, high := t.state(), t.top
	m.debugging = true
	defer func() {
		m.debugging = false
		t.top = high
	}()
	m.Debug(&Pause{t: t, line: line, at: max(t.extent(), before.top)})
}

// A Pause is the moment before a line is run. Level 0 is the function that runs
// it, level 1 that which has called this one, and so on, in the same coroutine.
type Pause struct {
	t    *Thread
	line int
	at   int // where the stack is free
}

// Line returns the line.
func (p *Pause) Line() int { return p.line }

// Source returns the name of the chunk that the line is of, as errors show it.
func (p *Pause) Source() string { return chunkName(p.t.frames[len(p.t.frames)-1].source()) }

// A Level is a function that is running.
type Level struct {
	Source string // the name of its chunk, as errors show it
	Line   int    // where it is
	Name   string // of the variable that it was called by, "" if that is not known
	Locals []Local
}

// A Local is a local variable that a line can see, but for those of functions
// around its own.
type Local struct {
	Name  string
	Value Value
}

// Levels returns the functions written in Lua that are running.
func (p *Pause) Levels() []Level {
	var levels []Level
	for i := len(p.t.frames) - 1; i >= 0; i-- {
		f := &p.t.frames[i]
		if f.closure == nil {
			continue
		}
		p.t.m.Tick(1 + (int(f.pc)+len(f.closure.proto.locals))/stepsPerTick)
		l := Level{Source: chunkName(f.source()), Line: f.line(), Locals: p.t.locals(f)}
		if i > 0 && f.tail == 0 {
			l.Name = p.t.calls(&p.t.frames[i-1])
		}
		levels = append(levels, l)
	}
	return levels
}

// calls returns the name by which f calls a function written in Lua, if it does
// that itself.
func (t *Thread) calls(f *frame) string {
	if f.closure == nil {
		return ""
	}
	if r := int(f.closure.proto.chunk[f.pc-1].a()); t.stack[int(f.base)+r].Kind() == KindGoFunction {
		return "" // the handler of an error in that
	}
	_, name := f.calledName()
	return name
}

// locals returns the local variables of a frame, in the order of registers.
func (t *Thread) locals(f *frame) (vs []Local) {
	for _, l := range f.closure.proto.locals {
		if f.pc <= l.from {
			break
		}
		if f.pc <= l.to {
			vs = append(vs, Local{l.name, t.stack[int(f.base)+len(vs)]})
		}
	}
	return vs
}

// Run calls f and returns its first result or, if it raises an error, ok is
// false and v is the error's value.
func (p *Pause) Run(f *Closure) (v Value, ok bool) {
	t := p.t
	t.reserve(p.at + 1)
	t.stack[p.at] = f.value()
	n, ok := t.try(p.at, 0, nil)
	if n > 0 {
		v = t.stack[p.at]
	}
	return v, ok
}
