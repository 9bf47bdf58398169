package luavm

// What a debugger needs. Code that is loaded for one has opStep everywhere, and
// the instructions proper in steps.code: so code for nobody has nothing to ask.

// steps is what code for a debugger has beside that.
type steps struct {
	code  []instruction
	lines []int32 // of the instruction, as Lua 5.1 has it; 0: it has none such
	first int     // the first that Lua 5.1 has
}

func (s *steps) size() int { return len(s.code) * (8 + 4) }

// step makes the code of p, which was made from f, code for a debugger. What
// Lua 5.1's compiler makes otherwise is found here, so that lines come in the
// same order.
func (l *loader) step(f *chunkFunction, p *proto) {
	s := &steps{code: p.code, lines: p.lines}
	p.steps = s
	p.code = make([]instruction, len(s.code))
	for i := range p.code {
		p.code[i] = encode(opStep, 0, 0, 0, 0)
	}
	s.lines = append([]int32(nil), p.lines...)
	if s.code[0].op() == opArgTable {
		s.first = 3 // it is a parameter
	}
	if i := s.first; s.code[i].op() == opLoadNil && int(s.code[i].a()) >= f.params && !loopsTo(f, i) {
		s.first++ // registers are nil where a function begins
	}
	if len(l.src.tokens) == 1 { // there is no word that the end comes after
		s.lines[0] = 1
	}
	clear(s.lines[:s.first])
	for i := range p.locals { // end before the last return, and before a block closes its upvalues
		v := &p.locals[i]
		if last := v.to - 1; int(v.to) == len(s.code) || last > 0 && s.code[last].op() == opClose && l.endsBlockAfter(f.lines[last]) {
			v.to = last
		}
	}
	for pc := s.first; pc < len(s.lines); pc++ {
		switch at := l.tokenAt(int(f.lines[pc])); s.code[pc].op() {
		case opForEachLoop: // is done by the instruction before
			s.lines[pc] = 0
		case opLoadNil:
			if l.src.tokens[at].kind == tokEnd && l.src.split[at] > 0 {
				s.lines[pc] = 0
			}
		case opClose: // go-lua lets a jump do what another would at its target
			i := s.code[pc]
			if to := pc + i.d(); to > pc && s.code[to].op() == opClose && s.code[to].d() == 0 {
				s.code[pc] = encode(opClose, i.a(), 0, 0, i.d()-1)
			}
		}
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

// step tells the debugger if the running frame is about to begin a line, and
// returns the instruction.
func (t *Thread) step() instruction {
	n := len(t.frames) - 1
	f := &t.frames[n]
	s, pc := f.closure.proto.steps, f.pc-1
	i, line := s.code[pc], s.lines[pc]
	if line == 0 {
		return i
	}
	for len(t.last) <= n {
		t.m.Alloc(4)
		t.last = append(t.last, 0)
	}
	last := t.last[n]
	t.last[n] = pc
	if (int(pc) == s.first || pc <= last || line != s.lines[last]) && !t.m.debugging && t.m.Debug != nil {
		t.m.pause(t, int(line))
	}
	return i
}

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
	p := f.closure.proto
	for r := 0; ; r++ {
		l := p.local(r, int(f.pc)-1)
		if l == nil {
			return vs
		}
		vs = append(vs, Local{l.name, t.stack[int(f.base)+r]})
	}
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
