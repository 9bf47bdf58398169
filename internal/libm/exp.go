package libm

import (
	"math"
	"sync"
)

// expSteps is the number of steps of the table from 1 to 2.
const expSteps = 128

// powersOf2 returns 2^(i/expSteps).
var powersOf2 = sync.OnceValue(func() *[expSteps]double {
	table := new([expSteps]double)
	for i := range table {
		step := ln2.times(double{float64(i) / expSteps, 0})
		power := double{1, 0} // by the series of exp
		for n := 24.0; n > 0; n-- {
			power = power.times(step).over(double{n, 0}).plus(double{1, 0})
		}
		table[i] = power
	}
	return table
})

const (
	largestExp  = 709.782712893384 // of a finite result
	smallestExp = -745.1332191019412
)

// Exp returns e to the power x.
func Exp(x float64) float64 { return exp(double{x, 0}) }

// exp returns e to the power x: 2^(k/expSteps), from the table, times the power
// of what remains.
func exp(x double) float64 {
	switch {
	case math.IsNaN(x.hi):
		return x.hi
	case x.hi > largestExp:
		return math.Inf(1)
	case x.hi < smallestExp:
		return 0
	}
	// The upper 32 bits of ln 2, so that its product with k is exact; and the rest.
	const upper, rest = 0x1.62e42fep-1 / expSteps, 0x1.f473de6af278fp-30 / expSteps
	k := math.RoundToEven(x.hi * (expSteps / math.Ln2))
	high := x.hi - k*upper
	r := sum(high-k*rest, high-(high-k*rest)-k*rest+x.lo)
	table := &powersOf2()[int(k)&(expSteps-1)]
	more := product(table.hi, r.hi)
	series := r.lo + r.hi*r.hi*(1./2+r.hi*(1./6+r.hi*(1./24+r.hi*(1./120+r.hi*(1./720)))))
	power := sum(table.hi, more.hi)
	return scale(power.hi, power.lo+(more.lo+(table.lo+table.hi*series)), int(k)>>7)
}

// scale returns (hi+lo)·2^k.
func scale(hi, lo float64, k int) float64 {
	if -1000 < k && k < 1000 {
		return (hi + lo) * math.Float64frombits(uint64(1023+k)<<52)
	}
	if k > 0 {
		return math.Ldexp(hi+lo, k)
	}
	// The result may have few bits: then hi and lo are cut where its last one
	// is, and rounded but once.
	big := math.Ldexp(1, -1022-k)
	if s := sum(hi, lo); s.hi < big {
		t := sum(big, s.hi)
		return math.Ldexp(t.hi+(t.lo+s.lo)-big, k)
	}
	return math.Ldexp(hi+lo, k)
}

// Pow returns x to the power y.
func Pow(x, y float64) float64 {
	switch {
	case y == 2:
		return x * x
	case x > 0 && !math.IsInf(x, 0) && !math.IsNaN(y) && math.Abs(y) < 1e20 && x != 1:
		return pow(x, y)
	case x < 0 && !math.IsInf(x, 0) && math.Abs(y) < 1e20:
		switch {
		case y != math.Trunc(y):
			return invalid
		case math.Mod(y, 2) != 0:
			return -pow(-x, y)
		}
		return pow(-x, y)
	case math.IsNaN(x) && y != 0:
		if math.Signbit(x) && math.Abs(math.Mod(y, 2)) == 1 {
			return -x
		}
		return x
	case math.IsNaN(y) && x != 1:
		return y
	}
	return math.Pow(x, y)
}

// pow is Pow of a positive x.
func pow(x, y float64) float64 {
	if y == 0 || x == 1 {
		return 1
	}
	l := log(x)
	p := product(l.hi, y)
	if math.Abs(p.hi) > 800 {
		return exp(double{p.hi, 0})
	}
	return exp(sum(p.hi, p.lo+l.lo*y))
}
