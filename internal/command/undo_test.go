package command_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
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

// A fuse is a Meter that ends what runs, in the middle of a command even, as a
// limit or a context does.
type fuse struct{ left int }

// errBurnt is its panic.
var errBurnt = errors.New("the fuse has burnt")

func (f *fuse) Tick(n int) {
	if f.left -= n; f.left < 0 {
		panic(errBurnt)
	}
}

func (f *fuse) Alloc(int)             { f.Tick(1) }
func (f *fuse) Hold(int)              { f.Tick(1) }
func (f *fuse) Check()                { f.Tick(1) }
func (f *fuse) Done() <-chan struct{} { return nil }

// run runs commands, of which there are n, until the fuse has burnt. It says of
// each what it answered.
func (f *fuse) run(db *command.DB, s *command.Session, n int, next func() []string, did func(args []string, r command.Reply)) {
	var args []string
	defer func() {
		if p := recover(); p != nil {
			if p != errBurnt {
				panic(p)
			}
			did(args, command.Err("stopped"))
		}
	}()
	s.Meter = f
	for range n {
		args = next()
		did(args, db.Do(s, args))
	}
}

// Whatever commands a script calls, or a transaction of those that wait, and
// wherever it is stopped, when they are undone everything is as it was.
func TestUndo(t *testing.T) {
	const perStore = 25
	watched := []string{"a", "b", "user:1"}
	missing := map[string]bool{} // the commands that can write, until one was undone that had done something
	command.NewTable().Walk(func(cmd *command.Command) {
		if cmd.Flags&(command.Write|command.MayReplicate) != 0 && cmd.Run != nil && cmd.Name != "migrate" { // which cannot
			missing[cmd.Name] = true
		}
	})
	enough := func(done int) bool { return done >= *undoCases && (len(missing) == 0 || done >= 10**undoCases) }
	for done := 0; !enough(done); done += perStore {
		rnd := rand.New(rand.NewPCG(*undoSeed, uint64(done)))
		local := transcript.NewLocal(command.NewTable(), time.Now())
		db := local.DB
		db.Watch(watched...)
		if rnd.IntN(2) == 0 {
			db.Listens = true
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
				makeGroups(rnd, local)
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
			f := &fuse{left: math.MaxInt}
			if rnd.IntN(2) == 0 {
				f.left = rnd.IntN(1 << rnd.IntN(12))
			}
			session, next := &command.Session{Script: true}, func() []string { return randomCommand(rnd, family) }
			if rnd.IntN(8) == 0 {
				session.Script = false
				next = func() []string { return randomCall(rnd, blocking[rnd.IntN(len(blocking))]) }
			}
			var history []string
			f.run(db, session, 1+rnd.IntN(12), next, func(args []string, r command.Reply) {
				if cmd := db.Lookup(args); cmd != nil && !r.IsError() {
					delete(missing, cmd.Name)
				}
				history = append(history, fmt.Sprintf("%q\n\t%s", args, strings.Join(transcript.Render(r, transcript.Exact), "\n\t")))
			})
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
	if len(missing) > 0 && *undoCases >= 5000 {
		t.Errorf("none of these was undone that had done something: %v", slices.Sorted(maps.Keys(missing)))
	}
}

// makeGroups makes streams with groups that have read some of them, at most of the
// keys: what else random commands would seldom do.
func makeGroups(rnd *rand.Rand, local transcript.Executor) {
	for _, key := range []string{"a", "b", "c", "d", "user:1", ""} {
		if rnd.IntN(4) == 0 {
			continue
		}
		for _, line := range []string{"DEL", "XADD 1-1 f v", "XADD 2-0 f v", "XADD 5-5 f v", "XGROUP CREATE g 0", "XGROUP CREATE h 2-0",
			"XREADGROUP GROUP g Ada COUNT 2 STREAMS >", "XREADGROUP GROUP h Grace STREAMS >"} {
			words := strings.Fields(line)
			at := 1
			switch words[0] {
			case "XGROUP":
				at = 2
			case "XREADGROUP":
				at = len(words) - 1
			}
			local.Do(slices.Insert(words, at, key))
		}
	}
}

// blocking are the commands that may wait, which scripts cannot call.
var blocking = func() (names []string) {
	command.NewTable().Walk(func(cmd *command.Command) {
		if cmd.Flags&command.Blocking != 0 && cmd.Flags&command.NoScript != 0 {
			names = append(names, cmd.Name)
		}
	})
	return names
}()

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
