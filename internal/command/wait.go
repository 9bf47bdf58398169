package command

import (
	"math"
	"math/big"
	"time"

	"github.com/luastore/luastore/internal/value"
)

// firstOf returns the argument that is the first of the keys from argument i on
// at which there is a T, or 0.
func firstOf[T value.Value](c *Call, i, keys int) int {
	for end := i + keys; i < end; i++ {
		if collection[T](c, i); c.found != nil {
			return i
		}
	}
	return 0
}

// timeout returns how long argument i, a number of seconds, lets the call wait;
// 0 is for ever, and so is what is longer than a Duration.
func (c *Call) timeout(i int) time.Duration {
	seconds, ok := parseLongDouble(c.arg(i))
	if !ok {
		c.fail("ERR timeout is not a float or out of range")
	}
	ms, accuracy := new(big.Float).Mul(seconds, big.NewFloat(1000)).Int64()
	if accuracy == big.Below && ms < math.MaxInt64 {
		ms++ // a part of a millisecond counts as one
	}
	if ms < 0 || ms == math.MaxInt64 { // Redis's integer overflows
		c.fail("ERR timeout is negative")
	}
	if ms > math.MaxInt64/int64(time.Millisecond) {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}
