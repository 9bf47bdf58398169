package luavm

import (
	"math"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/bulk"
)

// AppendNumber appends the text that Lua has for f: that of C's "%.14g".
func AppendNumber(b []byte, f float64) []byte { return AppendG(b, f, 14) }

// AppendG appends the text that C's "%.<digits>g" has for f.
func AppendG(b []byte, f float64, digits int) []byte {
	if i := int64(f); float64(i) == f && digits >= 14 && -1e14 < f && f < 1e14 && (i != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, i, 10)
	}
	switch {
	case math.IsNaN(f) && math.Signbit(f):
		return append(b, "-nan"...)
	case math.IsNaN(f):
		return append(b, "nan"...)
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	}
	return strconv.AppendFloat(b, f, 'g', digits, 64)
}

// FormatNumber is AppendNumber as a string.
func FormatNumber(f float64) string {
	var buf [32]byte
	return string(AppendNumber(buf[:0], f))
}

// ParseNumber reads a number as Lua does, which is what C's strtod takes, with
// white space around it: decimal and hexadecimal digits with fraction and
// exponent, inf and nan. The text ends at the first NUL.
func ParseNumber(s string) (f float64, ok bool) {
	if n, ok := parseDigits(s); ok {
		return n, true
	}
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	s = strings.Trim(s, " \t\n\v\f\r")
	digits := s
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	switch {
	case digits == "":
		return 0, false
	case len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x':
		return parseHex(s, digits[2:])
	case digits[0] == '.' || isDigit(digits[0]):
		if !isDecimal(digits) {
			return 0, false
		}
		f, _ = strconv.ParseFloat(s, 64) // out of range is ±Inf, as in C
		return f, true
	}
	switch word := strings.ToLower(digits); {
	case word == "inf", word == "infinity":
		f = math.Inf(1)
	case word == "nan", isNaNWithPayload(word):
		f = math.Float64frombits(0x7FF8 << 48)
	default:
		return 0, false
	}
	if s[0] == '-' {
		f = -f
	}
	return f, true
}

// parseDigits is the quick way for a few decimal digits alone.
func parseDigits(s string) (float64, bool) {
	if len(s) == 0 || len(s) > 15 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	return float64(n), true
}

// isDecimal says whether s is digits, with at most one point among or around
// them, and perhaps an exponent.
func isDecimal(s string) bool {
	rest, n := skipMantissa(s, isDigit)
	if n == 0 {
		return false
	}
	return rest == "" || rest[0]|0x20 == 'e' && isExponent(rest[1:])
}

// parseHex reads the number s, whose digits after "0x" are given.
func parseHex(s, digits string) (float64, bool) {
	rest, n := skipMantissa(digits, isHexDigit)
	if n == 0 {
		return 0, false
	}
	if rest == "" {
		s += "p0"
	} else if rest[0]|0x20 != 'p' || !isExponent(rest[1:]) {
		return 0, false
	}
	f, _ := strconv.ParseFloat(s, 64)
	return f, true
}

// skipMantissa returns what follows the digits and the point, and the number
// of digits.
func skipMantissa(s string, digit func(byte) bool) (rest string, n int) {
	i, point := 0, false
	for ; i < len(s); i++ {
		if s[i] == '.' && !point {
			point = true
		} else if digit(s[i]) {
			n++
		} else {
			break
		}
	}
	return s[i:], n
}

func isExponent(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// isNaNWithPayload says whether s is nan(letters, digits and underscores).
func isNaNWithPayload(s string) bool {
	if !strings.HasPrefix(s, "nan(") || !strings.HasSuffix(s, ")") {
		return false
	}
	for _, c := range []byte(s[4 : len(s)-1]) {
		if !isNameByte(c) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
func isLetter(c byte) bool   { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }
func isNameByte(c byte) bool { return isLetter(c) || isDigit(c) }

// toNumber converts v to a number as arithmetic does: numbers and strings
// that read as one. To read a long one is work.
func (m *Machine) toNumber(v Value) (float64, bool) {
	if v.IsNumber() {
		return v.n, true
	}
	if v.isString() {
		s := v.str().s
		if len(s) < digitsPerInstruction {
			return ParseNumber(s)
		}
		return m.parseLong(s)
	}
	return 0, false
}

const digitsPerInstruction = 25

// longNumber is the length of a text that takes long to read.
const longNumber = 1 << 18

// parseLong is ParseNumber where that is work.
func (m *Machine) parseLong(s string) (f float64, ok bool) {
	m.Tick(len(s) / digitsPerInstruction)
	if len(s) < longNumber {
		return ParseNumber(s)
	}
	n := bulk.Wait(func() (n number) {
		n.f, n.ok = ParseNumber(s)
		return n
	}, m)
	return n.f, n.ok
}

// number is what ParseNumber returns.
type number struct {
	f  float64
	ok bool
}

// mod is Lua 5.1's a % b.
func mod(a, b float64) float64 { return a - math.Floor(a/b)*b }
