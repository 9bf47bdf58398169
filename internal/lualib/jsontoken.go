package lualib

import (
	"strings"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/luavm"
)

// Numbers and escapes in JSON.

// number reads the number at the position, and its size; 0 if it is none.
func (d *decoder) number() (f float64, size int) {
	s := d.s[d.pos:]
	if d.j.decodeInvalid == 0 && isInvalidNumber(s) {
		return 0, 0
	}
	if f, size = quickNumber(s); size > 0 {
		return f, size
	}
	if len(s) < piece || strings.Trim(s[:piece], "0123456789abcdefABCDEFxX+-.") != "" {
		return scanNumber(s)
	}
	n := bulk.Wait(func() (n scanned) {
		n.f, n.size = scanNumber(s)
		return n
	}, d.c.Machine())
	return n.f, n.size
}

// scanned is what scanNumber returns.
type scanned struct {
	f    float64
	size int
}

// isInvalidNumber says whether s begins as a number that C reads and JSON does
// not have: hexadecimal, with a plus or leading zeros, infinite or none.
func isInvalidNumber(s string) bool {
	if strings.HasPrefix(s, "+") {
		return true
	}
	s = strings.TrimPrefix(s, "-")
	switch {
	case s == "":
		return false
	case s[0] == '0' && len(s) > 1:
		return s[1]|0x20 == 'x' || '0' <= s[1] && s[1] <= '9'
	}
	return hasWord(s, "inf") || hasWord(s, "nan")
}

// hasWord says whether s begins with a word, in small letters or capitals.
func hasWord(s, word string) bool {
	return len(s) >= len(word) && strings.EqualFold(s[:len(word)], word)
}

// The powers of ten that are exact.
var powersOfTen = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// quickNumber reads a number of so few digits that they are exact, and so is
// the quotient with a power of ten; with no exponent.
func quickNumber(s string) (f float64, size int) {
	i := 0
	negative := s[0] == '-'
	if negative {
		i++
	}
	first, n, point := i, 0, -1
	for ; i < len(s); i++ {
		if d := s[i] - '0'; d <= 9 {
			n = n*10 + int(d)
		} else if s[i] == '.' && point < 0 && i > first {
			point = i
		} else {
			break
		}
		if i-first > 15 {
			return 0, 0
		}
	}
	if i == first || i < len(s) && (s[i]|0x20 == 'e' || s[i]|0x20 == 'x') {
		return 0, 0
	}
	f = float64(n)
	if point >= 0 {
		f /= powersOfTen[i-point-1]
	}
	if negative {
		f = -f
	}
	return f, i
}

// scanNumber reads what C's strtod takes, and its size; 0 if that is nothing.
func scanNumber(s string) (f float64, size int) {
	sign := 0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign = 1
	}
	size = sign
	switch rest := s[sign:]; {
	case hasWord(rest, "infinity"):
		size += len("infinity")
	case hasWord(rest, "inf"):
		size += len("inf")
	case hasWord(rest, "nan"):
		size += len("nan") + payload(rest[len("nan"):])
	case hasWord(rest, "0x") && digits(rest[2:], 16, 'p') > 0:
		size += 2 + digits(rest[2:], 16, 'p')
	default:
		size += digits(rest, 10, 'e')
	}
	if size == sign {
		return 0, 0
	}
	f, _ = luavm.ParseNumber(s[:size])
	return f, size
}

// payload returns the size of the parentheses that may follow nan.
func payload(s string) int {
	if !strings.HasPrefix(s, "(") {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == ')':
			return i + 1
		case digit(s[i]) == 36 && s[i] != '_':
			return 0
		}
	}
	return 0
}

// digits returns the size of digits with a point among them and an exponent,
// 0 if there is no digit.
func digits(s string, base int, exponent byte) int {
	i, n, point := 0, 0, false
	for ; i < len(s); i++ {
		if s[i] == '.' && !point {
			point = true
		} else if digit(s[i]) < base {
			n++
		} else {
			break
		}
	}
	if n == 0 {
		return 0
	}
	if i < len(s) && s[i]|0x20 == exponent {
		at := i + 1
		if at < len(s) && (s[at] == '-' || s[at] == '+') {
			at++
		}
		for j := at; j < len(s) && '0' <= s[j] && s[j] <= '9'; j++ {
			i = j + 1
		}
	}
	return i
}

// unicodeEscape reads \uXXXX, or two of them that are a surrogate pair; size 0
// if that is wrong.
func unicodeEscape(s string) (r rune, size int) {
	unit, ok := hex4(s)
	switch {
	case !ok:
		return 0, 0
	case unit&0xF800 != 0xD800:
		return unit, 6
	}
	low, ok := hex4(s[6:])
	if unit&0x400 != 0 || !ok || low&0xFC00 != 0xDC00 {
		return 0, 0
	}
	return 0x10000 + unit&0x3FF<<10 + low&0x3FF, 12
}

// hex4 reads \uXXXX.
func hex4(s string) (r rune, ok bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	for i := 2; i < 6; i++ {
		d := digit(s[i])
		if d > 15 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}
