package luavm

import (
	"math"
	"strconv"
)

// A Call is a call of a function written in Go. Arguments are numbered from 1;
// one that does not fit raises Lua's "bad argument" error. A Call is valid
// until the function returns.
type Call struct {
	t       *Thread
	at      int // where the function stands, and its results will
	args    []Value
	results int
	held    int      // bytes, see Hold
	kept    *[]Value // see Keep
}

// Machine returns the machine that runs the call.
func (c *Call) Machine() *Machine { return c.t.m }

// Len returns the number of arguments.
func (c *Call) Len() int { return len(c.args) }

// Args returns the arguments; they must not be changed.
func (c *Call) Args() []Value { return c.args }

// Arg returns argument i, nil if there are fewer.
func (c *Call) Arg(i int) Value {
	if i <= len(c.args) {
		return c.args[i-1]
	}
	return Nil
}

// Any is Arg, but the argument must be there.
func (c *Call) Any(i int) Value {
	if i > len(c.args) {
		c.ArgError(i, "value expected")
	}
	return c.args[i-1]
}

// Number returns argument i as a number; a string that reads as one will do.
func (c *Call) Number(i int) float64 {
	v := c.Arg(i)
	if v.IsNumber() {
		return v.n
	}
	f, ok := c.t.m.toNumber(v)
	if !ok {
		c.TypeError(i, "number")
	}
	return f
}

// Int is Number without the fraction. A number that fits no int is the
// smallest one, as on the machines that Redis runs on.
func (c *Call) Int(i int) int { return truncate(c.Number(i)) }

func truncate(f float64) int {
	if f >= -(1<<63) && f < 1<<63 {
		return int(f)
	}
	return math.MinInt
}

// OptInt is Int, or otherwise if the argument is nil or missing.
func (c *Call) OptInt(i, otherwise int) int {
	if c.Arg(i).IsNil() {
		return otherwise
	}
	return c.Int(i)
}

// OptNumber is Number, or otherwise if the argument is nil or missing.
func (c *Call) OptNumber(i int, otherwise float64) float64 {
	if c.Arg(i).IsNil() {
		return otherwise
	}
	return c.Number(i)
}

// Text returns argument i as a string; a number will do.
func (c *Call) Text(i int) string {
	s, ok := TextOf(c.Arg(i))
	if !ok {
		c.TypeError(i, "string")
	}
	return s
}

// TextOf returns the text of a string or a number.
func TextOf(v Value) (s string, ok bool) {
	switch v.Kind() {
	case KindString:
		return v.str().s, true
	case KindNumber:
		return FormatNumber(v.n), true
	}
	return "", false
}

// OptText is Text, or otherwise if the argument is nil or missing.
func (c *Call) OptText(i int, otherwise string) string {
	if c.Arg(i).IsNil() {
		return otherwise
	}
	return c.Text(i)
}

// Table returns argument i, which must be a table.
func (c *Call) Table(i int) *Table {
	v := c.Arg(i)
	if !v.isTable() {
		c.TypeError(i, "table")
	}
	return v.table()
}

// Function returns argument i, which must be a function.
func (c *Call) Function(i int) Value {
	v := c.Arg(i)
	if !v.isFunction() {
		c.TypeError(i, "function")
	}
	return v
}

// TypeError complains that argument i is not of the type.
func (c *Call) TypeError(i int, want string) {
	got := "no value"
	if i <= len(c.args) {
		got = c.args[i-1].TypeName()
	}
	c.ArgError(i, want+" expected, got "+got)
}

// ArgError complains about argument i. The function has the name that the
// caller calls it by; the object of a method call does not count.
func (c *Call) ArgError(i int, message string) {
	name := "?"
	if f := c.t.frameAt(0); f != nil {
		c.Tick(int(f.pc) / stepsPerTick)
		kind, called := f.calledName()
		if kind != "" {
			name = called
		}
		if kind == "method" {
			if i--; i == 0 {
				c.Errorf("calling '%s' on bad self (%s)", name, message)
			}
		}
	}
	c.Errorf("bad argument #%s to '%s' (%s)", strconv.Itoa(i), name, message)
}

