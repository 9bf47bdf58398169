package attack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/redisconn"
)

// Requests whose replies would be far larger than they are. The test runs itself in
// a process of its own, in which memory is short, so that what takes too much of it
// ends that process.

const (
	// childEnv tells the process that it is the one in which memory is short.
	childEnv = "LUASTORE_ATTACK_CHILD"
	// What Go's collector tries to keep to, and the address space of the process,
	// in which the runtime's own tables and the data take some 700 MiB.
	childMemory  = 1 << 30
	childAddress = 4 << 30
	// The memory that may be resident in the end, at most: the data and the requests
	// take some 300 MiB, and what waits on a connection 1 GiB.
	childResident = 2 << 30
	// How long a request may take beyond its context: on a quiet machine none takes
	// a second.
	replyBound = 20 * time.Second
	// Options.MaxReplySize of the child.
	childReply = 64 << 20
)

// replyData are the commands that make the data for the requests.
var replyData = [][]any{
	{"CONFIG", "SET", "slowlog-log-slower-than", 0},
	{"SETRANGE", "k", 16<<20 - 1, "x"},
	{"EVAL", "for i = 1, 100000 do redis.call('RPUSH', 'l', i) redis.call('SADD', 's', i) redis.call('ZADD', 'z', i, i) redis.call('HSET', 'h', i, i) end return 1", 0},
	{"EVAL", "for i = 1, 100 do redis.call('XADD', 'x', i .. '-0', 'f', ('v'):rep(100000)) end return redis.call('XGROUP', 'CREATE', 'x', 'g', 0)", 0},
	{"XREADGROUP", "GROUP", "g", "c", "STREAMS", "x", ">"},
	{"EVAL", "local v = ('v'):rep(1e6) redis.call('HSET', 'big', 'f', v) redis.call('SADD', 'bigs', v) redis.call('ZADD', 'bigz', 1, v)" +
		" for i = 1, 80 do redis.call('RPUSH', 'bigl', v) end return 1", 0},
	{"GEOADD", "geo", 1, 1, "m"},
}

// repeat returns the words, with the last ones n times.
func repeat(n int, words []any, last ...any) []any {
	all := append(make([]any, 0, len(words)+n*len(last)), words...)
	for range n {
		all = append(all, last...)
	}
	return all
}

func words(line string) (ws []any) {
	for w := range strings.FieldsSeq(line) {
		ws = append(ws, w)
	}
	return ws
}

// summary is a script that tells whether the data have changed.
const summary = "local c = redis.call return table.concat({c('DBSIZE'), c('LLEN', 'bigl'), c('LLEN', 'l'), c('TTL', 'big')," +
	" c('XPENDING', 'x', 'g', '-', '+', 1)[1][4], c('XPENDING', 'x', 'g')[1], c('XLEN', 'x')}, ' ')"

// replyAttacks are requests that must be refused, or answered within their bounds.
var replyAttacks = []struct {
	name    string
	refused bool
	request func() []any
}{
	{"script", true, func() []any {
		return []any{"EVAL", "local s = ('x'):rep(10*1024*1024) local t = {} for i = 1, 100 do t[i] = s end return t", 0}
	}},
	{"script, pairs", true, func() []any {
		return []any{"EVAL", "local s = redis.call('GET', 'k') local t = {} for i = 1, 100 do t[i] = s end return {map=t}", 0}
	}},
	{"MGET", true, func() []any { return repeat(100, words("MGET"), "k") }},
	{"HMGET", true, func() []any { return repeat(1000, words("HMGET big"), "f") }},
	{"HGETEX", true, func() []any { return repeat(1000, words("HGETEX big FIELDS 1000"), "f") }},
	{"SORT", true, func() []any { return repeat(40_000, words("SORT l BY nosort"), "GET", "#") }},
	{"SORT_RO", true, func() []any { return repeat(40_000, words("SORT_RO l BY nosort"), "GET", "k") }},
	{"SORT STORE", true, func() []any { return repeat(40_000, words("SORT l BY nosort STORE d"), "GET", "#") }},
	{"SORT of texts", true, func() []any { return repeat(2000, words("SORT bigs BY nosort"), "GET", "#") }},
	{"COMMAND DOCS", true, func() []any { return repeat(50_000, words("COMMAND DOCS"), "set") }},
	{"COMMAND INFO", true, func() []any { return repeat(100_000, words("COMMAND INFO"), "sort") }},
	{"COMMAND GETKEYSANDFLAGS", true, func() []any { return repeat(500_000, words("COMMAND GETKEYSANDFLAGS MSET"), "k", "v") }},
	{"XREAD", true, func() []any { return append(repeat(1000, words("XREAD STREAMS"), "x"), repeat(1000, nil, "0")...) }},
	{"XREADGROUP", true, func() []any {
		return append(repeat(1000, words("XREADGROUP GROUP g c STREAMS"), "x"), repeat(1000, nil, "0")...)
	}},
	{"XCLAIM", true, func() []any { return repeat(10_000, words("XCLAIM x g d 0"), "1-0") }},
	{"SRANDMEMBER", true, func() []any { return words("SRANDMEMBER bigs -4000000") }},
	{"ZRANDMEMBER", true, func() []any { return words("ZRANDMEMBER bigz -4000000 WITHSCORES") }},
	{"HRANDFIELD", true, func() []any { return words("HRANDFIELD big -4000000 WITHVALUES") }},
	{"LRANGE", true, func() []any { return words("LRANGE bigl 0 -1") }},
	{"LPOP", true, func() []any { return words("LPOP bigl 1000") }},
	{"LMPOP", true, func() []any { return words("LMPOP 1 bigl RIGHT COUNT 1000") }},
	{"GEOPOS", true, func() []any { return repeat(600_000, words("GEOPOS geo"), "m") }},
	{"GEOHASH", false, func() []any { return repeat(1_000_000, words("GEOHASH geo"), "m") }},
	{"SMISMEMBER", false, func() []any { return repeat(1_000_000, words("SMISMEMBER s"), "m") }},
	{"ZMSCORE", false, func() []any { return repeat(1_000_000, words("ZMSCORE z"), "1") }},
	{"BITFIELD", false, func() []any { return repeat(500_000, words("BITFIELD k"), "GET", "u8", "0") }},
	{"SCRIPT EXISTS", false, func() []any { return repeat(1_000_000, words("SCRIPT EXISTS"), "x") }},
	{"PUBSUB NUMSUB", false, func() []any { return repeat(1_000_000, words("PUBSUB NUMSUB"), "x") }},
	{"LATENCY HISTOGRAM", true, func() []any { return repeat(500_000, words("LATENCY HISTOGRAM"), "xreadgroup") }},
	{"DEBUG DIGEST-VALUE", false, func() []any { return repeat(100_000, words("DEBUG DIGEST-VALUE"), "geo") }},
	{"CONFIG GET", false, func() []any { return repeat(100_000, words("CONFIG GET"), "maxmemory") }},
	{"SUNION", false, func() []any { return repeat(10, words("SUNION"), "s") }},
	{"KEYS", false, func() []any { return words("KEYS *") }},
}

