package command

import (
	"maps"
	"math"
	"slices"
	"unsafe"
)

// Random elements of collections.

// maxPicked is how many elements a call may pick where it may pick the same
// again, so that its reply takes less than a gigabyte. Redis has no limit.
const maxPicked = 4 << 20

// randomCount reads argument i, the number of random elements to pick: where
// it is negative, the same may be picked again.
func (c *Call) randomCount(i int) int {
	n := c.int(i)
	if n < -math.MaxInt64 {
		c.fail("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
	}
	return int(n)
}

// pick returns the numbers of count random elements of n: different ones in
// rising order or, where count is negative, any.
func (c *Call) pick(count, n int) []int {
	switch {
	case n == 0:
		return nil
	case count >= n:
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all
	case count >= 0:
		return c.sample(count, n)
	case count < -maxPicked:
		c.overflows(-count * leastElement)
		c.fail("ERR value is out of range")
	}
	c.alloc(-count * int(unsafe.Sizeof(Reply{})))
	picked := make([]int, -count)
	for i := range picked {
		c.tick(elementTicks)
		picked[i] = c.db.Rand.IntN(n)
	}
	return picked
}

// sample returns count different numbers below n in rising order, all choices
// being as likely.
func (c *Call) sample(count, n int) []int {
	chosen := make(map[int]bool, count)
	for i := n - count; i < n; i++ {
		c.tick(elementTicks)
		j := c.db.Rand.IntN(i + 1)
		if chosen[j] {
			j = i
		}
		chosen[j] = true
	}
	return slices.Sorted(maps.Keys(chosen))
}
