package command

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPick(t *testing.T) {
	c := &Call{s: new(Session), db: New(Table{}, time.Now)}
	tests := []struct {
		count  int
		n      int
		length int
	}{
		{0, 5, 0}, {1, 5, 1}, {4, 5, 4}, {5, 5, 5}, {1 << 62, 5, 5},
		{-1, 5, 1}, {-20, 5, 20}, {10, 0, 0}, {-10, 0, 0}, {-1 << 62, 0, 0},
	}
	for _, test := range tests {
		for range 100 {
			picked := c.pick(test.count, test.n)
			if len(picked) != test.length {
				t.Fatalf("%d of %d: picked %v", test.count, test.n, picked)
			}
			if test.count > 0 && (!slices.IsSorted(picked) || len(slices.Compact(slices.Clone(picked))) != len(picked)) {
				t.Fatalf("%d of %d: %v are not different and in order", test.count, test.n, picked)
			}
			for _, i := range picked {
				if i < 0 || i >= test.n {
					t.Fatalf("%d of %d: picked %v", test.count, test.n, picked)
				}
			}
		}
	}
}

// Each element is picked as often as the others.
func TestPickIsFair(t *testing.T) {
	c := &Call{s: new(Session), db: New(Table{}, time.Now)}
	const n, rounds = 10, 20_000
	for _, count := range []int{1, 3, 9, -1, -3} {
		var times [n]int
		for range rounds {
			for _, i := range c.pick(count, n) {
				times[i]++
			}
		}
		want := rounds * int(max(count, -count)) / n
		for i, got := range times {
			if got < want*9/10 || got > want*11/10 {
				t.Errorf("%d of %d: element %d is picked %d times, want about %d", count, n, i, got, want)
			}
		}
	}
}

// A count that no memory could hold is an error.
func TestPickIsBounded(t *testing.T) {
	db := New(NewTable(), time.Now)
	s := new(Session)
	do := func(line string) Reply { return db.Do(s, strings.Fields(line)) }
	do("SADD s 1 2 3")
	do("HSET h a 1 b 2")
	for _, line := range []string{
		"SRANDMEMBER s -9223372036854775807", "SRANDMEMBER s -4194305", "HRANDFIELD h -9223372036854775807",
		"HRANDFIELD h -4611686018427387903 WITHVALUES",
	} {
		if r := do(line); !r.IsError() {
			t.Errorf("%s answers %d elements", line, len(r.Elems()))
		}
	}
	if r := do("SRANDMEMBER s -100000"); len(r.Elems()) != 100_000 {
		t.Errorf("SRANDMEMBER answers %d elements, want 100,000", len(r.Elems()))
	}
}

// Commands that choose at random end with any source of random numbers.
func TestConstantRandom(t *testing.T) {
	for _, c := range []constant{0, 1, 1 << 63, math.MaxUint64} {
		db := New(NewTable(), time.Now)
		db.Rand = rand.New(c)
		s := new(Session)
		for _, line := range []string{
			"MSET a 1 b 2 c 3", "SADD s 1 2 3 4 5 6 7", "HSET h a 1 b 2 c 3 d 4 e 5", "ZADD z 1 a 2 b 3 c 4 d 5 e 6 f",
			"SRANDMEMBER s", "SRANDMEMBER s 3", "SRANDMEMBER s -20", "HRANDFIELD h", "HRANDFIELD h 3", "HRANDFIELD h -20 WITHVALUES",
			"ZRANDMEMBER z", "ZRANDMEMBER z 4", "ZRANDMEMBER z -20 WITHSCORES", "RANDOMKEY", "SPOP s", "SPOP s 3", "LOLWUT",
			"CONFIG SET maxmemory-policy allkeys-lfu maxmemory 100000", "GET a", "SETRANGE x 200000 y", "GET a", "RANDOMKEY",
		} {
			if r := db.Do(s, strings.Fields(line)); r.IsError() && !strings.HasPrefix(r.Str(), "OOM") {
				t.Errorf("%s: %s", line, r.Str())
			}
		}
	}
}

// constant is a source of numbers that are always the same.
type constant uint64

func (c constant) Uint64() uint64 { return uint64(c) }