// replyTransactions are commands of which a transaction has many.
var replyTransactions = []struct {
	n    int
	line string
}{
	{100, "GET k"}, {100, "GETRANGE k 0 -1"}, {100, "GETEX k"}, {100, "SET k 1 NX GET KEEPTTL"}, {200, "HGET big f"}, {200, "LMOVE bigl bigl LEFT RIGHT"},
	{100, "LRANGE l 0 -1"}, {100, "SMEMBERS s"}, {100, "HGETALL h"}, {100, "ZRANGE z 0 -1 WITHSCORES"}, {100, "XRANGE x - +"},
	{100, "SORT l BY nosort"}, {100, "SUNION s"}, {1000, "COMMAND"}, {1000, "COMMAND DOCS"},
	{10_000, "CONFIG GET *"}, {20_000, "INFO all"}, {10, "DUMP k"}, {10_000, "COMMAND LIST"},
}

// TestLargeReplies runs itself where memory is short.
func TestLargeReplies(t *testing.T) {
	if os.Getenv(childEnv) == "" {
		if raceDetector || !*long {
			t.Skip("takes as much memory as it may, and a minute: run it with -long")
		}
		runChild(t)
		return
	}
	s := luastore.New(&luastore.Options{MaxReplySize: childReply})
	for _, args := range replyData {
		do(t, s, args...)
	}
	session := s.Session()
	for _, a := range replyAttacks {
		t.Run(a.name, func(t *testing.T) {
			before := do(t, s, "EVAL", summary, 0).Val()
			r := bounded(t, s, func(ctx context.Context) luastore.Reply { return session.Do(ctx, a.request()...) })
			err := r.Err()
			if a.refused != errors.Is(err, luastore.ErrReplySize) && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if after := do(t, s, "EVAL", summary, 0).Val(); after != before {
				t.Errorf("the data have changed, from %v to %v", before, after)
			}
		})
	}
	t.Run("default", func(t *testing.T) { defaultReplySize(t) })
	for _, tt := range replyTransactions {
		t.Run("EXEC of "+tt.line, func(t *testing.T) {
			session.Do(ctx, "MULTI")
			for range tt.n {
				session.Do(ctx, words(tt.line)...)
			}
			r := bounded(t, s, func(ctx context.Context) luastore.Reply { return session.Do(ctx, "EXEC") })
			replies, err := r.Slice()
			if errors.Is(err, context.DeadlineExceeded) {
				return
			}
			refused := 0
			for _, r := range replies {
				if err, ok := r.(error); ok && errors.Is(err, luastore.ErrReplySize) {
					refused++
				}
			}
			if err != nil || len(replies) != tt.n || refused == 0 || refused == tt.n {
				t.Errorf("%d replies, %d of them refused: %v", len(replies), refused, err)
			}
		})
	}
	t.Run("a client that does not read", func(t *testing.T) { deafClients(t, s) })
	if resident := residentMost(t); resident > childResident {
		t.Errorf("%d MiB were resident", resident>>20)
	} else {
		t.Logf("%d MiB were resident", resident>>20)
	}
}

