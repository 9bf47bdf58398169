package luastore

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

var (
	cancelSize  = flag.Int("cancel.size", 10_000, "how many elements the values have whose commands are ended by contexts")
	cancelBytes = flag.Int("cancel.bytes", 1_000_000, "how many bytes such strings have")
	cancelEnds  = flag.Int("cancel.ends", 1, "at how many moments of each script its context ends")
	cancelMost  = flag.Duration("cancel.most", 100*time.Millisecond, "how long a script may work after its context has ended")
	cancelOnly  = flag.String("cancel.only", "", "run only the scripts of which the name contains this")
)

// threadTime returns how long a processor has worked for the calling thread, which
// does not depend on what else the machine has to do.
func threadTime() time.Duration {
	const clockThreadCPUTime = 3
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPUTime, uintptr(unsafe.Pointer(&t)), 0)
	return time.Duration(t.Nano())
}

// A lookContext is a context that ends at one of the moments at which the store
// looks at it, and knows what the store works between two of these.
type lookContext struct {
	context.Context
	end   int // the look from which on it has ended, counted from 1; 0: never
	looks int
	done  chan struct{}
	last  time.Duration // when the last look was, in the thread's time
	ended time.Duration // when it ended
	worst time.Duration // the most between two looks
	at    int           // which of them the second was
}

func newLookContext(end int) *lookContext {
	return &lookContext{Context: ctx, end: end, done: make(chan struct{}), last: threadTime()}
}

func (c *lookContext) Done() <-chan struct{}       { return c.done }
func (c *lookContext) Deadline() (time.Time, bool) { return time.Time{}, false }

func (c *lookContext) Err() error {
	if c.ended > 0 {
		return context.Canceled
	}
	c.look()
	if c.looks == c.end {
		c.ended = c.last
		close(c.done)
		return context.Canceled
	}
	return nil
}

func (c *lookContext) look() {
	c.looks++
	now := threadTime()
	if d := now - c.last; d > c.worst {
		c.worst, c.at = d, c.looks
	}
	c.last = now
}

