package luastore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// waits are situations in which some wait and others, after them, bring data.
// What follows is what they leave.
var waits = []struct {
	reason  string
	before  []string
	waiters []string
	then    []string
}{
	{"the first to come is served", nil,
		[]string{"BLPOP l 1", "BRPOP l 1", "BLPOP l 1"},
		[]string{"RPUSH l a", "RPUSH l b", "LRANGE l 0 -1"}},
	{"one push serves several, and is complete before", nil,
		[]string{"BLPOP l 1", "BRPOP l 1"},
		[]string{"LPUSH l a b c d", "LRANGE l 0 -1"}},
	{"a script is complete before, and so it may take back what it brought", nil,
		[]string{"BLPOP a b 1", "BLPOP a b 1"},
		[]string{"EVAL redis.call('rpush','b','1')redis.call('rpush','a','2','3') 0",
			"EVAL redis.call('rpush','c','1')redis.call('del','c') 0", "LRANGE a 0 -1", "LRANGE b 0 -1"}},
	{"keys are served in the order in which they were made", nil,
		[]string{"BLPOP a b c 1"},
		[]string{"EVAL redis.call('rpush','c','1')redis.call('rpush','a','2') 0", "LRANGE a 0 -1", "EXISTS c"}},
	{"what is taken may serve others", nil,
		[]string{"BLMOVE a b LEFT RIGHT 1", "BRPOPLPUSH b c 1", "BLPOP c 1"},
		[]string{"RPUSH a x y", "LRANGE a 0 -1", "EXISTS b c"}},
	{"a list that goes round", nil,
		[]string{"BLMOVE a a LEFT RIGHT 1", "BLPOP a a 1", "BLPOP a 1"},
		[]string{"RPUSH a x y", "EXISTS a"}},
	{"BLMPOP takes many", nil,
		[]string{"BLMPOP 1 2 a b RIGHT COUNT 2", "BLMPOP 1 1 b LEFT COUNT 5"},
		[]string{"RPUSH b 1 2 3 4", "EXISTS b"}},
	{"another type does not serve, nor stand in the way", nil,
		[]string{"BLPOP a b 1"},
		[]string{"SET a v", "RPUSH b 1", "GET a"}},
	{"the element stays where it cannot go", nil,
		[]string{"BLMOVE a b LEFT LEFT 1", "BLPOP a 1"},
		[]string{"SET b v", "RPUSH a 1", "EXISTS a"}},
	{"a key may come from elsewhere: RENAME", []string{"RPUSH from a b", "SET l v"},
		[]string{"BLPOP m 1"},
		[]string{"RENAME from m", "LRANGE m 0 -1"}},
	{"COPY", []string{"RPUSH from a b"},
		[]string{"BLPOP l 1"},
		[]string{"COPY from l", "LRANGE l 0 -1"}},
	{"MOVE", []string{"SELECT 1", "RPUSH l a b", "SELECT 0"},
		[]string{"BLPOP l 1"},
		[]string{"SELECT 1", "MOVE l 0", "SELECT 0", "LRANGE l 0 -1"}},
	{"SWAPDB", []string{"SELECT 1", "RPUSH l a b", "SELECT 0"},
		[]string{"BLPOP l 1"},
		[]string{"SWAPDB 0 1", "LRANGE l 0 -1"}},
	{"SORT", []string{"RPUSH from b a"},
		[]string{"BLPOP l 1"},
		[]string{"SORT from ALPHA STORE l", "LRANGE l 0 -1"}},
	{"SORT onto another value does not serve", []string{"RPUSH from b a"},
		[]string{"BLPOP l 0.2"},
		[]string{"SET l v", "SORT from ALPHA STORE l", "LRANGE l 0 -1"}},
	{"each waits in its database", nil,
		[]string{"BLPOP l 0.2"},
		[]string{"SELECT 1", "RPUSH l a", "LRANGE l 0 -1"}},
	{"XREAD gets what is added after the call, whatever is there", []string{"XADD s 1-1 f v"},
		[]string{"XREAD BLOCK 1000 STREAMS s $", "XREAD BLOCK 1000 STREAMS s 5", "XREAD BLOCK 1000 COUNT 1 STREAMS s 1-1"},
		[]string{"XADD s 2-1 f w", "XADD s 5-1 f x"}},
	{"XREAD gets all that a script adds, up to COUNT", nil,
		[]string{"XREAD BLOCK 0 STREAMS s 0", "XREAD COUNT 2 BLOCK 1000 STREAMS t s $ $"},
		[]string{"EVAL for i=1,3 do redis.call('xadd','s',i,'f',i) end 0"}},
	{"XREAD of several streams, in the order in which they grew", []string{"XADD s 1-1 f v", "XADD t 1-1 f v"},
		[]string{"XREAD BLOCK 1000 STREAMS s t u s $ $ $ 9-9", "XREAD BLOCK 1000 STREAMS s t $ $"},
		[]string{"EVAL redis.call('xadd','t','2-1','f','w')redis.call('xadd','s','2-1','f','w') 0"}},
	{"XREAD is served even if what was added is gone", []string{"XADD s 1-1 f v"},
		[]string{"XREAD BLOCK 1000 STREAMS s $", "XREAD BLOCK 200 STREAMS s 9"},
		[]string{"EVAL redis.call('xadd','s','2-1','f','w')redis.call('xdel','s','2-1') 0", "XTRIM s MAXLEN 0", "DEL s"}},
	{"XREAD goes on waiting when its stream goes, or is another's type", []string{"XADD s 7-1 f v"},
		[]string{"XREAD BLOCK 1000 STREAMS s $", "XREAD BLOCK 1000 STREAMS s 8-0"},
		[]string{"DEL s", "SET s v", "DEL s", "XADD s 3-1 f v", "XSETID s 9-1", "XADD s 9-2 f v"}},
	{"RENAME and others bring streams", []string{"XADD from 3-1 f v"},
		[]string{"XREAD BLOCK 1000 STREAMS s 2", "XREAD BLOCK 1000 STREAMS t 0"},
		[]string{"COPY from s", "RENAME from t"}},
	{"XREAD and BLPOP wait for the same key", nil,
		[]string{"BLPOP k 1", "XREAD BLOCK 1000 STREAMS k 0", "BLPOP k 1", "BZPOPMIN k 1"},
		[]string{"XADD k 1-1 f v", "DEL k", "RPUSH k a b c", "DEL k", "ZADD k 1 a"}},
	{"each in the group gets what nobody got", []string{"XGROUP CREATE s g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 COUNT 1 STREAMS s >", "XREADGROUP GROUP g Grace BLOCK 0 STREAMS s >",
			"XREADGROUP GROUP g Barbara BLOCK 1000 NOACK STREAMS s >", "XREAD BLOCK 1000 STREAMS s 0"},
		[]string{"EVAL for i=1,3 do redis.call('xadd','s',i,'f',i) end 0", "XPENDING s g", "XADD s 4 f v",
			"XPENDING s g"}},
	{"a deleted group", []string{"XGROUP CREATE s g 0 MKSTREAM", "XGROUP CREATE s h 0"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >", "XREADGROUP GROUP h Ada BLOCK 1000 STREAMS s >"},
		[]string{"XGROUP DESTROY s g", "XADD s 1 f v"}},
	{"a group that begins elsewhere does not serve", []string{"XADD s 1 f v", "XGROUP CREATE s g $"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 200 STREAMS s >"},
		[]string{"XGROUP SETID s g 0"}},
	{"a deleted stream", []string{"XGROUP CREATE s g 0 MKSTREAM", "XGROUP CREATE t g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s t > >", "XREADGROUP GROUP g Grace BLOCK 0 STREAMS s >",
			"XREAD BLOCK 200 STREAMS s 0"},
		[]string{"DEL s"}},
	{"a stream deleted and made again in a script", []string{"XGROUP CREATE s g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >"},
		[]string{"EVAL redis.call('del','s')redis.call('xadd','s',1,'f','v') 0"}},
	{"a stream deleted and made again with its group", []string{"XGROUP CREATE s g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >"},
		[]string{"EVAL redis.call('del','s')redis.call('xgroup','create','s','g','0','mkstream') 0", "XADD s 1 f v"}},
	{"a stream overwritten by SET", []string{"XGROUP CREATE s g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >"},
		[]string{"SET s v"}},
	{"by SUNIONSTORE, of no other type", []string{"XGROUP CREATE s g 0 MKSTREAM", "SADD a x"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >"},
		[]string{"SUNIONSTORE s a"}},
	{"by a stream", []string{"XGROUP CREATE s g 0 MKSTREAM", "XADD a 1 f v"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >"},
		[]string{"RENAME a s"}},
	{"a stream renamed away", []string{"XGROUP CREATE s g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >", "XREADGROUP GROUP g Grace BLOCK 1000 STREAMS s >"},
		[]string{"RENAME s t"}},
	{"a stream moved away", []string{"XGROUP CREATE s g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >"},
		[]string{"MOVE s 1"}},
	{"a stream that has expired at once", []string{"XGROUP CREATE s g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >"},
		[]string{"PEXPIRE s -1"}},
	{"a stream lost by FLUSHALL", []string{"XGROUP CREATE s g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >", "XREAD BLOCK 200 STREAMS s 0"},
		[]string{"FLUSHALL"}},
	{"a stream lost by FLUSHDB, elsewhere", []string{"XGROUP CREATE s g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 200 STREAMS s >"},
		[]string{"SELECT 1", "FLUSHDB"}},
	{"a stream lost by SWAPDB", []string{"XGROUP CREATE s g 0 MKSTREAM"},
		[]string{"XREADGROUP GROUP g Ada BLOCK 1000 STREAMS s >"},
		[]string{"SWAPDB 0 1"}},
	{"there is nobody to wait for with WAIT", nil,
		[]string{"WAIT 1 1000", "WAIT 2 1000"},
		[]string{"SET k v", "WAIT 0 1000", "WAIT -1 0"}},
	{"FLUSHALL does not serve", []string{"RPUSH m a"},
		[]string{"BLPOP l 0.2"},
		[]string{"FLUSHALL"}},
}

// TestWaits: whoever waits gets what Redis gives.
func TestWaits(t *testing.T) {
	server := transcript.StartRedis(t)
	for _, test := range waits {
		t.Run(test.reason, func(t *testing.T) {
			do := func(e transcript.Executor, lines []string) (replies []string) {
				for _, line := range lines {
					args := strings.Fields(line)
					if args[0] == "EVAL" {
						args = []string{"EVAL", strings.Join(args[1:len(args)-1], " "), "0"}
					}
					replies = append(replies, line+": "+strings.Join(transcript.Render(e.Do(args), transcript.Exact), " "))
				}
				return replies
			}
			// run lets each of the waiters wait, once the others before it do.
			run := func(e transcript.Executor, another func() transcript.Executor, waiting func(n int)) (replies []string) {
				before := changes(e)
				do(e, append(test.before, "CONFIG SET slowlog-log-slower-than 0"))
				got := make([]string, len(test.waiters))
				var all sync.WaitGroup
				for i := range test.waiters {
					w := another()
					all.Go(func() { got[i] = do(w, test.waiters[i:i+1])[0] })
					waiting(i + 1)
				}
				replies = do(e, test.then)
				all.Wait()
				replies = append(replies, fmt.Sprintf("%d changes", changes(e)-before))
				return append(append(replies, got...), counted(e, test.waiters)...)
			}

			server.Reset()
			server.Do([]string{"CONFIG", "RESETSTAT"})
			want := run(server, func() transcript.Executor { return server.Connect() }, func(n int) {
				for !strings.Contains(server.Do([]string{"INFO", "clients"}).Str(), fmt.Sprintf("\nblocked_clients:%d\r", n)) {
					time.Sleep(time.Millisecond)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				e := newExecutor().(*executor)
				got := run(e, func() transcript.Executor {
					other := &executor{session: e.session.store.Session()}
					other.Protocol(2)
					return other
				}, func(int) { synctest.Wait() })
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if n := e.session.store.db.Waiting(); n != 0 {
					t.Errorf("%d keys are still waited for", n)
				}
			})
		})
	}
}

// changes returns how many changes of the data INFO counts.
func changes(e transcript.Executor) (n int) {
	_, rest, _ := strings.Cut(e.Do([]string{"INFO", "persistence"}).Str(), "rdb_changes_since_last_save:")
	fmt.Sscan(rest, &n)
	return n
}

// counted returns what is counted of the commands, without times: the lines of INFO
// commandstats, the calls in LATENCY HISTOGRAM, and all of SLOWLOG.
func counted(e transcript.Executor, commands []string) (lines []string) {
	for _, entry := range e.Do([]string{"SLOWLOG", "GET", "-1"}).Elems() {
		line := strings.Join(transcript.Render(entry.Elems()[3], transcript.Exact), " ")
		if !strings.Contains(line, "INFO") && !strings.Contains(line, "RESET") { // which one of them runs more often
			lines = append(lines, line)
		}
	}
	for _, command := range commands {
		name, _, _ := strings.Cut(command, " ")
		for _, h := range e.Do([]string{"LATENCY", "HISTOGRAM", name}).Elems() {
			if len(h.Elems()) > 0 {
				lines = append(lines, fmt.Sprintf("%s: %d calls", name, h.Elems()[1].Int()))
			}
		}
	}
	for _, line := range strings.Split(e.Do([]string{"INFO", "commandstats"}).Str(), "\r\n") {
		for _, command := range commands {
			name, _, _ := strings.Cut(strings.ToLower(command), " ")
			if calls, rest, ok := strings.Cut(line, ",usec="); ok && strings.HasPrefix(line, "cmdstat_"+name+":") {
				lines = append(lines, calls+rest[strings.Index(rest, ",rejected"):])
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// TestWaitEnds: a wait ends when it has to, and not before, and leaves nothing.
func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Store
		begin := time.Now()
		if r := s.Do(ctx, "BLPOP", "l", "1.5"); !errors.Is(r.Err(), ErrNil) || r.reply.Kind != command.NilArrayKind {
			t.Errorf("after its time it answers %v, %v", r.Val(), r.Err())
		}
		if waited := time.Since(begin); waited != 1500*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		for _, timeout := range []string{"0", "10", "9223372036854775"} {
			for _, do := range []func(context.Context, ...any) Reply{s.Do, s.Session().Do} {
				begin := time.Now()
				ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
				if r := do(ctx, "BLMOVE", "l", "m", "LEFT", "LEFT", timeout); !errors.Is(r.Err(), context.DeadlineExceeded) {
					t.Errorf("after the context's time it answers %v, %v", r.Val(), r.Err())
				}
				if waited := time.Since(begin); waited != 3*time.Second {
					t.Errorf("waited %v", waited)
				}
				cancel()
			}
		}
		must(t, s.Do(ctx, "RPUSH", "l", "stays"))
		if n, _ := s.Do(ctx, "LLEN", "l").Int(); n != 1 || s.db.Waiting() != 0 {
			t.Errorf("%d elements stay, %d keys are waited for", n, s.db.Waiting())
		}
	})
}

// TestWaitForReplicas: WAIT takes the time that it was given, or the context, but
// for one in a transaction.
func TestWaitForReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Store
		for _, test := range []struct {
			args []any
			want time.Duration
		}{
			{[]any{"WAIT", 1, 1500}, 1500 * time.Millisecond},
			{[]any{"WAIT", 0, 1500}, 0},
			{[]any{"WAIT", -1, 0}, 0},
		} {
			begin := time.Now()
			if n, err := s.Do(ctx, test.args...).Int(); n != 0 || err != nil {
				t.Errorf("%v answers %d, %v", test.args, n, err)
			}
			if waited := time.Since(begin); waited != test.want {
				t.Errorf("%v waits %v", test.args, waited)
			}
		}
		begin := time.Now()
		short, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		if err := s.Do(short, "WAIT", 1, 0).Err(); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 3*time.Second {
			t.Errorf("it waits %v and answers %v", time.Since(begin), err)
		}
		begin = time.Now()
		session := s.Session()
		must(t, session.Do(ctx, "MULTI"))
		must(t, session.Do(ctx, "WAIT", 1, 0))
		must(t, session.Do(ctx, "EXEC"))
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("a transaction waits %v", waited)
		}
		if info, _ := s.Do(ctx, "INFO", "clients").Text(); !strings.Contains(info, "\nblocked_clients:0\r") {
			t.Errorf("INFO says %q", info)
		}
	})
}

// TestWaitInScript: a script never waits.
func TestWaitInScript(t *testing.T) {
	var s Store
	r := s.Eval(ctx, "return redis.call('BLMPOP', '0', '1', 'l', 'LEFT')", nil)
	if !errors.Is(r.Err(), ErrNil) || s.db.Waiting() != 0 {
		t.Errorf("answers %v, %v", r.Val(), r.Err())
	}
}

// TestWaitLosesNothing: elements go to one waiter each, however many are
// waiting, giving up, or pushing at once.
func TestWaitLosesNothing(t *testing.T) {
	const producers, consumers, each = 4, 8, 500
	var s Store
	var all sync.WaitGroup
	got := make([][]string, consumers)
	for i := range consumers {
		all.Go(func() {
			for last := false; !last; {
				wait, cancel := context.WithTimeout(ctx, time.Duration(i)*50*time.Microsecond+50*time.Microsecond)
				r := s.Do(wait, "BLPOP", "l", "end", 0)
				cancel()
				if errors.Is(r.Err(), context.DeadlineExceeded) {
					continue
				}
				pair, err := r.StringSlice()
				if err != nil {
					t.Error(err)
					return
				}
				if last = pair[0] == "end"; !last {
					got[i] = append(got[i], pair[1])
				}
			}
		})
	}
	var pushing sync.WaitGroup
	for p := range producers {
		pushing.Go(func() {
			for i := range each {
				must(t, s.Do(ctx, "RPUSH", "l", p*each+i))
			}
		})
	}
	pushing.Wait()
	for range consumers {
		must(t, s.Do(ctx, "RPUSH", "end", "now"))
	}
	all.Wait()
	seen := map[string]bool{}
	for _, elems := range got {
		for _, elem := range elems {
			if seen[elem] {
				t.Errorf("%s was taken twice", elem)
			}
			seen[elem] = true
		}
	}
	if len(seen) != producers*each {
		t.Errorf("%d of %d arrived", len(seen), producers*each)
	}
}

// TestWaitEndsDuringScript: whose context ends leaves at once, however long a
// script keeps the store busy.
func TestWaitEndsDuringScript(t *testing.T) {
	var s Store
	wait, leave := context.WithCancel(ctx)
	left := make(chan error)
	go func() { left <- s.Do(wait, "BLPOP", "l", 0).Err() }()
	for joined := false; !joined; {
		must(t, Reply{err: s.acquire(ctx)})
		joined = s.db.Waiting() > 0
		s.release()
	}
	run, stop := context.WithCancel(ctx)
	stopped := make(chan error)
	go func() { stopped <- s.Eval(run, "redis.call('rpush', 'running', 1) while true do end", nil).Err() }()
	for !s.lock.Held() {
		time.Sleep(time.Millisecond)
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who has left gets %v", err)
	}
	select {
	case err := <-stopped:
		t.Errorf("the script has ended before: %v", err)
	default:
	}
	stop()
	if err := <-stopped; !errors.Is(err, context.Canceled) {
		t.Errorf("the script ends with %v", err)
	}
	must(t, s.Do(ctx, "RPUSH", "l", "stays"))
	if n, _ := s.Do(ctx, "LLEN", "l").Int(); n != 1 || s.db.Waiting() != 0 {
		t.Errorf("%d elements stay, %d keys are waited for", n, s.db.Waiting())
	}
}

// TestChanges: what a script, a function and a transaction do counts as the same
// changes as in Redis.
func TestChanges(t *testing.T) {
	server := transcript.StartRedis(t)
	local := newExecutor()
	const library = "#!lua name=l\nredis.register_function('f', function(k, a) return redis.pcall(unpack(a)) end)"
	steps := [][]string{
		{"FUNCTION", "LOAD", library}, {"FUNCTION", "LOAD", library}, {"FUNCTION", "LOAD", "REPLACE", library},
		{"FUNCTION", "DELETE", "l"}, {"FUNCTION", "DELETE", "l"}, {"FUNCTION", "FLUSH"}, {"SCRIPT", "LOAD", "return 1"}, {"SCRIPT", "FLUSH"},
		{"FUNCTION", "LOAD", library}, {"EVAL", "return redis.status_reply('OK')", "0"}, {"PUBLISH", "c", "m"}, {"CONFIG", "SET", "maxmemory", "0"},
		{"DEBUG", "RELOAD"}, {"SET", "k", "v"}, {"DEBUG", "RELOAD", "NOSAVE"}, {"FLUSHALL"},
	}
	for _, line := range []string{
		"FLUSHDB", "RPUSH l 1 2 3 4 5", "LPOP l 2", "LTRIM l 0 9", "LTRIM l 0 0", "LMOVE l m LEFT LEFT", "LMPOP 1 m LEFT COUNT 3", "LREM m 0 x",
		"SADD s a b c d", "SPOP s 2", "DEL s", "SADD s a b", "SMOVE s t a", "SMOVE s t a", "SADD s c d", "SMOVE s t b", "SMOVE s t c", "SMOVE s t d", "SREM t a b", "SINTERSTORE u s", "SUNIONSTORE u t",
		"ZADD z 1 a 2 b 3 c", "ZADD z XX 1 a 5 b", "ZADD z INCR 1 a", "ZPOPMIN z 2", "ZRANGESTORE y z 0 -1", "ZUNIONSTORE x 1 z", "ZREMRANGEBYRANK z 0 -1",
		"HSET h a 1 b 2", "HDEL h a b c", "HINCRBY h a 1", "MSET a 1 b 2 c 3", "MSETNX a 1 d 2", "SET a 1 EX 100", "SETEX a 100 1", "GETEX a PERSIST", "GETEX a EX 10",
		"GETEX a PXAT 1", "EXPIRE b -1", "EXPIRE c 100", "PERSIST c", "BITFIELD i SET u8 0 1 SET u8 8 0 INCRBY u8 8 1", "SETBIT i 0 0", "BITOP AND i i i",
		"PFADD p a b c", "PFADD p a", "PFCOUNT p", "PFCOUNT p", "PFMERGE q p", "PFDEBUG TODENSE p", "PFDEBUG GETREG p", "GEOADD g 1 1 a 2 2 b", "GEOSEARCHSTORE e g FROMMEMBER a BYRADIUS 1000 km",
		"GEORADIUS g 1 1 1 km STORE e", "SORT l STORE o", "SORT nosuch STORE o", "RENAME l l2", "RENAME l2 l2", "RENAMENX l2 l3", "COPY l3 l4", "MOVE l3 3", "DEL l4 l5 l3", "UNLINK c c", "SWAPDB 0 0", "SWAPDB 0 1", "SWAPDB 1 0",
		"XADD st 1 f v", "XADD st MAXLEN 2 2 f v", "XADD st MAXLEN 2 3 f v", "XGROUP CREATE st gr 0", "XREADGROUP GROUP gr c1 COUNT 1 STREAMS st >", "XREADGROUP GROUP gr c1 NOACK STREAMS st >", "XREADGROUP GROUP gr c1 STREAMS st 0",
		"XCLAIM st gr c2 0 2 3", "XCLAIM st gr c2 0 9 LASTID 9", "XCLAIM st gr c2 0 3 FORCE", "XDEL st 2", "XAUTOCLAIM st gr c3 0 0", "XACK st gr 2 3 4", "XTRIM st MAXLEN 0", "XSETID st 20", "XGROUP SETID st gr 3",
		"XGROUP CREATECONSUMER st gr c1", "XGROUP CREATECONSUMER st gr c4", "XGROUP DELCONSUMER st gr c4", "XGROUP DESTROY st gr", "XGROUP DESTROY st gr", "APPEND a x", "SETRANGE a 3 y", "GETDEL a", "INCRBYFLOAT f 1.5", "GETSET f 1", "FLUSHDB", "FLUSHALL",
	} {
		steps = append(steps, strings.Fields(line))
	}
	run := func(e transcript.Executor, wrap func(args []string) [][]string) (counts []string) {
		for _, args := range steps {
			before := changes(e)
			for _, words := range wrap(args) {
				e.Do(words)
			}
			counts = append(counts, fmt.Sprintf("%q: %d", args, changes(e)-before))
		}
		return counts
	}
	for name, wrap := range map[string]func(args []string) [][]string{
		"alone": func(args []string) [][]string { return [][]string{args} },
		"script": func(args []string) [][]string {
			return [][]string{append([]string{"EVAL", "return redis.pcall(unpack(ARGV))", "0"}, args...)}
		},
		"function":    func(args []string) [][]string { return [][]string{append([]string{"FCALL", "f", "0"}, args...)} },
		"transaction": func(args []string) [][]string { return [][]string{{"MULTI"}, args, args, {"EXEC"}} },
	} {
		for _, e := range []transcript.Executor{server, local} {
			e.Do([]string{"FLUSHALL"})
			e.Do([]string{"FUNCTION", "LOAD", "REPLACE", library})
		}
		if diff := cmp.Diff(run(server, wrap), run(local, wrap)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestExpiredBeforeServed: what has expired while the call that brought it went on
// serves nobody.
func TestExpiredBeforeServed(t *testing.T) {
	server := transcript.StartRedis(t)
	for _, test := range []struct{ waiter, push, expire string }{
		{"BLPOP k 0.7", "RPUSH k a", "PEXPIRE k 20"},
		{"BRPOPLPUSH k l 0.7", "RPUSH k a", "PEXPIRE k 20"},
		{"BZPOPMIN k 0.7", "ZADD k 1 a", "PEXPIRE k 20"},
		{"XREAD BLOCK 700 STREAMS k 0", "XADD k 1 f v", "PEXPIRE k 20"},
		{"BLPOP k 0.7", "RPUSH k a", "PEXPIRE k 100000"},
	} {
		steps := []string{"DEBUG SET-ACTIVE-EXPIRE 0", "MULTI", test.push, test.expire, "DEBUG SLEEP 0.1", "EXEC", "DEBUG SET-ACTIVE-EXPIRE 1"}
		run := func(do, wait func(line string) string, waiting func()) string {
			got := make(chan string)
			go func() { got <- wait(test.waiter) }()
			waiting()
			for _, line := range steps {
				do(line)
			}
			return <-got
		}
		render := func(r command.Reply) string { return strings.Join(transcript.Render(r, transcript.Exact), " ") }

		server.Reset()
		waiter := server.Connect()
		onServer := func(s *transcript.Server) func(line string) string {
			return func(line string) string { return render(s.Do(strings.Fields(line))) }
		}
		want := run(onServer(server), onServer(waiter), func() {
			for !strings.Contains(server.Do([]string{"INFO", "clients"}).Str(), "\nblocked_clients:1\r") {
				time.Sleep(time.Millisecond)
			}
		})
		synctest.Test(t, func(t *testing.T) {
			var s Store
			onStore := func(line string) string {
				return render((&executor{session: s.Session()}).Do(strings.Fields(line)).RESP2())
			}
			session := &executor{session: s.Session()}
			got := run(func(line string) string { return render(session.Do(strings.Fields(line))) }, onStore, synctest.Wait)
			if got != want {
				t.Errorf("%s, %s, %s: %s, want %s", test.waiter, test.push, test.expire, got, want)
			}
		})
	}
}
