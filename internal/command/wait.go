package command

import (
	"math"
	"math/big"
	"time"
)

// Commands that wait until there is something to take.

// firstList returns the argument of the first of the keys from argument i on
// at which there is a list, or 0.
func (c *Call) firstList(i, keys int) int {
	for end := i + keys; i < end; i++ {
		if c.list(i) != nil {
			return i
		}
	}
	return 0
}

// takeOrWait answers what take gives for the first of the keys from argument i
// on at which there is a list. If there is none, it answers none.
func (c *Call) takeOrWait(i, keys int, timeout time.Duration, none Reply, take func(*Call, int) Reply) Reply {
	if i := c.firstList(i, keys); i > 0 {
		return take(c, i)
	}
	return none
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