// Errorf raises an error, with the position of the caller.
func (c *Call) Errorf(format string, args ...any) { c.t.m.errorf(format, args...) }

// Fail raises an error without a position.
func (c *Call) Fail(format string, args ...any) {
	m := c.t.m
	m.Throw(m.NewString(m.format(format, args...)))
}

// Where returns the position, with a colon and a space, of the function level
// calls up from this one, the caller being 1; "" for one written in Go.
func (c *Call) Where(level int) string {
	if level == 0 {
		return ""
	}
	return c.t.m.where(level - 1)
}

// Position returns where the function was called, as in an [Error].
func (c *Call) Position() (source string, line int) { return c.t.m.position() }

// LineIn returns the line where the innermost function of a chunk is, 0 if none
// of it is running. The chunk has the name that Load was given.
func (c *Call) LineIn(chunkName string) int {
	for t := c.t; t != nil; t = t.resumer {
		for i := len(t.frames) - 1; i >= 0; i-- {
			if f := &t.frames[i]; f.closure != nil && f.closure.proto.source == chunkName {
				return f.line()
			}
		}
	}
	return 0
}

// Return makes vs the results.
func (c *Call) Return(vs ...Value) {
	if len(vs) > 1 {
		c.t.reserve(c.at + len(vs))
	}
	copy(c.t.stack[c.at:], vs)
	c.results = len(vs)
}

// ReturnNumber makes f the only result.
func (c *Call) ReturnNumber(f float64) {
	c.t.stack[c.at].setNumber(f)
	c.results = 1
}

// ReturnText makes s the only result.
func (c *Call) ReturnText(s string) { c.Return(c.t.m.NewString(s)) }

// free is where the stack is free for what the function calls.
func (c *Call) free() int { return c.at + 1 + len(c.args) }

// enter makes the function known as the running one while it calls back.
func (c *Call) enter() {
	c.t.push(nil, c.free(), c.at, 0)
}

// operate is enter for an operation like those of Lua code.
func (c *Call) operate() {
	c.enter()
	c.t.frames[len(c.t.frames)-1].own = true
}

func (c *Call) leave() { c.t.frames = c.t.frames[:len(c.t.frames)-1] }

// Call calls f and returns its first result.
func (c *Call) Call(f Value, args ...Value) Value {
	c.enter()
	v := c.t.callMeta(f, args...)
	c.leave()
	return v
}

// Less is a < b.
func (c *Call) Less(a, b Value) bool {
	if a.IsNumber() && b.IsNumber() {
		return a.n < b.n
	}
	c.operate()
	less := c.t.less(a, b)
	c.leave()
	return less
}

// Set is t[k] = v without metamethods, as the running script may do it.
func (c *Call) Set(t *Table, k, v Value) {
	c.operate()
	c.t.m.assign(t, t.present(k), k, v)
	c.leave()
}

// Tick counts n pieces of work, of about a hundred bytes each.
func (c *Call) Tick(n int) { c.t.m.Tick(n) }

// ToString is Lua's tostring.
func (c *Call) ToString(v Value) string {
	m := c.t.m
	if f := m.handler(v, metaToString); !f.IsNil() {
		s, ok := TextOf(c.Call(f, v))
		if !ok {
			c.Errorf("'tostring' must return a string to 'print'")
		}
		return s
	}
	return Display(v)
}

// Display is tostring of a value without metatable.
func Display(v Value) string {
	switch v.Kind() {
	case KindNil:
		return "nil"
	case KindBoolean:
		if v.Truth() {
			return "true"
		}
		return "false"
	case KindNumber:
		return FormatNumber(v.n)
	case KindString:
		return v.str().s
	case KindUserdata:
		return (*Userdata)(v.p).name
	}
	return v.address()
}
