package command_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
)

// runAll is a script that calls commands, of each of which ARGV has the number of
// words and these, and fails if it is told to. It answers how many scripts have
// ended well before.
const runAll = `
	local i = 2
	while i <= #ARGV do
		local n = tonumber(ARGV[i])
		redis.pcall(unpack(ARGV, i + 1, i + n))
		i = i + n + 1
	end
	if ARGV[1] == 'fail' then error('no') end
	redis.call('SELECT', 0)
	return redis.call('INCR', 'scripts')`

// randomScript returns the arguments of runAll for some commands, none of which
// depends on chance or removes the key scripts.
func randomScript(rnd *rand.Rand) (args []any) {
	args = append(args, pick("fail", "end", "end")(rnd))
	family := randomFamily(rnd)
	for range 1 + rnd.IntN(12) {
		words := randomCommand(rnd, family)
		switch words[0] {
		case "spop", "flushall", "flushdb", "swapdb":
			continue
		}
		args = append(args, len(words))
		for _, w := range words {
			args = append(args, w)
		}
	}
	return args
}

// dump is all data of a store, as far as commands show it.
func dump(t *testing.T, s *luastore.Store) (all []any) {
	session := s.Session()
	do := func(args ...any) any { return session.Do(context.Background(), args...).Val() }
	for db := range 16 {
		do("SELECT", db)
		keys, err := session.Do(context.Background(), "KEYS", "*").StringSlice()
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(keys)
		for _, key := range keys {
			all = append(all, db, key, do("DUMP", key), do("PEXPIRETIME", key), do("OBJECT", "ENCODING", key), do("XINFO", "STREAM", key, "FULL"))
			fields, err := session.Do(context.Background(), "HKEYS", key).StringSlice()
			if err != nil {
				continue
			}
			for _, field := range fields {
				all = append(all, field, do("HPEXPIRETIME", key, "FIELDS", 1, field))
			}
		}
	}
	return all
}

// Of eight goroutines that run random scripts half give up at any moment. What is
// left is what the scripts that have ended well do one after the other, in a store
// of their own.
func TestManyCancelRandomScripts(t *testing.T) {
	now := time.Now()
	options := luastore.Options{Rollback: luastore.RollbackOnError, Now: func() time.Time { return now }}
	for round := range 10 {
		s := luastore.New(&options)
		var mu sync.Mutex
		done := map[int64][]any{} // by what they answered
		stopped := 0
		var callers sync.WaitGroup
		for i := range 8 {
			callers.Go(func() {
				rnd := rand.New(rand.NewPCG(*undoSeed, uint64(8*round+i)))
				for range 60 {
					ctx, cancel := context.WithCancel(context.Background())
					if i%2 == 0 {
						ctx, cancel = context.WithTimeout(ctx, time.Duration(rnd.IntN(1000))*time.Microsecond)
					}
					args := randomScript(rnd)
					n, err := s.Eval(ctx, runAll, nil, args...).Int64()
					cancel()
					mu.Lock()
					switch {
					case err == nil:
						done[n] = args
					case errors.Is(err, context.DeadlineExceeded):
						stopped++
					}
					mu.Unlock()
				}
			})
		}
		callers.Wait()
		if stopped == 0 {
			t.Error("nobody has given up")
		}
		alone := luastore.New(&options)
		for n := range int64(len(done)) {
			args, ok := done[n+1]
			if !ok {
				t.Fatalf("of %d scripts none answered %d", len(done), n+1)
			}
			if got, err := alone.Eval(context.Background(), runAll, nil, args...).Int64(); got != n+1 {
				t.Fatalf("alone, the script answers %d, %v, not %s", got, err, strconv.FormatInt(n+1, 10))
			}
		}
		if diff := cmp.Diff(dump(t, alone), dump(t, s)); diff != "" {
			t.Fatalf("seed %d, round %d (-one after the other +at once):\n%s", *undoSeed, round, diff)
		}
	}
}
