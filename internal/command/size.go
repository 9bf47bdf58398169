package command

import (
	"unsafe"

	"github.com/luastore/luastore/internal/keyspace"
)

// How much memory the data take. Nobody counts it until somebody asks; from
// then on each call settles by how much it has changed the values that it
// looked up, and the keyspaces count what comes and goes.

// Memory returns about how many bytes the data take. The first time it takes
// time linear in the number of keys.
func (db *DB) Memory() int {
	if !db.counting || db.partly {
		known := db.memory()
		defer func() { db.storedBase += db.memory() - known }()
		db.counting, db.partly = true, false
		db.recount = db.journal.On()
		for i := range db.spaces {
			db.spaces[i].Count()
		}
	}
	total := db.memory()
	db.peak = max(db.peak, total)
	return total
}

// memory is Memory as far as it is counted.
func (db *DB) memory() int {
	total := db.startup()
	for i := range db.spaces {
		total += db.spaces[i].Memory()
	}
	return total
}

// endCounting ends counting: it was only to know the changes in a turn, or begun by
// what is undone.
func (db *DB) endCounting() {
	db.counting, db.partly = false, false
	for i := range db.spaces {
		db.spaces[i].EndCount()
	}
}

// startup returns how many bytes a DB without data takes.
func (db *DB) startup() int { return int(unsafe.Sizeof(*db)) }

// sizesKept is how many sizes' room a session keeps from call to call.
const sizesKept = 64

// measured is how large an entry was when the call looked it up.
type measured struct {
	ks   *keyspace.Keyspace
	size int
}

// measure says that the call may change the entry.
func (c *Call) measure(ks *keyspace.Keyspace, e *keyspace.Entry) {
	if c.sizes == nil {
		c.sizes = make(map[*keyspace.Entry]measured)
	}
	if _, ok := c.sizes[e]; !ok {
		c.sizes[e] = measured{ks, e.Size()}
	}
}

// resize settles by how much the call has changed what it looked up. An entry
// that it has removed was counted then as large as it was.
func (c *Call) resize() {
	for e, before := range c.sizes {
		before.ks.Resized(e.Size() - before.size)
	}
	if len(c.sizes) > sizesKept {
		c.sizes = nil
	}
	clear(c.sizes)
}
