package command

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// Redis adds floating-point numbers in C's type long double, which on x86 has
// a mantissa of 64 bits and exponents up to 16384. Here that is a big.Float of
// that precision.
const (
	longDoublePrec = 64
	longDoubleMax  = 16384      // the largest exponent, for a mantissa from 1/2 to 1
	longDoubleText = 5*1024 - 1 // the longest text that Redis reads as one

	// No number of so large an exponent, once its digits are counted in, is in
	// range; powers beyond it would take long to compute.
	longExponent = 40_000
)

// longDoubleZero is the largest number that a long double rounds to zero.
var longDoubleZero = new(big.Float).SetMantExp(big.NewFloat(1), -16446)

// parseLongDouble reads what C's strtold reads, except NaN, space before it,
// and finite numbers that a long double makes zero or infinite.
func parseLongDouble(s string) (x *big.Float, ok bool) {
	if len(s) > longDoubleText {
		return nil, false
	}
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	switch {
	case strings.EqualFold(s, "inf"), strings.EqualFold(s, "infinity"):
		x = new(big.Float).SetInf(false)
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x':
		x = parseFloat(s[2:], hexFloat)
	default:
		x = parseFloat(s, decimalFloat)
	}
	if x == nil {
		return nil, false
	}
	if negative {
		x.Neg(x)
	}
	return x, true
}

// floatForm is one of the two ways to write a number with a point.
type floatForm struct {
	base     int
	digits   string
	mark     string // what the exponent follows
	expBase  int64  // what the exponent is a power of
	perDigit int    // by how much a digit after the point lowers the exponent
}

var (
	decimalFloat = floatForm{10, "0123456789", "eE", 10, 1}
	hexFloat     = floatForm{16, "0123456789abcdefABCDEF", "pP", 2, 4}
)

// parseFloat reads a number without a sign. It returns nil if s is none, or one
// out of a long double's range.
func parseFloat(s string, f floatForm) *big.Float {
	exp := 0
	if i := strings.IndexAny(s, f.mark); i >= 0 {
		var err error
		if exp, err = strconv.Atoi(s[i+1:]); errors.Is(err, strconv.ErrSyntax) {
			return nil
		}
		s = s[:i]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	digits := whole + fraction
	if digits == "" || strings.Trim(digits, f.digits) != "" {
		return nil
	}
	x := new(big.Float).SetPrec(longDoublePrec)
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		return x
	}
	exp = min(max(exp, -longExponent), longExponent) - f.perDigit*len(fraction)
	if magnitude := exp + f.perDigit*len(digits); magnitude > longExponent/2 || magnitude < -longExponent/2 {
		return nil
	}
	mantissa, power := exactInt(digits, f.base), exactPower(f.expBase, max(exp, -exp))
	if exp >= 0 {
		x.Mul(mantissa, power)
	} else {
		x.Quo(mantissa, power)
	}
	if x.MantExp(nil) > longDoubleMax {
		return nil
	}
	if c := x.Cmp(longDoubleZero); c < 0 || c == 0 && x.Acc() != big.Below {
		return nil
	}
	return x
}

// exactInt returns the integer that the digits are, exactly.
func exactInt(digits string, base int) *big.Float {
	if n, err := strconv.ParseUint(digits, base, 64); err == nil {
		return new(big.Float).SetUint64(n)
	}
	n, _ := new(big.Int).SetString(digits, base)
	return new(big.Float).SetInt(n)
}

// exactPower returns the power of a base up to 10, exactly.
func exactPower(base int64, exp int) *big.Float {
	if exp > 19 {
		return new(big.Float).SetInt(new(big.Int).Exp(big.NewInt(base), big.NewInt(int64(exp)), nil))
	}
	n := uint64(1)
	for range exp {
		n *= uint64(base)
	}
	return new(big.Float).SetUint64(n)
}

// addLongDouble returns x + y; ok is false if that is infinite or NaN.
func addLongDouble(x, y *big.Float) (sum *big.Float, ok bool) {
	if x.IsInf() || y.IsInf() {
		return nil, false
	}
	sum = new(big.Float).SetPrec(longDoublePrec).Add(x, y)
	return sum, sum.MantExp(nil) <= longDoubleMax
}

// formatLongDouble returns x with 17 digits after the point, rounded, but
// without zeros at the end.
func formatLongDouble(x *big.Float) string {
	s := strings.TrimRight(x.Text('f', 17), "0")
	s = strings.TrimSuffix(s, ".")
	if s == "-0" {
		return "0"
	}
	return s
}
