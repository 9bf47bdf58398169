package command

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestClockIsReadOnceATurn(t *testing.T) {
	reads := 0
	db := New(NewTable(), func() time.Time {
		reads++
		return time.UnixMilli(int64(reads - 1)) // from the epoch on, which is a time like others
	})
	s := new(Session)
	for turn := range 3 {
		db.Turn()
		if reads != turn+1 {
			t.Fatalf("turn %d has read the clock %d times as it began", turn, reads-turn)
		}
		for _, line := range []string{"SET k v", "EXPIRE k 100", "TTL k", "TIME"} {
			db.Do(s, strings.Fields(line))
		}
		if reads != turn+1 {
			t.Fatalf("the clock was read %d times in %d turns", reads, turn+1)
		}
	}
}

// TestClock: without one that is given, the clock goes like that of the system.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := New(NewTable(), nil)
		for _, pause := range []time.Duration{0, 1, time.Millisecond, 999 * time.Millisecond, time.Second, time.Hour, time.Microsecond} {
			time.Sleep(pause)
			db.Turn()
			got, want := db.Now(), time.Now()
			if !got.Equal(want) || db.Millis() != want.UnixMilli() {
				t.Errorf("after %v it is %v, %d, want %v", pause, got, db.Millis(), want)
			}
		}
	})
}

// Keys that have expired go even if nobody looks at them, and a few at a time.
func TestTurnsReclaim(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	db := New(NewTable(), func() time.Time { return now })
	s := &Session{Selected: 5}
	for i := range 1000 {
		db.Do(s, []string{"SET", fmt.Sprint(i), "v", "PX", "10"})
	}
	db.Do(s, []string{"SET", "stays", "v"})
	db.Turn()
	now = now.Add(time.Minute)

	left := db.spaces[5].Len()
	for range 10 * reclaimEvery {
		db.Turn()
		if n := left - db.spaces[5].Len(); n > reclaimMost {
			t.Fatalf("one turn has reclaimed %d keys", n)
		}
		left = db.spaces[5].Len()
	}
	if want := 1001 - 10*reclaimMost; left != want {
		t.Errorf("%d keys are left, want %d", left, want)
	}
	for range 10 * reclaimEvery {
		db.Turn()
	}
	if left := db.spaces[5].Len(); left != 1 {
		t.Errorf("%d keys are left, want the one that stays", left)
	}
}

// TestForgottenKeys: a million keys that nobody touches after they have expired
// are gone after no more than as many other commands, none of which takes long
// for that.
func TestForgottenKeys(t *testing.T) {
	const many = 1_000_000
	now := time.Unix(1e9, 0)
	db := New(NewTable(), func() time.Time { return now })
	s := new(Session)
	do := func(args ...string) {
		db.Turn()
		if r := db.Do(s, args); r.IsError() {
			t.Fatal(r.Str())
		}
	}
	for i := range many {
		do("SET", strconv.Itoa(i), "v", "EX", "60")
	}
	now = now.Add(time.Hour)
	var took []time.Duration
	for len(took) < many && db.spaces[0].Len() > 1 {
		begin := time.Now()
		do("INCR", "other")
		took = append(took, time.Since(begin))
	}
	if n := db.spaces[0].Len(); n > 1 {
		t.Errorf("after a million commands %d keys are left", n)
	}
	slices.Sort(took)
	rare := took[len(took)*999/1000]
	t.Logf("gone after %d commands; half take no more than %v, 999 of 1,000 no more than %v, the longest took %v", len(took), took[len(took)/2], rare, took[len(took)-1])
	if rare > 20*time.Millisecond { // far above what is to be seen
		t.Errorf("one of 1,000 commands took %v", rare)
	}
}

func TestStatelessSelect(t *testing.T) {
	db := New(NewTable(), time.Now)
	s := &Session{Selected: 3, Stateless: true}
	r := db.Do(s, []string{"SELECT", "1"})
	if !r.IsError() || !strings.HasPrefix(r.Str(), "ERR SELECT needs a Session: ") || s.Selected != 3 {
		t.Errorf("SELECT answers %q and selects %d", r.Str(), s.Selected)
	}
}

// Only a failed call is an error reply. Any other panic is a bug, and must not
// look like one.
func TestPanicPassesThrough(t *testing.T) {
	table := NewTable()
	table.Add("", []Row{{Name: "broken", Arity: 1, Flags: Fast, Run: func(*Call) Reply { panic("a bug") }}})
	db := New(table, time.Now)
	defer func() {
		if p := recover(); p != "a bug" {
			t.Errorf("recovered %v", p)
		}
	}()
	db.Do(new(Session), []string{"BROKEN"})
}

