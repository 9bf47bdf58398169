package keyspace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/luastore/luastore/internal/value"
)

// Keys that stay from the beginning to the end of an iteration are visited,
// whatever happens to the others meanwhile.
func TestScanGuarantee(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			var ks Keyspace
			staying := map[string]bool{}
			for i := range rnd.IntN(60) {
				key := fmt.Sprint("stays", i)
				ks.Add(key, new(value.String), 1)
				staying[key] = true
				ks.Add(fmt.Sprint("goes", i), new(value.String), 1)
			}
			now, calls := int64(1), 0
			for cursor := uint64(0); ; calls++ {
				cursor = ks.Scan(cursor, 1+rnd.IntN(5), now, func(e *Entry) { delete(staying, e.Key()) })
				if cursor == 0 {
					break
				}
				for range rnd.IntN(6) {
					key := fmt.Sprint("goes", rnd.IntN(80))
					switch e := ks.Peek(key, now); {
					case e == nil:
						ks.Add(key, new(value.String), now)
					case rnd.IntN(3) == 0:
						ks.SetExpiry(e, now+rnd.Int64N(3))
					default:
						ks.Remove(e)
					}
				}
				now++
			}
			if len(staying) > 0 {
				t.Errorf("after %d calls not visited: %v", calls, staying)
			}
		})
	}
}

func TestScanCursor(t *testing.T) {
	var ks Keyspace
	if next := ks.Scan(0, 10, 1, func(*Entry) { t.Error("visits an entry of an empty keyspace") }); next != 0 {
		t.Errorf("cursor %d after an empty keyspace", next)
	}
	for i := range 5 {
		ks.Add(fmt.Sprint(i), new(value.String), 1)
	}
	tests := []struct {
		reason string
		cursor uint64
		count  int
		next   uint64
		visits int
	}{
		{"the whole keyspace at once", 0, math.MaxInt, 0, 5},
		{"exactly the whole", 0, 5, 0, 5},
		{"a part", 0, 2, 3, 2},
		{"the rest", 3, 10, 0, 3},
		{"a cursor beyond the end, as after removals, begins at the end", math.MaxUint64, 2, 3, 2},
	}
	for _, test := range tests {
		visits := 0
		next := ks.Scan(test.cursor, test.count, 1, func(*Entry) { visits++ })
		if next != test.next || visits != test.visits {
			t.Errorf("%s: cursor %d after %d visits, want %d after %d", test.reason, next, visits, test.next, test.visits)
		}
	}
}
