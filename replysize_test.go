package luastore

import (
	"errors"
	"strings"
	"testing"
)

// TestReplySizeOfCommands: the reply to a command is refused if it is larger than
// Options.MaxReplySize, before the command changes anything.
func TestReplySizeOfCommands(t *testing.T) {
	const limit = 1000
	large, small := strings.Repeat("x", limit), strings.Repeat("x", limit/2)
	for _, tt := range []struct {
		command string
		refused bool
	}{
		{"GET small", false}, {"GET large", true}, {"GETRANGE large 0 -1", true}, {"GETRANGE large 0 10", false},
		{"MGET small", false}, {"MGET small small", true}, {"MGET none none", false}, {"STRLEN large", false},
		{"GETDEL large", true}, {"GETDEL small", false}, {"GETSET large 1", true}, {"GETEX large EX 100", true}, {"SET large 1 GET", true}, {"SET large 1", false},
		{"LRANGE l 0 -1", true}, {"LRANGE l 0 5", false}, {"LPOP l 50", true}, {"RPOP l 50", true}, {"LPOP l 5", false}, {"LPOP larges", true},
		{"LMPOP 1 l LEFT COUNT 50", true}, {"BLMPOP 0 1 l RIGHT COUNT 50", true}, {"LMPOP 1 l RIGHT COUNT 5", false}, {"RPOPLPUSH larges l", true},
		{"LMOVE larges larges LEFT RIGHT", true}, {"BLPOP larges 0", true}, {"LPOS l v COUNT 0", true}, {"LINDEX larges 0", true},
		{"SPOP s 50", true}, {"SPOP s 5", false}, {"SMEMBERS s", true}, {"SRANDMEMBER s -50", true}, {"SINTER s s", true}, {"SUNION s s", true}, {"SDIFF s none", true},
		{"SSCAN s 0 COUNT 100", true}, {"SPOP onelarge", true},
		{"ZPOPMIN z 50", true}, {"ZPOPMAX z 50", true}, {"ZPOPMIN z 5", false}, {"ZMPOP 1 z MIN COUNT 50", true}, {"ZRANGE z 0 -1", true}, {"ZRANGE z 0 4", false},
		{"ZRANDMEMBER z -50", true}, {"ZSCAN z 0 COUNT 100", true}, {"ZUNION 1 z", true}, {"ZINTER 1 z WITHSCORES", true}, {"ZMSCORE z 1 2 3", false},
		{"HGETALL h", true}, {"HKEYS h", true}, {"HVALS h", true}, {"HMGET h 1 2 3", false}, {"HGET hl f", true}, {"HMGET hl f", true}, {"HRANDFIELD h -50", true}, {"HSCAN h 0 COUNT 100", true},
		{"HGETDEL hl FIELDS 1 f", true}, {"HGETEX hl PERSIST FIELDS 1 f", true}, {"HGETEX hl EX 100 FIELDS 1 f", true},
		{"XRANGE x - +", true}, {"XRANGE x - + COUNT 2", false}, {"XREVRANGE x + -", true}, {"XREAD STREAMS x 0", true}, {"XREADGROUP GROUP g c STREAMS x >", true},
		{"XREADGROUP GROUP g d STREAMS x 0", true}, {"XREADGROUP GROUP h c NOACK STREAMS x >", true}, {"XREADGROUP GROUP g c COUNT 2 STREAMS x >", false},
		{"XCLAIM x g e 0 1-0 2-0 3-0 4-0 5-0 6-0 7-0 8-0 9-0 10-0", true}, {"XCLAIM x g e 0 1-0 2-0", false}, {"XCLAIM x g e 0 1-0 2-0 3-0 4-0 5-0 6-0 7-0 8-0 9-0 10-0 JUSTID", false},
		{"XAUTOCLAIM x g e 0 0", true}, {"XAUTOCLAIM x g e 0 0 COUNT 2", false}, {"XINFO STREAM x FULL", true}, {"XPENDING x g - + 100", true},
		{"SORT l BY nosort", true}, {"SORT l BY nosort LIMIT 0 5", false}, {"SORT_RO l BY nosort GET #", true},
		{"GEOSEARCH geo FROMLONLAT 1 1 BYRADIUS 100 km", true}, {"GEORADIUS geo 1 1 100 km WITHCOORD", true}, {"GEOSEARCH geo FROMLONLAT 1 1 BYRADIUS 100 km COUNT 5", false},
		{"GEOPOS geo 1 2 3 4 5 6 7 8 9 10", true}, {"GEOHASH geo 1 2 3", false},
		{"BITFIELD small SET u8 0 1 " + strings.Repeat("GET u8 0 ", 50), true}, {"BITFIELD small SET u8 0 1 GET u8 8", false},
		{"KEYS *", false}, {"SCAN 0 COUNT 100", false}, {"DUMP large", true}, {"DUMP small", false}, {"COMMAND", true}, {"COMMAND DOCS set", true}, {"COMMAND INFO get", true}, {"COMMAND LIST", true}, {"COMMAND COUNT", false},
		{"CONFIG GET *", true}, {"CONFIG GET maxmemory", false}, {"INFO", true}, {"ACL CAT", false}, {"SCRIPT EXISTS " + strings.Repeat("x ", 50), true}, {"SCRIPT EXISTS x", false},
		{"EVAL return{KEYS[1],ARGV[1]} 1 a b", false}, {"EVAL return(redis.call('GET','large')) 0", true}, {"EVAL return#redis.call('LRANGE','l',0,-1) 0", false},
		{"ECHO " + large, true}, {"PING", false}, {"DEBUG PROTOCOL map", false},
	} {
		s := New(&Options{MaxReplySize: limit, Rollback: RollbackNever})
		for _, args := range [][]any{
			{"SET", "small", small},
			{"SET", "large", large},
			{"RPUSH", "larges", large},
			{"SADD", "onelarge", large},
			{"HSET", "hl", "f", large},
			{"EVAL", `for i = 1, 50 do
				redis.call('RPUSH', 'l', 'v')
				redis.call('SADD', 's', i)
				redis.call('ZADD', 'z', i, i)
				redis.call('HSET', 'h', i, i)
				redis.call('XADD', 'x', i .. '-0', 'f', 'v')
				redis.call('GEOADD', 'geo', 1, 1, i)
			end
			redis.call('XGROUP', 'CREATE', 'x', 'g', 0)
			redis.call('XGROUP', 'CREATE', 'x', 'h', 0)
			redis.call('XREADGROUP', 'GROUP', 'g', 'd', 'COUNT', 20, 'STREAMS', 'x', '>')
			return 1`, 0},
		} {
			if err := s.Do(t.Context(), args...).Err(); err != nil {
				t.Fatal(args[0], err)
			}
		}
		words := make([]any, 0, 8)
		for word := range strings.FieldsSeq(tt.command) {
			words = append(words, word)
		}
		state := func() any {
			digest := s.Do(t.Context(), "DEBUG", "DIGEST").Val()
			return digest.(string) + s.Do(t.Context(), "EVAL", "return redis.call('XPENDING', 'x', 'g')[1]..redis.call('XINFO', 'GROUPS', 'x')[1][8]..redis.call('TTL', 'large')", 0).Val().(string)
		}
		before := state()
		r := s.Do(t.Context(), words...)
		switch err := r.Err(); {
		case tt.refused && !errors.Is(err, ErrReplySize):
			t.Errorf("%.60s: %v, want ErrReplySize", tt.command, err)
		case tt.refused && state() != before:
			t.Errorf("%.60s: is refused, but has changed the data", tt.command)
		case !tt.refused && err != nil && err != ErrNil:
			t.Errorf("%.60s: %v", tt.command, err)
		}
	}
}

