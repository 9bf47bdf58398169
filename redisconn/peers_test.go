package redisconn

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/transcript"
)

// waiting are the commands that wait. Each waits after before, until another
// connection has sent feed; look shows who got it.
var waiting = []struct{ before, command, feed, look string }{
	{"", "BLPOP l 0", "RPUSH l x", "LRANGE l 0 -1"},
	{"", "BRPOP l l2 0", "RPUSH l2 x", "LRANGE l2 0 -1"},
	{"", "BLMOVE l to LEFT RIGHT 0", "RPUSH l x", "LRANGE to 0 -1"},
	{"", "BRPOPLPUSH l to 0", "RPUSH l x", "LRANGE to 0 -1"},
	{"", "BLMPOP 0 2 l l2 LEFT COUNT 2", "RPUSH l2 x y z", "LRANGE l2 0 -1"},
	{"", "BZPOPMIN z 0", "ZADD z 1 a 2 b", "ZRANGE z 0 -1"},
	{"", "BZPOPMAX z 0", "ZADD z 1 a 2 b", "ZRANGE z 0 -1"},
	{"", "BZMPOP 0 1 z MIN", "ZADD z 1 a 2 b", "ZRANGE z 0 -1"},
	{"", "XREAD BLOCK 0 STREAMS s $", "XADD s 1-1 f v", "XLEN s"},
	{"XGROUP CREATE s g $ MKSTREAM", "XREADGROUP GROUP g c BLOCK 0 STREAMS s >", "XADD s 1-1 f v", "XPENDING s g"},
	{"", "WAIT 1 0", "CLIENT UNBLOCK ID", "EXISTS foo"},
	{"CLIENT PAUSE 1000000 WRITE", "SET p 1", "CLIENT UNPAUSE", "EXISTS p"},
}

// behind are pipelined behind a command.
const behind = "SET foo 1\r\nINCR foo\r\n"

// peers are what the client of a waiting command does before its end.
var peers = []struct {
	name string
	do   func(a, b *peer, command, feed string)
}{
	{"at once", func(a, b *peer, command, _ string) {
		say(a.t, a.conn, command, behind)
	}},
	{"after PING", func(a, b *peer, command, _ string) {
		say(a.t, a.conn, "PING", command, behind)
	}},
	{"while it waits", func(a, b *peer, command, _ string) {
		say(a.t, a.conn, command)
		b.until("CLIENT LIST ID "+a.id, "flags=b")
	}},
	{"while it waits, with more behind", func(a, b *peer, command, _ string) {
		say(a.t, a.conn, command)
		b.until("CLIENT LIST ID "+a.id, "flags=b")
		say(a.t, a.conn, behind)
	}},
	{"while it waits, with part of a request behind", func(a, b *peer, command, _ string) {
		say(a.t, a.conn, command+"\r\nSET foo 1\r\n*3\r\n$3\r\nSET\r\n$3\r\nfoo")
		b.until("CLIENT LIST ID "+a.id, "flags=b")
	}},
	{"in a transaction", func(a, b *peer, command, _ string) {
		if strings.HasPrefix(command, "SET ") {
			return // which waits, and it is as above
		}
		say(a.t, a.conn, "MULTI", command, "EXEC", behind)
	}},
	{"twice", func(a, b *peer, command, _ string) {
		say(a.t, a.conn, command, command, behind)
	}},
	{"after it was served", func(a, b *peer, command, feed string) {
		say(a.t, a.conn, command, behind)
		b.until("CLIENT LIST ID "+a.id, "flags=b")
		b.ask(feed)
		b.until("GET foo", "2")
	}},
}

// endings are the ways in which a connection ends.
var endings = map[string]func(a *peer){
	"half-close": func(a *peer) { a.conn.(halfCloser).CloseWrite() },
	"close":      func(a *peer) { a.conn.Close() },
	"reset": func(a *peer) {
		if tcp, ok := a.conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		a.conn.Close() // with a reply unread, which resets a Unix socket
	},
}

// whenGone returns what there is to see when a client that waits has ended.
func whenGone(t *testing.T, n network, command, feed, before, look string, do func(a, b *peer, command, feed string), end string) string {
	a, b := newPeer(t, n), newPeer(t, n)
	defer b.conn.Close()
	defer a.conn.Close()
	b.ask("CLIENT UNPAUSE")
	b.ask("FLUSHALL")
	if before != "" {
		b.ask(before)
	}
	a.id = strings.TrimSpace(a.ask("CLIENT ID")[1:])
	if end == "reset" {
		say(t, a.conn, "PING")
		b.until("CLIENT LIST ID "+a.id, "cmd=ping")
	}
	do(a, b, command, strings.Replace(feed, "ID", a.id, 1))
	endings[end](a)
	var seen strings.Builder
	if end == "half-close" {
		a.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		rest, err := io.ReadAll(a.in)
		fmt.Fprintf(&seen, "the client reads %q, %v\n", rest, err)
	}
	b.until("CLIENT LIST ID "+a.id, "$0\r\n")
	for _, line := range []string{feed, look, "GET foo", "GET p"} {
		fmt.Fprintf(&seen, "%s %q\n", line, b.ask(strings.Replace(line, "ID", a.id, 1)))
	}
	b.until("INFO clients", "blocked_clients:0\r\n")
	return seen.String()
}

