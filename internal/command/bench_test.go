package command

import (
	"testing"
	"time"
)

// benchmark runs the call again and again, after the calls that prepare it.
func benchmark(b *testing.B, args []string, before ...[]string) {
	db := New(NewTable(), time.Now)
	s := &Session{}
	for _, args := range before {
		db.Do(s, args)
	}
	cmd := db.Lookup(args)
	b.ReportAllocs()
	for b.Loop() {
		db.Turn()
		if r := db.Run(s, cmd, args); r.IsError() {
			b.Fatal(r.Str())
		}
	}
}

func BenchmarkIncr(b *testing.B) { benchmark(b, []string{"INCR", "user:123"}) }

func BenchmarkGet(b *testing.B) {
	benchmark(b, []string{"GET", "k"}, []string{"SET", "k", "a text"})
}

func BenchmarkSet(b *testing.B) { benchmark(b, []string{"SET", "k", "a text"}) }

func BenchmarkSetExpiry(b *testing.B) {
	benchmark(b, []string{"SET", "k", "a text", "PX", "30000", "NX"}, []string{"SET", "k", "v"})
}

func BenchmarkExpire(b *testing.B) {
	benchmark(b, []string{"EXPIRE", "k", "60"}, []string{"SET", "k", "v"})
}

func BenchmarkPTTL(b *testing.B) {
	benchmark(b, []string{"PTTL", "k"}, []string{"SET", "k", "v", "EX", "1000"})
}

func BenchmarkExists(b *testing.B) {
	benchmark(b, []string{"EXISTS", "k"}, []string{"SET", "k", "v"})
}

func BenchmarkDelMissing(b *testing.B) { benchmark(b, []string{"DEL", "k"}) }

func BenchmarkIncrByFloat(b *testing.B) { benchmark(b, []string{"INCRBYFLOAT", "k", "0.25"}) }

func BenchmarkGetRange(b *testing.B) {
	benchmark(b, []string{"GETRANGE", "k", "2", "5"}, []string{"SET", "k", "a text of some length"})
}

func BenchmarkAppend(b *testing.B) {
	benchmark(b, []string{"SETRANGE", "k", "3", "x"}, []string{"SETRANGE", "k", "1000000", "x"})
}

func BenchmarkHGet(b *testing.B) {
	benchmark(b, []string{"HGET", "h", "f"}, []string{"HSET", "h", "f", "v"})
}

func BenchmarkHSet(b *testing.B) { benchmark(b, []string{"HSET", "h", "f", "v"}) }

func BenchmarkHIncrBy(b *testing.B) { benchmark(b, []string{"HINCRBY", "h", "f", "5"}) }

func BenchmarkSAdd(b *testing.B) { benchmark(b, []string{"SADD", "s", "m"}) }

func BenchmarkSIsMember(b *testing.B) {
	benchmark(b, []string{"SISMEMBER", "s", "12"}, []string{"SADD", "s", "12", "13"})
}

func BenchmarkSetDel(b *testing.B) {
	db := New(NewTable(), time.Now)
	s := &Session{}
	set, del := []string{"SET", "k", "a text"}, []string{"DEL", "k"}
	setCmd, delCmd := db.Lookup(set), db.Lookup(del)
	b.ReportAllocs()
	for b.Loop() {
		db.Turn()
		db.Run(s, setCmd, set)
		db.Run(s, delCmd, del)
	}
}

// A failing command must not cost much more than one that succeeds: scripts use
// pcall.
func BenchmarkFailure(b *testing.B) {
	db := New(NewTable(), time.Now)
	s := &Session{}
	db.Do(s, []string{"SET", "k", "v"})
	args := []string{"INCR", "k"}
	cmd := db.Lookup(args)
	b.ReportAllocs()
	for b.Loop() {
		db.Turn()
		db.Run(s, cmd, args)
	}
}

func BenchmarkClock(b *testing.B) {
	for b.Loop() {
		time.Now()
	}
}

func BenchmarkRPushLPop(b *testing.B) {
	db := New(NewTable(), time.Now)
	s := &Session{}
	push, pop := []string{"RPUSH", "l", "a text"}, []string{"LPOP", "l"}
	pushCmd, popCmd := db.Lookup(push), db.Lookup(pop)
	db.Do(s, push)
	b.ReportAllocs()
	for b.Loop() {
		db.Turn()
		db.Run(s, pushCmd, push)
		db.Run(s, popCmd, pop)
	}
}

func BenchmarkLRange(b *testing.B) {
	benchmark(b, []string{"LRANGE", "l", "0", "9"}, []string{"RPUSH", "l", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"})
}

func BenchmarkZAdd(b *testing.B) {
	benchmark(b, []string{"ZADD", "z", "1.5", "a"}, []string{"ZADD", "z", "1", "b", "2", "c"})
}

func BenchmarkZRangeByScore(b *testing.B) {
	benchmark(b, []string{"ZRANGEBYSCORE", "z", "-inf", "2"}, []string{"ZADD", "z", "1", "b", "2", "c", "3", "d"})
}
