package command

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/keyspace"
)

// Random elements of collections.

// maxPicked is how many elements a call may pick where it may pick the same
// again, so that its reply takes less than a gigabyte. Redis has no limit.
const maxPicked = 4 << 20

// randomInt returns a random number from 0 up to n.
func (c *Call) randomInt(n int) int { return keyspace.IntN(c.db.Rand, n) }

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
		all := bulk.Make[int](n, c)
		for i := range all {
			c.tick(1)
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
	picked := bulk.Make[int](-count, c)
	for i := range picked {
		c.tick(elementTicks)
		picked[i] = c.randomInt(n)
	}
	return picked
}

// sample returns count different numbers below n in rising order, all choices
// being as likely.
func (c *Call) sample(count, n int) []int {
	if count > n/sparse {
		return c.sampleMany(count, n)
	}
	chosen := make(map[int]bool)
	for i := n - count; i < n; i++ {
		c.tick(elementTicks)
		j := c.randomInt(i + 1)
		if chosen[j] {
			j = i
		}
		chosen[j] = true
	}
	picked := make([]int, 0, count)
	for i := range chosen {
		picked = append(picked, i)
	}
	slices.SortFunc(picked, func(a, b int) int {
		c.tick(1)
		return cmp.Compare(a, b)
	})
	return picked
}

// sparse is so much that few of the elements are chosen if it is one of so many.
const sparse = 64

// sampleMany is sample where many are chosen: a bit for each then takes less than
// what else knows of the chosen ones, and has them in order.
func (c *Call) sampleMany(count, n int) []int {
	chosen := make([]uint64, n/64+1)
	for i := n - count; i < n; i++ {
		c.tick(elementTicks)
		j := c.randomInt(i + 1)
		if chosen[j/64]>>(j%64)&1 == 1 {
			j = i
		}
		chosen[j/64] |= 1 << (j % 64)
	}
	picked := bulk.Make[int](count, c)[:0]
	for i, word := range chosen {
		c.tick(1)
		for ; word != 0; word &= word - 1 {
			picked = append(picked, 64*i+bits.TrailingZeros64(word))
		}
	}
	return picked
}
