package luavm

import (
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
)

// A Thread is a coroutine, or the one that is not: the machine's main thread.
// Each has a stack of values, of which the functions it runs have windows, and
// a stack of frames; calls between Lua functions grow those, not Go's stack.
type Thread struct {
	header
	m      *Machine
	stack  []Value
	frames []frame
	top    int      // end of the last list of values of unknown length
	high   int      // end of all that was used
	open   *Upvalue // open upvalues, the highest register first
	status status
	cCalls int // calls from Go, and with that from C in Lua's own terms
	base   int // cCalls when it was resumed

	started   bool
	yield     bool    // it is about to leave its resume,
	yieldAt   int     // in a call that stands here
	yieldWant int     // and wants so many results
	resumer   *Thread // the thread that resumed this one, while it runs

	last []int32 // of each frame of code for a debugger: the instruction that it ran last
}

// frame is a function being run.
type frame struct {
	closure *Closure // nil: a function written in Go that has called back
	base    int32    // its first register
	fn      int32    // where the function stands in the stack, and its results will
	pc      int32    // the instruction to go on with
	want    int32    // number of results wanted; -1: all
	tail    int32    // callers that were lost to tail calls
	entry   bool     // its return ends execute
	own     bool     // what runs is an operation of the function written in Go itself
}

const (
	// window is the number of registers that an instruction can name, and so
	// what the stack has from the base of each frame on.
	window    = 256
	maxFrames = 16_383 // as Lua 5.1, whose limit of 20,000 (LUAI_MAXCALLS) is in effect when it would double
	maxCCalls = 200    // as Lua 5.1 (LUAI_MAXCCALLS)
)

func (m *Machine) newThread() *Thread {
	t := &Thread{header: header{kind: KindThread, id: m.newID()}, m: m}
	if n := len(m.buried); n > 0 {
		t.stack, t.frames = m.buried[n-1].stack, m.buried[n-1].frames
		m.buried = m.buried[:n-1]
	} else {
		t.stack = make([]Value, 2*window)
		t.frames = make([]frame, 0, 8)
	}
	m.Alloc(t.size())
	return t
}

func (t *Thread) size() int {
	return int(unsafe.Sizeof(*t)) + cap(t.frames)*int(unsafe.Sizeof(frame{})) + len(t.stack)*int(unsafe.Sizeof(Value{}))
}

// reserve makes the stack hold what is used up to n, and a window beyond.
func (t *Thread) reserve(n int) {
	if n > t.high {
		t.high = n
		if n+window > len(t.stack) {
			t.grow(n + window)
		}
	}
}

func (t *Thread) grow(n int) {
	n = max(n, 2*len(t.stack))
	t.m.Alloc(n * int(unsafe.Sizeof(Value{})))
	t.stack = bulk.Grow(t.stack, n, t.m)
	for u := t.open; u != nil; u = u.next {
		u.at = &t.stack[u.index]
	}
}

// current returns the last frame, and its registers from base on.
func (t *Thread) current(base int) (*frame, *[window]Value) {
	return &t.frames[len(t.frames)-1], (*[window]Value)(t.stack[base:])
}

// push adds a frame.
func (t *Thread) push(closure *Closure, base, fn, want int) *frame {
	n := len(t.frames)
	if n == cap(t.frames) {
		t.moreFrames()
	}
	t.frames = t.frames[:n+1]
	f := &t.frames[n]
	*f = frame{closure: closure, base: int32(base), fn: int32(fn), want: int32(want)}
	return f
}

// results puts the n values from stack[from] on where the caller of f wants
// its results.
func (t *Thread) results(f *frame, from, n int) {
	to, want := int(f.fn), int(f.want)
	if want < 0 {
		bulk.Copy(t.stack[to:], t.stack[from:from+n])
		t.top = to + n
		return
	}
	copied := copy(t.stack[to:to+want], t.stack[from:from+n])
	clear(t.stack[to+copied : to+want])
}

func (t *Thread) moreFrames() {
	n := len(t.frames)
	if limit := t.m.Limits.Depth; limit > 0 && n >= limit {
		t.m.Stop(ErrDepth)
	}
	if n >= maxFrames {
		t.m.errorf("stack overflow")
	}
	size := min(2*n, maxFrames)
	if limit := t.m.Limits.Depth; limit > 0 {
		size = min(size, max(limit, n+1))
	}
	t.m.Alloc(size * int(unsafe.Sizeof(frame{})))
	frames := make([]frame, n, size)
	bulk.Copy(frames, t.frames)
	t.frames = frames
}

