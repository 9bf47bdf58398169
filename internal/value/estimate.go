package value

import "math"

// Registers are the registers of a HyperLogLog, or of several put together.
type Registers [RegisterCount]uint8

// Estimate returns how many different elements the registers have seen. It
// takes time linear in their number.
//
// It is Ertl's estimator ("New cardinality estimation algorithms for
// HyperLogLog sketches", 2017), computed in Redis's order, so that it rounds
// as Redis does. The conversions keep compilers from fusing the operations.
func (r *Registers) Estimate() int64 {
	const alpha = 0.721347520444481703680 // 1/(2 ln 2)
	const m, top = RegisterCount, 64 - indexBits
	var histogram [64]int
	for _, n := range r {
		histogram[n]++
	}
	z := m * tau(float64(m-histogram[top+1])/m)
	for n := top; n >= 1; n-- {
		z = float64(z+float64(histogram[n])) * 0.5
	}
	z += float64(m * sigma(float64(histogram[0])/m))
	if z == 0 {
		return math.MinInt64 // no element does that; it is what C makes of the infinity
	}
	return int64(math.Round(float64(alpha*m*m) / z))
}

// sigma and tau correct for registers that are empty and that are full.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z, last := 1.0, x, math.NaN()
	for z != last {
		x *= x
		last = z
		z += float64(x * y)
		y += y
	}
	return z
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z, last := 1.0, 1-x, math.NaN()
	for z != last {
		x = math.Sqrt(x)
		last = z
		y *= 0.5
		z -= float64((1 - x) * (1 - x) * y)
	}
	return z / 3
}
