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
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/redisconn"
)

// A request is what a client asks for that means no good: it answers, or ends with
// its context, and the next caller is served. Requests run in a process of their
// own, which has little memory.
type request struct {
	name  string
	setUp func(t *testing.T, s *luastore.Store)
	run   func(ctx context.Context, t *testing.T, s *luastore.Store) error
	// want reports whether the error is right; nil: there must be none, unless the
	// context has ended.
	want func(error) bool
	many bool // each call of those that run makes is measured there
}

const (
	requestDeadline = 200 * time.Millisecond
	// How long a request may take beyond that, at most: on a quiet machine none
	// takes a second.
	requestBound = 10 * time.Second
	// What the process may have.
	requestMemory    = 2 << 30 // bytes, at which the collector is at work all the time
	requestAddresses = 8 << 30 // bytes of addresses
	// requestHeap is what the heap may have more, at most, in a request.
	requestHeap = 2 << 30
)

// TestRequests runs the requests in another process.
func TestRequests(t *testing.T) {
	const variable = "LUASTORE_REQUESTS"
	if os.Getenv(variable) != "" {
		if err := limitAddressSpace(requestAddresses); err != nil {
			t.Fatal(err)
		}
		debug.SetMemoryLimit(requestMemory)
		runRequests(t)
		return
	}
	if raceDetector || !*long {
		t.Skip("takes as much memory as it may, and minutes: run it with -long")
	}
	args := []string{"-test.run=^TestRequests$", "-test.v", "-test.count=1"}
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), variable+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || testing.Verbose() {
		t.Logf("%s", out)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func runRequests(t *testing.T) {
	var stats []outcome
	for _, r := range requests() {
		t.Run(r.name, func(t *testing.T) { stats = append(stats, r.meet(t)) })
	}
	logWorst(t, stats)
}

// meet lets a store meet the request.
func (r *request) meet(t *testing.T) (o outcome) {
	s := luastore.New(&luastore.Options{Rand: constant(0)})
	if r.setUp != nil {
		r.setUp(t, s)
	}
	o.name = r.name
	peak := watchHeap()
	short, cancel := context.WithTimeout(ctx, requestDeadline)
	defer cancel()
	start := time.Now()
	err := r.run(short, t, s)
	next, stop := context.WithTimeout(ctx, requestDeadline+requestBound)
	defer stop()
	if err := s.Do(next, "PING").Err(); err != nil {
		t.Errorf("the next caller: %v", err)
	}
	o.took = time.Since(start) - requestDeadline
	o.heap = peak()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
	case r.want == nil && err != nil && !errors.Is(err, luastore.ErrNil), r.want != nil && !r.want(err):
		t.Errorf("got %.300v", err)
	}
	if !r.many && o.took > requestBound || o.heap > requestHeap {
		t.Errorf("took %v and %d MiB", o.took, o.heap>>20)
	}
	return o
}

// constant is a source of random numbers that are always the same.
type constant uint64

func (c constant) Uint64() uint64 { return uint64(c) }

// Ways to make requests.

type runner = func(ctx context.Context, t *testing.T, s *luastore.Store) error

// doing runs a command.
func doing(args ...any) runner {
	return func(ctx context.Context, _ *testing.T, s *luastore.Store) error { return s.Do(ctx, args...).Err() }
}

// all runs one after the other, as far as there is no error.
func all(runs ...runner) runner {
	return func(ctx context.Context, t *testing.T, s *luastore.Store) error {
		for _, run := range runs {
			if err := run(ctx, t, s); err != nil {
				return err
			}
		}
		return nil
	}
}

// setting up is doing without a deadline.
func settingUp(runs ...runner) func(t *testing.T, s *luastore.Store) {
	return func(t *testing.T, s *luastore.Store) {
		if err := all(runs...)(ctx, t, s); err != nil {
			t.Fatal(err)
		}
	}
}