// defaultReplySize is the size of replies where no option says another one.
func defaultReplySize(t *testing.T) {
	var s luastore.Store
	do(t, &s, "SETRANGE", "k", 100<<20-1, "x")
	do(t, &s, "EVAL", "for i = 1, 100000 do redis.call('RPUSH', 'l', i) end return 1", 0)
	for _, args := range [][]any{
		{"EVAL", "local s = ('x'):rep(100*1024*1024) local t = {} for i = 1, 100 do t[i] = s end return t", 0},
		repeat(100, words("MGET"), "k"),
		repeat(40_000, words("SORT l BY nosort"), "GET", "#"),
	} {
		if err := bounded(t, &s, func(ctx context.Context) luastore.Reply { return s.Do(ctx, args...) }).Err(); !errors.Is(err, luastore.ErrReplySize) {
			t.Errorf("%.50q: %v", args[:2], err)
		}
	}
	if r, err := s.Do(ctx, "MGET", "k", "k", "k", "k", "k").Slice(); len(r) != 5 || err != nil {
		t.Errorf("500 MiB: %d replies, %v", len(r), err)
	}
}

// runChild runs the test in a process with little memory.
func runChild(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the limit of a process's memory is not known here")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `ulimit -v $0 && exec "$@"`, strconv.Itoa(childAddress>>10), program, "-test.run", "^"+t.Name()+"$", "-test.v", "-test.timeout", "10m")
	cmd.Env = append(os.Environ(), childEnv+"=1", fmt.Sprint("GOMEMLIMIT=", childMemory))
	out, err := cmd.CombinedOutput()
	if err != nil {
		if len(out) > 10_000 {
			out = append(out[:5000:5000], out[len(out)-5000:]...)
		}
		t.Fatalf("%v\n%s", err, out)
	}
	if testing.Verbose() {
		t.Logf("%s", out)
	}
}

// bounded runs a request with a second of time, and then a next one, as another
// caller.
func bounded(t *testing.T, s *luastore.Store, request func(ctx context.Context) luastore.Reply) luastore.Reply {
	t.Helper()
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	start := time.Now()
	r := request(short)
	if took := time.Since(start); took > time.Second+replyBound {
		t.Errorf("took %v", took)
	}
	if got, err := s.Do(ctx, "ECHO", "next").Text(); got != "next" || err != nil {
		t.Errorf("the next caller: %q, %v", got, err)
	}
	return r
}

// deafClients are connections that send requests and read no reply. Each is ended when
// too much waits for it.
func deafClients(t *testing.T, s *luastore.Store) {
	dial := redisconn.Dialer(s)
	for _, request := range []string{"GET k\r\n", "LRANGE l 0 -1\r\n", "HGET big f\r\n", "LRANGE bigl 0 50\r\n"} {
		conn, err := dial(ctx, "", "")
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(5 * time.Minute))
		for range 100_000 {
			if _, err = io.WriteString(conn, request); err != nil {
				break
			}
		}
		if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%q: 100,000 requests without an answer: %v", request, err)
		}
		conn.Close()
		if got, err := s.Do(ctx, "ECHO", "next").Text(); got != "next" || err != nil {
			t.Errorf("the next caller: %q, %v", got, err)
		}
	}
	readsAll(t, dial)
	lists(t, dial)
}

// lists asks for a list of one client that is there many times.
func lists(t *testing.T, dial func(context.Context, string, string) (net.Conn, error)) {
	conn, err := dial(ctx, "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Minute))
	const n = 1_000_000
	io.WriteString(conn, "CLIENT ID\r\n")
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	id := strings.Trim(line, ":\r\n")
	go io.WriteString(conn, fmt.Sprintf("*%d\r\n$6\r\nCLIENT\r\n$4\r\nLIST\r\n$2\r\nID\r\n", n+3)+strings.Repeat(fmt.Sprintf("$%d\r\n%s\r\n", len(id), id), n))
	if line, err := in.ReadString('\n'); line != "-ERR reply too large\r\n" || err != nil {
		t.Errorf("CLIENT LIST: %.100q, %v", line, err)
	}
}

// readsAll reads a reply that is as large as may be.
func readsAll(t *testing.T, dial func(context.Context, string, string) (net.Conn, error)) {
	conn, err := dial(ctx, "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Minute))
	go io.WriteString(conn, "MGET k k k\r\nQUIT\r\n")
	n, err := io.Copy(io.Discard, conn)
	if want := int64(len("*3\r\n+OK\r\n") + 3*(len("$16777216\r\n\r\n")+16<<20)); n != want || err != nil {
		t.Errorf("%d bytes, %v, want %d", n, err, want)
	}
}

// residentMost returns how many bytes of the process were in memory, at most.
func residentMost(t *testing.T) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
