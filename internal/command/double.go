package command

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// parseDouble reads a text that C's strtod reads to its end, except NaN and
// space before a number. Numbers that are too large are infinite, and those that
// are too small are 0; of both inRange is false.
func parseDouble(s string) (f float64, inRange, ok bool) {
	digits := strings.TrimLeft(s, "+-")
	hex := len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x'
	if hex && !strings.ContainsAny(digits, "pP") {
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, 64)
	inRange = err == nil
	if err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(f) || strings.Contains(s, "_") {
		return 0, false, false
	}
	if f == 0 {
		inRange = isZero(digits, hex)
	}
	return f, inRange, true
}

// isZero says whether the digits of a number are all zeros.
func isZero(digits string, hex bool) bool {
	mark := "eE"
	if hex {
		digits, mark = digits[2:], "pP"
	}
	if i := strings.IndexAny(digits, mark); i >= 0 {
		digits = digits[:i]
	}
	return strings.Trim(digits, "0.") == ""
}

// double returns argument i as a number.
func (c *Call) double(i int) float64 { return c.doubleOr(i, errNotFloat) }

// doubleOr is double with another complaint.
func (c *Call) doubleOr(i int, complaint string) float64 {
	f, inRange, ok := parseDouble(c.arg(i))
	if !ok || !inRange {
		c.fail(complaint)
	}
	return f
}