// inSession runs commands in one session.
func inSession(commands ...[]any) runner {
	return func(ctx context.Context, _ *testing.T, s *luastore.Store) error {
		session := s.Session()
		defer session.Close()
		for _, args := range commands {
			if err := session.Do(ctx, args...).Err(); err != nil && !errors.Is(err, luastore.ErrNil) {
				return err
			}
		}
		return nil
	}
}

// connected sends the commands on a connection in memory, waits for the reply to a
// last one, and closes it.
func connected(commands ...[]any) runner {
	return func(ctx context.Context, t *testing.T, s *luastore.Store) error {
		conn, err := redisconn.Dialer(s)(ctx, "", "")
		if err != nil {
			return err
		}
		defer conn.Close()
		return talk(conn, commands)
	}
}

func talk(conn net.Conn, commands [][]any) error {
	last := []any{"PING", "that is all"}
	done := make(chan error, 1)
	go func() {
		r := bufio.NewReader(conn)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				done <- err
				return
			}
			if line == "that is all\r\n" {
				done <- nil
				return
			}
		}
	}()
	w := bufio.NewWriter(conn)
	for _, args := range append(commands, last) {
		fmt.Fprintf(w, "*%d\r\n", len(args))
		for _, a := range args {
			text := fmt.Sprint(a)
			fmt.Fprintf(w, "$%d\r\n%s\r\n", len(text), text)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return <-done
}

// requestOf returns n words after those that come first.
func requestOf(n int, word func(i int) any, first ...any) []any {
	for i := range n {
		first = append(first, word(i))
	}
	return first
}

func prefixed(prefix string) func(i int) any {
	return func(i int) any { return prefix + strconv.Itoa(i) }
}

func always(word any) func(i int) any { return func(int) any { return word } }

// refused says that there is an error of the store, whatever its text is.
func refused(err error) bool {
	var e *luastore.Error
	return errors.As(err, &e)
}

// anything says that any answer is right.
func anything(err error) bool { return err == nil || errors.Is(err, luastore.ErrNil) || refused(err) }

func requests() []request {
	return slices.Concat(globRequests(), manyRequests(), timeRequests(), restoreRequests(), numberRequests())
}

// Patterns.
func globRequests() (all []request) {
	const long = 100_000
	patterns := map[string]string{
		"stars":          strings.Repeat("*", 50_000) + "b",
		"starred":        strings.Repeat("*a", 50_000) + "b",
		"few stars":      strings.Repeat("*a", 900) + "*b",
		"a long piece":   "*" + strings.Repeat("a", 50_000) + "b",
		"a middle piece": "*" + strings.Repeat("a", 50_000) + "b*",
		"gaps":           "*" + strings.Repeat("a?", 25_000) + "b*",
		"a class":        "*[" + strings.Repeat("b", 50_000) + "]?*",
		"classes":        "*" + strings.Repeat("[ab]", 12_000) + "c*",
		"anything":       "*" + strings.Repeat("?", 99_990) + "b*",
	}
	key := strings.Repeat("a", long)
	for name, pattern := range patterns {
		subscribed := func(t *testing.T, s *luastore.Store) {
			s.Do(ctx, "CONFIG", "SET", "notify-keyspace-events", "KEA")
			sub := s.PSubscribe("__key*__:"+pattern, pattern)
			t.Cleanup(func() { sub.Close() })
		}
		all = append(all,
			request{name: "glob/KEYS/" + name, setUp: settingUp(doing("SET", key, "v")), run: doing("KEYS", pattern)},
			request{name: "glob/SCAN/" + name, setUp: settingUp(doing("SADD", "s", key)), run: doing("SSCAN", "s", 0, "MATCH", pattern)},
			request{name: "glob/notifications/" + name, setUp: subscribed, run: doing("SET", key, "v")},
			request{name: "glob/PUBLISH/" + name, setUp: subscribed, run: doing("PUBLISH", key, "m")},
			request{name: "glob/PUBSUB CHANNELS/" + name, setUp: subscribed, run: doing("PUBSUB", "CHANNELS", pattern)},
			request{name: "glob/CONFIG GET/" + name, run: doing("CONFIG", "GET", pattern)},
			request{name: "glob/FUNCTION LIST/" + name, run: doing("FUNCTION", "LIST", "LIBRARYNAME", pattern)},
			request{name: "glob/ACL/" + name, setUp: settingUp(doing("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~"+pattern, "&"+pattern)),
				run: inSession([]any{"AUTH", "u", "p"}, []any{"GET", key}), want: anything},
		)
	}
	return all
}

// Many words, or many requests that add up.
func manyRequests() []request {
	const n = 100_000
	// No context ends what connections ask.
	doing := func(args ...any) runner {
		return func(_ context.Context, t *testing.T, s *luastore.Store) error { return s.Do(ctx, args...).Err() }
	}
	patterns := requestOf(n, prefixed("p*"), "PSUBSCRIBE")
	return []request{
		{name: "many/WATCH", run: inSession(requestOf(n, prefixed("k"), "WATCH"), []any{"MULTI"}, []any{"SET", "k1", "v"}, []any{"EXEC"})},
		{name: "many/WATCH the same", run: inSession(requestOf(n, always("k"), "WATCH"), []any{"UNWATCH"})},
		{name: "many/WATCH one by one", run: func(ctx context.Context, t *testing.T, s *luastore.Store) error {
			commands := make([][]any, n)
			for i := range commands {
				commands[i] = []any{"WATCH", i}
			}
			return inSession(commands...)(ctx, t, s)
		}},
		{name: "many/PSUBSCRIBE and close", run: connected(patterns)},
		{name: "many/PSUBSCRIBE and PUNSUBSCRIBE", run: connected(patterns, []any{"PUNSUBSCRIBE"})},
		{name: "many/PSUBSCRIBE and PUNSUBSCRIBE each", run: connected(patterns, requestOf(n, prefixed("p*"), "PUNSUBSCRIBE"))},
		{name: "many/PSUBSCRIBE and RESET", run: connected(patterns, []any{"RESET"})},
		{name: "many/SUBSCRIBE and close", run: connected(requestOf(n, prefixed("c"), "SUBSCRIBE"))},
		{name: "many/SSUBSCRIBE and close", run: connected(requestOf(n, prefixed("c"), "SSUBSCRIBE"))},
		{name: "many/subscriptions in Go", run: func(ctx context.Context, t *testing.T, s *luastore.Store) error {
			names := make([]string, n)
			for i := range names {
				names[i] = "p*" + strconv.Itoa(i)
			}
			sub := s.PSubscribe(names...)
			return sub.Close()
		}},
		{name: "many/PUBLISH to patterns", setUp: func(t *testing.T, s *luastore.Store) {
			sub := s.PSubscribe()
			for i := range n {
				sub.PSubscribe("p*" + strconv.Itoa(i))
			}
			t.Cleanup(func() { sub.Close() })
		}, run: doing("PUBLISH", strings.Repeat("p", 1000), "m")},
		{name: "many/PUBSUB NUMSUB", run: doing(requestOf(n, prefixed("c"), "PUBSUB", "NUMSUB")...)},
		{name: "many/CLIENT TRACKING", run: connected([]any{"HELLO", 3}, trackingWords(n, ""), []any{"CLIENT", "TRACKING", "OFF"})},
		{name: "many/CLIENT TRACKING with an overlap", run: connected([]any{"HELLO", 3}, append(trackingWords(n, ""), "PREFIX", "p12345x"))},
		{name: "many/CLIENT TRACKING twice", run: connected([]any{"HELLO", 3}, trackingWords(n/2, "a"), trackingWords(n/2, "b"), []any{"SET", "a1", "v"})},
		{name: "many/ACL SETUSER keys", run: doing(requestOf(n, prefixed("~k"), "ACL", "SETUSER", "u")...), want: anything},
		{name: "many/ACL SETUSER channels", run: doing(requestOf(n, prefixed("&k"), "ACL", "SETUSER", "u", "resetchannels")...), want: anything},
		{name: "many/ACL SETUSER passwords", run: doing(requestOf(n, prefixed(">p"), "ACL", "SETUSER", "u")...), want: anything},
		{name: "many/ACL SETUSER selectors", run: doing(requestOf(n, always("(+get ~a)"), "ACL", "SETUSER", "u")...), want: anything},
		{name: "many/ACL SETUSER one selector", run: doing("ACL", "SETUSER", "u", "("+strings.Repeat("+get ", n)+")"), want: anything},
		{name: "many/ACL SETUSER keys in a selector", run: doing("ACL", "SETUSER", "u", "("+joined(n, "~k")+")"), want: anything},
		{name: "many/ACL SETUSER first arguments", run: doing(requestOf(n, prefixed("+get|a"), "ACL", "SETUSER", "u")...), want: anything},
		{name: "many/ACL SETUSER passwords, and none of them", run: doing(requestOf(2*n, func(i int) any { return []any{">", "<"}[i/n].(string) + strconv.Itoa(i%n) }, "ACL", "SETUSER", "u")...)},
		{name: "many/ACL SETUSER categories", run: doing(requestOf(n, always("+@read"), "ACL", "SETUSER", "u")...), want: anything},
		{name: "many/ACL SETUSER reset", run: doing(requestOf(n, always("reset"), "ACL", "SETUSER", "u")...), want: anything},
		{name: "many/ACL SETUSER of one who has subscribed", setUp: func(t *testing.T, s *luastore.Store) {
			settingUp(doing("ACL", "SETUSER", "u", "on", "nopass", "+@all", "allchannels"))(t, s)
			conn, err := redisconn.Dialer(s)(ctx, "", "")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			if err := talk(conn, [][]any{{"AUTH", "u", "p"}, requestOf(n/4, prefixed("c"), "SUBSCRIBE"), {"UNSUBSCRIBE", "c0"}, {"PING"}, {"HELLO", 3}}); err != nil && err != io.EOF {
				t.Fatal(err)
			}
		}, run: doing(requestOf(5000, prefixed("&k"), "ACL", "SETUSER", "u", "resetchannels")...), want: anything},
		{name: "many/ACL DELUSER", run: doing(requestOf(n, prefixed("u"), "ACL", "DELUSER")...)},
		{name: "many/MULTI", run: func(ctx context.Context, t *testing.T, s *luastore.Store) error {
			commands := [][]any{{"MULTI"}}
			for i := range n {
				commands = append(commands, []any{"SET", i, i})
			}
			return inSession(append(commands, []any{"EXEC"})...)(ctx, t, s)
		}},
		{name: "many/CONFIG SET", run: doing(requestOf(n, prefixed("p"), "CONFIG", "SET")...), want: anything},
		{name: "many/CONFIG SET the same", run: doing(requestOf(n, always("maxmemory"), "CONFIG", "SET")...), want: anything},
		{name: "many/CONFIG GET", run: doing(requestOf(n, prefixed("p*"), "CONFIG", "GET")...)},
		{name: "many/CONFIG GET all", run: doing(requestOf(n, always("*"), "CONFIG", "GET")...)},
		{name: "many/COMMAND GETKEYS", run: doing(requestOf(n, prefixed("k"), "COMMAND", "GETKEYS", "DEL")...)},
		{name: "many/COMMAND GETKEYSANDFLAGS", run: doing(requestOf(n, prefixed("k"), "COMMAND", "GETKEYSANDFLAGS", "MSET")...), want: anything},
		{name: "many/COMMAND GETKEYS MIGRATE", run: doing(requestOf(n, always("AUTH"), "COMMAND", "GETKEYS", "MIGRATE", "h", 1, "", 0, 1)...), want: anything},
		{name: "many/FUNCTION LIST", run: doing(requestOf(n, always("WITHCODE"), "FUNCTION", "LIST")...), want: anything},
		{name: "many/SCRIPT EXISTS", run: doing(requestOf(n, prefixed("s"), "SCRIPT", "EXISTS")...)},
		{name: "many/BLPOP", run: connectedBriefly(append(requestOf(n, prefixed("k"), "BLPOP"), 0))},
		{name: "many/XREAD", run: doing(requestOf(2*n, always("0"), "XREAD", "STREAMS")...)},
		{name: "many/SINTER", setUp: settingUp(doing(requestOf(1000, prefixed("m"), "SADD", "s")...)), run: doing(requestOf(n, always("s"), "SINTER")...)},
		{name: "many/PFCOUNT", setUp: settingUp(doing(requestOf(1000, prefixed("m"), "PFADD", "p")...)), run: doing(requestOf(n, always("p"), "PFCOUNT")...)},
		{name: "many/BITFIELD", run: doing(requestOf(3*n, func(i int) any { return []any{"GET", "u8", i}[i%3] }, "BITFIELD", "b")...)},
		{name: "many/HELLO", run: connected(requestOf(n, always("SETNAME"), "HELLO", 3))},
		{name: "many/CLIENT KILL", run: doing(requestOf(2*n, func(i int) any { return []any{"ID", 1}[i%2] }, "CLIENT", "KILL")...), want: anything},
		{name: "many/SORT GET", setUp: settingUp(doing("RPUSH", "l", 1)), run: doing(requestOf(2*n, func(i int) any { return []any{"GET", "#"}[i%2] }, "SORT", "l")...), want: anything},
		{name: "many/MIGRATE", run: doing(requestOf(n, prefixed("k"), "MIGRATE", "h", 1, "", 0, 1, "KEYS")...), want: anything},
		{name: "many/OBJECT", run: doing(requestOf(n, prefixed("k"), "OBJECT", "HELP")...), want: anything},
		{name: "many/LATENCY RESET", run: doing(requestOf(n, prefixed("k"), "LATENCY", "RESET")...)},
		{name: "many/LATENCY HISTOGRAM", run: doing(requestOf(n, always("get"), "LATENCY", "HISTOGRAM")...)},
		{name: "many/INFO", run: doing(requestOf(n, always("all"), "INFO")...)},
		{name: "many/MEMORY USAGE", run: doing(requestOf(n, always("SAMPLES"), "MEMORY", "USAGE", "k")...), want: anything},
	}
}

func joined(n int, prefix string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(prefix + strconv.Itoa(i) + " ")
	}
	return b.String()
}

