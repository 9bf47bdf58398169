package luavm

// Coroutines: threads beside the main one. A resume runs the coroutine inside
// Go's call of resume, and a yield leaves it again; so a coroutine can yield
// only where no other Go function is in between, which is where Lua 5.1 lets
// it: not across pcall, metamethods, iterators and the comparisons of sort.

type status uint8

const (
	suspended status = iota
	running
	normal // it has resumed another
	dead
)

var statusNames = [...]string{"suspended", "running", "normal", "dead"}

// NewThread returns a coroutine that will run f.
func (m *Machine) NewThread(f Value) Value {
	t := m.newThread()
	t.stack[0] = f
	t.top = 1
	return t.value()
}

// Thread returns v as a coroutine, or nil if it is none.
func (v Value) Thread() *Thread {
	if v.Kind() == KindThread {
		return v.thread()
	}
	return nil
}

// Status is the coroutine's status as Lua names it.
func (t *Thread) Status() string { return statusNames[t.status] }

// Running returns the running coroutine, or nil in the main thread.
func (m *Machine) Running() *Thread {
	if m.running == m.main {
		return nil
	}
	return m.running
}

// Resume starts or goes on with the coroutine t, giving it args, until it
// yields, returns or fails. The results are in the stack of t; if it fails
// they are the error's value.
func (c *Call) Resume(t *Thread, args []Value) (results []Value, ok bool) {
	m, from := c.t.m, c.t
	if t.status != suspended {
		return []Value{m.NewString("cannot resume " + t.statusForResume() + " coroutine")}, false
	}
	if from.cCalls >= maxCCalls { // a resume counts as a call from C
		return []Value{m.NewString("C stack overflow")}, false
	}
	c.enter()
	defer c.leave()
	t.resumer, t.status, from.status = from, running, normal
	m.running = t
	depth := m.depth
	results, ok = t.resume(args)
	m.depth = depth
	m.running = from
	t.resumer, from.status = nil, running
	return results, ok
}

func (t *Thread) statusForResume() string {
	if t.status == dead {
		return "dead"
	}
	return "non-suspended"
}

// resume runs the thread until it yields, ends or fails.
func (t *Thread) resume(args []Value) (results []Value, ok bool) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		t.status = dead
		e := luaError(p)
		v := e.value
		if e == errorInError {
			v = t.m.NewString(errorInErrorText)
		}
		t.lose(v)
		t.closeUpvalues(0)
		results, ok = []Value{v}, false
	}()
	t.cCalls = t.resumer.cCalls + 1
	t.base = t.cCalls
	switch {
	case len(t.frames) > 0:
		t.yieldResults(args)
		t.execute()
	case t.started: // the function was yield itself
		t.top = copy(t.stack, args)
	default: // the function is at stack[0]
		t.started = true
		t.reserve(len(args) + 1)
		copy(t.stack[1:], args)
		f := t.stack[0]
		if f.Kind() == KindGoFunction {
			t.callGo(f.builtin(), 0, len(args), -1)
		} else {
			t.enter(f.closure(), 0, len(args), -1).entry = true
			t.execute()
		}
	}
	t.cCalls--
	if t.yield {
		t.yield = false
		t.status = suspended
		return t.stack[t.yieldAt:t.top], true
	}
	t.status = dead
	return t.stack[:t.top], true
}

// yieldResults makes args the results of the call that yielded.
func (t *Thread) yieldResults(args []Value) {
	t.reserve(t.yieldAt + len(args))
	want := t.yieldWant
	if want < 0 {
		want = len(args)
		t.top = t.yieldAt + want
	}
	for i := 0; i < want; i++ {
		if i < len(args) {
			t.stack[t.yieldAt+i] = args[i]
		} else {
			t.stack[t.yieldAt+i] = Nil
		}
	}
}

// Yield suspends the running coroutine: its resume returns the arguments, and
// the values that it is resumed with are the results.
func (c *Call) Yield() {
	t := c.t
	if t.cCalls > t.base || t == t.m.main {
		c.Fail("attempt to yield across metamethod/C-call boundary")
	}
	copy(t.stack[c.at:], c.args)
	c.results = len(c.args)
	t.yield = true
}
