package command

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// limited is a DB with a limit of memory, and a clock.
type limited struct {
	t   *testing.T
	db  *DB
	s   Session
	now time.Time
}

func newLimited(t *testing.T, policy Policy, limit int) *limited {
	l := &limited{t: t, now: time.Unix(1_700_000_000, 0)}
	l.db = New(NewTable(), func() time.Time { return l.now })
	l.db.Config.MaxMemory, l.db.Config.MaxMemoryPolicy = uint64(limit), policy
	l.db.Configured()
	return l
}

func (l *limited) try(args ...string) Reply {
	l.db.Turn()
	return l.db.Do(&l.s, args)
}

func (l *limited) do(args ...string) Reply {
	l.t.Helper()
	r := l.try(args...)
	if r.IsError() {
		l.t.Fatalf("%q: %s", args, r.Str())
	}
	return r
}

// fill sets keys, "key:<from>" and so on, to texts of a hundred bytes.
func (l *limited) fill(from, to int) {
	l.t.Helper()
	for i := from; i < to; i++ {
		l.do("SET", fmt.Sprint("key:", i), strings.Repeat("x", 100))
		l.now = l.now.Add(time.Second) // an entry knows the second in which it was used
	}
}

// left returns how many of the keys are there.
func (l *limited) left(from, to int) (n int) {
	for i := from; i < to; i++ {
		if l.db.spaces[0].Peek(fmt.Sprint("key:", i), 1) != nil {
			n++
		}
	}
	return n
}

// Whatever is written, memory stays within the limit, and one command more.
func TestEvictionKeepsTheLimit(t *testing.T) {
	const limit = 500_000
	for _, policy := range policies {
		l := newLimited(t, policy, limit)
		refused := 0
		for i := range 10_000 {
			if r := l.try("SET", fmt.Sprint("key:", i), strings.Repeat("x", i%1000), "EX", "1000"); r.IsError() {
				refused++
				if r.Str() != OutOfMemory {
					t.Fatal(r.Str())
				}
			}
			if used := l.db.Memory(); used > limit+20_000 {
				t.Fatalf("%s: %d bytes after %d keys", policy, used, i)
			}
		}
		if (refused > 0) != (policy == NoEviction) {
			t.Errorf("%s: %d commands were refused", policy, refused)
		}
		if n := l.db.stats.evicted; (n > 0) != (policy != NoEviction) {
			t.Errorf("%s: %d keys were evicted", policy, n)
		}
		if used, want := l.db.Memory(), l.db.Recount(); used != want {
			t.Errorf("%s: %d bytes are counted, want %d", policy, used, want)
		}
	}
}

func TestEvictionTakesTheLeastRecentlyUsed(t *testing.T) {
	l := newLimited(t, AllKeysLRU, 0)
	l.fill(0, 2000)
	for i := range 1000 { // those made first are used last
		l.do("GET", fmt.Sprint("key:", i))
	}
	l.db.Config.MaxMemory = uint64(l.db.Memory())
	l.db.Configured()
	l.fill(2000, 2800)
	used, unused, fresh := l.left(0, 1000), l.left(1000, 2000), l.left(2000, 2800)
	t.Logf("%d of 1000 used keys are left, %d of 1000 unused ones, %d of 800 new ones", used, unused, fresh)
	if used < 900 || unused > 400 || fresh < 790 {
		t.Errorf("%d of 1000 used keys are left, %d of 1000 unused ones, %d of 800 new ones", used, unused, fresh)
	}
}

func TestEvictionTakesTheLeastFrequentlyUsed(t *testing.T) {
	l := newLimited(t, AllKeysLFU, 0)
	l.db.Config.LFUDecayTime = 1000 // minutes
	l.db.Configured()
	l.fill(0, 2000)
	for range 10 {
		for i := range 1000 {
			l.do("GET", fmt.Sprint("key:", i))
		}
	}
	for i := 1000; i < 2000; i++ { // most recently, but not often
		l.do("EXISTS", fmt.Sprint("key:", i))
	}
	l.db.Config.MaxMemory = uint64(l.db.Memory())
	l.db.Configured()
	l.fill(2000, 2800)
	often, seldom := l.left(0, 1000), l.left(1000, 2800)
	if often < 990 {
		t.Errorf("%d of 1000 keys are left that are used often, %d of 1800 others", often, seldom)
	}
}

