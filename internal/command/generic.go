package command

import (
	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/value"
)

// Keys, whatever they hold, and whole databases.
var genericCommands = []Row{
	{Name: "copy", Arity: -3, Flags: Write | DenyOOM, Keys: fromTo(RO|Access, OW|Update), Run: copyKey},
	{Name: "dbsize", Arity: 1, Flags: Read | Fast, Tips: []string{AllShards, Summed}, Run: dbSize},
	{Name: "del", Arity: -2, Flags: Write, Keys: allKeys(RM | Delete), Tips: []string{MultiShard, Summed}, Run: del},
	{Name: "exists", Arity: -2, Flags: Read | Fast, Keys: allKeys(RO), Tips: []string{MultiShard, Summed}, Run: exists},
	{Name: "flushall", Arity: -1, Flags: Write | Dangerous, Tips: []string{AllShards, AllSucceed}, Run: flushAll},
	{Name: "flushdb", Arity: -1, Flags: Write | Dangerous, Tips: []string{AllShards, AllSucceed}, Run: flushDB},
	{Name: "move", Arity: 3, Flags: Write | Fast, Keys: oneKey(RW | Access | Update), Run: move},
	{Name: "randomkey", Arity: 1, Flags: Read, Tips: []string{AllShards, AnyOutput}, Run: randomKey},
	{Name: "rename", Arity: 3, Flags: Write, Keys: fromTo(RW|Access|Delete, OW|Update), Run: rename},
	{Name: "renamenx", Arity: 3, Flags: Write | Fast, Keys: fromTo(RW|Access|Delete, OW|Insert), Run: renameNX},
	{Name: "swapdb", Arity: 3, Flags: Write | Fast | Dangerous, Run: swapDB},
	{Name: "touch", Arity: -2, Flags: Read | Fast, Keys: allKeys(RO), Tips: []string{MultiShard, Summed}, Run: touch},
	{Name: "type", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO), Run: typeOf},
	{Name: "unlink", Arity: -2, Flags: Write | Fast, Keys: allKeys(RM | Delete), Tips: []string{MultiShard, Summed}, Run: unlink},
}

func copyKey(c *Call) Reply {
	to, replace := c.ks, false
	for i := 3; i < len(c.args); i++ {
		switch {
		case c.is(i, "replace"):
			replace = true
		case c.is(i, "db") && i+1 < len(c.args):
			i++
			to = c.database(i)
		default:
			c.fail(errSyntax)
		}
	}
	if to == c.ks && c.arg(1) == c.arg(2) {
		c.fail(errSameObject)
	}
	from := c.entry(1)
	if from == nil {
		return Int(0)
	}
	c.tickCopy(from.Value)
	c.stores(from.Value.Size())
	old := to.Get(c.arg(2), c.now())
	if old != nil && !replace {
		return Int(0)
	}
	v := from.Value.Clone(c)
	if old != nil {
		c.db.freed(old.Value, c.db.Config.LazyFree.ServerDel)
		to.Remove(old)
	}
	c.place(to, 2, v, from.ExpireAt())
	c.Count(1)
	c.alsoIn(to, "copy_to", 2)
	return Int(1)
}

func dbSize(c *Call) Reply {
	if !c.db.keepExpired {
		c.reclaim(c.ks) // what has expired does not count
	}
	return Int(c.ks.Len())
}

// reclaimStep is how many keys are given back between two looks whether the call
// must end.
const reclaimStep = 1000

// reclaim removes all keys of ks that have expired. A call that is ended meanwhile
// leaves the others, which nothing finds either.
func (c *Call) reclaim(ks *keyspace.Keyspace) {
	since := c.db.watch()
	defer func() { c.db.watched("expire-cycle", since) }()
	for ks.Overdue(c.now()) {
		c.tick(reclaimStep * elementTicks)
		ks.Reclaim(c.now(), reclaimStep)
	}
}

func del(c *Call) Reply { return c.removeKeys(c.db.Config.LazyFree.UserDel) }

func exists(c *Call) Reply { return c.countKeys(c.peek) }

func flushAll(c *Call) Reply {
	lazy := c.flushMode()
	for i := range c.db.spaces {
		c.flushed(&c.db.spaces[i], lazy)
	}
	c.Freed(len(c.db.trackers.keys), lazy)
	c.db.clear()
	return OK
}

// clear removes every key of every database.
func (db *DB) clear() {
	for i := range db.spaces {
		db.spaces[i].Clear()
	}
	db.changedAll()
	db.invalidateAll()
}

