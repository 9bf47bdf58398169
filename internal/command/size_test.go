package command_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// Whatever commands do, and time, what was counted on the way is what there is.
func TestMemoryIsWhatThereIs(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		local := transcript.NewLocal(command.NewTable(), time.Now())
		var history, family []string
		for i := range 1000 {
			if i == 100 {
				local.DB.Memory() // it begins to count
			}
			if i%100 == 0 {
				family = randomFamily(rnd)
			}
			args := randomCommand(rnd, family)
			history = append(history, fmt.Sprintf("%q", args))
			local.Do(args)
			if rnd.IntN(50) == 0 {
				local.Sleep(time.Duration(rnd.IntN(1000)) * time.Second)
			}
			if i < 100 {
				continue
			}
			if got, want := local.DB.Memory(), local.DB.Recount(); got != want {
				t.Fatalf("seed %d: %d bytes, want %d, after\n%s", seed, got, want, strings.Join(history[max(0, i-20):], "\n"))
			}
		}
	}
}

// Memory must be near to what Go's runtime says.
func TestMemoryIsNearTheHeap(t *testing.T) {
	// Each argument is a text of its own, as callers send them.
	text := func(format string, args ...any) string { return fmt.Sprintf(format, args...) }
	long := strings.Repeat("x", 10_000)
	tests := []struct {
		name string
		keys int
		off  float64 // by how much it may be
		make func(i int, do func(args ...string))
	}{
		{"counters", 100_000, 0.15, func(i int, do func(...string)) {
			do("INCRBY", text("counter:%d", i), text("%d", i))
		}},
		{"counters with an expiry", 100_000, 0.15, func(i int, do func(...string)) {
			do("SET", text("counter:%d", i), text("%d", i), "EX", text("%d", 1000+i))
		}},
		{"counters of names with 40 bytes", 70_000, 0.15, func(i int, do func(...string)) {
			do("SET", text("a longer name, of some forty bytes:%06d", i), text("%d", i))
		}},
		{"short strings", 50_000, 0.15, func(i int, do func(...string)) {
			do("SET", text("string:%d", i), text("this is the text of string %d", i))
		}},
		{"big strings", 1000, 0.25, func(i int, do func(...string)) {
			do("SET", text("string:%d", i), strings.Clone(long))
		}},
		{"big strings that grew", 500, 0.25, func(i int, do func(...string)) {
			key := text("string:%d", i)
			for range 100 {
				do("APPEND", key, long[:150])
			}
		}},
		{"hashes of ten fields", 5000, 0.15, func(i int, do func(...string)) {
			args := []string{"HSET", text("hash:%d", i)}
			for f := range 10 {
				args = append(args, text("field number %d", f), text("value %d of %d", f, i))
			}
			do(args...)
		}},
		{"hashes of a thousand fields", 50, 0.25, func(i int, do func(...string)) {
			for f := range 1000 {
				do("HSET", text("hash:%d", i), text("field number %d", f), text("value %d of %d", f, i))
			}
		}},
		{"sorted sets of a hundred members", 500, 0.15, func(i int, do func(...string)) {
			for m := range 100 {
				do("ZADD", text("zset:%d", i), text("%d", m*m), text("member %d of %d", m, i))
			}
		}},
		{"sorted sets of ten thousand members", 5, 0.15, func(i int, do func(...string)) {
			for m := range 10_000 {
				do("ZADD", text("zset:%d", i), text("%d", m*m), text("member %d of %d", m, i))
			}
		}},
		{"lists", 500, 0.25, func(i int, do func(...string)) {
			for e := range 100 {
				do("RPUSH", text("list:%d", i), text("element number %d", e))
			}
		}},
		{"sets of texts", 500, 0.25, func(i int, do func(...string)) {
			for m := range 100 {
				do("SADD", text("set:%d", i), text("member number %d", m))
			}
		}},
		{"sets of integers", 5000, 0.25, func(i int, do func(...string)) {
			for m := range 50 {
				do("SADD", text("set:%d", i), text("%d", m))
			}
		}},
		{"streams", 50, 0.25, func(i int, do func(...string)) {
			for range 1000 {
				do("XADD", text("stream:%d", i), "*", text("the first field"), text("its value %d", i), text("the second"), text("%d", i))
			}
		}},
		{"streams with groups", 20, 0.25, func(i int, do func(...string)) {
			stream := text("stream:%d", i)
			for e := range 2000 {
				do("XADD", stream, "*", text("f%d", e), text("v"))
			}
			do("XGROUP", "CREATE", stream, "g", "0")
			for consumer := range 4 {
				do("XREADGROUP", "GROUP", "g", text("c%d", consumer), "COUNT", "500", "STREAMS", stream, ">")
			}
		}},
		{"HyperLogLogs", 500, 0.25, func(i int, do func(...string)) {
			for e := range 300 {
				do("PFADD", text("hll:%d", i), text("%d", e))
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			db := command.New(command.NewTable(), time.Now)
			do := func(args ...string) {
				if r := db.Do(new(command.Session), args); r.IsError() {
					t.Fatal(r.Str())
				}
			}
			empty := db.Memory()
			before := heap()
			for i := range test.keys {
				test.make(i, do)
			}
			held := float64(heap() - before)
			counted := float64(db.Memory() - empty)
			t.Logf("%.0f bytes a key are counted, %.0f held: %+.1f %%",
				counted/float64(test.keys), held/float64(test.keys), 100*(counted/held-1))
			if ratio := counted / held; ratio < 1-test.off || ratio > 1+test.off {
				t.Errorf("%.0f bytes are counted, %.0f held", counted, held)
			}
			runtime.KeepAlive(db)
		})
	}
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