func TestEvictionTakesTheNextToExpire(t *testing.T) {
	l := newLimited(t, VolatileTTL, 0)
	l.fill(0, 2000)
	for i := range 1000 {
		l.do("EXPIRE", fmt.Sprint("key:", i), fmt.Sprint(10_000-i)) // the last is due first
	}
	l.db.Config.MaxMemory = uint64(l.db.Memory())
	l.db.Configured()
	l.fill(2000, 2300)
	late, soon, never := l.left(0, 500), l.left(500, 1000), l.left(1000, 2300)
	if late < 480 || soon > 250 || never != 1300 {
		t.Errorf("left are %d of 500 keys that are due late, %d of 500 soon, %d of 1300 never", late, soon, never)
	}
}

// One command evicts but so much, and none is refused as long as that goes on.
func TestEvictionGoesOnAtTheNextCommand(t *testing.T) {
	for _, policy := range []Policy{AllKeysLRU, AllKeysRandom} {
		l := newLimited(t, policy, 0)
		l.fill(0, 5000)
		l.db.Config.MaxMemory = uint64(l.db.Memory() / 2)
		l.db.Configured()
		for left := l.db.spaces[0].Len(); ; {
			l.do("SET", "one more", "v")
			now := l.db.spaces[0].Len()
			if left-now > evictMost {
				t.Fatalf("%s: one command has evicted %d keys", policy, left-now)
			}
			if now >= left-1 {
				break
			}
			left = now
		}
		if used := l.db.Memory(); uint64(used) > l.db.Config.MaxMemory+1000 {
			t.Errorf("%s: %d bytes are left of the limit %d", policy, used, l.db.Config.MaxMemory)
		}
	}
}

// What is written faster than it can be evicted is refused, or the limit would
// be none.
func TestEvictionThatCannotKeepUp(t *testing.T) {
	l := newLimited(t, AllKeysRandom, 0)
	for i := range 100_000 {
		l.do("SET", fmt.Sprint("key:", i), "v")
	}
	limit := l.db.Memory()
	l.db.Config.MaxMemory = uint64(limit)
	l.db.Configured()
	big := strings.Repeat("x", 1<<20)
	refused := 0
	for i := range 100 {
		if l.try("SET", fmt.Sprint("big:", i), big[i:]).IsError() {
			refused++
		}
	}
	if used := l.db.Memory(); refused == 0 || used > limit+2<<20 {
		t.Errorf("%d of 100 commands were refused, %d bytes of %d are used", refused, used, limit)
	}
}

// Databases are evicted from alike, and a watcher hears of it.
func TestEvictionOfAllDatabases(t *testing.T) {
	for _, policy := range []Policy{AllKeysLRU, AllKeysRandom} {
		l := newLimited(t, policy, 0)
		for db := range 3 {
			l.s.Selected = db
			l.fill(0, 300)
		}
		ks := &l.db.spaces[1]
		ks.Watch("key:0", 1)
		version := ks.Version("key:0", 1)
		l.db.Config.MaxMemory = 1
		l.db.Configured()
		l.s.Selected = 0
		for range 10 {
			l.do("DBSIZE")
		}
		for db := range 3 {
			if n := l.db.spaces[db].Len(); n > 0 {
				t.Errorf("%s: database %d has %d keys", policy, db, n)
			}
		}
		if ks.Version("key:0", 1) == version {
			t.Errorf("%s: who watches a key does not hear that it was evicted", policy)
		}
		if r := l.try("SET", "k", "v"); r.Str() != OutOfMemory {
			t.Errorf("%s: SET answers %q", policy, r.Str())
		}
	}
}

