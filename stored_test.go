package luastore

import (
	"errors"
	"strings"
	"testing"
)

// What a script stores counts as its memory, whatever command stores it.
func TestScriptMemoryOfData(t *testing.T) {
	skipUnderRace(t)
	const limit = 2 << 20
	const many = "for i = 1, 3000 do "
	for name, script := range map[string]string{
		"SET":            many + "redis.call('SET', i, ('x'):rep(1e5) .. i) end",
		"MSET":           many + "redis.call('MSET', i, ('x'):rep(1e5), i .. 'a', ('y'):rep(1e5)) end",
		"GETSET":         many + "redis.call('GETSET', i, ('x'):rep(1e5)) end",
		"keys":           many + "redis.call('SET', ('x'):rep(1e5) .. i, 'v') end",
		"APPEND":         many + "redis.call('APPEND', 'a', ('x'):rep(1e4)) end",
		"SETRANGE":       many + "redis.call('SETRANGE', i, 1e5, 'x') end",
		"SETBIT":         many + "redis.call('SETBIT', i, 8e5, 1) end",
		"BITFIELD":       many + "redis.call('BITFIELD', i, 'SET', 'u8', 8e5, 1) end",
		"BITOP":          "redis.call('SETBIT', 'a', 8e5, 1) " + many + "redis.call('BITOP', 'OR', i, 'a') end",
		"COPY":           "redis.call('SETRANGE', 'a', 1e5, 'x') " + many + "redis.call('COPY', 'a', i) end",
		"COPY to others": "redis.call('SETRANGE', 'a', 1e5, 'x') " + many + "redis.call('COPY', 'a', i, 'DB', i % 16) end",
		"RPUSH":          many + "redis.call('RPUSH', 'l', ('x'):rep(1e5) .. i) end",
		"LINSERT":        "redis.call('RPUSH', 'l', 'a') " + many + "redis.call('LINSERT', 'l', 'BEFORE', 'a', ('x'):rep(1e5)) end",
		"LSET":           "for i = 1, 1e4 do redis.call('RPUSH', 'l', i) end for i = 0, 1e4 - 1 do redis.call('LSET', 'l', i, ('x'):rep(1e5)) end",
		"HSET":           many + "redis.call('HSET', 'h', i, ('x'):rep(1e5)) end",
		"SADD":           many + "redis.call('SADD', 's', ('x'):rep(1e5) .. i) end",
		"ZADD":           many + "redis.call('ZADD', 'z', i, ('x'):rep(1e5) .. i) end",
		"XADD":           many + "redis.call('XADD', 's', '*', 'f', ('x'):rep(1e5)) end",
		"GEOADD":         many + "redis.call('GEOADD', 'g', 0, 0, ('x'):rep(1e5) .. i) end",
		"PFADD":          "local t = {} for i = 1, 4000 do t[i] = i end " + many + "redis.call('PFADD', i, unpack(t)) end",
		"PFMERGE":        "local t = {} for i = 1, 4000 do t[i] = i end redis.call('PFADD', 'p', unpack(t)) " + many + "redis.call('PFMERGE', i, 'p') end",
		"SUNIONSTORE":    "for i = 1, 2000 do redis.call('SADD', 's', i) end " + many + "redis.call('SUNIONSTORE', i, 's') end",
		"ZUNIONSTORE":    "for i = 1, 2000 do redis.call('ZADD', 's', i, i) end " + many + "redis.call('ZUNIONSTORE', i, 1, 's') end",
		"ZRANGESTORE":    "for i = 1, 2000 do redis.call('ZADD', 's', i, i) end " + many + "redis.call('ZRANGESTORE', i, 's', 0, -1) end",
		"SORT":           "for i = 1, 2000 do redis.call('SADD', 's', i) end " + many + "redis.call('SORT', 's', 'STORE', i) end",
		"GEOSEARCHSTORE": "for i = 1, 2000 do redis.call('GEOADD', 'g', 0, 0, i) end " + many + "redis.call('GEOSEARCHSTORE', i, 'g', 'FROMLONLAT', 0, 0, 'BYRADIUS', 9, 'km') end",
		"GEORADIUS":      "for i = 1, 2000 do redis.call('GEOADD', 'g', 0, 0, i) end " + many + "redis.call('GEORADIUS', 'g', 0, 0, 9, 'km', 'STORE', i) end",
		"RESTORE":        "for i = 1, 2000 do redis.call('RPUSH', 'l', i) end local d = redis.call('DUMP', 'l') " + many + "redis.call('RESTORE', i, 0, d) end",
		"XREADGROUP":     "for i = 1, 2000 do redis.call('XADD', 's', i, 'f', 'v') end " + many + "redis.call('XGROUP', 'CREATE', 's', i, 0) redis.call('XREADGROUP', 'GROUP', i, 'c', 'STREAMS', 's', '>') end",
		"XCLAIM":         "for i = 1, 2000 do redis.call('XADD', 's', i, 'f', 'v') end " + many + "redis.call('XGROUP', 'CREATE', 's', i, 0) for j = 1, 2000 do redis.call('XCLAIM', 's', i, 'c', 0, j, 'FORCE') end end",
		"LMOVE, pushed":  many + "redis.call('RPUSH', 'l', ('x'):rep(1e5) .. i) redis.call('LMOVE', 'l', 'm' .. i, 'LEFT', 'LEFT') end",
		"small things":   "for i = 1, 2e6 do redis.call('RPUSH', 'l', i) end",
	} {
		s := New(&Options{MaxScriptMemory: limit, Rollback: RollbackNever})
		if r := s.Eval(ctx, script, nil); !errors.Is(r.Err(), ErrMemory) {
			t.Errorf("%s: %v, want %v", name, r.Err(), ErrMemory)
		}
		if used := s.db.Memory(); used > 10*limit {
			t.Errorf("%s: %d bytes are stored", name, used)
		}
	}
}

