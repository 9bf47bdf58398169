package libm

import (
	"math"
	"sync"
)

// sinSteps is the number of steps of the table from 0 to 1; it goes on to a
// little beyond π/4.
const sinSteps = 64

type sinStep struct{ sin, cos double }

var sinTable = sync.OnceValue(func() *[sinSteps]sinStep {
	table := new([sinSteps]sinStep)
	for i := range table {
		x := double{float64(i) / sinSteps, 0}
		square := x.times(x).negative()
		sin, cos := double{1, 0}, double{1, 0}
		for n := 26.0; n > 0; n -= 2 {
			cos = cos.times(square).over(double{n * (n - 1), 0}).plus(double{1, 0})
			sin = sin.times(square).over(double{n * (n + 1), 0}).plus(double{1, 0})
		}
		table[i] = sinStep{sin.times(x), cos}
	}
	return table
})

// sinCos returns sine and cosine of r, which is not beyond ±π/4.
func sinCos(r double) (sin, cos double) {
	negative := r.hi < 0
	if negative {
		r = r.negative()
	}
	i := int(r.hi*sinSteps + 0.5)
	step := &sinTable()[i]
	d := sum(r.hi-float64(i)/sinSteps, r.lo)
	square := d.hi * d.hi
	// The sine of d less d itself, and its cosine less 1.
	s := d.hi * square * (-1./6 + square*(1./120-square*(1./5040)))
	c := square * (-1./2 + square*(1./24+square*(-1./720)))
	c -= d.hi * d.lo
	p := product(step.cos.hi, d.hi)
	sin = sum(step.sin.hi, p.hi)
	sin = sum(sin.hi, sin.lo+(p.lo+(step.sin.lo+step.sin.hi*c+step.cos.hi*(s+d.lo)+step.cos.lo*d.hi)))
	p = product(step.sin.hi, d.hi)
	cos = sum(step.cos.hi, -p.hi)
	cos = sum(cos.hi, cos.lo+(-p.lo+(step.cos.lo+step.cos.hi*c-step.sin.hi*(s+d.lo)-step.sin.lo*d.hi)))
	if negative {
		sin = sin.negative()
	}
	return sin, cos
}

// angle returns sine and cosine of x less a multiple of π/2, and which one that
// is, modulo 4.
func angle(x float64) (sin, cos double, quadrant int) {
	r, quadrant := reduce(x)
	if math.IsNaN(r.hi) {
		return r, r, 0
	}
	sin, cos = sinCos(r)
	return sin, cos, quadrant
}

// Sin returns the sine of x.
func Sin(x float64) float64 {
	if math.Abs(x) < 0x1p-27 || math.IsNaN(x) {
		return x
	}
	sin, cos, quadrant := angle(x)
	switch quadrant {
	case 1:
		return cos.float()
	case 2:
		return -sin.float()
	case 3:
		return -cos.float()
	}
	return sin.float()
}

// Cos returns the cosine of x.
func Cos(x float64) float64 {
	if math.IsNaN(x) {
		return x
	}
	sin, cos, quadrant := angle(x)
	switch quadrant {
	case 1:
		return -sin.float()
	case 2:
		return -cos.float()
	case 3:
		return sin.float()
	}
	return cos.float()
}

// Tan returns the tangent of x.
func Tan(x float64) float64 {
	if math.Abs(x) < 0x1p-27 || math.IsNaN(x) {
		return x
	}
	sin, cos, quadrant := angle(x)
	if math.IsNaN(sin.hi) {
		return sin.hi
	}
	if quadrant&1 != 0 {
		return -cos.over(sin).float()
	}
	return sin.over(cos).float()
}
