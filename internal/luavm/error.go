package luavm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/bulk"
)

// An Error is why a run did not end well: a Lua error that no pcall caught, or
// a limit or Poll that stopped it.
type Error struct {
	Value Value // what error was given, of any type
	Cause error // what stopped the run; nil: a Lua error
	// Source and Line say where: the name that Load was given, and a line, or
	// "=[C]" and -1 for a function written in Go.
	Source string
	Line   int
	// Traceback has a line for each function that was running, the innermost
	// first.
	Traceback []string
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Cause.Error()
	}
	if e.Value.isString() {
		return e.Value.Text()
	}
	return "error object is a " + e.Value.TypeName() + " value"
}

// Unwrap returns the Cause.
func (e *Error) Unwrap() error { return e.Cause }

// thrown is the panic by which a Lua error leaves Go code. It is caught by
// pcall, xpcall, resume and Run, and never by anybody else.
type thrown struct{ value Value }

// luaError returns the Lua error that was recovered, nil if nothing was. Any
// other panic goes on.
func luaError(p any) *thrown {
	if p == nil {
		return nil
	}
	e, ok := p.(*thrown)
	if !ok {
		panic(p)
	}
	return e
}

// Text of an error that arises while an error is handled.
const errorInErrorText = "error in error handling"

// errorInError is thrown past the handler of xpcall.
var errorInError = &thrown{}

// Throw raises v as an error.
func (m *Machine) Throw(v Value) { panic(&thrown{v}) }

// errorf raises an error of the running function, with its position if it is
// written in Lua.
func (m *Machine) errorf(format string, args ...any) {
	for _, arg := range args {
		if s, ok := arg.(string); ok {
			m.Alloc(2 * len(s)) // for the message on its way
		}
	}
	m.Throw(m.NewString(m.format("%s"+format, append([]any{m.where(0)}, args...)...)))
}

// longArgument is the length of a text with which a message is made in steps.
const longArgument = 1 << 16

// format is fmt.Sprintf with texts that may be long: these must be for %s.
func (m *Machine) format(format string, args ...any) string {
	var long, parts []string
	for i, arg := range args {
		if s, ok := arg.(string); ok && len(s) > longArgument {
			long = append(long, s)
			args[i] = longHere
		}
	}
	rest := fmt.Sprintf(format, args...)
	if long == nil {
		return rest
	}
	for _, s := range long {
		before, after, _ := strings.Cut(rest, longHere)
		parts, rest = append(parts, before, s), after
	}
	return bulk.Concat(m, append(parts, rest)...)
}

// longHere stands for a long text in a message, in which it does not occur otherwise.
const longHere = "\x00\xFFlong\xFF\x00"

// where returns the position, with a colon and a space, of the function that
// is level calls up from the running one; "" if it is none of Lua's.
func (m *Machine) where(level int) string {
	f := m.running.frameAt(level)
	if f == nil || f.closure == nil {
		return ""
	}
	return chunkName(f.closure.proto.source) + ":" + strconv.Itoa(f.line()) + ": "
}

// frameAt returns the frame of the function that is level calls up; nil if
// there is none, or it is only known to have been one.
func (t *Thread) frameAt(level int) *frame {
	for i := len(t.frames) - 1; i >= 0; i-- {
		f := &t.frames[i]
		if level == 0 {
			return f
		}
		if level--; level < int(f.tail) {
			return nil
		}
		level -= int(f.tail)
	}
	return nil
}

// line returns the line of the frame's present instruction, -1 for Go code.
func (f *frame) line() int {
	if f.closure == nil {
		return -1
	}
	p := f.closure.proto
	if len(p.lines) == 0 {
		return 0
	}
	return int(p.lines[max(f.pc-1, 0)])
}

func (f *frame) source() string {
	if f.closure == nil {
		return "=[C]"
	}
	return f.closure.proto.source
}

