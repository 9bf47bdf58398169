package redisconn

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore"
)

const writer = "redis.call('SET', 'k', 'v')\nlocal a = 1\nredis.call('SET', 'k', 'w')\nreturn a"

// debugged returns a client that has stopped at the first line of a script.
func debugged(t *testing.T, store *luastore.Store, mode, script string) *debugClient {
	t.Helper()
	c := newDebugClient(t, dial(t, store))
	c.send(request("SCRIPT", "DEBUG", mode))
	c.answers()
	c.send(request("EVAL", script, "0"))
	if r := c.answers(); !strings.HasPrefix(r[1], "+* Stopped at 1,") {
		t.Fatal(r)
	}
	return c
}

// obey sends a command and returns what it gives.
func (c *debugClient) obey(words ...string) []string {
	c.send(request(words...))
	return c.answers()
}

// TestDebugEnds: whatever ends a session that waits for its client, the store is
// free again, and has what is to be kept.
func TestDebugEnds(t *testing.T) {
	ctx := context.Background()
	kill := func(words ...any) func(*testing.T, *luastore.Store, *debugClient) {
		return func(t *testing.T, s *luastore.Store, _ *debugClient) {
			if r := s.Do(ctx, words...); r.Err() != nil {
				t.Error(words, r.Err())
			}
		}
	}
	for _, test := range []struct {
		name, mode string
		options    luastore.Options
		end        func(*testing.T, *luastore.Store, *debugClient)
		kept       string // of k
	}{
		{"SCRIPT KILL", "YES", luastore.Options{}, kill("SCRIPT", "KILL"), ""},
		{"SCRIPT KILL", "SYNC", luastore.Options{}, kill("SCRIPT", "KILL"), ""},
		{"SCRIPT KILL", "YES", luastore.Options{Rollback: luastore.RollbackNever}, kill("SCRIPT", "KILL"), ""},
		{"CLIENT KILL", "YES", luastore.Options{}, kill("CLIENT", "KILL", "TYPE", "normal"), ""},
		{"CLIENT KILL", "SYNC", luastore.Options{}, kill("CLIENT", "KILL", "TYPE", "normal"), ""},
		{"CLIENT KILL when busy", "SYNC", luastore.Options{BusyReply: time.Millisecond}, kill("CLIENT", "KILL", "TYPE", "normal"), ""},
		{"hang up", "YES", luastore.Options{}, func(_ *testing.T, _ *luastore.Store, c *debugClient) { c.conn.Close() }, ""},
		{"hang up", "SYNC", luastore.Options{}, func(_ *testing.T, _ *luastore.Store, c *debugClient) { c.conn.Close() }, "w"},
		{"hang up", "YES", luastore.Options{Rollback: luastore.RollbackNever}, func(_ *testing.T, _ *luastore.Store, c *debugClient) { c.conn.Close() }, ""},
		{"abort", "YES", luastore.Options{Rollback: luastore.RollbackNever}, func(_ *testing.T, _ *luastore.Store, c *debugClient) { c.obey("a") }, ""},
		{"abort", "SYNC", luastore.Options{Rollback: luastore.RollbackOnError}, func(_ *testing.T, _ *luastore.Store, c *debugClient) { c.obey("a") }, ""},
		{"continue", "SYNC", luastore.Options{Rollback: luastore.RollbackNever}, func(_ *testing.T, _ *luastore.Store, c *debugClient) { c.obey("c") }, "w"},
		{"instructions", "SYNC", luastore.Options{MaxInstructions: 100_000}, func(t *testing.T, _ *luastore.Store, c *debugClient) {
			if r := fmt.Sprint(c.obey("e", "while true do end")); !strings.Contains(r, luastore.ErrInstructions.Error()) {
				t.Error(r)
			}
		}, ""},
		{"time", "SYNC", luastore.Options{ScriptTimeout: 50 * time.Millisecond}, func(t *testing.T, _ *luastore.Store, c *debugClient) {
			time.Sleep(100 * time.Millisecond) // which does not count
			if r := fmt.Sprint(c.obey("p")); !strings.Contains(r, "No local variables") {
				t.Error(r)
			}
			if r := fmt.Sprint(c.obey("e", "while true do end")); !strings.Contains(r, luastore.ErrTimeout.Error()) {
				t.Error(r)
			}
		}, ""},
		{"memory", "SYNC", luastore.Options{MaxScriptMemory: 8 << 20}, func(t *testing.T, _ *luastore.Store, c *debugClient) {
			c.obey("maxlen", "0")
			table := "(function() local t = {} for i = 1, 20 do t[i] = t end return t end)()"
			if r := fmt.Sprint(c.obey("e", table)); !strings.Contains(r, luastore.ErrMemory.Error()) {
				t.Error(r[:min(len(r), 300)])
			}
		}, ""},
		{"logs", "SYNC", luastore.Options{MaxScriptMemory: 8 << 20}, func(t *testing.T, _ *luastore.Store, c *debugClient) {
			if r := fmt.Sprint(c.obey("e", "local s = string.rep('x', 1000) while true do redis.debug(s) end")); !strings.Contains(r, luastore.ErrMemory.Error()) {
				t.Error(r[len(r)-300:])
			}
		}, ""},
	} {
		t.Run(test.name+" "+test.mode, func(t *testing.T) {
			store := luastore.New(&test.options)
			defer store.Close()
			c := debugged(t, store, test.mode, writer)
			c.obey("s")
			test.end(t, store, c)
			deadline, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			if got, err := store.Do(deadline, "GET", "k").Text(); got != test.kept {
				t.Errorf("k is %q, %v", got, err)
			}
		})
	}
}

