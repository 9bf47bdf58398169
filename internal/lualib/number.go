package lualib

import (
	"math/bits"

	"github.com/luastore/luastore/internal/luavm"
)

func tonumber(c *luavm.Call) {
	base := optInteger(c, 2, 10)
	var f float64
	var ok bool
	if base == 10 {
		f, ok = c.ToNumber(c.Any(1))
	} else {
		s := c.Text(1)
		if base < 2 || base > 36 {
			c.ArgError(2, "base out of range")
		}
		f, ok = parseBase(c, cString(s), base)
	}
	if ok {
		c.ReturnNumber(f)
	} else {
		c.Return(luavm.Nil)
	}
}

// parseBase reads what C's strtoul takes, with white space around it: a number
// too large is the largest of 64 bits, a negative one is taken modulo 2^64.
func parseBase(c *luavm.Call, s string, base int) (f float64, ok bool) {
	s = trimSpace(c, s)
	negative := s != "" && s[0] == '-'
	if negative || s != "" && s[0] == '+' {
		s = s[1:]
	}
	if base == 16 && len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && digit(s[2]) < 16 {
		s = s[2:]
	}
	if s == "" {
		return 0, false
	}
	var n uint64
	overflow := false
	for i := 0; i < len(s); i++ {
		if i%piece == 0 {
			pieceEnd(c, i, len(s), bytesPerTick)
		}
		d := digit(s[i])
		if d >= base {
			return 0, false
		}
		high, low := bits.Mul64(n, uint64(base))
		low, carry := bits.Add64(low, uint64(d), 0)
		n, overflow = low, overflow || high+carry > 0
	}
	switch {
	case overflow:
		n = 1<<64 - 1
	case negative:
		n = -n
	}
	return float64(n), true
}

// digit is the value of a digit or letter, 36 for anything else.
func digit(c byte) int {
	switch lower := c | 0x20; {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= lower && lower <= 'z':
		return int(lower-'a') + 10
	}
	return 36
}

// trimSpace cuts off what C's isspace takes.
func trimSpace(c *luavm.Call, s string) string {
	for n := 0; s != "" && isSpace(s[0]); n++ {
		if s = s[1:]; n%piece == piece-1 {
			c.Tick(piece / bytesPerTick)
		}
	}
	for n := 0; s != "" && isSpace(s[len(s)-1]); n++ {
		if s = s[:len(s)-1]; n%piece == piece-1 {
			c.Tick(piece / bytesPerTick)
		}
	}
	return s
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
