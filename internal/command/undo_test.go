package command_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

var (
	undoCases = flag.Int("undo.cases", 5000, "how many turns of random commands to undo")
	undoSeed  = flag.Uint64("undo.seed", 1, "the seed of the random commands to undo")
)

// Whatever commands a script calls, when they are undone everything is as it was.
func TestUndo(t *testing.T) {
	const perStore = 25
	watched := []string{"a", "b", "user:1"}
	for done := 0; done < *undoCases; done += perStore {
		rnd := rand.New(rand.NewPCG(*undoSeed, uint64(done)))
		local := transcript.NewLocal(command.NewTable(), time.Now())
		db := local.DB
		db.Watch(watched...)
		if rnd.IntN(2) == 0 {
			db.OnEvent = func(int, string, string) {}
		}
		if rnd.IntN(3) == 0 {
			local.Do([]string{"CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"})
		}
		if rnd.IntN(2) == 0 {
			local.Do([]string{"CONFIG", "SET", "hash-max-listpack-entries", "2", "set-max-intset-entries", "2", "zset-max-listpack-entries", "2", "stream-node-max-entries", "2"})
		}
		if rnd.IntN(2) == 0 {
			db.Memory() // it begins to count
		}
		family := randomFamily(rnd)
		for range perStore {
			// The turns before, which stay.
			for range rnd.IntN(20) {
				local.Do(randomCommand(rnd, family))
			}
			if rnd.IntN(4) == 0 {
				wait := &command.Session{MayWait: true}
				db.Do(wait, []string{"BLPOP", "a", "b", "c", "0"})
				wait.Waiter()
			}
			if rnd.IntN(4) == 0 {
				local.Sleep(time.Duration(rnd.IntN(200)) * time.Millisecond)
			}
			before := db.Dump(watched...)
			db.Turn()
			turned := db.Dump(watched...) // what has expired may have been reclaimed
			db.Begin()
			script := &command.Session{Script: true}
			var history []string
			for range 1 + rnd.IntN(12) {
				args := randomCommand(rnd, family)
				r := db.Do(script, args)
				history = append(history, fmt.Sprintf("%q\n\t%s", args, strings.Join(transcript.Render(r, transcript.Exact), "\n\t")))
			}
			db.Undo()
			if diff := cmp.Diff(turned, db.Dump(watched...)); diff != "" {
				t.Fatalf("seed %d, %d (-want +got):\n%s\nafter\n%s\nof\n%s", *undoSeed, done, diff, strings.Join(history, "\n"), strings.Join(before, "\n"))
			}
			db.EndTurn()
			if got, want := db.Memory(), db.Recount(); got != want {
				t.Fatalf("seed %d, %d: %d bytes, want %d, after\n%s", *undoSeed, done, got, want, strings.Join(history, "\n"))
			}
		}
	}
}

// What a write of a large value records does not depend on its size.
func TestUndoIsLocal(t *testing.T) {
	const elements, most = 100_000, 4096 // bytes
	tests := []struct{ fill, write string }{
		{"HSET k # #", "HSET k 7 new"},
		{"HSET k # #", "HDEL k 7"},
		{"SADD k #", "SADD k new"},
		{"SADD k #", "SREM k 7"},
		{"RPUSH k #", "LSET k 50000 new"},
		{"RPUSH k #", "LPOP k"},
		{"ZADD k # #", "ZADD k 0 77"},
		{"ZADD k # #", "ZREM k 77"},
		{"APPEND k #", "SETBIT k 1000 1"},
		{"APPEND k #", "APPEND k new"},
		{"APPEND k #", "SETRANGE k 1000 new"},
		{"APPEND k #", "SET k new"},
		{"XADD k # f v", "XDEL k 500"},
		{"XADD k # f v", "XADD k * f v"},
		{"HSET k # #", "DEL k"},
		{"HSET k # #", "RENAME k l"},
		{"HSET k # #", "FLUSHALL"},
		{"HSET k # #", "EXPIRE k 100"},
	}
	for _, test := range tests {
		local := transcript.NewLocal(command.NewTable(), time.Now())
		for i := range elements {
			local.Do(strings.Fields(strings.ReplaceAll(test.fill, "#", fmt.Sprint(i+1))))
		}
		write := strings.Fields(test.write)
		least := uint64(1 << 40)
		for range 3 { // once, something may have to grow
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			local.DB.Turn()
			local.DB.Begin()
			if r := local.DB.Do(&local.Session, write); r.IsError() {
				t.Fatalf("%s: %s", test.write, r.Str())
			}
			local.DB.Undo()
			runtime.ReadMemStats(&after)
			least = min(least, after.TotalAlloc-before.TotalAlloc)
		}
		if least > most {
			t.Errorf("%s of %d elements and its undoing allocate %d bytes", test.write, elements, least)
		}
	}
}
