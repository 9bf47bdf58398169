package keyspace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/luastore/luastore/internal/value"
)

// What was counted as entries came and went is what there is.
func TestMemoryModel(t *testing.T) {
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var ks, other Keyspace
		now := int64(1)
		for i := range 500 {
			if i == 100 {
				ks.Count()
				other.Count()
			}
			key := fmt.Sprintf("%0*d", 1+rnd.IntN(40), rnd.IntN(9))
			e := ks.Get(key, now)
			switch r := rnd.IntN(20); {
			case e == nil:
				ks.Add(key, value.NewString(key), now)
			case r < 5:
				ks.Remove(e)
			case r < 10:
				ks.SetExpiry(e, now+rnd.Int64N(50))
			case r < 15:
				before := e.Size()
				e.Value.(*value.String).Append(key, nil)
				ks.Resized(e.Size() - before)
			case r < 17:
				now += rnd.Int64N(20)
			case r < 18:
				ks.Swap(&other, now)
			case r < 19 && rnd.IntN(5) == 0:
				ks.Clear()
			}
			if i < 100 {
				continue
			}
			table, due := ks.Overhead()
			want, all := table+due, 0
			for _, e := range ks.order {
				want += e.Size()
				all += ks.Size(e)
			}
			if got := ks.Memory(); got != want {
				t.Fatalf("seed %d: %d bytes are counted, want %d", seed, got, want)
			}
			// The parts of what is shared make up the whole, but for what is lost in
			// dividing, or belongs to nobody.
			if lost := want - all; lost < 0 || lost > ks.Len()+ks.Due()+table+due {
				t.Fatalf("seed %d: the entries take %d bytes, all %d", seed, all, want)
			}
		}
	}
}

func TestSample(t *testing.T) {
	var ks Keyspace
	rnd := rand.New(rand.NewPCG(1, 2))
	if ks.Sample(rnd, false) != nil || ks.Sample(rnd, true) != nil {
		t.Error("an empty keyspace has a sample")
	}
	for i := range 20 {
		ks.Add(fmt.Sprint(i), new(value.String), 1)
	}
	if ks.Sample(rnd, true) != nil {
		t.Error("a keyspace without expiries has a volatile sample")
	}
	ks.SetExpiry(ks.Peek("7", 1), 100)
	seen := map[string]bool{}
	for range 2000 {
		if e := ks.Sample(rnd, true); e.Key() != "7" {
			t.Fatalf("the volatile sample is %q", e.Key())
		}
		seen[ks.Sample(rnd, false).Key()] = true
	}
	if len(seen) != 20 {
		t.Errorf("%d of 20 entries are in a sample", len(seen))
	}
}

func TestFrequency(t *testing.T) {
	const start = 1_700_000_000_000
	always := &Frequency{LogFactor: 0, DecayTime: 2, Rand: rand.New(rand.NewPCG(1, 2))}
	var ks Keyspace
	ks.SetFrequency(always, start)
	e := ks.Add("k", new(value.String), start)
	at := func(now int64, want int) {
		t.Helper()
		if got := e.Count(always, now); got != want {
			t.Errorf("the count is %d, want %d", got, want)
		}
	}
	at(start, firstCount)
	for range 10 {
		ks.Get("k", start)
	}
	ks.Peek("k", start)
	at(start, firstCount+10)
	at(start+4*minute, firstCount+8)
	at(start+1000*minute, 0)
	at(start-1000*minute, firstCount+10) // the clock was set back
	ks.Get("k", start+4*minute)
	at(start+4*minute, firstCount+9)
	for range 1000 {
		ks.Get("k", start)
	}
	at(start, maxCount)

	ks.SetFrequency(nil, start+3*minute) // as under another policy
	if used := e.UsedAt(); used > start || used < start-minute {
		t.Errorf("used at %d, want %d or less than a minute before", used, start)
	}
	ks.Get("k", start)
	if e.UsedAt() != start {
		t.Errorf("used at %d, want %d", e.UsedAt(), start)
	}
	ks.SetFrequency(always, start+5*minute)
	at(start, firstCount)
}

// With a factor the count grows like a logarithm.
func TestFrequencyIsLogarithmic(t *testing.T) {
	var ks Keyspace
	f := &Frequency{LogFactor: 10, DecayTime: 1, Rand: rand.New(rand.NewPCG(1, 2))}
	ks.SetFrequency(f, 1)
	e := ks.Add("k", new(value.String), 1)
	var counts []int
	for uses, n := 0, 100; n <= 100_000; n *= 10 {
		for ; uses < n; uses++ {
			ks.Get("k", 1)
		}
		counts = append(counts, e.Count(f, 1))
	}
	// Redis's own table for this factor has 10, 18, 49, 142.
	for i, want := range []int{10, 18, 49, 142} {
		if got := counts[i]; got < want*2/3 || got > want*3/2 {
			t.Errorf("counts after 100, 1000, … uses are %v", counts)
		}
	}
}

// IntN must choose as rand.Rand does, and come to an end with any source.
func TestIntN(t *testing.T) {
	a, b := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
	for n := 1; n < 2000; n++ {
		if got, want := IntN(a, n), b.IntN(n); got != want {
			t.Fatalf("IntN(%d) = %d, want %d", n, got, want)
		}
	}
	for _, c := range []constant{0, 1, 1 << 63, math.MaxUint64} {
		for n := 1; n < 2000; n++ {
			if got := IntN(rand.New(c), n); got < 0 || got >= n {
				t.Fatalf("IntN(%d) = %d", n, got)
			}
		}
	}
}

// constant is a source of numbers that are always the same.
type constant uint64

func (c constant) Uint64() uint64 { return uint64(c) }