// A client that goes while a command waits gets nothing, and nothing of what it
// has sent behind that runs. What a real Redis has done is in testdata/peers.json.
func TestPeers(t *testing.T) {
	const file = "testdata/peers.json"
	programs := func(t *testing.T, n network) map[string]string {
		all := map[string]string{}
		for _, w := range waiting {
			for _, p := range peers {
				for _, end := range slices.Sorted(maps.Keys(endings)) {
					if end == "reset" && p.name == "in a transaction" {
						continue // which the reset may overtake
					}
					name := w.command + ": " + end + " " + p.name
					all[name] = whenGone(t, n, w.command, w.feed, w.before, w.look, p.do, end)
				}
			}
		}
		return all
	}
	redis := redisNetworks(t)
	if transcript.Updating() {
		b, err := json.MarshalIndent(programs(t, redis["tcp"]), "", "\t")
		if err == nil {
			err = os.WriteFile(file, b, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var want map[string]string
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range networks(t) {
		t.Run(n.name, func(t *testing.T) {
			if diff := cmp.Diff(want, programs(t, n)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for _, name := range slices.Sorted(maps.Keys(redis)) {
		t.Run("redis-server "+name, func(t *testing.T) {
			if diff := cmp.Diff(want, programs(t, redis[name])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// However much is sent behind a command that waits is read, up to a limit: the
// client does not wait, and its end is noticed.
func TestMuchBehind(t *testing.T) {
	const requests = 20_000
	behind := strings.Repeat("APPEND k "+strings.Repeat("x", 1000)+"\r\n", requests) // 20 MB
	try := func(t *testing.T, n network) {
		a, b := newPeer(t, n), newPeer(t, n)
		defer b.conn.Close()
		defer a.conn.Close()
		id := strings.TrimSpace(a.ask("CLIENT ID")[1:])
		say(t, a.conn, "BLPOP l 0")
		b.until("CLIENT LIST ID "+id, "flags=b")
		a.conn.SetDeadline(time.Now().Add(20 * time.Second))
		if n, err := io.WriteString(a.conn, behind); err != nil {
			t.Fatalf("the client has written %d bytes: %v", n, err)
		}
		if got := b.ask("EXISTS k"); got != ":0\r\n" {
			t.Errorf("EXISTS k answers %q while BLPOP waits", got)
		}
		b.ask("RPUSH l x")
		for i := range requests + 1 {
			if _, err := a.reply(); err != nil {
				t.Fatalf("after %d replies: %v", i, err)
			}
		}
		if got, want := b.ask("STRLEN k"), fmt.Sprintf(":%d\r\n", requests*1000); got != want {
			t.Errorf("STRLEN k answers %q, want %q", got, want)
		}
		a.ask("DEL k")

		say(t, a.conn, "BLPOP l 0")
		b.until("CLIENT LIST ID "+id, "flags=b")
		io.WriteString(a.conn, behind)
		a.conn.Close()
		b.until("CLIENT LIST ID "+id, "$0\r\n")
		if got := b.ask("RPUSH l x") + b.ask("LLEN l") + b.ask("EXISTS k") + b.ask("DEL l"); got != ":1\r\n:1\r\n:0\r\n:1\r\n" {
			t.Errorf("after the end of the client: %q", got)
		}

		b.ask("CONFIG SET client-query-buffer-limit 4mb")
		c := newPeer(t, n)
		id = strings.TrimSpace(c.ask("CLIENT ID")[1:])
		say(t, c.conn, "BLPOP l 0")
		b.until("CLIENT LIST ID "+id, "flags=b")
		c.conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, err := io.WriteString(c.conn, behind)
		if err == nil {
			_, err = c.in.ReadByte()
		}
		if e, ok := err.(net.Error); err == nil || ok && e.Timeout() {
			t.Errorf("beyond the limit the client gets %v", err)
		}
		b.until("CLIENT LIST ID "+id, "$0\r\n")
		b.ask("CONFIG SET client-query-buffer-limit 1gb")
	}
	for _, n := range networks(t) {
		t.Run(n.name, func(t *testing.T) { try(t, n) })
	}
	for name, n := range redisNetworks(t) {
		t.Run("redis-server "+name, func(t *testing.T) { try(t, n) })
	}
}

// When connections have ended, nothing of them is left.
func TestNothingLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("", func(t *testing.T) {
		for _, n := range networks(t) {
			for _, end := range endings {
				a, b, c := newPeer(t, n), newPeer(t, n), newPeer(t, n)
				say(t, a.conn, "BLPOP l 0", behind)
				say(t, b.conn, "SUBSCRIBE c", "BLPOP")
				c.ask("PING")
				end(c)
				end(a)
				end(b)
			}
		}
	})
	for patience := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(patience) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines were there before, and now:\n%s", before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}
