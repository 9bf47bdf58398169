package command

import (
	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/rdb"
	"github.com/luastore/luastore/internal/value"
)

// A snapshot is all data and functions as DEBUG RELOAD saves them. There is no
// file: it is kept in memory.
type snapshot struct {
	functions string // what FUNCTION DUMP answers; "": nobody knows functions
	spaces    [Databases][]savedKey
}

type savedKey struct {
	key, payload string
	expireAt     int64
	use          use
}

const errLoad = "ERR Error trying to load the RDB dump"

// debugReload saves and loads. Where something cannot be loaded, for which Redis
// exits, all is as it was.
func debugReload(c *Call) Reply {
	save, flush, merge := true, true, false
	for i := 2; i < len(c.args); i++ {
		switch {
		case c.is(i, "merge"):
			merge = true
		case c.is(i, "noflush"):
			flush = false
		case c.is(i, "nosave"):
			save = false
		default:
			c.fail("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
		}
	}
	if c.s.Script {
		c.fail("ERR A script cannot be in what is loaded again")
	}
	if save {
		c.db.saved = c.snapshot()
	}
	if c.db.saved == nil {
		c.fail(errLoad)
	}
	changes := c.db.changes
	c.load(c.db.saved, flush, merge)
	if c.db.changes = changes; save {
		c.db.changes = 0
	}
	return OK
}

func (c *Call) snapshot() *snapshot {
	s := &snapshot{functions: c.ask("function", "dump").Str()}
	for i := range c.db.spaces {
		c.reclaim(&c.db.spaces[i])
		c.db.spaces[i].All(c.now(), func(e *keyspace.Entry) {
			s.spaces[i] = append(s.spaces[i], savedKey{e.Key(), c.dump(e), e.ExpireAt(), c.useOf(e)})
		})
	}
	return s
}

// useOf returns what the policy looks at, if it looks at the use of entries.
func (c *Call) useOf(e *keyspace.Entry) use {
	u := use{-1, -1}
	switch c.db.Config.MaxMemoryPolicy {
	case AllKeysLRU, VolatileLRU:
		u.idle = int(max(0, c.now()-e.UsedAt()) / 1000)
	case AllKeysLFU, VolatileLFU:
		u.freq = e.Count(c.db.eviction.frequency, c.now())
	}
	return u
}

// load loads what was saved, beside what there is or after a flush. With merge it
// replaces keys and libraries that are there already.
func (c *Call) load(s *snapshot, flush, merge bool) {
	var values [Databases][]value.Value // nil: it has expired
	for i := range s.spaces {
		for _, k := range s.spaces[i] {
			if !flush && !merge && c.db.spaces[i].Peek(k.key, c.now()) != nil {
				c.fail(errLoad)
			}
			values[i] = append(values[i], c.loadValue(k))
		}
	}
	policy := "APPEND"
	switch {
	case flush:
		policy = "FLUSH"
	case merge:
		policy = "REPLACE"
	}
	if s.functions != "" && c.ask("function", "restore", s.functions, policy).IsError() {
		c.fail(errLoad)
	}
	if flush {
		c.db.clear()
	}
	for i := range s.spaces {
		ks := &c.db.spaces[i]
		for j, k := range s.spaces[i] {
			v := values[i][j]
			if v == nil {
				continue
			}
			if old := ks.Peek(k.key, c.now()); old != nil {
				ks.Remove(old)
			}
			if s, ok := v.(*value.String); ok {
				c.unshare(s)
			}
			e := ks.Add(k.key, v, c.now())
			if k.expireAt != 0 {
				ks.SetExpiry(e, k.expireAt)
			}
			c.setUse(e, k.use)
		}
	}
}

func (c *Call) loadValue(k savedKey) value.Value {
	if k.expireAt != 0 && k.expireAt < c.now() {
		return nil
	}
	v, err := rdb.Restore(k.payload, c.limits(), c.tick, nil)
	if err != nil {
		c.fail(errLoad)
	}
	return v
}

// ask runs another command for this one, if there is one of that name.
func (c *Call) ask(words ...string) Reply {
	cmd := c.db.Lookup(words)
	if cmd == nil {
		return Reply{}
	}
	return cmd.Run(&Call{db: c.db, s: c.s, cmd: cmd, args: words, ks: c.ks})
}