func flushDB(c *Call) Reply {
	lazy := c.flushMode()
	c.flushed(c.ks, lazy)
	c.Freed(len(c.db.trackers.keys), lazy)
	c.ks.Clear()
	c.db.changedAll()
	c.db.invalidateAll()
	return OK
}

func move(c *Call) Reply {
	to := c.database(2)
	if to == c.ks {
		c.fail(errSameObject)
	}
	e := c.entry(1)
	if e == nil || to.Get(c.arg(1), c.now()) != nil {
		return Int(0)
	}
	c.ks.Unlink(e)
	c.place(to, 1, e.Value, e.ExpireAt()).UseLike(e)
	c.event("move_from", 1)
	c.alsoIn(to, "move_to", 1)
	return Int(1)
}

func randomKey(c *Call) Reply {
	e := c.ks.Random(c.db.Rand, c.now(), func() { c.tick(elementTicks) })
	if e == nil {
		return Reply{}
	}
	return Bulk(e.Key())
}

func rename(c *Call) Reply {
	c.rename(true)
	return OK
}

func renameNX(c *Call) Reply { return flag(c.rename(false)) }

func swapDB(c *Call) Reply {
	const errFirst, errSecond = "ERR invalid first DB index", "ERR invalid second DB index"
	a, b := c.int32Or(1, errFirst, errFirst), c.int32Or(2, errSecond, errSecond)
	if from, to := c.space(a), c.space(b); from != to {
		from.Swap(to, c.now())
		c.db.arrivedAll()
	}
	c.Count(1)
	return OK
}

func touch(c *Call) Reply { return c.countKeys(c.entry) }

func typeOf(c *Call) Reply {
	e := c.peek(1)
	if e == nil {
		return Status("none")
	}
	return Status(e.Value.Type())
}

func unlink(c *Call) Reply { return c.removeKeys(true) }

// removeKeys removes all keys among the arguments, and answers how many there were.
func (c *Call) removeKeys(lazy bool) Reply {
	n := 0
	for i := 1; i < len(c.args); i++ {
		if c.entry(i) != nil {
			c.removeLazily(i, "del", lazy)
			n++
		}
	}
	return Int(n)
}

// countKeys answers how many of the arguments look up an entry.
func (c *Call) countKeys(lookUp func(i int) *keyspace.Entry) Reply {
	n := 0
	for i := 1; i < len(c.args); i++ {
		if lookUp(i) != nil {
			n++
		}
	}
	return Int(n)
}

// rename renames key 1 to key 2, and says whether it did. Whether it replaces a
// key of that name is up to replace.
func (c *Call) rename(replace bool) bool {
	e := c.entry(1)
	if e == nil {
		c.fail(errNoKey)
	}
	if c.arg(1) == c.arg(2) {
		return false
	}
	if old := c.ks.Get(c.arg(2), c.now()); old != nil {
		if !replace {
			return false
		}
		c.db.freed(old.Value, c.db.Config.LazyFree.ServerDel)
		c.ks.Remove(old)
	}
	c.ks.Unlink(e)
	c.place(c.ks, 2, e.Value, e.ExpireAt()).UseLike(e)
	c.event("rename_from", 1)
	c.also("rename_to", 2)
	return true
}

// tickCopy counts the work of copying v.
func (c *Call) tickCopy(v value.Value) {
	if v.Type() == "string" {
		c.tick(v.Len() / copiedPerTick)
	} else {
		c.tick(v.Len() * elementTicks)
	}
}

// place stores v at key i of the database ks, which has no such key.
func (c *Call) place(ks *keyspace.Keyspace, i int, v value.Value, expireAt int64) *keyspace.Entry {
	e := c.addTo(ks, i, v)
	if expireAt != 0 {
		ks.SetExpiry(e, expireAt)
	}
	return e
}

// flushMode reads the option of FLUSHALL and FLUSHDB.
func (c *Call) flushMode() (lazy bool) {
	if len(c.args) > 2 || len(c.args) == 2 && !c.is(1, "sync") && !c.is(1, "async") {
		c.fail(errSyntax)
	}
	return c.Flushes(1)
}

// flushed counts the keys of a database that is about to be cleared.
func (c *Call) flushed(ks *keyspace.Keyspace, lazy bool) {
	c.Count(ks.Len())
	if lazy {
		c.db.stats.lazyFreed += uint64(ks.Len())
	}
}

// database returns the database whose number is argument i.
func (c *Call) database(i int) *keyspace.Keyspace {
	return c.space(c.int32Or(i, errNotInt, errNotInt32))
}

// space returns database n.
func (c *Call) space(n int) *keyspace.Keyspace {
	if n < 0 || n >= Databases {
		c.fail(errNoDatabase)
	}
	return &c.db.spaces[n]
}