// extent returns the end of the last frame's part of the stack.
func (t *Thread) extent() int {
	if len(t.frames) == 0 {
		return t.top
	}
	f := &t.frames[len(t.frames)-1]
	if f.closure == nil {
		return int(f.base)
	}
	return int(f.base) + f.closure.proto.registers
}

// closeUpvalues gives the variables in registers from index on their own place.
func (t *Thread) closeUpvalues(index int) {
	for u := t.open; u != nil && u.index >= index; u = t.open {
		t.open = u.next
		u.closed = *u.at
		u.at, u.next = &u.closed, nil
	}
}

// findUpvalue returns the upvalue for the register at index.
func (t *Thread) findUpvalue(index int) *Upvalue {
	link := &t.open
	for *link != nil && (*link).index > index {
		link = &(*link).next
	}
	if u := *link; u != nil && u.index == index {
		return u
	}
	u := &Upvalue{at: &t.stack[index], index: index, next: *link}
	*link = u
	return u
}

// call calls the function at stack[at] with the n values after it and leaves
// want results (-1: all) from at on. It returns how many.
func (t *Thread) call(at, n, want int) int {
	t.enterC()
	f := t.stack[at]
	if !f.isFunction() {
		f, n = t.callable(at, n), n+1
	}
	if f.Kind() == KindGoFunction {
		n = t.callGo(f.builtin(), at, n, want)
	} else {
		t.enter(f.closure(), at, n, want).entry = true
		t.execute()
		if n = want; want < 0 {
			n = t.top - at
		}
	}
	t.cCalls--
	return n
}

// enterC counts a call from Go.
func (t *Thread) enterC() {
	t.cCalls++
	if t.cCalls < maxCCalls {
		return
	}
	if t.cCalls == maxCCalls {
		t.m.errorf("C stack overflow")
	}
	if t.cCalls >= maxCCalls+maxCCalls>>3 {
		panic(errorInError) // an error while that one was handled
	}
}

// callable puts the handler for calls of the value at stack[at] before it, as
// the function to call with one more argument, and returns it.
func (t *Thread) callable(at, n int) Value {
	f := t.m.handler(t.stack[at], metaCall)
	if !f.isFunction() {
		t.m.typeError("call", t.stack[at], t.place(at))
	}
	t.reserve(at + n + 2)
	copy(t.stack[at+1:], t.stack[at:at+n+1])
	t.stack[at] = f
	return f
}

// enter pushes a frame for f, which stands at stack[at], with n arguments
// after it.
func (t *Thread) enter(f *Closure, at, n, want int) *frame {
	m, p, base := t.m, f.proto, at+1
	if m.budget.instructions--; m.budget.instructions <= 0 {
		m.poll()
	}
	if p.vararg {
		base += n
		t.reserve(base + p.registers)
		for i := 0; i < p.params; i++ { // the named arguments move behind the others
			if i < n {
				t.stack[base+i], t.stack[at+1+i] = t.stack[at+1+i], Nil
			} else {
				t.stack[base+i] = Nil
			}
		}
	} else {
		t.reserve(base + p.registers)
		for i := n; i < p.params; i++ {
			t.stack[base+i] = Nil
		}
	}
	return t.push(f, base, at, want)
}

// callGo calls f with the n values from stack[at+1] on and leaves want results
// (-1: all) from at on. It returns how many.
func (t *Thread) callGo(f *Builtin, at, n, want int) int {
	m := t.m
	t.reserve(at + n + 1)
	if m.budget.instructions--; m.budget.instructions <= 0 {
		m.poll()
	}
	if m.depth == len(m.calls) {
		m.calls = append(m.calls, new(Call))
	}
	c := m.calls[m.depth]
	m.depth++
	c.t, c.at, c.args = t, at, t.stack[at+1:at+1+n:at+1+n]
	c.results, c.held, c.kept = 0, 0, nil
	f.run(c)
	m.depth--
	got := c.results
	if t.yield {
		t.yieldAt, t.yieldWant, t.top = at, want, at+got
		return got
	}
	for i := got; i < want; i++ {
		t.stack[at+i] = Nil
	}
	if want < 0 {
		t.top = at + got
		return got
	}
	return want
}