// TestReplySizeOfTransaction: the replies of a transaction have one budget.
func TestReplySizeOfTransaction(t *testing.T) {
	s := New(&Options{MaxReplySize: 1000})
	c := s.Session()
	for _, args := range [][]any{{"SET", "k", strings.Repeat("x", 400)}, {"MULTI"}, {"GET", "k"}, {"GET", "k"}, {"GET", "k"}, {"INCR", "n"}, {"EVAL", "return redis.call('GET', 'k')", 0}, {"GETDEL", "k"}, {"STRLEN", "k"}} {
		if err := c.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(args, err)
		}
	}
	replies, err := c.Do(t.Context(), "EXEC").Slice()
	if err != nil || len(replies) != 7 {
		t.Fatal(replies, err)
	}
	for i, refused := range []bool{false, false, true, false, true, true, true} {
		err, _ := replies[i].(error)
		if errors.Is(err, ErrReplySize) != refused {
			t.Errorf("reply %d: %.50v", i, replies[i])
		}
	}
	if n, err := s.Do(t.Context(), "STRLEN", "k").Int(); n != 400 || err != nil {
		t.Errorf("a GETDEL that was refused leaves %d bytes, %v", n, err)
	}
	c.Do(t.Context(), "MULTI")
	for range 100 {
		c.Do(t.Context(), "INCR", "n")
	}
	if err := c.Do(t.Context(), "EXEC").Err(); !errors.Is(err, ErrReplySize) {
		t.Errorf("100 replies of which none fits: %v", err)
	}
	if n, err := s.Do(t.Context(), "GET", "n").Int(); n != 1 || err != nil {
		t.Errorf("a transaction that was refused has run: %d, %v", n, err)
	}
}

// TestNoReplySize: a negative limit is none, and zero is the default.
func TestNoReplySize(t *testing.T) {
	for size, refused := range map[int]bool{-1: false, 0: true} {
		s := New(&Options{MaxReplySize: size})
		script := "local s, t = ('x'):rep(2^20), {} for i = 1, 513 do t[i] = s end return t"
		if err := s.Eval(t.Context(), script, nil).Err(); errors.Is(err, ErrReplySize) != refused || !refused && err != nil {
			t.Errorf("513 MiB with MaxReplySize %d: %v", size, err)
		}
		s.Do(t.Context(), "SETRANGE", "k", 1<<20-1, "x")
		args := []any{"MGET"}
		for range 513 {
			args = append(args, "k")
		}
		if err := s.Do(t.Context(), args...).Err(); errors.Is(err, ErrReplySize) != refused || !refused && err != nil {
			t.Errorf("513 MiB with MaxReplySize %d: %v", size, err)
		}
	}
}
