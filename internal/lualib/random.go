package lualib

import (
	"math"

	"github.com/luastore/luastore/internal/luavm"
)

// Random is Redis's generator of random numbers: that of C's lrand48, 48 bits
// of state from which the upper 31 are taken. Scripts that seed it expect the
// numbers that Redis gives, where all machines of a server have the same one.
type Random struct{ state uint64 }

const random48 = 1<<48 - 1

// NewRandom returns the generator as each Redis server starts with it.
func NewRandom() *Random { return &Random{0x1234_ABCD_330E} }

func (r *Random) seed(n int) { r.state = uint64(uint32(n))<<16 | 0x330E }

func (r *Random) next() int64 {
	r.state = (r.state*0x5DEECE66D + 0xB) & random48
	return int64(r.state >> 17)
}

func (r *Random) random(c *luavm.Call) {
	f := float64(r.next()%math.MaxInt32) / math.MaxInt32
	switch c.Len() {
	case 0:
		c.ReturnNumber(f)
	case 1:
		most := integer(c, 1)
		if most < 1 {
			c.ArgError(1, "interval is empty")
		}
		c.ReturnNumber(math.Floor(f*float64(most)) + 1)
	case 2:
		least, most := integer(c, 1), integer(c, 2)
		if least > most {
			c.ArgError(2, "interval is empty")
		}
		size := int32(most - least + 1) // overflows as C's does
		c.ReturnNumber(math.Floor(f*float64(size)) + float64(least))
	default:
		c.Errorf("wrong number of arguments")
	}
}