// caught makes the Error of what was thrown, while the frames are still there.
func (m *Machine) caught(v Value, cause error) *Error {
	if cause != nil {
		m.settle()
	}
	e := &Error{Value: v, Cause: cause, Traceback: m.lostWith(v)}
	for t := m.running; t != nil; t = t.resumer {
		e.Traceback = t.traceback(e.Traceback)
	}
	e.Source, e.Line = m.position()
	if cause != nil {
		m.surface(e)
	}
	return e
}

// traceback appends a line for each function of the thread.
func (t *Thread) traceback(lines []string) []string {
	lines = slices.Grow(lines, min(len(t.frames), shownInner+shownOuter+2))
	for i := len(t.frames) - 1; i >= 0; i-- {
		if i == len(t.frames)-shownInner && i > shownOuter {
			lines = append(lines, "...")
			i = shownOuter
		}
		lines = append(lines, t.describe(i))
	}
	return lines
}

// lost is what is known of an error that has left a coroutine: who resumed that may
// fail with the same error, when there is no coroutine any more.
type lost struct {
	value     Value
	traceback []string
}

// lose notes that the error v leaves the coroutine t.
func (t *Thread) lose(v Value) {
	inner := t.m.lostWith(v)
	if len(inner) > lostMost { // raised again and again
		inner = nil
	}
	t.m.lost = lost{v, t.traceback(inner)}
}

// lostMost is of how many lines at most that coroutines have left more are added.
const lostMost = 100

// lostWith returns the traceback of the coroutines that have failed with v.
func (m *Machine) lostWith(v Value) []string {
	if v.IsNil() || v != m.lost.value {
		return nil
	}
	return m.lost.traceback
}

// PassOn says that v is raised for the error of the coroutine that failed last.
func (m *Machine) PassOn(v Value) { m.lost.value = v }

// position returns where the running function is, or where it was called if it
// is written in Go.
func (m *Machine) position() (source string, line int) {
	f := m.running.frameAt(0)
	if f != nil && f.own {
		f = m.running.frameAt(1)
	}
	if f == nil {
		return "=[C]", -1
	}
	return f.source(), f.line()
}

// Of a long stack, a traceback shows so many functions at the ends, as in Lua.
const (
	shownInner = 12
	shownOuter = 10
)

// describe says where frame i is, for a traceback.
func (t *Thread) describe(i int) string {
	f := &t.frames[i]
	if f.closure == nil {
		return "[Go]"
	}
	p := f.closure.proto
	at := chunkName(p.source) + ":" + strconv.Itoa(f.line())
	if p.lineDefined == 0 {
		return at + ": in main chunk"
	}
	if i > 0 && f.tail == 0 {
		if kind, name := t.frames[i-1].calledName(); kind != "" {
			return at + ": in " + kind + " '" + name + "'"
		}
	}
	return at + ": in function <" + chunkName(p.source) + ":" + strconv.Itoa(p.lineDefined) + ">"
}

// chunkName shows the name of a chunk as Lua does: "=name" and "@name" are the
// name, any other is the source text.
func chunkName(source string) string {
	return chunkNameIn(source, 60) // LUA_IDSIZE
}

// chunkNameIn is chunkName in so many bytes, with the final NUL.
func chunkNameIn(source string, size int) string {
	switch {
	case strings.HasPrefix(source, "="):
		return cut(source[1:], size-1)
	case strings.HasPrefix(source, "@"):
		source = source[1:]
		if most := size - len(" '...' ") - 1; len(source) > most {
			return "..." + source[len(source)-most:]
		}
		return source
	}
	line := source
	if i := strings.IndexAny(line, "\r\n"); i >= 0 {
		line = line[:i]
	}
	most := size - len(` [string "..."] `) - 1
	line = cut(line, most)
	if len(line) < len(source) {
		line += "..."
	}
	return `[string "` + line + `"]`
}

// shorten returns a chunk name that is shown like this one, and keeps no more
// of it.
func shorten(source string) string {
	const most = 256
	switch {
	case len(source) <= most:
		return source
	case source[0] == '@':
		return "@" + source[len(source)-most:]
	}
	return strings.Clone(source[:most])
}

func cut(s string, most int) string { return s[:min(len(s), most)] }
