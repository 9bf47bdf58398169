package lualib

import (
	"fmt"
	"math"

	"github.com/luastore/luastore/internal/luavm"
)

func openJSON(m *luavm.Machine, room *scratch, stack *valueStack) {
	null := luavm.NewUserdata("userdata: (nil)").Value()
	register(m, "cjson", newJSON(m, null, room, stack))
}

// newJSON returns a cjson table, which has settings of its own.
func newJSON(m *luavm.Machine, null luavm.Value, room *scratch, stack *valueStack) *luavm.Table {
	j := &cjson{
		sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000,
		encodeInvalid: 0, decodeInvalid: 1, precision: 14, keepBuffer: 1, null: null, room: room, stack: stack,
	}
	t := m.NewTable(0, 0)
	for _, f := range []function{
		{"encode", j.encode},
		{"decode", j.decode},
		{"encode_sparse_array", j.encodeSparseArray},
		{"encode_max_depth", j.integerSetting(&j.encodeDepth, 1, math.MaxInt32)},
		{"decode_max_depth", j.integerSetting(&j.decodeDepth, 1, math.MaxInt32)},
		{"encode_number_precision", j.integerSetting(&j.precision, 1, 14)},
		{"encode_keep_buffer", j.choiceSetting(&j.keepBuffer, "off", "on")},
		{"encode_invalid_numbers", j.choiceSetting(&j.encodeInvalid, "off", "on", "null")},
		{"decode_invalid_numbers", j.choiceSetting(&j.decodeInvalid, "off", "on")},
		{"new", func(c *luavm.Call) { c.Return(newJSON(c.Machine(), null, room, stack).Value()) }},
	} {
		m.Set(t, m.Name(f.name), m.NewIterator(f.name, f.run).Value())
	}
	m.Set(t, m.Name("null"), null)
	m.Set(t, m.Name("_NAME"), m.Name("cjson"))
	m.Set(t, m.Name("_VERSION"), m.Name("2.1.0"))
	return t
}

// cjson is the settings of one cjson table, which stay until they are set
// again.
type cjson struct {
	sparseConvert int // of an array with many holes: make it an object
	sparseRatio   int // it has so many times as many places as items,
	sparseSafe    int // and more places than this
	encodeDepth   int // of tables in one another
	decodeDepth   int
	encodeInvalid int // NaN and infinity: an error, as they are, or null
	decodeInvalid int // numbers that JSON does not have: an error, or read
	precision     int // digits of a number
	keepBuffer    int // means nothing here

	null  luavm.Value
	room  *scratch
	stack *valueStack
}

// checkArgs complains about more arguments than most.
func checkArgs(c *luavm.Call, most int) {
	if c.Len() > most {
		c.ArgError(most+1, "found too many arguments")
	}
}

// integerSetting returns a function that sets, and returns, a number.
func (j *cjson) integerSetting(at *int, least, most int) func(*luavm.Call) {
	return func(c *luavm.Call) {
		checkArgs(c, 1)
		setInteger(c, 1, at, least, most)
		c.Return(luavm.Int(*at))
	}
}

// setInteger sets what argument i says, if it is there.
func setInteger(c *luavm.Call, i int, at *int, least, most int) {
	if c.Arg(i).IsNil() {
		return
	}
	n := integer(c, i)
	if n < least || n > most {
		c.ArgError(1, fmt.Sprintf("expected integer between %d and %d", least, most))
	}
	*at = n
}

// choiceSetting returns a function that sets, and returns, one of the options,
// by its name; true and false are the first two.
func (j *cjson) choiceSetting(at *int, options ...string) func(*luavm.Call) {
	return func(c *luavm.Call) {
		checkArgs(c, 1)
		setChoice(c, 1, at, options)
		if *at <= 1 {
			c.Return(luavm.Bool(*at == 1))
		} else {
			c.ReturnText(options[*at])
		}
	}
}

func setChoice(c *luavm.Call, i int, at *int, options []string) {
	switch v := c.Arg(i); v.Kind() {
	case luavm.KindNil:
		return
	case luavm.KindBoolean:
		if *at = 0; v.Truth() {
			*at = 1
		}
		return
	}
	name := cString(c.Text(i))
	for n, option := range options {
		if name == option {
			*at = n
			return
		}
	}
	c.ArgError(i, "invalid option '"+name+"'")
}

func (j *cjson) encodeSparseArray(c *luavm.Call) {
	checkArgs(c, 3)
	setChoice(c, 1, &j.sparseConvert, []string{"off", "on"})
	setInteger(c, 2, &j.sparseRatio, 0, math.MaxInt32)
	setInteger(c, 3, &j.sparseSafe, 0, math.MaxInt32)
	c.Return(luavm.Bool(j.sparseConvert == 1), luavm.Int(j.sparseRatio), luavm.Int(j.sparseSafe))
}
