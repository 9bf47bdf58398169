package command

import (
	"github.com/luastore/luastore/internal/rdb"
	"github.com/luastore/luastore/internal/value"
)

// Redis leaves it to a thread to free what is large, where UNLINK, ASYNC or a
// parameter says so. Here the garbage collector frees everything, so that nothing is
// ever pending; what Redis would leave to the thread is counted.

// LazyFree says what is left to the thread that is not asked for.
type LazyFree struct {
	Eviction  bool // lazyfree-lazy-eviction
	Expire    bool // lazyfree-lazy-expire
	ServerDel bool // lazyfree-lazy-server-del
	UserDel   bool // lazyfree-lazy-user-del
	UserFlush bool // lazyfree-lazy-user-flush
}

// freedAtOnce is how many parts something may have that is freed at once anyway.
const freedAtOnce = 64

// freed counts a value that is removed; lazy says whether the thread may free it.
func (db *DB) freed(v value.Value, lazy bool) {
	if lazy && parts(v) > freedAtOnce {
		db.stats.lazyFreed++
	}
}

// freedMany counts n objects that are removed at once by a flush.
func (db *DB) freedMany(n int, lazy bool) {
	if lazy && n > freedAtOnce {
		db.stats.lazyFreed += uint64(n)
	}
}

// parts returns of how many parts, each of which is to be freed, a value consists in
// Redis: of a list and a stream they are nodes.
func parts(v value.Value) int {
	switch v := v.(type) {
	case *value.List:
		return rdb.ListNodes(v, freedAtOnce+1)
	case *value.Stream:
		_, n := v.Nodes()
		groups, pending := 0, 0
		for _, g := range v.Groups() {
			if groups == 0 {
				pending = g.PendingCount()
			}
			groups++
		}
		return n + groups*(1+pending)
	}
	switch v.Encoding() {
	case "hashtable", "skiplist":
		return v.Len()
	}
	return 1
}

// Flushes reports whether a flush, of which argument i may be the option SYNC or
// ASYNC, is left to the thread.
func (c *Call) Flushes(i int) (lazy bool) {
	if i < len(c.args) {
		return c.is(i, "async")
	}
	return c.db.Config.LazyFree.UserFlush
}

// Freed counts n objects that a flush has removed.
func (c *Call) Freed(n int, lazy bool) { c.db.freedMany(n, lazy) }