// A command bumps the versions of the keys that it changes, and only these.
func TestVersions(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	tests := []struct {
		before, line string
		changed      bool
	}{
		{"SET k v", "GET k", false},
		{"SET k v", "SET other v", false},
		{"SET k v", "SET k v", true},
		{"SET k v", "SET k v NX", false},
		{"SET k v", "INCR k", false}, // fails
		{"SET k 1", "INCR k", true},
		{"SET k v", "EXPIRE k 100", true},
		{"SET k v", "PERSIST k", false},
		{"SET k v EX 100", "GETEX k PERSIST", true},
		{"SET k v", "DEL k", true},
		{"SET other v", "DEL k", false},
		{"SET k v", "RENAME k other", true},
		{"SET other v", "RENAME other k", true},
		{"SET other v", "COPY other k", true},
		{"SET k v", "COPY k other", false},
		{"SET k v", "MOVE k 1", true},
		{"SET k v", "COPY k k DB 1", false},
		{"RPUSH k a", "LLEN k", false},
		{"RPUSH k a", "LPOP k", true},
		{"RPUSH k a", "LPOP k 0", false},
		{"RPUSH k a", "LREM k 0 b", false},
		{"RPUSH k a", "LMOVE k k LEFT LEFT", true},
		{"RPUSH k a", "BLPOP other 0", false},
		{"RPUSH other 1", "SORT other STORE k", true},
		{"RPUSH k 1", "SORT k STORE other", false},
		{"SET k v", "FLUSHDB", true},
		{"SET k v", "FLUSHALL", true},
		{"SET other v", "FLUSHALL", false},
		{"SET k v", "SWAPDB 1 0", true},
		{"SET k v", "SWAPDB 1 2", false},
		{"HSET k f v", "HSET k f v", true},
		{"HSET k f v", "HDEL k f", true},
		{"HSET k f v", "HDEL k other", false},
		{"HSET k f v", "HSETNX k f w", false},
		{"HSET k f v", "HINCRBY k f 1", false}, // fails
		{"SADD k m", "SADD k m", false},
		{"SADD k m", "SPOP k 0", false},
		{"SADD k m", "SPOP k", true},
		{"SADD k m", "SMOVE k other m", true},
		{"SADD other m", "SMOVE other k m", true},
		{"SADD k m", "SUNIONSTORE other k", false},
		{"SADD k m", "SINTERSTORE k other", true},
		{"SADD other m", "SINTERSTORE k other missing", false},
	}
	for _, test := range tests {
		db := New(NewTable(), func() time.Time { return now })
		s := new(Session)
		db.Do(s, strings.Fields(test.before))
		ks := &db.spaces[0]
		ks.Watch("k", db.Millis())
		before := ks.Version("k", db.Millis())
		db.Do(s, strings.Fields(test.line))
		if changed := ks.Version("k", db.Millis()) != before; changed != test.changed {
			t.Errorf("%s, watched, %s: changed %t, want %t", test.before, test.line, changed, test.changed)
		}
	}
}

// The commands that scripts call most must not allocate, but for a text that they
// keep.
func TestHotPathDoesNotAllocate(t *testing.T) {
	keeps := map[string]bool{}
	for _, line := range []string{"SET k w", "SET k w EX 100", "HSET h f w", "RPUSH l a", "LMOVE l l LEFT RIGHT", "LSET l 0 b"} {
		keeps[line] = true
	}
	for _, line := range append(slices.Collect(maps.Keys(keeps)),
		"INCR n", "INCRBY n 5", "GET k", "SET k 12", "SET k w NX", "EXPIRE k 60",
		"PEXPIRE k 60000", "PTTL k", "TTL k", "EXISTS k", "DEL missing", "STRLEN k", "TYPE k", "PERSIST k",
		"HGET h f", "HEXISTS h f", "HLEN h", "HDEL h missing",
		"SADD s m", "SISMEMBER s m", "SISMEMBER s 1", "SCARD s", "SREM s missing",
		"LLEN l", "LINDEX l -1", "LPOP l", "LTRIM l 0 5",
		"ZADD z 1 a", "ZADD z 3 a", "ZINCRBY z 1 a", "ZSCORE z a", "ZRANK z a", "ZCARD z", "ZCOUNT z 0 1",
		"ZREMRANGEBYSCORE z 0 (1", "ZLEXCOUNT z - +",
	) {
		db := New(NewTable(), time.Now)
		s := new(Session)
		db.Do(s, []string{"SET", "k", "v", "PX", "100000"})
		db.Do(s, []string{"HSET", "h", "f", "v"})
		db.Do(s, []string{"SADD", "s", "m"})
		args := strings.Fields(line)
		cmd := db.Lookup(args)
		allocs := testing.AllocsPerRun(100, func() {
			db.Turn()
			db.Run(s, cmd, args)
		})
		if allocs > 1 || allocs > 0 && !keeps[line] {
			t.Errorf("%s allocates %v times", line, allocs)
		}
	}
}
