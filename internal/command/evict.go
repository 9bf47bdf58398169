package command

import (
	"cmp"
	"slices"
	"strings"

	"github.com/luastore/luastore/internal/keyspace"
)

// Eviction. To know which key is the best to evict one would have to look at
// all. Instead a few are taken at random, and the best of all that were seen
// are remembered.

// eviction is what is kept from one eviction to the next.
type eviction struct {
	frequency *keyspace.Frequency // nil: the policy does not look at it

	best []candidate // the best last
	turn int         // the database that gave the last random key
	left uint64      // bytes that the data took when evicting was left off and a command could run; 0: it was not
}

type candidate struct {
	ks    *keyspace.Keyspace
	key   string
	worth int64 // the lower, the better to evict
}

const (
	bestKept   = 16
	sampleMost = 64 // entries that are looked at in a database, whatever maxmemory-samples says
)

// Known says whether p is a policy.
func (p Policy) Known() bool { return slices.Contains(policies, p) }

// volatile says whether only keys with an expiry are evicted.
func (p Policy) volatile() bool { return strings.HasPrefix(string(p), "volatile-") }

// counts says whether it matters how often keys are used.
func (p Policy) counts() bool { return p == AllKeysLFU || p == VolatileLFU }

// evict removes a key, and says whether there was one to remove.
func (db *DB) evict() bool {
	switch db.Config.MaxMemoryPolicy {
	case NoEviction:
		return false
	case AllKeysRandom, VolatileRandom:
		return db.evictRandom()
	}
	v := &db.eviction
	for {
		db.sample()
		if len(v.best) == 0 {
			return false
		}
		for len(v.best) > 0 {
			last := len(v.best) - 1
			c := v.best[last]
			v.best[last] = candidate{}
			v.best = v.best[:last]
			// It may have been removed, or used, since it was seen.
			if e := c.ks.Peek(c.key, db.Millis()); e != nil && db.evictable(e) && db.worth(e) <= c.worth {
				db.evictEntry(c.ks, e)
				return true
			}
		}
	}
}

// evictRandom is evict for any key, of one database after the other.
func (db *DB) evictRandom() bool {
	for range db.spaces {
		db.eviction.turn = (db.eviction.turn + 1) % Databases
		ks := &db.spaces[db.eviction.turn]
		if e := ks.Sample(db.Rand, db.Config.MaxMemoryPolicy.volatile()); e != nil {
			db.evictEntry(ks, e)
			return true
		}
	}
	return false
}

func (db *DB) evictEntry(ks *keyspace.Keyspace, e *keyspace.Entry) {
	db.freed(e.Value, db.Config.LazyFree.Eviction)
	ks.Remove(e)
	ks.Touch(e.Key())
	db.modified(place{ks, e.Key()}, nil)
	db.tell(ks, "evicted", e.Key())
	db.stats.evicted++
}

// sample looks at some entries of each database and keeps the best.
func (db *DB) sample() {
	v := &db.eviction
	for i := range db.spaces {
		ks := &db.spaces[i]
		for range min(db.Config.MaxMemorySamples, sampleMost) {
			e := ks.Sample(db.Rand, db.Config.MaxMemoryPolicy.volatile())
			if e == nil {
				break
			}
			c := candidate{ks, e.Key(), db.worth(e)}
			at, _ := slices.BinarySearchFunc(v.best, c, func(a, b candidate) int { return cmp.Compare(b.worth, a.worth) })
			known := slices.ContainsFunc(v.best, func(b candidate) bool { return b.ks == c.ks && b.key == c.key })
			switch {
			case known || at == 0 && len(v.best) == bestKept:
				continue
			case len(v.best) == bestKept:
				v.best = slices.Delete(v.best, 0, 1)
				at--
			}
			v.best = slices.Insert(v.best, at, c)
		}
	}
}

// evictable says whether the policy allows to evict the entry.
func (db *DB) evictable(e *keyspace.Entry) bool {
	return !db.Config.MaxMemoryPolicy.volatile() || e.ExpireAt() != 0
}

// worth says how much is to be said for keeping the entry, by the policy.
func (db *DB) worth(e *keyspace.Entry) int64 {
	switch p := db.Config.MaxMemoryPolicy; {
	case p == VolatileTTL:
		return e.ExpireAt()
	case p.counts():
		return int64(e.Count(db.eviction.frequency, db.Millis()))
	}
	return e.UsedAt()
}
