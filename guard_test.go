package luastore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
)

// A bomb goes off at one of the calls of one kind of callback.
type bomb struct {
	kind string
	at   int64 // which of the calls, counted from 1
	exit bool  // it ends the goroutine rather than panic

	armed atomic.Bool
	calls atomic.Int64
	off   atomic.Bool // it went off
}

var errBomb = errors.New("bomb")

// tick is called by each callback, of the kind.
func (b *bomb) tick(kind string) {
	if !b.armed.Load() || kind != b.kind || b.calls.Add(1) != b.at {
		return
	}
	b.off.Store(true)
	if b.exit {
		runtime.Goexit()
	}
	panic(errBomb)
}

// The callbacks, with a bomb in each.
type (
	bombContext struct {
		context.Context
		*bomb
	}
	bombRand struct {
		rand.Source
		*bomb
	}
	bombLog struct {
		slog.Handler
		*bomb
	}
	bombText struct{ *bomb }
)

func (c bombContext) Err() error            { c.tick("Context.Err"); return c.Context.Err() }
func (c bombContext) Done() <-chan struct{} { c.tick("Context.Done"); return c.Context.Done() }
func (c bombContext) Deadline() (time.Time, bool) {
	c.tick("Context.Deadline")
	return c.Context.Deadline()
}

func (r bombRand) Uint64() uint64 { r.tick("Rand"); return r.Source.Uint64() }

func (l bombLog) Enabled(context.Context, slog.Level) bool  { l.tick("Logger"); return true }
func (l bombLog) Handle(context.Context, slog.Record) error { l.tick("Logger"); return nil }

func (x bombText) MarshalBinary() ([]byte, error) {
	x.tick("MarshalBinary")
	return []byte("text"), nil
}

// guarded is a store all callbacks of which may have a bomb.
type guarded struct {
	*Store
	*bomb
	ctx      context.Context
	messages *Subscription
	mu       sync.Mutex
	events   map[string]int
}

// both writes a and b, which must be the same ever after, and tells of it; it takes
// so long that it asks for the context.
const both = `
	redis.call('INCR', 'a')
	redis.call('PUBLISH', 'news', 'x')
	redis.log(redis.LOG_WARNING, 'x')
	for i = 1, 25000 do end
	redis.call('SRANDMEMBER', 'set')
	redis.call('INCR', 'b')
	return redis.call('SETRANGE', 'big', 0, ARGV[1] or '')`

const bothLibrary = "#!lua name=lib\nredis.register_function('both', function(KEYS, ARGV)" + both + " end)"

func newGuarded(t *testing.T, b *bomb) *guarded {
	g := &guarded{bomb: b, events: map[string]int{}}
	g.Store = New(&Options{
		Now: func() time.Time { b.tick("Now"); return time.Now() },
		After: func(d time.Duration) <-chan time.Time {
			b.tick("After")
			return time.After(d)
		},
		Rand:   bombRand{rand.NewPCG(1, 2), b},
		Logger: slog.New(bombLog{slog.DiscardHandler, b}),
		OnEvent: func(e Event) {
			g.mu.Lock()
			g.events[e.Name+" "+e.Key]++
			g.mu.Unlock()
			b.tick("OnEvent")
		},
		Trace:           func(TraceEvent) { b.tick("Trace") },
		Intercept:       func(context.Context, []string) error { b.tick("Intercept"); return nil },
		MaxMemory:       64 << 10,
		MaxMemoryPolicy: "volatile-random",
	})
	ending, end := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(end)
	g.ctx = bombContext{ending, b}
	g.messages = g.Subscribe("news")
	for i := range 10 {
		must(t, g.Do(ctx, "SADD", "set", i))
	}
	must(t, g.Do(ctx, "MSET", "a", 0, "b", 0))
	if _, err := g.FunctionLoad(ctx, bothLibrary); err != nil {
		t.Fatal(err)
	}
	must(t, g.Do(ctx, "CONFIG", "SET", "slowlog-log-slower-than", 0))
	g.fill(t)
	return g
}

// fill makes the data too large, so that the next call evicts.
func (g *guarded) fill(t *testing.T) {
	for i := 0; ; i++ {
		key := fmt.Sprint("junk", i)
		if err := g.Do(ctx, "SET", key, strings.Repeat("x", 4<<10), "EX", 1000).Err(); err != nil {
			t.Fatal(err)
		}
		if n, _ := g.Do(ctx, "EXISTS", "junk0").Int(); n == 0 || i > 40 {
			return
		}
	}
}

