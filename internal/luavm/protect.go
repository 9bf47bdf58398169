package luavm

// state is what an error leaves behind changed, and whoever catches it puts
// back.
type state struct {
	t      *Thread
	frames int
	cCalls int
	depth  int
	top    int
}

func (t *Thread) state() state { return state{t, len(t.frames), t.cCalls, t.m.depth, t.top} }

// restore puts the state back; variables in registers from at on end.
func (s state) restore(at int) {
	t := s.t
	t.closeUpvalues(at)
	t.frames = t.frames[:s.frames]
	t.cCalls, t.m.depth, t.top = s.cCalls, s.depth, s.top
	t.m.running = t
}

// try calls the function at stack[at] with the n values after it. If that
// raises an error, ok is false and the error's value, after handle has seen
// it, is at stack[at].
func (t *Thread) try(at, n int, handle func(Value) Value) (results int, ok bool) {
	before := t.state()
	defer func() {
		e := luaError(recover())
		if e == nil {
			return
		}
		v := e.value
		if e == errorInError {
			v = t.m.NewString(errorInErrorText)
		} else if handle != nil {
			v = handle(v)
		}
		before.restore(at)
		t.stack[at] = v
		results, ok = 1, false
	}()
	return t.call(at, n, -1), true
}

// PCall calls the function that is argument 1 with the other arguments. The
// results are true and those of the function or, if it raises an error, false
// and what seen makes of the error's value (nil: nothing).
func (c *Call) PCall(seen func(Value) Value) {
	t, n := c.t, len(c.args)
	at := c.at + 1
	c.enter()
	n, ok := t.try(at, n-1, nil)
	c.leave()
	if !ok && seen != nil {
		t.stack[at] = seen(t.stack[at])
	}
	t.stack[c.at] = Bool(ok)
	c.results = n + 1
}

// XPCall calls the function that is argument 1. If it raises an error, the
// function that is argument 2 is called with the error's value, while what
// raised it is still there for tracebacks. The results are true and those of
// the function, or false and that of the handler.
func (c *Call) XPCall() {
	t, handler := c.t, c.Arg(2)
	at := c.at + 1
	c.enter()
	n, ok := t.try(at, 0, func(v Value) Value { return t.m.handle(handler, v) })
	c.leave()
	t.stack[c.at] = Bool(ok)
	c.results = n + 1
}

// handle calls an error handler on the thread where the error was raised. An
// error in it is given to it again, as in Lua 5.1, until the depth of calls
// ends that.
func (m *Machine) handle(handler, v Value) (result Value) {
	t := m.running
	if !handler.isFunction() {
		return m.NewString(errorInErrorText)
	}
	defer func() {
		e := luaError(recover())
		if e == nil {
			return
		}
		if e == errorInError {
			result = m.NewString(errorInErrorText)
			return
		}
		result = m.handle(handler, e.value)
	}()
	return t.callMeta(handler, v)
}

// Run calls f on the main thread and gives its first result to use, which may
// use the machine as functions do. The error, if any, is an *Error. Whatever
// happens, the machine can run again. Run must not be called while it runs.
func (m *Machine) Run(f *Closure, use func(Value)) error { return m.Apply(f.value(), use) }

// Apply is Run for any function, with arguments.
func (m *Machine) Apply(f Value, use func(Value), args ...Value) (err error) {
	t := m.main
	m.begin()
	m.running, t.status, m.held, m.busy = t, running, 0, true
	done := false
	defer func() {
		m.busy = false
		m.end()
		if !done {
			err = m.failed(recover())
		}
		t.forget()
	}()
	t.stack[0] = f
	if len(args) > 0 {
		t.reserve(1 + len(args))
		copy(t.stack[1:], args)
	}
	t.call(0, len(args), 1)
	use(t.stack[0])
	done = true
	return nil
}

// failed returns the error of a run that p has ended, which goes on if it is
// none of Lua.
func (m *Machine) failed(p any) error {
	switch p := p.(type) {
	case nil: // runtime.Goexit
		return nil
	case *thrown:
		if p == errorInError {
			p = &thrown{m.NewString(errorInErrorText)}
		}
		return m.caught(p.value, nil)
	case *stop:
		return m.caught(Nil, p.err)
	}
	m.main.forget()
	panic(p)
}

// A thread keeps this much of what it once grew to.
const (
	keptStack  = 64 * window
	keptFrames = 1024
)

// forget makes t, the main thread, one that runs nothing, and clears what is left
// on its stack.
func (t *Thread) forget() {
	state{t: t}.restore(0)
	if len(t.stack) > keptStack {
		t.stack = make([]Value, 2*window)
	} else {
		clear(t.stack[:t.high])
	}
	if cap(t.frames) > keptFrames {
		t.frames = make([]frame, 0, 8)
	}
	t.high = 0
	t.m.joined = nil
	if t.m.lost.traceback != nil {
		t.m.lost = lost{}
	}
}
