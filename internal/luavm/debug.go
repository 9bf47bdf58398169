package luavm

import "slices"

// What a debugger needs of code that runs by steps (steps.go).

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
	top := t.top
	m.debugging = true
	defer func() { m.debugging, t.top = false, top }()
	m.Debug(&Pause{t: t, line: line, at: max(t.extent(), top)})
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
