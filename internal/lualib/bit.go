package lualib

import (
	"math"
	"math/bits"

	"github.com/luastore/luastore/internal/luavm"
)

var bit = []function{
	{"tobit", func(c *luavm.Call) { returnBits(c, bitsArg(c, 1)) }},
	{"bnot", func(c *luavm.Call) { returnBits(c, ^bitsArg(c, 1)) }},
	{"band", combine(func(a, b uint32) uint32 { return a & b })},
	{"bor", combine(func(a, b uint32) uint32 { return a | b })},
	{"bxor", combine(func(a, b uint32) uint32 { return a ^ b })},
	{"lshift", shift(func(a uint32, n int) uint32 { return a << n })},
	{"rshift", shift(func(a uint32, n int) uint32 { return a >> n })},
	{"arshift", shift(func(a uint32, n int) uint32 { return uint32(int32(a) >> n) })},
	{"rol", shift(bits.RotateLeft32)},
	{"ror", shift(func(a uint32, n int) uint32 { return bits.RotateLeft32(a, -n) })},
	{"bswap", func(c *luavm.Call) { returnBits(c, bits.ReverseBytes32(bitsArg(c, 1))) }},
	{"tohex", tohex},
}

// bitsArg returns argument i, rounded, modulo 2^32: they are the low bits of
// what remains if so much is added that there is no room for a fraction.
func bitsArg(c *luavm.Call, i int) uint32 {
	return uint32(math.Float64bits(c.Number(i) + (1<<52 + 1<<51)))
}

func returnBits(c *luavm.Call, b uint32) { c.ReturnNumber(float64(int32(b))) }

// combine is a function of any number of arguments, at least one.
func combine(f func(a, b uint32) uint32) func(*luavm.Call) {
	return func(c *luavm.Call) {
		b := bitsArg(c, 1)
		for i := c.Len(); i > 1; i-- {
			b = f(b, bitsArg(c, i))
		}
		returnBits(c, b)
	}
}

// shift is a function of a number and a distance, taken modulo 32.
func shift(f func(a uint32, n int) uint32) func(*luavm.Call) {
	return func(c *luavm.Call) { returnBits(c, f(bitsArg(c, 1), int(bitsArg(c, 2)&31))) }
}

// tohex returns as many hexadecimal digits as argument 2 says; capital ones if
// that is negative.
func tohex(c *luavm.Call) {
	b, n, digits := bitsArg(c, 1), 8, "0123456789abcdef"
	if c.Len() > 1 {
		n = int(int32(bitsArg(c, 2)))
	}
	if n < 0 {
		n, digits = -n, "0123456789ABCDEF"
	}
	var text [8]byte
	n = min(n, len(text))
	for i := n - 1; i >= 0; i-- {
		text[i] = digits[b&15]
		b >>= 4
	}
	c.Return(newBytes(c.Machine(), text[:n]))
}