func trackingWords(n int, letter string) []any {
	args := []any{"CLIENT", "TRACKING", "ON", "BCAST"}
	for i := range n {
		args = append(args, "PREFIX", "p"+letter+strconv.Itoa(1_000_000+i))
	}
	return args
}

// connectedBriefly sends the commands on a connection that it closes.
func connectedBriefly(commands ...[]any) runner {
	return func(ctx context.Context, t *testing.T, s *luastore.Store) error {
		conn, err := redisconn.Dialer(s)(ctx, "", "")
		if err != nil {
			return err
		}
		go talk(conn, commands)
		<-ctx.Done()
		return conn.Close()
	}
}

// What takes its time without doing much.
func timeRequests() []request {
	expired := func(t *testing.T, s *luastore.Store) {
		const script = "for i = 1, 3e5 do redis.call('SET', i, i, 'PX', 1) end"
		if err := s.Eval(ctx, script, nil).Err(); err != nil && !errors.Is(err, luastore.ErrNil) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	collections := settingUp(doing(requestOf(1000, prefixed("m"), "SADD", "s")...),
		doing(requestOf(2000, prefixed("m"), "HSET", "h")...),
		doing(requestOf(2000, func(i int) any { return i }, "ZADD", "z")...))
	return []request{
		{name: "time/DBSIZE of expired keys", setUp: expired, run: doing("DBSIZE")},
		{name: "time/KEYS of expired keys", setUp: expired, run: doing("KEYS", "*")},
		{name: "time/RANDOMKEY of expired keys", setUp: expired, run: doing("RANDOMKEY")},
		{name: "time/SCAN of expired keys", setUp: expired, run: doing("SCAN", 0, "COUNT", 1<<40)},
		{name: "time/DEBUG DIGEST of expired keys", setUp: expired, run: doing("DEBUG", "DIGEST")},
		{name: "time/INFO of expired keys", setUp: expired, run: doing("INFO")},
		{name: "time/SRANDMEMBER", setUp: collections, run: all(doing("SRANDMEMBER", "s"), doing("SRANDMEMBER", "s", 500), doing("SRANDMEMBER", "s", -500))},
		{name: "time/SPOP", setUp: collections, run: all(doing("SPOP", "s"), doing("SPOP", "s", 300))},
		{name: "time/HRANDFIELD", setUp: collections, run: all(doing("HRANDFIELD", "h"), doing("HRANDFIELD", "h", 500), doing("HRANDFIELD", "h", -500))},
		{name: "time/ZRANDMEMBER", setUp: collections, run: all(doing("ZRANDMEMBER", "z"), doing("ZRANDMEMBER", "z", 500), doing("ZRANDMEMBER", "z", -500))},
		{name: "time/RANDOMKEY", setUp: collections, run: doing("RANDOMKEY")},
		{name: "time/LOLWUT", run: doing("LOLWUT")},
		{name: "time/eviction", setUp: collections, run: all(doing("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"), doing("CONFIG", "SET", "maxmemory", 1000), doing("GET", "a"))},
		{name: "time/DEBUG SLEEP", run: doing("DEBUG", "SLEEP", 1000)},
		{name: "time/DEBUG SLEEP and close", run: connectedBriefly([]any{"DEBUG", "SLEEP", 1000})},
		{name: "time/DEBUG SLEEP for ever", run: doing("DEBUG", "SLEEP", "inf")},
	}
}

// RESTORE.
func restoreRequests() (all []request) {
	for _, size := range []int{1 << 20, 4 << 20, 16 << 20} {
		for name, bomb := range bombs(size) {
			all = append(all, request{
				name: fmt.Sprintf("restore/%d MB/%s", size>>20, name), want: anything,
				run: func(_ context.Context, t *testing.T, s *luastore.Store) error {
					return s.Do(ctx, "RESTORE", "k", 0, bomb).Err()
				},
			})
			if size > 1<<20 {
				continue
			}
			all = append(all, request{
				name: fmt.Sprintf("restore/%d MB/%s/in a script", size>>20, name), want: anything,
				run: func(_ context.Context, t *testing.T, s *luastore.Store) error {
					return s.Eval(ctx, "for i = 1, 10 do redis.call('RESTORE', i, 0, ARGV[1]) end", nil, bomb).Err()
				},
			}, request{
				name: fmt.Sprintf("restore/%d MB/%s/with maxmemory", size>>20, name), want: anything,
				setUp: settingUp(doing("CONFIG", "SET", "maxmemory", "10mb")),
				run: func(_ context.Context, t *testing.T, s *luastore.Store) error {
					return s.Do(ctx, "RESTORE", "k", 0, bomb).Err()
				},
			})
		}
		all = append(all, request{
			name: fmt.Sprintf("restore/%d MB/libraries", size>>20), want: refused,
			run: func(_ context.Context, t *testing.T, s *luastore.Store) error {
				library := "\xf5" + compressed("#!lua name=a\n", "-", size*88, "")
				return s.Do(ctx, "FUNCTION", "RESTORE", payload(library)).Err()
			},
		})
	}
	return all
}

// Numbers near the ends of what an integer can be.
func numberRequests() []request {
	set := func(t *testing.T, s *luastore.Store) {
		settingUp(doing("CONFIG", "SET", "proto-max-bulk-len", "9223372036854775807"),
			doing("SET", "a", "abc"), doing("RPUSH", "l", 1, 2, 3), doing("SADD", "s", 1, 2, 3, "x"), doing("ZADD", "z", 1, "a", 2, "b"),
			doing("HSET", "h", "a", 1, "b", 2), doing("XADD", "x", "1-1", "f", "v"), doing("XGROUP", "CREATE", "x", "g", 0), doing("GEOADD", "g", 1, 1, "a"))(t, s)
	}
	numbers := []string{
		"9223372036854775807", "9223372036854775806", "9223372036854775800", "-9223372036854775808", "-9223372036854775807", "9223372036854775808",
		"4611686018427387904", "4294967296", "4294967295", "2147483648", "2147483647", "-2147483648", "-2147483649", "1099511627776",
		"68719476735", "8589934591", "1073741824", "1e308", "-1e308", "9999999999999999999999", "0", "-0", "-1", "1", "",
	}
	lines := strings.Split(strings.TrimSpace(`
SETRANGE a N x|SETRANGE b N x|SETBIT a N 1|SETBIT b N 1|GETBIT a N|BITFIELD a SET u8 N 1|BITFIELD a SET u8 #N 1|BITFIELD a GET u63 N|BITFIELD a GET i64 #N|BITFIELD a INCRBY i64 0 N
BITCOUNT a N N|BITCOUNT a N N BIT|BITPOS a 1 N|BITPOS a 0 N N BIT|GETRANGE a N N|GETRANGE a 0 N|GETRANGE a N 0|SUBSTR a N N|INCRBY c N|DECRBY c N|INCRBYFLOAT f N
SETEX a N v|PSETEX a N v|SET a v EX N|SET a v PXAT N|EXPIRE a N|PEXPIRE a N|EXPIREAT a N|PEXPIREAT a N|GETEX a EX N|GETEX a PX N
LRANGE l N N|LRANGE l 0 N|LINDEX l N|LSET l N x|LTRIM l N N|LREM l N 1|LPOP l N|RPOP l N|LPOS l 1 RANK N|LPOS l 1 COUNT N|LPOS l 1 MAXLEN N|LMPOP 1 l LEFT COUNT N|LMPOP N l LEFT|BLPOP none N|BLMPOP N 1 none LEFT
SRANDMEMBER s N|SPOP s N|SSCAN s N|SSCAN s 0 COUNT N|SINTERCARD 1 s LIMIT N|SINTERCARD N s
ZRANGE z N N|ZRANGE z 0 N REV|ZRANGEBYSCORE z N N|ZRANGEBYSCORE z -inf +inf LIMIT N N|ZRANGE z -inf +inf BYSCORE LIMIT N N|ZREMRANGEBYRANK z N N|ZPOPMIN z N|ZPOPMAX z N|ZRANDMEMBER z N|ZRANDMEMBER z N WITHSCORES|ZMPOP 1 z MIN COUNT N|ZMPOP N z MIN|ZADD z N x|ZINCRBY z N a|ZUNION N z|ZUNIONSTORE d 1 z WEIGHTS N|ZINTERCARD 1 z LIMIT N|ZRANGESTORE d z N N
HRANDFIELD h N|HRANDFIELD h N WITHVALUES|HINCRBY h a N|HINCRBYFLOAT h a N|HSCAN h 0 COUNT N|HEXPIRE h N FIELDS 1 a|HPEXPIRE h 100 FIELDS N a|HPEXPIREAT h N FIELDS 1 a
XADD x N-N f v|XADD x MAXLEN N * f v|XADD x MINID N * f v|XTRIM x MAXLEN N|XTRIM x MAXLEN ~ N LIMIT N|XRANGE x N N|XRANGE x - + COUNT N|XREVRANGE x + - COUNT N|XREAD COUNT N STREAMS x 0|XREAD BLOCK N STREAMS x $|XREADGROUP GROUP g c COUNT N STREAMS x >|XPENDING x g - + N|XPENDING x g IDLE N - + 1|XCLAIM x g c N 1-1|XCLAIM x g c 0 1-1 IDLE N|XCLAIM x g c 0 1-1 RETRYCOUNT N|XAUTOCLAIM x g c N 0|XAUTOCLAIM x g c 0 0 COUNT N|XSETID x N-N ENTRIESADDED N|XINFO STREAM x FULL COUNT N|XGROUP CREATE x g2 N ENTRIESREAD N
GEOADD g N N b|GEOSEARCH g FROMLONLAT 1 1 BYRADIUS N m|GEOSEARCH g FROMLONLAT 1 1 BYBOX N N km COUNT N|GEORADIUS g N N 1 m
SORT l LIMIT N N|SORT l BY nosort LIMIT N N|SCAN N|SCAN 0 COUNT N|SELECT N|MOVE a N|SWAPDB 0 N|COPY a b DB N|RESTORE r N x|OBJECT FREQ N|WAIT N 1|LOLWUT VERSION 5 N N N|LOLWUT VERSION 6 N N|MEMORY USAGE a SAMPLES N|LCS a a MINMATCHLEN N
SLOWLOG GET N|CLIENT PAUSE 0|CLIENT KILL ID N|CLIENT UNBLOCK N|LATENCY HISTORY N|ACL LOG N|ACL GENPASS N|CONFIG SET maxmemory N|CONFIG SET timeout N|CONFIG SET slowlog-max-len N|CONFIG SET proto-max-bulk-len N|CONFIG SET hash-max-listpack-entries N|CONFIG SET set-max-intset-entries N|CONFIG SET list-max-listpack-size N|CONFIG SET stream-node-max-bytes N|CONFIG SET hll-sparse-max-bytes N|EVAL return 0 N|FCALL f N|DEBUG QUICKLIST-PACKED-THRESHOLD N|COMMAND GETKEYS EVAL x N a|COMMAND GETKEYS ZUNION N a
`), "\n")
	var commands []string
	for _, line := range lines {
		commands = append(commands, strings.Split(line, "|")...)
	}
	run := func(ctx context.Context, t *testing.T, s *luastore.Store) error {
		for _, line := range commands {
			for _, n := range numbers {
				call, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestDeadline)
				args := []any{}
				for _, word := range strings.Fields(line) {
					args = append(args, numbersIn(word, n))
				}
				start := time.Now()
				err := s.Do(call, args...).Err()
				cancel()
				if !anything(err) && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%q with %q: %v", line, n, err)
				}
				if took := time.Since(start); took > requestDeadline+requestBound {
					t.Errorf("%q with %q: %v", line, n, took)
				}
				if strings.HasPrefix(line, "SET") || strings.HasPrefix(line, "BITFIELD") || strings.HasPrefix(line, "CONFIG") {
					s.Do(context.WithoutCancel(ctx), "FLUSHALL")
					s.Do(context.WithoutCancel(ctx), "CONFIG", "SET", "proto-max-bulk-len", "9223372036854775807", "maxmemory", 0)
					set(t, s)
				}
			}
		}
		return nil
	}
	return []request{{name: "numbers", setUp: set, run: run, many: true}}
}

// numbersIn returns the word with n in the place of what stands for a number: N, #N
// or N-N.
func numbersIn(word, n string) string {
	switch word {
	case "N":
		return n
	case "#N":
		return "#" + n
	case "N-N":
		return n + "-" + n
	}
	return word
}