// TestDebugClose: Close ends a session,
func TestDebugClose(t *testing.T) {
	store := luastore.New(nil)
	debugged(t, store, "SYNC", writer)
	done := make(chan error)
	go func() { done <- store.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Close waits")
	}
}

// TestDebugAlone: a script that runs on without its client does not do so for ever.
func TestDebugAlone(t *testing.T) {
	store := luastore.New(&luastore.Options{BusyReply: 50 * time.Millisecond})
	defer store.Close()
	debugged(t, store, "SYNC", "redis.call('SET', 'k', 'v')\nwhile true do pcall(error) end").conn.Close()
	for {
		got, err := store.Do(context.Background(), "GET", "k").Text()
		switch {
		case errors.Is(err, luastore.ErrBusy):
			time.Sleep(time.Millisecond)
			continue
		case got != "v" || err != nil:
			t.Errorf("k is %q, %v", got, err)
		}
		return
	}
}

// TestDebugServe: and the context of Serve.
func TestDebugServe(t *testing.T) {
	store := luastore.New(nil)
	ctx, cancel := context.WithCancel(context.Background())
	client, server := net.Pipe()
	ended := make(chan error)
	go func() { ended <- Serve(ctx, store, server) }()
	c := newDebugClient(t, client)
	c.obey("SCRIPT", "DEBUG", "YES")
	c.obey("EVAL", writer, "0")
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if r := store.Do(context.Background(), "PING"); r.Err() != nil {
		t.Error(r.Err())
	}
}