// entries are the entry points of a store. Each changes a and b alike, or
// neither.
var entries = []struct {
	name string
	run  func(g *guarded)
}{
	{"Do", func(g *guarded) { g.Do(g.ctx, "SET", "text", bombText{g.bomb}) }},
	{"Do SPOP", func(g *guarded) { g.Do(g.ctx, "SPOP", "set", 3) }},
	{"Do EVAL", func(g *guarded) { g.Do(g.ctx, "EVAL", both, 0, bombText{g.bomb}) }},
	{"Do FCALL", func(g *guarded) { g.Do(g.ctx, "FCALL", "both", 0) }},
	{"Do CONFIG SET", func(g *guarded) {
		g.Do(g.ctx, "CONFIG", "SET", "maxmemory-policy", "volatile-lfu", "maxmemory", "48kb")
	}},
	{"Eval", func(g *guarded) { g.Eval(g.ctx, both, nil, bombText{g.bomb}) }},
	{"EvalRO", func(g *guarded) { g.EvalRO(g.ctx, "for i = 1, 25000 do end return redis.call('GET', 'a')", nil) }},
	{"EvalSha", func(g *guarded) { g.EvalSha(g.ctx, sha1hex(both), nil, bombText{g.bomb}) }},
	{"Script.Run", func(g *guarded) { NewScript(both+" ").Run(g.ctx, g.Store, nil) }},
	{"FCall", func(g *guarded) { g.FCall(g.ctx, "both", nil, bombText{g.bomb}) }},
	{"FunctionLoad", func(g *guarded) {
		g.FunctionLoadReplace(g.ctx, strings.Replace(bothLibrary, "\n", "\nfor i = 1, 25000 do end ", 1))
	}},
	{"ScriptLoad", func(g *guarded) {
		g.ScriptLoad(g.ctx, "local x = 1 "+strings.Repeat("x = x + 1 ", 10_000))
	}},
	{"Session", func(g *guarded) {
		session := g.Session()
		defer session.Close()
		session.Do(g.ctx, "WATCH", "a")
		session.Do(g.ctx, "MULTI")
		session.Do(g.ctx, "INCR", "a")
		session.Do(g.ctx, "EVAL", both, 0)
		session.Do(g.ctx, "PUBLISH", "news", "x")
		session.Do(g.ctx, "SPOP", "set", 2)
		session.Do(g.ctx, "CONFIG", "SET", "hz", 11)
		session.Do(g.ctx, "SELECT", 1)
		session.Do(g.ctx, "SELECT", 0)
		session.Do(g.ctx, "INCR", "b")
		session.Do(g.ctx, "EXEC")
	}},
	{"Update", func(g *guarded) {
		g.Update(g.ctx, func(tx *Tx) error {
			tx.Do("INCR", "a")
			tx.Do("PUBLISH", "news", bombText{g.bomb})
			g.tick("function")
			tx.Eval(both, nil)
			tx.FCall("both", nil)
			tx.Do("SPOP", "set", 2)
			g.tick("function")
			tx.Do("INCR", "b")
			return nil
		})
	}},
	{"Update that recovers", func(g *guarded) {
		g.Update(g.ctx, func(tx *Tx) error {
			defer func() { recover() }()
			tx.Eval(both, nil)
			return nil
		})
	}},
	{"View", func(g *guarded) {
		g.View(g.ctx, func(tx *Tx) error {
			tx.Do("GET", "a")
			g.tick("function")
			tx.Eval("return redis.call('SRANDMEMBER', 'set')", nil)
			return nil
		})
	}},
	{"waiting", func(g *guarded) { g.Do(g.ctx, "BLPOP", "queue", 0.001) }},
	{"waiting for nothing", func(g *guarded) { g.Do(g.ctx, "WAIT", 1, 1) }},
	{"waiting in a session", func(g *guarded) { g.Session().Do(g.ctx, "BLMOVE", "queue", "queue", "LEFT", "LEFT", 0.001) }},
	{"serving", func(g *guarded) {
		var all sync.WaitGroup
		defer all.Wait()
		ending, end := context.WithTimeout(ctx, 10*time.Second)
		defer end()
		g.armed.Store(false)
		for i := range 2 {
			all.Go(func() { g.Do(ending, "BLPOP", "queue", 0) })
			for g.blocked() != i+1 {
				time.Sleep(100 * time.Microsecond)
			}
		}
		g.armed.Store(true)
		g.Do(g.ctx, "RPUSH", "queue", "x", "y")
	}},
	{"connection", func(g *guarded) {
		client := &command.Client{
			Push:   func(command.Reply) { g.tick("connection") },
			Kill:   func() { g.tick("connection") },
			Unsent: func() bool { return false },
		}
		answer := func(command.Reply) { g.tick("connection") }
		c, err := g.connect(g.ctx, nil, client, func() {})
		if err != nil {
			return
		}
		defer c.Close(ctx, nil)
		for _, line := range []string{
			"HELLO 3", "CLIENT TRACKING ON", "SUBSCRIBE news other", "GET a", "PUBLISH other x", "MULTI", "INCR a", "INCR b", "PUBLISH news x", "EXEC", "BLPOP queue 0.001", "WAIT 1 1", "CLIENT PAUSE 1", "INCR c",
		} {
			if c.Do(g.ctx, nil, strings.Fields(line), answer) {
				c.Wait(g.ctx, answer)
			}
		}
	}},
	{"receiving", func(g *guarded) {
		s := g.Subscribe("channel")
		defer s.Close()
		g.Do(g.ctx, "PUBLISH", "channel", "x")
		for range s.Messages(g.ctx) {
			g.tick("function")
			break
		}
	}},
	{"killing", func(g *guarded) { g.beside(func() { g.ScriptKill(g.ctx) }) }},
	{"asking", func(g *guarded) { g.beside(func() { g.FunctionStats(g.ctx) }) }},
	{"visiting", func(g *guarded) {
		session := g.Session()
		defer session.Close()
		g.beside(func() {
			session.Do(g.ctx, "WATCH", "a")
			session.Do(g.ctx, "MULTI")
			g.Do(g.ctx, "INCR", "a")
		})
	}},
}