// longScripts are scripts that work long, by what they work on: all kinds of
// commands that can, their undoing included. c is redis.call.
var longScripts = []struct {
	data    string // a script that makes what the others work on, N elements or B bytes
	scripts []string
}{
	{
		"for i = 0, N - 1, 1000 do local t = {} for j = i, i + 999 do t[#t + 1] = 'v' .. j % 1000 end c('RPUSH', 'l', unpack(t)) end c('LSET', 'l', N / 2, 'middle')",
		[]string{
			"c('LREM', 'l', 0, 'nope')",
			"c('LREM', 'l', 0, 'v7')",
			"c('LREM', 'l', 5, 'v7')",
			"c('LREM', 'l', -N, 'v7')",
			"for i = 0, 20 do c('LREM', 'l', 0, 'v' .. i) end",
			"for i = 1, 20 do c('LREM', 'l', 0, 'nope') end",
			"c('LINSERT', 'l', 'BEFORE', 'middle', 'x')",
			"for i = 1, 10 do c('LINSERT', 'l', 'AFTER', 'middle', 'x') end",
			"c('LINSERT', 'l', 'AFTER', 'nope', 'x')",
			"c('LPOS', 'l', 'nope')",
			"c('LPOS', 'l', 'v7', 'COUNT', 0)",
			"c('LRANGE', 'l', 0, -1)",
			"c('LTRIM', 'l', N / 4, N / 2)",
			"c('LTRIM', 'l', N / 4, -1)",
			"c('LTRIM', 'l', 1, 0)",
			"c('LPOP', 'l', N / 5)",
			"c('RPOP', 'l', N - 1)",
			"c('LMPOP', 1, 'l', 'RIGHT', 'COUNT', N / 2)",
			"for i = 1, N do c('LSET', 'l', i % N, 'x') end",
			"for i = 1, N do c('RPUSH', 'l', 'x') end",
			"for i = 1, N do c('LPUSH', 'new', 'x') end",
			"for i = 1, N do c('LPOP', 'l') end",
			"for i = 1, N do c('RPOPLPUSH', 'l', 'new') end",
			"for i = 1, N do c('LMOVE', 'l', 'l', 'LEFT', 'RIGHT') end",
			"c('SORT', 'l', 'ALPHA')",
			"c('SORT', 'l', 'BY', 'nosort', 'GET', '#')",
			"c('SORT', 'l', 'BY', 'w*', 'ALPHA', 'STORE', 'new')",
			"c('COPY', 'l', 'new') c('DEL', 'new')",
			"c('DEL', 'l')",
			"c('DUMP', 'l')",
			"local list = c('LRANGE', 'l', 0, -1)",
		},
	},
	{
		"for i = 0, N - 1, 1000 do local t, u = {}, {} for j = i, i + 999 do t[#t + 1] = 'm' .. j u[#u + 1] = 'm' .. j + N / 2 end c('SADD', 's', unpack(t)) c('SADD', 'u', unpack(u)) end",
		[]string{
			"c('SMEMBERS', 's')",
			"c('SUNIONSTORE', 'new', 's', 'u')",
			"c('SINTERSTORE', 's', 's', 'u')",
			"c('SDIFFSTORE', 'new', 's', 'u')",
			"c('SDIFFSTORE', 'new', 's', 'u', 'u', 'u', 'u')",
			"c('SUNION', 's', 'u')",
			"c('SINTER', 's', 'u')",
			"c('SDIFF', 's', 'u')",
			"c('SINTERCARD', 2, 's', 'u')",
			"c('SPOP', 's', N / 2)",
			"c('SPOP', 's', N - 1)",
			"c('SPOP', 's', N)",
			"c('SPOP', 's', N / 100)",
			"c('SRANDMEMBER', 's', N / 2)",
			"c('SRANDMEMBER', 's', -N)",
			"for i = 1, N do c('SADD', 's', i) end",
			"for i = 1, N do c('SADD', 'new', 'x' .. i) end",
			"for i = 1, N do c('SREM', 's', 'm' .. i) end",
			"for i = 1, N do c('SMOVE', 's', 'u', 'm' .. i) end",
			"for i = 1, N do c('SPOP', 's') end",
			"c('SSCAN', 's', 0, 'COUNT', N)",
			"c('COPY', 's', 'new')",
			"c('SORT', 's', 'ALPHA', 'DESC')",
			"c('ZUNIONSTORE', 'new', 2, 's', 'u')",
			"c('ZINTERSTORE', 'new', 2, 's', 'u', 'AGGREGATE', 'MIN')",
			"c('DUMP', 's')",
		},
	},
	{
		"for i = 0, N - 1, 1000 do local t = {} for j = i, i + 999 do t[#t + 1] = 'f' .. j t[#t + 1] = j end c('HSET', 'h', unpack(t)) end",
		[]string{
			"c('HGETALL', 'h')",
			"c('HKEYS', 'h')",
			"c('HVALS', 'h')",
			"for i = 1, N do c('HSET', 'h', i, i) end",
			"for i = 1, N do c('HSET', 'h', 'f' .. i, 'x') end",
			"for i = 1, N do c('HSET', 'new', i, i) end",
			"for i = 1, N do c('HDEL', 'h', 'f' .. i) end",
			"for i = 1, N - 1 do c('HINCRBY', 'h', 'f' .. i, 1) end",
			"c('HRANDFIELD', 'h', N / 2, 'WITHVALUES')",
			"c('HRANDFIELD', 'h', -N / 2, 'WITHVALUES')",
			"c('HSCAN', 'h', 0, 'COUNT', N)",
			"c('COPY', 'h', 'new')",
			"for i = 1, N do c('HEXPIRE', 'h', 100 + i, 'FIELDS', 1, 'f' .. i) end c('COPY', 'h', 'new')",
			"c('DUMP', 'h')",
		},
	},
	{
		"for i = 0, N - 1, 1000 do local t = {} for j = i, i + 999 do t[#t + 1] = j t[#t + 1] = 'm' .. j end c('ZADD', 'z', unpack(t)) end",
		[]string{
			"for i = 1, N do c('ZADD', 'z', i, i) end",
			"for i = 1, N do c('ZADD', 'z', -i, 'm' .. i) end",
			"for i = 1, N do c('ZADD', 'new', i, i) end",
			"for i = 1, N do c('ZREM', 'z', 'm' .. i) end",
			"for i = 1, N do c('ZINCRBY', 'z', 100, 'm' .. i) end",
			"c('ZRANGE', 'z', 0, -1)",
			"c('ZRANGE', 'z', 0, -1, 'REV', 'WITHSCORES')",
			"c('ZRANGEBYSCORE', 'z', '-inf', '+inf', 'LIMIT', N / 4, N / 2)",
			"c('ZRANGESTORE', 'new', 'z', 0, -1)",
			"c('ZREMRANGEBYRANK', 'z', 0, -1)",
			"c('ZREMRANGEBYRANK', 'z', 5, -5)",
			"c('ZREMRANGEBYSCORE', 'z', N / 5, N / 2)",
			"c('ZREMRANGEBYLEX', 'z', '-', '+')",
			"for i = 1, N / 100 do c('ZREMRANGEBYRANK', 'z', 0, 98) end",
			"c('ZUNIONSTORE', 'new', 2, 'z', 'z')",
			"c('ZINTERSTORE', 'new', 2, 'z', 'z')",
			"c('ZDIFFSTORE', 'new', 2, 'z', 'nothing')",
			"c('ZUNION', 2, 'z', 'z', 'WITHSCORES')",
			"c('ZINTER', 2, 'z', 'z')",
			"c('ZDIFF', 2, 'z', 'nothing')",
			"c('ZINTERCARD', 2, 'z', 'z')",
			"c('ZPOPMIN', 'z', N / 2)",
			"c('ZPOPMAX', 'z', N)",
			"c('ZMPOP', 1, 'z', 'MAX', 'COUNT', N / 5)",
			"c('ZRANDMEMBER', 'z', N / 2)",
			"c('ZRANDMEMBER', 'z', -N / 2, 'WITHSCORES')",
			"c('ZSCAN', 'z', 0, 'COUNT', N)",
			"c('COPY', 'z', 'new')",
			"c('COPY', 'z', 'new') c('DEL', 'new')",
			"c('DEL', 'z') c('ZADD', 'z', 1, 'x')",
			"c('SORT', 'z', 'ALPHA', 'STORE', 'new')",
			"c('SORT', 'z', 'BY', 'nosort', 'DESC')",
			"c('DUMP', 'z')",
		},
	},
	{
		"for i = 0, N - 1, 1000 do local t = {} for j = i, i + 999 do t[#t + 1] = j % 360 - 180 t[#t + 1] = j % 160 - 80 t[#t + 1] = 'm' .. j end c('GEOADD', 'g', unpack(t)) end",
		[]string{
			"c('GEOSEARCH', 'g', 'FROMLONLAT', 0, 0, 'BYRADIUS', 10000, 'km')",
			"c('GEOSEARCH', 'g', 'FROMLONLAT', 0, 0, 'BYBOX', 20000, 20000, 'km', 'DESC', 'WITHDIST', 'WITHCOORD')",
			"c('GEOSEARCH', 'g', 'FROMLONLAT', 0, 0, 'BYRADIUS', 20000, 'km', 'COUNT', 10)",
			"c('GEOSEARCHSTORE', 'new', 'g', 'FROMMEMBER', 'm5', 'BYRADIUS', 15000, 'km', 'STOREDIST')",
			"c('GEORADIUS', 'g', 0, 0, 12000, 'km', 'STORE', 'new')",
		},
	},
	{
		`for i = 1, N do c('XADD', 'x', i .. '-1', 'f', i) end c('XGROUP', 'CREATE', 'x', 'new', 0) c('XGROUP', 'CREATE', 'x', 'g', 0)
		for i = 1, N, 1000 do c('XREADGROUP', 'GROUP', 'g', 'Ada', 'COUNT', 1000, 'STREAMS', 'x', '>') end`,
		[]string{
			"c('XRANGE', 'x', '-', '+')",
			"c('XREVRANGE', 'x', '+', '-', 'COUNT', N / 2)",
			"c('XREAD', 'STREAMS', 'x', 0)",
			"c('XREADGROUP', 'GROUP', 'g', 'Ada', 'STREAMS', 'x', 0)",
			"c('XREADGROUP', 'GROUP', 'new', 'Ada', 'STREAMS', 'x', '>')",
			"c('XREADGROUP', 'GROUP', 'new', 'Ada', 'NOACK', 'STREAMS', 'x', '>')",
			"c('XAUTOCLAIM', 'x', 'g', 'Grace', 0, 0, 'COUNT', N)",
			"c('XAUTOCLAIM', 'x', 'g', 'Grace', 0, 0, 'COUNT', N, 'JUSTID')",
			"c('XTRIM', 'x', 'MAXLEN', 0) c('XAUTOCLAIM', 'x', 'g', 'Grace', 0, 0, 'COUNT', N)",
			"for i = 1, N do c('XCLAIM', 'x', 'g', 'Grace', 0, i .. '-1') end",
			"c('XPENDING', 'x', 'g', '-', '+', N)",
			"c('XPENDING', 'x', 'g', '-', '+', N, 'Ada')",
			"c('XPENDING', 'x', 'g')",
			"c('XTRIM', 'x', 'MAXLEN', N / 2)",
			"c('XTRIM', 'x', 'MINID', N / 2)",
			"for i = 1, N do c('XDEL', 'x', i .. '-1') end",
			"for i = 1, N do c('XADD', 'x', '*', 'f', 'v') end",
			"for i = 1, N do c('XADD', 'x', 'MAXLEN', N, '*', 'f', 'v') end",
			"for i = 1, N do c('XACK', 'x', 'g', i .. '-1') end",
			"c('XGROUP', 'DESTROY', 'x', 'g')",
			"c('XGROUP', 'DELCONSUMER', 'x', 'g', 'Ada')",
			"c('XINFO', 'STREAM', 'x', 'FULL', 'COUNT', 0)",
			"c('COPY', 'x', 'new')",
			"c('DUMP', 'x')",
		},
	},
	{
		"c('SETRANGE', 'b', B - 1, 'x') c('SETRANGE', 'b2', B - 1, 'y') c('SET', 't', ('x'):rep(B)) c('SET', 'n', 1)",
		[]string{
			"c('GETRANGE', 'b', 1, B / 4)",
			"c('SUBSTR', 't', 1, B / 4)",
			"c('GET', 'b')",
			"c('MGET', 'b', 't', 'b2')",
			"c('SETRANGE', 'b', 0, c('GET', 't'))",
			"c('GET', 'b') c('SETRANGE', 'b', 5, 'x')",
			"c('SETRANGE', 't', B, 'x')",
			"c('SETRANGE', 'new', 2 * B, 'x')",
			"c('APPEND', 'b', c('GET', 't'))",
			"c('APPEND', 't', 'x')",
			"c('APPEND', 'new', c('GET', 't')) c('APPEND', 'new', 'x')",
			"c('GET', 'b') c('SETBIT', 'b', 7, 1)",
			"c('SETBIT', 't', 7, 0)",
			"c('BITOP', 'AND', 'new', 'b', 't')",
			"c('BITOP', 'OR', 'b', 'b', 't')",
			"c('BITOP', 'XOR', 'new', 'b', 't', 'b2')",
			"c('BITOP', 'NOT', 'new', 'b')",
			"c('BITOP', 'AND', 'new', 't', 'n')",
			"c('BITCOUNT', 'b')",
			"c('BITPOS', 'b', 1)",
			"c('BITPOS', 't', 1, -3)",
			"c('BITFIELD', 't', 'SET', 'u8', 0, 1, 'INCRBY', 'i5', 100, 1)",
			"c('COPY', 'b', 'new')",
			"c('COPY', 't', 'new') c('APPEND', 'new', 'x')",
			"c('GETSET', 'b', 'x')",
			"c('GETDEL', 'b')",
			"c('SET', 'b', c('GET', 't'))",
			"c('PFADD', 'new', c('GET', 't'))",
			"c('SET', 'new', 'x', 'IFDEQ', '0000000000000000') c('SET', 't', 'x', 'IFDEQ', '0000000000000000')",
			"c('DIGEST', 'b')",
			"c('DUMP', 'b')",
		},
	},
	{
		"for i = 0, N - 1, 1000 do local t = {} for j = i, i + 999 do t[#t + 1] = 'k' .. j t[#t + 1] = j end c('MSET', unpack(t)) end",
		[]string{
			"for i = 1, N do c('SET', 'new' .. i, i) end",
			"for i = 1, N do c('SET', 'k' .. i % N, 'x') end",
			"for i = 1, N do c('SET', 'k' .. i % N, 'x', 'EX', 100 + i) end",
			"for i = 0, N - 1, 1000 do local t = {} for j = i, i + 999 do t[#t + 1] = 'new' .. j t[#t + 1] = j end c('MSET', unpack(t)) end",
			"for i = 1, N do c('INCR', 'k' .. i) end",
			"for i = 1, N do c('DEL', 'k' .. i) end",
			"for i = 0, N - 1 do c('RENAME', 'k' .. i, 'new' .. i) end",
			"for i = 1, N do c('COPY', 'k' .. i, 'new' .. i) end",
			"for i = 1, N do c('MOVE', 'k' .. i, 1) end",
			"for i = 1, N do c('EXPIRE', 'k' .. i, 100 + i) end for i = 1, N do c('PERSIST', 'k' .. i) end",
			"for i = 1, N do c('HSET', 'h' .. i, 'f', 'v') end",
			"c('KEYS', '*')",
			"c('KEYS', '*9*9*')",
			"c('SCAN', 0, 'COUNT', N)",
			"c('DBSIZE') c('RANDOMKEY')",
			"c('FLUSHALL') c('SET', 'k', 'v')",
			"c('FLUSHDB') for i = 1, N do c('SET', 'k' .. i, i) end",
			"c('SWAPDB', 0, 1) for i = 1, N do c('SET', 'k' .. i, i) end",
			"for i = 1, N do c('SET', 'new' .. i, i) end c('SWAPDB', 0, 1)",
			"c('MEMORY', 'USAGE', 'k1') c('INFO')",
		},
	},
}