// TestDebugOthers: who calls meanwhile waits until its context ends, or is told
// that the store is busy.
func TestDebugOthers(t *testing.T) {
	store := luastore.New(nil)
	defer store.Close()
	c := debugged(t, store, "YES", writer)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := store.Do(ctx, "GET", "k").Err(); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := store.Eval(ctx, "return 1", nil).Err(); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if r := c.obey("c"); r[len(r)-1] != "(closed)" {
		t.Error(r)
	}

	busy := luastore.New(&luastore.Options{BusyReply: time.Millisecond})
	defer busy.Close()
	c = debugged(t, busy, "SYNC", writer)
	if err := busy.Do(context.Background(), "GET", "k").Err(); !errors.Is(err, luastore.ErrBusy) {
		t.Error(err)
	}
	if r := c.obey("p"); r[1] != "+No local variables in the current context." {
		t.Error(r)
	}
	c.obey("c")

	// CLIENT KILL is let in only by who debugs.
	ctx, cancel = context.WithCancel(context.Background())
	done := make(chan luastore.Reply)
	go func() { done <- busy.Eval(ctx, "while true do end", nil) }()
	for busy.Do(context.Background(), "PING").Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if err := busy.Do(context.Background(), "CLIENT", "KILL", "TYPE", "normal").Err(); !errors.Is(err, luastore.ErrBusy) {
		t.Error(err)
	}
	cancel()
	if err := (<-done).Err(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestDebugInput: a command without an end is given up.
func TestDebugInput(t *testing.T) {
	store := luastore.New(nil)
	defer store.Close()
	c := debugged(t, store, "SYNC", writer)
	go c.send("*1" + strings.Repeat("0", 2<<20))
	if r := c.answers(); !strings.Contains(fmt.Sprint(r), "-ERR max client buffer reached script: ") {
		t.Error(r)
	}
}

// TestDebugTransaction: a transaction does not wait for a client.
func TestDebugTransaction(t *testing.T) {
	c := newDebugClient(t, dial(t, luastore.New(nil)))
	for _, words := range []string{"SCRIPT DEBUG SYNC", "MULTI", "SET k v", "EVAL return 0"} {
		c.obey(strings.Fields(words)...)
	}
	if got, want := fmt.Sprint(c.obey("EXEC")), "[*2 +OK -ERR Scripts cannot be debugged in a transaction]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestDebugWithoutConnection: there is nobody to ask.
func TestDebugWithoutConnection(t *testing.T) {
	var store luastore.Store
	ctx := context.Background()
	for mode, want := range map[string]string{
		"YES": "ERR SCRIPT DEBUG needs a connection: see package redisconn", "sync": "ERR SCRIPT DEBUG needs a connection: see package redisconn", "no": "<nil>",
	} {
		for _, do := range []func(context.Context, ...any) luastore.Reply{store.Do, store.Session().Do} {
			if got := fmt.Sprint(do(ctx, "SCRIPT", "DEBUG", mode).Err()); got != want {
				t.Errorf("%s: got %s, want %s", mode, got, want)
			}
		}
	}
}

// TestDebugErrors: errors whose values are tables, for which Redis crashes.
func TestDebugErrors(t *testing.T) {
	store := luastore.New(nil)
	defer store.Close()
	c := debugged(t, store, "YES", writer)
	for code, want := range map[string]string{
		"redis.call('nosuch')":    "+<error> ERR Unknown Redis command called from script",
		"error({err = 'MY own'})": "+<error> MY own",
		"error({})":               "+<error> ",
		"error()":                 "+<error> ",
	} {
		if got := c.obey("e", code); got[1] != want {
			t.Errorf("%s: got %q, want %q", code, got[1], want)
		}
	}
}

// TestDebugAnyBytes: whatever a client sends, its session ends with it, and the
// store goes on.
func TestDebugAnyBytes(t *testing.T) {
	store := luastore.New(&luastore.Options{MaxInstructions: 10_000_000})
	defer store.Close()
	words := strings.Fields("s n c l w p b t e r m a h list print break eval redis maxlen 0 1 2 -1 5 99 99999999999999999999 x KEYS a i f " +
		"return a=1 error() {} get k set v mset incr lrange {{{}}} redis.call('get','k') pcall(error) coroutine.yield() " +
		"while(true)do coroutine.wrap(function()error({})end)() string.rep('x',1e9) (function()return(f)()end)() \x00 \xff")
	script := "local f = function(...) local a = {...} for i = 1, 3 do redis.breakpoint() a[i] = i end return a end\n" +
		"local co = coroutine.wrap(f)\nfor i = 1, 5 do\n  pcall(f, i)\nend\nredis.pcall('INCR', 'k')\nreturn co(1)"
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		mode := []string{"YES", "SYNC"}[r.IntN(2)]
		c := debugged(t, store, mode, script)
		go func() { // who does not read
			b := make([]byte, 4096)
			for {
				if _, err := c.in.Read(b); err != nil {
					return
				}
			}
		}()
		for range r.IntN(40) {
			var command []string
			for range 1 + r.IntN(3) {
				command = append(command, words[r.IntN(len(words))])
			}
			text := request(command...)
			switch r.IntN(12) {
			case 0:
				text = text[:r.IntN(len(text))]
			case 1:
				text = strings.Replace(text, "$", "$1", 1)
			}
			c.send(text)
			if r.IntN(2) == 0 {
				time.Sleep(100 * time.Microsecond)
			}
		}
		c.conn.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		if err := store.Do(ctx, "DEL", "k").Err(); err != nil {
			t.Fatalf("of %d: %v", seed, err)
		}
		cancel()
	}
}