// beside runs f while a script does, which says soon that it is busy.
func (g *guarded) beside(f func()) {
	g.armed.Store(false)
	g.Do(ctx, "CONFIG", "SET", "busy-reply-threshold", 1)
	ended := make(chan bool)
	go func() {
		defer close(ended)
		g.Eval(ctx, "redis.call('INCR', 'a') redis.call('PUBLISH', 'news', 'x') while true do end", nil)
	}()
	for g.board.Script() == nil {
		time.Sleep(100 * time.Microsecond)
	}
	time.Sleep(2 * time.Millisecond)
	defer func() {
		g.armed.Store(false)
		g.ScriptKill(ctx)
		<-ended
	}()
	g.armed.Store(true)
	f()
}

// blocked returns how many commands wait.
func (g *guarded) blocked() (n int) {
	info, _ := g.Do(ctx, "INFO", "clients").Text()
	for line := range strings.Lines(info) {
		fmt.Sscanf(line, "blocked_clients:%d", &n)
	}
	return n
}

var bombKinds = []string{
	"Now", "After", "Rand", "Logger", "OnEvent", "Trace", "Intercept", "MarshalBinary", "Context.Err", "Context.Done", "Context.Deadline",
	"function", "connection",
}

// mostBombs is at how many calls of a callback a bomb is tried.
const mostBombs = 15

// TestCallbacksPanic: whatever callback panics, or ends its goroutine, at any of
// its calls in any method: the lock is free, what was half done is undone, and
// nobody is left who waits.
func TestCallbacksPanic(t *testing.T) {
	tried := map[string]int{}
	for _, entry := range entries {
		for _, kind := range bombKinds {
			for _, exit := range []bool{false, true} {
				for at := int64(1); at <= mostBombs; at++ {
					b := &bomb{kind: kind, at: at, exit: exit}
					name := fmt.Sprintf("%s, %s %d, exit %t", entry.name, kind, at, exit)
					g := newGuarded(t, b)
					g.explode(t, name, entry.run)
					if t.Failed() {
						return
					}
					if !b.off.Load() {
						break
					}
					g.check(t, name)
					tried[kind]++
				}
			}
		}
	}
	for _, kind := range bombKinds {
		if tried[kind] == 0 {
			t.Errorf("%s was never called", kind)
		}
	}
	t.Log(tried)
}