// What a script stores may be what it was given, what it has removed does not count,
// and neither does what it takes the place of.
func TestScriptMemoryOfDataIsNet(t *testing.T) {
	const limit = 8 << 20
	given := strings.Repeat("x", 3<<20)
	for name, script := range map[string]string{
		"given":       "redis.call('SET', 'k', ARGV[1]) redis.call('SET', 'l', ARGV[2])",
		"overwritten": "for i = 1, 300 do redis.call('SET', 'k', ('x'):rep(1e5) .. i) end",
		"removed":     "for i = 1, 300 do redis.call('SET', i, ('x'):rep(1e5) .. i) redis.call('DEL', i) end",
		"flushed":     "for i = 1, 300 do redis.call('SET', i, ('x'):rep(1e5) .. i) redis.call('FLUSHALL') end",
		"popped":      "for i = 1, 300 do redis.call('RPUSH', 'l', ('x'):rep(1e5) .. i) redis.call('LPOP', 'l') end",
		"renamed":     "for i = 1, 300 do redis.call('SET', 'a', ('x'):rep(1e5) .. i) redis.call('RENAME', 'a', 'b') end",
		"swapped":     "for i = 1, 300 do redis.call('SET', 'a', ('x'):rep(1e5) .. i) redis.call('SWAPDB', 0, 1) end",
		"moved":       "for i = 1, 300 do redis.call('SET', 'a', ('x'):rep(1e5) .. i) redis.call('MOVE', 'a', 1) redis.call('DEL', 'a') redis.call('SELECT', 1) redis.call('DEL', 'a') redis.call('SELECT', 0) end",
		"small":       "for i = 1, 50000 do redis.call('SET', i, i) end",
		"counted":     "for i = 1, 50000 do redis.call('INCR', 'n') redis.call('HINCRBY', 'h', i % 100, 1) end",
		"measured":    "for i = 1, 300 do redis.call('SET', 'k', ('x'):rep(1e5) .. i) redis.call('DBSIZE') end return redis.call('MEMORY', 'USAGE', 'k')",
	} {
		for _, rollback := range []Rollback{RollbackOnStop, RollbackNever} {
			s := New(&Options{MaxScriptMemory: limit, Rollback: rollback})
			must(t, s.Do(ctx, "SET", "old", strings.Repeat("y", 6<<20)))
			var args []any
			if name == "given" {
				args = []any{given, given}
			}
			if r := s.Eval(ctx, script, nil, args...); r.Err() != nil && !errors.Is(r.Err(), ErrNil) {
				t.Errorf("%s: %v", name, r.Err())
			}
			// What was counted in part is known as a whole when it is asked for.
			if got, want := s.db.Memory(), s.db.Memory(); got != want {
				t.Errorf("%s: %d bytes, then %d", name, got, want)
			}
		}
	}
}
