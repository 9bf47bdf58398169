// Package libm has the functions of C's mathematical library that scripts see,
// with C's results. Those of Go's own differ from them in the last bit for one
// argument in four, which shows when a number is stored as text. The functions
// here compute with some ten bits more than a float64 has, and then round; C's
// do the same by other ways, and so the results differ for one argument in
// some hundred or thousand.
//
//	double.go   numbers of twice the precision
//	exp.go      Exp, Pow
//	log.go      Log, Log10
//	sin.go      Sin, Cos, Tan; reduce.go takes multiples of π/2 off
//	atan.go     Atan, Atan2, Asin, Acos
//	sinh.go     Sinh, Cosh, Tanh
package libm

import "math"

// A double is a number of about twice the precision of a float64: hi, and what
// hi lacks.
type double struct{ hi, lo float64 }

// What C's functions return if there is no result: a NaN, which shows as
// negative where it comes from an operation of the machine itself.
var (
	invalid = math.Float64frombits(0xFFF8 << 48)
	nan     = math.Float64frombits(0x7FF8 << 48)
)

// sum is a+b, exactly.
func sum(a, b float64) double {
	s := a + b
	t := s - a
	return double{s, a - (s - t) + (b - t)}
}

// product is a*b, exactly.
func product(a, b float64) double {
	p := a * b
	return double{p, math.FMA(a, b, -p)}
}

func (a double) plus(b double) double {
	s := sum(a.hi, b.hi)
	return sum(s.hi, s.lo+a.lo+b.lo)
}

func (a double) times(b double) double {
	p := product(a.hi, b.hi)
	return sum(p.hi, p.lo+(a.hi*b.lo+a.lo*b.hi))
}

func (a double) over(b double) double {
	q := a.hi / b.hi
	r := math.FMA(-q, b.hi, a.hi) + (a.lo - q*b.lo)
	return sum(q, r/b.hi)
}

func (a double) negative() double { return double{-a.hi, -a.lo} }

// float returns a rounded.
func (a double) float() float64 { return a.hi + a.lo }

var (
	ln2    = double{0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56}
	halfPi = double{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54}
	pi     = double{0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53}
)
