package libm

import (
	"math"
	"sync"
)

// logSteps is the number of steps of the table from smallestLog to twice that.
const (
	logSteps    = 128
	smallestLog = 0.6875
)

// logStep is a point of the table: its inverse in a few bits, and the logarithm
// of that point.
type logStep struct {
	inverse float64
	log     double
}

var logTable = sync.OnceValue(func() *[logSteps]logStep {
	table := new([logSteps]logStep)
	for i := range table {
		middle := math.Float64frombits(math.Float64bits(smallestLog) + (uint64(i)*2+1)<<44)
		inverse := math.RoundToEven(512/middle) / 512
		if math.Abs(middle-1) < 1./128 {
			inverse = 1 // so that the logarithm of 1 is 0, and exact next to it
		}
		// By the series of atanh.
		s := sum(1, -inverse).over(sum(1, inverse))
		square, l := s.times(s), double{}
		for n := 41.0; n > 0; n -= 2 {
			l = l.times(square).plus(double{1, 0}.over(double{n, 0}))
		}
		l = l.times(s)
		table[i] = logStep{inverse, double{2 * l.hi, 2 * l.lo}}
	}
	return table
})

// log returns the logarithm of x, which is positive and finite: of a power of
// two, of a point of the table, and of the little that x is off that.
func log(x float64) double {
	b := math.Float64bits(x)
	k := 0.0
	if b < 1<<52 { // few bits
		b = math.Float64bits(x * (1 << 52))
		k = -52
	}
	off := b - math.Float64bits(smallestLog)
	k += float64(int64(off) >> 52)
	step := &logTable()[off>>45&(logSteps-1)]
	z := product(math.Float64frombits(b-off&(0xFFF<<52)), step.inverse)
	r := z.hi - 1
	s := sum(k*0x1.62e42fep-1, step.log.hi) // the upper bits of ln 2, so that this is exact
	s2 := sum(s.hi, r)
	square := product(r, -0.5*r)
	s3 := sum(s2.hi, square.hi)
	series := r * r * r * (1./3 + r*(-1./4+r*(1./5+r*(-1./6+r*(1./7+r*(-1./8))))))
	low := k*0x1.f473de6af278fp-30 + step.log.lo + s.lo + s2.lo + s3.lo + square.lo + z.lo*(1-r) + series
	return sum(s3.hi, low)
}

// Log returns the natural logarithm of x.
func Log(x float64) float64 {
	if x > 0 && !math.IsInf(x, 0) {
		return log(x).float()
	}
	return noLog(x, invalid)
}

// noLog returns the logarithm of an x that is not positive, or not finite.
func noLog(x, negative float64) float64 {
	switch {
	case x == 0:
		return math.Inf(-1)
	case x < 0:
		return negative
	}
	return x
}

// Log10 returns the logarithm of x to base ten, in the steps of C's function.
func Log10(x float64) float64 {
	if x > 0 && !math.IsInf(x, 0) {
		return log10(x)
	}
	return noLog(x, nan)
}

func log10(x float64) float64 {
	m, e := math.Frexp(x)
	if e > 0 {
		m, e = 2*m, e-1
	}
	const (
		inverse = 0x1.bcb7b1526e50ep-2 // of the logarithm of ten
		upper   = 0x1.34413509f6p-2    // the logarithm of two to base ten
		lower   = 0x1.9fef311f12b36p-42
	)
	y := float64(e)
	return float64(y*lower) + float64(inverse*Log(m)) + float64(y*upper)
}