// TestCancelLatency: whenever the context of a script ends, the script does soon,
// and has then changed nothing. It is the thread's work that counts, between two
// looks at the context and after it has ended, so that other processes do not
// matter. With -cancel.size 5000000 -cancel.bytes 100000000 -cancel.ends 8 and -v
// it shows the worst of each.
func TestCancelLatency(t *testing.T) {
	skipUnderRace(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	values := strings.NewReplacer("N", fmt.Sprint(*cancelSize), "B", fmt.Sprint(*cancelBytes))
	var all []time.Duration
	for _, group := range longScripts {
		if !slices.ContainsFunc(group.scripts, func(body string) bool { return strings.Contains(body, *cancelOnly) }) {
			continue
		}
		s := New(&Options{MaxScriptMemory: -1})
		source := func(body string) string {
			return "--!rollback\nlocal N, B, c = " + values.Replace("N, B") + ", redis.call " + body
		}
		if err := s.Eval(ctx, source(group.data), nil).Err(); err != ErrNil {
			t.Fatal(err)
		}
		before := s.Do(ctx, "DEBUG", "DIGEST").Val()
		for _, body := range group.scripts {
			if !strings.Contains(body, *cancelOnly) {
				continue
			}
			worst, how := time.Hour, ""
			for range 3 { // attempts, since Go's collector works for who makes things
				w, h := cancelWorst(t, s, source(body+" error('undo')"))
				if w < worst {
					worst, how = w, h
				}
				if worst < *cancelMost {
					break
				}
			}
			all = append(all, worst)
			t.Logf("%8.2f ms %s: %s", float64(worst.Microseconds())/1000, how, body)
			if worst > *cancelMost {
				t.Errorf("%s: %v %s", body, worst, how)
			}
			if after := s.Do(ctx, "DEBUG", "DIGEST").Val(); after != before {
				t.Fatalf("%s has changed something", body)
			}
		}
		s = nil
		debug.FreeOSMemory()
	}
	slices.Sort(all)
	if len(all) > 0 {
		t.Logf("%d scripts; median %v, worst %v", len(all), all[len(all)/2], all[len(all)-1])
	}
}

// cancelWorst returns the most that the thread works without a look at the context
// of the script, or after that has ended.
func cancelWorst(t *testing.T, s *Store, script string) (worst time.Duration, how string) {
	whole := newLookContext(0)
	if err := s.Eval(whole, script, nil).Err(); err == nil || !strings.Contains(err.Error(), "undo") {
		t.Fatalf("%s: %v", script, err)
	}
	whole.look()
	worst, how = whole.worst, fmt.Sprintf("before look %d of %d", whole.at, whole.looks)
	for i := range *cancelEnds {
		c := newLookContext(1 + (2*i+1)*whole.looks/(2**cancelEnds))
		err := s.Eval(c, script, nil).Err()
		took := threadTime() - c.ended
		if c.ended == 0 || !errors.Is(err, context.Canceled) {
			continue // it looks less often than before
		}
		if took > worst {
			worst, how = took, fmt.Sprintf("after it ended at look %d of %d", c.end, whole.looks)
		}
	}
	return worst, how
}
