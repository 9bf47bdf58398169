package libm

import (
	"math"
	"math/big"
	"math/bits"
	"sync"
)

// reduce returns x less the multiple of π/2 next to it, and which one that is,
// modulo 4.
func reduce(x float64) (r double, quadrant int) {
	const quarter = 0x1.921fb54442d18p-1
	switch a := math.Abs(x); {
	case a <= quarter:
		return double{x, 0}, 0
	case a > 1<<20:
		return reduceLarge(x)
	}
	// π/2 in three parts, of which the first two are so short that their
	// products with k are exact.
	const first, second, third = 0x1.921fb544p+0, 0x1.0b4611a6p-34, 0x1.3198a2e037073p-69
	k := math.RoundToEven(x * (2 / math.Pi))
	s := sum(x-k*first, -k*second)
	p := product(k, third)
	return s.plus(double{-p.hi, -p.lo}), int(k) & 3
}

// fractionWords is the number of words of 2/π that a float64 can need.
const fractionWords = 20

// twoOverPi returns a word of zeros, and the bits of 2/π after the point.
var twoOverPi = sync.OnceValue(func() *[1 + fractionWords]uint64 {
	const precision = 64*fractionWords + 64
	// π is 16 atan(1/5) − 4 atan(1/239).
	unit := new(big.Int).Lsh(big.NewInt(1), precision)
	atan := func(n int64) *big.Int {
		total, power := new(big.Int), new(big.Int).Quo(unit, big.NewInt(n))
		for i := int64(1); power.Sign() != 0; i += 2 {
			term := new(big.Int).Quo(power, big.NewInt(i))
			if i%4 == 3 {
				term.Neg(term)
			}
			total.Add(total, term)
			power.Quo(power, big.NewInt(n*n))
		}
		return total
	}
	pi := atan(5)
	pi.Lsh(pi, 2).Sub(pi, atan(239)).Lsh(pi, 2)
	bits := new(big.Int).Lsh(unit, precision+1)
	bits.Quo(bits, pi).Rsh(bits, 64)
	words := new([1 + fractionWords]uint64)
	for i, w := range bits.FillBytes(make([]byte, 8*fractionWords)) {
		words[1+i/8] = words[1+i/8]<<8 | uint64(w)
	}
	return words
})

// reduceLarge is reduce of a large x, by the product with 2/π: its bits that
// make multiples of 4 are left out, and so are those that are too small.
func reduceLarge(x float64) (r double, quadrant int) {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return double{invalid, 0}, 0
	}
	m, e := math.Frexp(math.Abs(x))
	whole := uint64(m * (1 << 53))
	from := e - 53 - 2 + 64 // the bits before make multiples of 4
	words, at, shift := twoOverPi(), from/64, from%64
	word := func(i int) uint64 { return words[at+i]<<shift | words[at+i+1]>>1>>(63-shift) }
	// The product with three words, b0 being the upper one.
	h2, b2 := bits.Mul64(whole, word(2))
	h1, l1 := bits.Mul64(whole, word(1))
	b1, carry := bits.Add64(l1, h2, 0)
	b0, _ := bits.Add64(whole*word(0), h1, carry)
	quadrant = int(b0 >> 62)
	b0, b1 = b0<<2|b1>>62, b1<<2|b2>>62
	negative := b0>>63 != 0
	if negative { // the next multiple is nearer
		quadrant++
		var borrow uint64
		b1, borrow = bits.Sub64(0, b1, 0)
		b0, _ = bits.Sub64(0, b0, borrow)
	}
	f := sum(float64(b0>>11)*0x1p-53, (float64(b0&(1<<11-1))*0x1p53+float64(b1>>11))*0x1p-117)
	if r = f.times(halfPi); negative != (x < 0) {
		r = r.negative()
	}
	if x < 0 {
		quadrant = -quadrant
	}
	return r, quadrant & 3
}
