package lualib

import (
	"math"

	"github.com/luastore/luastore/internal/luavm"
)

func (j *cjson) encode(c *luavm.Call) {
	if c.Len() != 1 {
		c.ArgError(1, "expected 1 argument")
	}
	e := encoder{j.room.buffer(c), j}
	e.value(c.Arg(1), 0, 1)
	c.Return(e.buffer.value())
}

// encoder writes values as JSON.
type encoder struct {
	buffer
	j *cjson
}

// value writes v, which is in so many tables. C would have so many values on
// its stack.
func (e *encoder) value(v luavm.Value, depth, slots int) {
	switch v.Kind() {
	case luavm.KindString:
		e.string(v.Text())
	case luavm.KindNumber:
		e.number(v.Float())
	case luavm.KindTable:
		e.table(v.Table(), depth+1, slots)
	case luavm.KindBoolean:
		if v.Truth() {
			e.add("true")
		} else {
			e.add("false")
		}
	case luavm.KindNil, luavm.KindUserdata: // there is no userdata but null
		e.add("null")
	default:
		e.fail(v, "type not supported")
	}
}

func (e *encoder) fail(v luavm.Value, why string) {
	e.c.Errorf("Cannot serialise %s: %s", v.TypeName(), why)
}

func (e *encoder) number(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		switch {
		case e.j.encodeInvalid == 0:
			e.fail(luavm.Number(f), "must not be NaN or Inf")
		case e.j.encodeInvalid == 2:
			e.add("null")
			return
		case math.IsNaN(f):
			e.add("nan")
			return
		}
	}
	e.need(32)
	e.b = luavm.AppendG(e.b, f, e.j.precision)
}

func (e *encoder) table(t *luavm.Table, depth, slots int) {
	if depth > e.j.encodeDepth || slots+3 > maxResults {
		e.c.Errorf("Cannot serialise, excessive nesting (%d)", depth)
	}
	if n := e.arrayLength(t); n > 0 {
		e.addByte('[')
		for i := 1; i <= n; i++ {
			if i > 1 {
				e.addByte(',')
			}
			e.value(t.GetInt(i), depth, slots+1)
			if i%4 == 0 {
				e.c.Tick(1)
			}
		}
		e.addByte(']')
		return
	}
	e.addByte('{')
	comma := false
	for k, v, pos := t.At(0); pos > 0; k, v, pos = t.At(pos) {
		if comma {
			e.addByte(',')
		}
		comma = true
		e.key(k)
		e.value(v, depth, slots+2)
		e.c.Tick(1)
	}
	e.addByte('}')
	e.c.Tick(1)
}

// key writes a key of an object, and the colon.
func (e *encoder) key(k luavm.Value) {
	switch k.Kind() {
	case luavm.KindString:
		e.string(k.Text())
		e.addByte(':')
	case luavm.KindNumber:
		e.addByte('"')
		e.number(k.Float())
		e.add(`":`)
	default:
		e.fail(k, "table key must be a number or string")
	}
}

// arrayLength returns the length of the array that t is, or less than 1 if it
// is to be an object: it has other keys than whole numbers from 1 on, or too
// few of those.
func (e *encoder) arrayLength(t *luavm.Table) int {
	var most, items int32 // as C's int, they overflow
	a := t.Array()
	for i := 0; i < len(a); {
		for end := pieceEnd(e.c, i, len(a), valuesPerTick); i < end; i++ {
			if !a[i].IsNil() {
				most = int32(i + 1)
				items++
			}
		}
	}
	for k, _, pos := t.At(len(a)); pos > 0; k, _, pos = t.At(pos) {
		f := k.Float()
		if !k.IsNumber() || f < 1 || f != math.Floor(f) {
			return -1
		}
		if f > float64(most) {
			most = toInt32(f)
		}
		items++
	}
	ratio := int32(e.j.sparseRatio)
	if ratio > 0 && most > items*ratio && int(most) > e.j.sparseSafe {
		if e.j.sparseConvert == 0 {
			e.fail(t.Value(), "excessively sparse array")
		}
		return -1
	}
	return int(most)
}

// toInt32 converts f as the machines do that Redis runs on.
func toInt32(f float64) int32 {
	if f > -1<<31-1 && f < 1<<31 {
		return int32(f)
	}
	return math.MinInt32
}

// escapes has what stands for a byte in a string, "" for the byte itself.
var escapes = func() (escapes [256]string) {
	for c := range 0x20 {
		escapes[c] = `\u00` + string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15])
	}
	escapes[0x7F] = `\u007f`
	for short, c := range map[string]byte{`\b`: '\b', `\t`: '\t', `\n`: '\n', `\f`: '\f', `\r`: '\r', `\"`: '"', `\/`: '/', `\\`: '\\'} {
		escapes[c] = short
	}
	return escapes
}()

func (e *encoder) string(s string) {
	e.need(len(s) + 2)
	e.b = append(e.b, '"')
	plain := 0 // where the bytes begin that are not yet written
	for i := 0; i < len(s); {
		for end := pieceEnd(e.c, i, len(s), 100); i < end; i++ {
			if escape := escapes[s[i]]; escape != "" {
				e.add(s[plain:i])
				e.add(escape)
				plain = i + 1
			}
		}
		e.add(s[plain:i])
		plain = i
	}
	e.addByte('"')
}