// TestStoppedTransaction: EXEC that its context stops does nothing at all.
func TestStoppedTransaction(t *testing.T) {
	ending, end := context.WithCancel(ctx)
	defer end()
	s := New(&Options{
		Users: []string{"eve on nopass ~* +@all"},
		Intercept: func(_ context.Context, args []string) error {
			if args[0] == "ECHO" {
				end()
			}
			return nil
		},
	})
	session := s.Session()
	looks := func() (all []string) {
		for _, line := range []string{
			"ACL WHOAMI", "ACL LIST", "FUNCTION LIST WITHCODE", "CONFIG GET *", "SCRIPT EXISTS " + sha1hex("return'x'"), "DBSIZE", "GET k",
		} {
			all = append(all, fmt.Sprint(doLine(session, line).Val()))
		}
		return all
	}
	doLine(session, "SET k v")
	before := looks()
	queue := func() {
		for _, line := range []string{
			"MULTI", "SELECT 1", "MSET k w l w", "AUTH eve x", "CONFIG SET hz 99 maxmemory 1gb", "ACL SETUSER bob on", "SCRIPT LOAD return'x'",
		} {
			must(t, doLine(session, line))
		}
		must(t, session.Do(ctx, "FUNCTION", "LOAD", bothLibrary))
		must(t, session.Do(ctx, "ECHO", "x"))
	}
	queue()
	if err := session.Do(ending, "EXEC").Err(); err != context.Canceled {
		t.Errorf("EXEC = %v", err)
	}
	if diff := cmp.Diff(before, looks()); diff != "" {
		t.Errorf("it has done something (-before +after):\n%s", diff)
	}
	queue()
	must(t, session.Do(ctx, "EXEC"))
	for i, after := range looks() {
		if after == before[i] {
			t.Errorf("without an end of its context it does not change %q", after)
		}
	}
}

// doLine runs a command that is a line of words.
func doLine(s *Session, line string) Reply {
	var args []any
	for _, w := range strings.Fields(line) {
		args = append(args, w)
	}
	return s.Do(ctx, args...)
}

// TestUndoneUnpause: CLIENT UNPAUSE in a transaction that is undone lets nobody go on.
func TestUndoneUnpause(t *testing.T) {
	s := New(&Options{Intercept: func(_ context.Context, args []string) error {
		if args[0] == "ECHO" {
			panic(errBomb)
		}
		return nil
	}})
	var conns [2]*connection
	for i := range conns {
		c, err := s.connect(ctx, nil, &command.Client{Push: func(command.Reply) {}, Unsent: func() bool { return false }}, func() {})
		if err != nil {
			t.Fatal(err)
		}
		conns[i] = c
	}
	do := func(c *connection, line string) (waits bool, p any) {
		defer func() { p = recover() }()
		return c.Do(ctx, nil, strings.Fields(line), func(command.Reply) {}), nil
	}
	do(conns[0], "CLIENT PAUSE 100000 WRITE")
	for _, end := range []string{"ECHO x", "PING"} {
		if waits, _ := do(conns[1], "SET k v"); !waits {
			t.Error("SET does not wait")
		}
		over := conns[1].resumed
		for _, line := range []string{"MULTI", "CLIENT UNPAUSE", end} {
			do(conns[0], line)
		}
		if _, p := do(conns[0], "EXEC"); (p == errBomb) != (end == "ECHO x") {
			t.Errorf("EXEC panics with %v", p)
		}
		resumed := false
		select {
		case <-over:
			resumed = true
		default:
		}
		if resumed != (end == "PING") {
			t.Errorf("%s: it goes on: %t", end, resumed)
		}
	}
}

// TestClosePanics: a connection that cannot be closed does not keep Close, nor the
// store from being closed.
func TestClosePanics(t *testing.T) {
	for _, exit := range []bool{false, true} {
		b := &bomb{kind: "connection", at: 1, exit: exit}
		g := newGuarded(t, b)
		if _, err := g.connect(ctx, nil, &command.Client{Kill: func() { b.tick("connection") }}, func() {}); err != nil {
			t.Fatal(err)
		}
		g.explode(t, "Close", func(g *guarded) { g.Close() })
		if err := g.Do(ctx, "PING").Err(); err != ErrClosed || !b.off.Load() || g.lock.Held() {
			t.Errorf("exit %t: it went off: %t; then PING answers %v", exit, b.off.Load(), err)
		}
		g.Close()
	}
}

