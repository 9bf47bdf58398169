package lualib

import (
	"encoding/binary"
	"math"

	"github.com/luastore/luastore/internal/luavm"
)

// msgpackUnpack returns the values that argument 1 is, from an offset on: all
// or, after the offset where the next one begins, as many as limit says. The
// function has so many arguments, as far as the room for values is concerned.
func msgpackUnpack(c *luavm.Call, stack *valueStack, limit, offset, args int) {
	s := c.Text(1)
	all := limit == 0 && offset == 0
	switch {
	case offset < 0 || limit < 0:
		c.Errorf("Invalid request to unpack with offset of %d and limit of %d.", int32(offset), int32(len(s)))
	case offset > len(s):
		c.Errorf("Start offset %d greater than input length %d.", int32(offset), int32(len(s)))
	case all:
		limit = math.MaxInt32
	}
	u := unpacker{valueStack: stack, s: s, at: offset, slots: args}
	u.begin(c)
	defer u.end()
	for u.at < len(s) && len(u.values) < limit {
		u.push(u.value())
		u.slots++
	}
	c.Tick((u.at - offset) / 100)
	if all {
		copy(c.Results(len(u.values)), u.values)
		return
	}
	results := c.Results(1 + len(u.values))
	if results[0] = luavm.Int(u.at); u.at == len(s) {
		results[0] = luavm.Int(-1)
	}
	copy(results[1:], u.values)
}

// unpacker reads values. The parts of tables that are being read are on its
// stack of values.
type unpacker struct {
	*valueStack
	s     string
	at    int
	slots int // what C would have on its stack
}

// take reads n bytes.
func (u *unpacker) take(n int) string {
	if len(u.s)-u.at < n {
		u.c.Errorf("Missing bytes in input.")
	}
	u.at += n
	return u.s[u.at-n : u.at]
}

// size reads a number of n bytes.
func (u *unpacker) size(n int) int {
	var b [8]byte
	copy(b[8-n:], u.take(n))
	return int(binary.BigEndian.Uint64(b[:]))
}

// checkSlots complains if C would have no room for one more.
func (u *unpacker) checkSlots(what string) {
	if u.slots+1 > maxResults {
		u.c.Errorf("stack overflow (%s)", what)
	}
}

func (u *unpacker) value() luavm.Value {
	u.checkSlots("too many return values at once; use unpack_one or unpack_limit instead.")
	switch b := u.take(1)[0]; {
	case b < msgFewMap:
		return luavm.Int(int(b))
	case b >= 0xE0:
		return luavm.Int(int(int8(b)))
	case b < msgFewArray:
		return u.hash(int(b & 15))
	case b < msgFewText:
		return u.array(int(b & 15))
	case b < msgNil:
		return u.text(int(b & 31))
	case b == msgNil:
		return luavm.Nil
	case b == msgFalse, b == msgTrue:
		return luavm.Bool(b == msgTrue)
	case b == msgFloat32:
		return luavm.Number(float64(math.Float32frombits(uint32(u.size(4)))))
	case b == msgFloat64:
		return luavm.Number(math.Float64frombits(uint64(u.size(8))))
	case msgUint8 <= b && b < msgInt8:
		return luavm.Int(u.size(1 << (b - msgUint8)))
	case msgInt8 <= b && b < msgInt8+4:
		n := 1 << (b - msgInt8)
		return luavm.Int(u.size(n) << (64 - 8*n) >> (64 - 8*n))
	case msgText8 <= b && b < msgArray16:
		return u.text(u.size(1 << (b - msgText8)))
	case b == msgArray16, b == msgArray16+1:
		return u.array(u.size(2 << (b - msgArray16)))
	case b == msgMap16, b == msgMap16+1:
		return u.hash(u.size(2 << (b - msgMap16)))
	}
	u.c.Errorf("Bad data format in input.")
	return luavm.Nil
}

func (u *unpacker) text(n int) luavm.Value {
	u.take(n)
	return slice(u.c, u.s, u.at-n, u.at)
}

// array reads n values. C has the table on its stack, and an index with each.
func (u *unpacker) array(n int) luavm.Value {
	first := len(u.values)
	u.slots++
	u.checkSlots("in function mp_decode_to_lua_array")
	for range n {
		u.slots++
		u.push(u.value())
		u.slots--
	}
	u.slots--
	return u.popArray(first)
}

// hash reads n keys with their values. C has the table on its stack, and the
// key with each value.
func (u *unpacker) hash(n int) luavm.Value {
	first := len(u.values)
	u.slots++
	for range n {
		k := u.value()
		u.push(k)
		u.slots++
		u.push(u.value())
		u.slots--
		switch {
		case k.IsNil():
			u.c.Fail("table index is nil")
		case k.IsNumber() && math.IsNaN(k.Float()):
			u.c.Fail("table index is NaN")
		}
	}
	u.slots--
	return u.popHash(first)
}
