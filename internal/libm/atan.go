package libm

import (
	"math"
	"sync"
)

// atanSteps is the number of steps of the table from 0 to 1.
const atanSteps = 64

var atanTable = sync.OnceValue(func() *[atanSteps + 1]double {
	table := new([atanSteps + 1]double)
	for i := range table {
		// The angle whose tangent is t = i/atanSteps is twice that of t/(1+√(1+t²)):
		// small enough for the series after three times.
		t := double{float64(i) / atanSteps, 0}
		for range 3 {
			t = t.over(double{1, 0}.plus(root(t.times(t).plus(double{1, 0}))))
		}
		square, a := t.times(t).negative(), double{}
		for n := 45.0; n > 0; n -= 2 {
			a = a.times(square).plus(double{1, 0}.over(double{n, 0}))
		}
		a = a.times(t)
		table[i] = double{8 * a.hi, 8 * a.lo}
	}
	return table
})

// root returns the square root of a, which is not negative.
func root(a double) double {
	if a.hi <= 0 {
		return double{}
	}
	r := math.Sqrt(a.hi)
	return sum(r, (math.FMA(-r, r, a.hi)+a.lo)/(2*r))
}

// atan returns the angle whose tangent is y/x; neither is negative.
func atan(y, x double) double {
	if y.hi > x.hi {
		return halfPi.plus(atan(x, y).negative())
	}
	i := math.RoundToEven(y.hi / x.hi * atanSteps)
	c := double{i / atanSteps, 0}
	// The tangent of the angle's difference from that in the table.
	d := y
	if i > 0 {
		d = y.plus(c.times(x).negative()).over(x.plus(c.times(y)))
	} else {
		d = y.over(x)
	}
	square := d.hi * d.hi
	series := d.hi * square * (-1./3 + square*(1./5+square*(-1./7+square*(1./9))))
	a := &atanTable()[int(i)]
	s := sum(a.hi, d.hi)
	return sum(s.hi, s.lo+(a.lo+(d.lo+series)))
}

// Atan returns the angle whose tangent is x.
func Atan(x float64) float64 {
	switch a := math.Abs(x); {
	case math.IsNaN(x) || a < 0x1p-27:
		return x
	case a > 0x1p60:
		return math.Copysign(math.Pi/2, x)
	default:
		return math.Copysign(atan(double{a, 0}, double{1, 0}).float(), x)
	}
}

// Atan2 returns the angle of the point at x, y.
func Atan2(y, x float64) float64 {
	ay, ax := math.Abs(y), math.Abs(x)
	switch {
	case math.IsNaN(x):
		return x
	case math.IsNaN(y):
		return y
	case x == 0, y == 0, math.IsInf(x, 0), math.IsInf(y, 0):
		return math.Atan2(y, x)
	case ay/ax < 0x1p-60 && x > 0, ay/ax > 0x1p60, ay < 0x1p-900, ax < 0x1p-900, ay > 0x1p900, ax > 0x1p900:
		return math.Atan2(y, x)
	}
	a := atan(double{ay, 0}, double{ax, 0})
	if x < 0 {
		a = pi.plus(a.negative())
	}
	return math.Copysign(a.float(), y)
}

// Asin returns the angle whose sine is x.
func Asin(x float64) float64 {
	switch a := math.Abs(x); {
	case math.IsNaN(x) || a < 0x1p-27:
		return x
	case a > 1:
		return nan
	default:
		return math.Copysign(atan(double{a, 0}, cosine(a)).float(), x)
	}
}

// Acos returns the angle whose cosine is x.
func Acos(x float64) float64 {
	switch a := math.Abs(x); {
	case math.IsNaN(x):
		return x
	case a > 1:
		return nan
	case x > 0:
		return atan(cosine(a), double{a, 0}).float()
	default:
		return pi.plus(atan(cosine(a), double{a, 0}).negative()).float()
	}
}

// cosine returns the cosine of the angle whose sine is a.
func cosine(a float64) double {
	return root(sum(1, -a).times(sum(1, a)))
}
