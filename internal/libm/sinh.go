package libm

import "math"

// The hyperbolic functions, in the steps of C's, which are not exact to the
// last bit.

// Sinh returns the hyperbolic sine of x.
func Sinh(x float64) float64 {
	half := math.Copysign(0.5, x)
	switch a := math.Abs(x); {
	case math.IsNaN(x) || math.IsInf(x, 0) || a < 1.0/(1<<28):
		return x
	case a < 1:
		t := math.Expm1(a)
		return half * (2*t - t*t/(t+1))
	case a < 22:
		t := math.Expm1(a)
		return half * (t + t/(t+1))
	case a < largestExp:
		return half * Exp(a)
	default:
		w := Exp(0.5 * a)
		return half * w * w
	}
}

// Cosh returns the hyperbolic cosine of x.
func Cosh(x float64) float64 {
	switch a := math.Abs(x); {
	case math.IsNaN(x):
		return x
	case math.IsInf(x, 0):
		return a
	case a < 0.5*math.Ln2:
		t := math.Expm1(a)
		w := 1 + t
		return 1 + t*t/(w+w)
	case a < 22:
		t := Exp(a)
		return 0.5*t + 0.5/t
	case a < largestExp:
		return 0.5 * Exp(a)
	default:
		w := Exp(0.5 * a)
		return 0.5 * w * w
	}
}

// Tanh returns the hyperbolic tangent of x.
func Tanh(x float64) float64 {
	a, z := math.Abs(x), 1.0
	switch {
	case math.IsNaN(x) || a < 0x1p-55:
		return x
	case a >= 22:
	case a >= 1:
		z = 1 - 2/(math.Expm1(2*a)+2)
	default:
		t := math.Expm1(-2 * a)
		z = -t / (t + 2)
	}
	return math.Copysign(z, x)
}