// explode runs a method with the bomb.
func (g *guarded) explode(t *testing.T, name string, run func(*guarded)) {
	var p any
	returned, done := false, make(chan struct{})
	g.armed.Store(true)
	go func() {
		defer close(done)
		defer func() { p = recover() }()
		run(g)
		returned = true
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		stack := make([]byte, 1<<20)
		t.Fatalf("%s: it does not end\n%s", name, stack[:runtime.Stack(stack, true)])
	}
	g.armed.Store(false)
	recovers := strings.HasPrefix(name, "Update that recovers") && !g.exit
	switch {
	case !g.off.Load():
		if !returned {
			t.Errorf("%s: panics with %v", name, p)
		}
	case g.exit && (p != nil || returned):
		t.Errorf("%s: it panics with %v, or returns: %t", name, p, returned)
	case !g.exit && p != errBomb && !recovers:
		t.Errorf("%s: it panics with %v", name, p)
	}
}

// check looks for what a bomb has left.
func (g *guarded) check(t *testing.T, name string) {
	soon, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	s := g.Store
	if err := s.Do(soon, "PING").Err(); err != nil {
		t.Fatalf("%s: the next call answers %v", name, err)
	}
	if s.lock.Held() || s.db.CanUndo() || s.board.Script() != nil || s.ctx != nil || s.db.Waiting() != 0 {
		t.Errorf("%s: held %t, can undo %t, running %v, context %v, %d waiting", name,
			s.lock.Held(), s.db.CanUndo(), s.board.Script(), s.ctx, s.db.Waiting())
	}
	if n := g.blocked(); n != 0 {
		t.Errorf("%s: %d calls wait", name, n)
	}
	if n := s.db.Watched(); n != 0 {
		t.Errorf("%s: %d keys are watched", name, n)
	}
	a, _ := s.Do(soon, "GET", "a").Int()
	b, _ := s.Do(soon, "GET", "b").Int()
	members, _ := s.Do(soon, "SCARD", "set").Int()
	popped := map[int]bool{10: true, 8: true, 7: true}
	hz, _ := s.Do(soon, "CONFIG", "GET", "hz").Map()
	if a != b || !popped[members] || (hz["hz"] == "11") != (a > 0 && strings.HasPrefix(name, "Session")) {
		t.Errorf("%s: a is %d, b %d, %d members, hz %v", name, a, b, members, hz["hz"])
	}
	g.mu.Lock()
	if g.events["incrby a"] != a || g.events["incrby b"] != b {
		t.Errorf("%s: a is %d, b %d, told were %v", name, a, b, g.events)
	}
	g.mu.Unlock()
	for range a {
		if _, err := g.messages.Receive(soon); err != nil {
			t.Errorf("%s: of %d messages not all come: %v", name, a, err)
		}
	}
	must(t, s.Do(soon, "RPUSH", "queue2", "x"))
	must(t, s.Do(soon, "DEL", "queue"))
	must(t, s.Do(soon, "RPUSH", "queue", "x"))
	for _, queue := range []string{"queue", "queue2"} {
		if n, _ := s.Do(soon, "LLEN", queue).Int(); n != 1 {
			t.Errorf("%s: somebody has taken the element of %s", name, queue)
		}
	}
	must(t, s.Eval(soon, both, nil))
	must(t, s.FCall(soon, "both", nil))
	must(t, s.Do(soon, "FUNCTION", "STATS"))
	if err := s.Update(soon, func(tx *Tx) error { return tx.Do("INCR", "a").Err() }); err != nil {
		t.Errorf("%s: Update answers %v", name, err)
	}
	g.messages.Receive(soon)
	g.messages.Receive(soon)
	late, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if m, err := g.messages.Receive(late); err == nil {
		t.Errorf("%s: a message too many: %v", name, m)
	}
	done := make(chan struct{})
	go func() { s.Close(); close(done) }()
	select {
	case <-done:
	case <-soon.Done():
		t.Errorf("%s: Close does not return", name)
	}
}