// MEMORY does not use the key that it looks at.
func TestMemoryUsageDoesNotUse(t *testing.T) {
	l := newLimited(t, NoEviction, 0)
	l.do("SET", "k", "v")
	l.now = l.now.Add(time.Minute)
	l.do("MEMORY", "USAGE", "k")
	if idle := l.do("OBJECT", "IDLETIME", "k").Int(); idle != 60 {
		t.Errorf("the key is idle for %d seconds, want 60", idle)
	}
}

// What MEMORY USAGE says of all keys, and MEMORY STATS of all that they share,
// is what MEMORY STATS says in all.
func TestMemoryUsageAddsUp(t *testing.T) {
	l := newLimited(t, NoEviction, 0)
	l.fill(0, 1000)
	for i := range 500 {
		l.do("EXPIRE", fmt.Sprint("key:", i), "1000")
	}
	sum := 0
	for i := range 1000 {
		sum += int(l.do("MEMORY", "USAGE", fmt.Sprint("key:", i)).Int())
	}
	stats := map[string]int{}
	elems := l.do("MEMORY", "STATS").Elems()
	for i := 0; i < len(elems); i += 2 {
		stats[elems[i].Str()] = int(elems[i+1].Int())
	}
	all := stats["total.allocated"] - stats["startup.allocated"]
	if all-sum < 0 || all-sum > 3000 || stats["keys.count"] != 1000 || stats["keys.bytes-per-key"] != all/1000 {
		t.Errorf("the keys take %d bytes, all %d; %v", sum, all, stats)
	}
}

func BenchmarkEvict(b *testing.B) {
	for _, policy := range []Policy{AllKeysLRU, AllKeysLFU, AllKeysRandom} {
		b.Run(string(policy), func(b *testing.B) {
			now := time.Unix(1_700_000_000, 0)
			db := New(NewTable(), func() time.Time { return now })
			s := new(Session)
			set := func(i int) { db.Do(s, []string{"SET", fmt.Sprint("key:", i), "v"}) }
			for i := range 100_000 {
				set(i)
			}
			db.Config.MaxMemory, db.Config.MaxMemoryPolicy = uint64(db.Memory()), policy
			db.Configured()
			for i := range b.N {
				set(100_000 + i)
			}
		})
	}
}

// TestEvictionSparesFieldsThatExpire: a hash of which only fields expire has no
// expiry itself, so that no volatile policy evicts it.
func TestEvictionSparesFieldsThatExpire(t *testing.T) {
	for _, policy := range []Policy{VolatileLRU, VolatileLFU, VolatileRandom, VolatileTTL} {
		l := newLimited(t, policy, 0)
		for i := range 50 {
			l.do("HSETEX", fmt.Sprint("hash:", i), "EX", "1000", "FIELDS", "1", "f", "v")
		}
		for i := range 5 {
			l.do("SET", fmt.Sprint("string:", i), "v", "EX", "1000")
		}
		if info := l.do("INFO", "keyspace").Str(); !strings.Contains(info, "db0:keys=55,expires=5,") {
			t.Errorf("%s: INFO says %q", policy, info)
		}
		l.do("CONFIG", "SET", "maxmemory", "1")
		if r := l.try("SET", "more", "v"); r.Str() != OutOfMemory {
			t.Errorf("%s: SET answers %q", policy, r.Str())
		}
		if n := l.db.spaces[0].Len(); n != 50 || l.db.stats.evicted != 5 {
			t.Errorf("%s: %d keys are left and %d evicted; want the 50 hashes, and 5", policy, n, l.db.stats.evicted)
		}
	}
}

// A limit that CONFIG SET lowers is kept at once, not only when the next command
// comes.
func TestEvictionOnConfigSet(t *testing.T) {
	l := newLimited(t, AllKeysLRU, 1<<30)
	l.fill(0, 10)
	l.do("CONFIG", "SET", "maxmemory", "1")
	if n := l.left(0, 10); n != 0 {
		t.Errorf("%d keys are left", n)
	}
}
