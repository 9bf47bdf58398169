// Package lualib is the libraries that Redis gives to scripts, with the errors
// of Lua 5.1 and of Redis's own. Each file begins with its table of functions:
//
//	base.go       the functions that are globals; number.go, garbage.go
//	coroutine.go  coroutine
//	table.go      table; sort.go
//	string.go     string; format.go, search.go (find, match, gmatch) and
//	              gsub.go, with pattern.go, match.go and class.go under them
//	math.go       math, with Redis's random numbers (random.go); package libm
//	              has what C's results are wanted for
//	bit.go        bit
//	struct.go     struct
//	cjson.go      cjson; encode.go, and decode.go with jsontoken.go, jsonerror.go
//	cmsgpack.go   cmsgpack; msgunpack.go
//
// Whatever a script may make large is counted before it is allocated
// (buffer.go, valuestack.go), and so is work that takes long, so that limits
// stop every function.
package lualib

import (
	"strings"

	"github.com/luastore/luastore/internal/luavm"
)

// function is a row of a library: a function and its name.
type function struct {
	name string
	run  func(*luavm.Call)
}

// Open puts the libraries into the globals of m. Libraries are read-only; that
// of the globals itself is the caller's to make so. Settings, which libraries
// remember from one run to the next, begin anew; random numbers go on.
func Open(m *luavm.Machine, r *Random) {
	room, stack := new(scratch), new(valueStack)
	openBase(m)
	library(m, "coroutine", coroutine)
	openTable(m, room)
	openString(m, room)
	openMath(m, r)
	openJSON(m, room, stack)
	openStruct(m, room, stack)
	openMsgpack(m, room, stack)
	library(m, "bit", bit)
}

// library makes a read-only table of functions, a global by its name.
func library(m *luavm.Machine, name string, functions []function) *luavm.Table {
	t := m.NewTable(0, len(functions))
	fill(m, t, functions)
	register(m, name, t)
	return t
}

// register makes t, read-only, a global.
func register(m *luavm.Machine, name string, t *luavm.Table) {
	t.SetReadOnly(true)
	m.Set(m.Globals(), m.Name(name), t.Value())
}

func fill(m *luavm.Machine, t *luavm.Table, functions []function) {
	for _, f := range functions {
		m.Set(t, m.Name(f.name), m.NewBuiltin(f.name, f.run).Value())
	}
}

// Libraries take most integers as C's int, which keeps the low 32 bits.

func integer(c *luavm.Call, i int) int { return int(int32(c.Int(i))) }

func optInteger(c *luavm.Call, i, otherwise int) int {
	if c.Arg(i).IsNil() {
		return otherwise
	}
	return integer(c, i)
}

// optLast is argument i, or the length of t if that is nil or missing.
func optLast(c *luavm.Call, i int, t *luavm.Table) int {
	if c.Arg(i).IsNil() {
		return t.Len()
	}
	return integer(c, i)
}

// cString is s up to the first NUL: what C makes of a text that it does not
// take by length.
func cString(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return s[:i]
	}
	return s
}

// checkWritable fails if t is read-only, as each change of a table by a
// function of a library does.
func checkWritable(c *luavm.Call, t *luavm.Table) {
	if t.ReadOnly() {
		c.Fail("Attempt to modify a readonly table")
	}
}
