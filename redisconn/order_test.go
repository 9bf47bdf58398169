package redisconn

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/internal/transcript"
)

var rounds = flag.Int("rounds", 300, "how often tests of the order of connections try it on sockets; in memory ten times that")

// A network is a way to connect to a Store, or to a real Redis.
type network struct {
	name string
	dial func(testing.TB) net.Conn
}

// networks returns the ways to connect to a new Store.
func networks(t testing.TB) []network {
	store := new(luastore.Store)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	listen := func(name, addr string) network {
		l, err := net.Listen(name, addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go Serve(ctx, store, conn)
			}
		}()
		return dialer(name, l.Addr().String())
	}
	return []network{
		{"memory", func(t testing.TB) net.Conn { return dial(t, store) }},
		listen("unix", filepath.Join(t.TempDir(), "sock")),
		listen("tcp", "127.0.0.1:0"),
	}
}

// redisNetworks returns the ways to connect to a new real Redis, by the names of
// networks that they are compared with, or nil if there is none.
func redisNetworks(t *testing.T) map[string]network {
	t.Helper()
	if !transcript.HasRedis() {
		return nil
	}
	server := transcript.StartRedis(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	server.Do([]string{"CONFIG", "SET", "port", fmt.Sprint(addr.Port)})
	unix := network{"unix", func(testing.TB) net.Conn { return server.Dial() }}
	return map[string]network{"memory": unix, "unix": unix, "tcp": dialer("tcp", addr.String())}
}

func dialer(name, addr string) network {
	return network{name, func(t testing.TB) net.Conn {
		t.Helper()
		conn, err := net.Dial(name, addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}}
}

// A peer is a client that asks.
type peer struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func newPeer(t testing.TB, n network) *peer {
	conn := n.dial(t)
	return &peer{t, conn, bufio.NewReader(conn)}
}

// ask sends a command and returns its reply.
func (p *peer) ask(line string) string {
	p.t.Helper()
	say(p.t, p.conn, line)
	p.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	reply, err := p.reply()
	if err != nil {
		p.t.Fatalf("%s: %v", line, err)
	}
	return reply
}

// reply reads a reply.
func (p *peer) reply() (string, error) {
	line, err := p.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	var n int
	switch fmt.Sscan(line[1:], &n); line[0] {
	case '$':
		if n >= 0 {
			rest := make([]byte, n+2)
			_, err = io.ReadFull(p.in, rest)
			line += string(rest)
		}
	case '*':
		for ; n > 0 && err == nil; n-- {
			var element string
			element, err = p.reply()
			line += element
		}
	}
	return line, err
}

// until asks until the reply contains want.
func (p *peer) until(line, want string) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(p.ask(line), want); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s answers %q without %q", line, p.ask(line), want)
		}
	}
}

// A race is something that two connections do one after the other, without waiting
// for replies.
var races = []struct {
	name string
	// try returns whether the second was dealt with before the first.
	try func(t *testing.T, n network, b *peer) (wrong bool)
}{
	{"close while BLPOP waits", func(t *testing.T, n network, b *peer) bool {
		a := n.dial(t)
		say(t, a, "BLPOP l 0")
		b.until("INFO clients", "blocked_clients:1\r\n")
		a.Close()
		return lostElement(b)
	}},
	{"close after BLPOP", func(t *testing.T, n network, b *peer) bool {
		a := n.dial(t)
		say(t, a, "PING")
		expect(t, a, "+PONG\r\n")
		say(t, a, "BLPOP l 0")
		a.Close()
		return lostElement(b)
	}},
	{"half-close while BLPOP waits", func(t *testing.T, n network, b *peer) bool {
		a := n.dial(t)
		defer a.Close()
		say(t, a, "BLPOP l 0")
		b.until("INFO clients", "blocked_clients:1\r\n")
		a.(halfCloser).CloseWrite()
		return lostElement(b)
	}},
	{"SUBSCRIBE", func(t *testing.T, n network, b *peer) bool {
		a := n.dial(t)
		defer a.Close()
		say(t, a, "PING")
		expect(t, a, "+PONG\r\n")
		say(t, a, "SUBSCRIBE c")
		return b.ask("PUBLISH c m") != ":1\r\n"
	}},
	{"close of a subscriber", func(t *testing.T, n network, b *peer) bool {
		a := n.dial(t)
		say(t, a, "SUBSCRIBE c")
		expect(t, a, "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
		a.Close()
		return b.ask("PUBLISH c m") != ":0\r\n"
	}},
	{"INCR", func(t *testing.T, n network, b *peer) bool {
		a := n.dial(t)
		say(t, a, "PING")
		expect(t, a, "+PONG\r\n")
		defer a.Close()
		say(t, a, "INCR n")
		return b.ask("GETDEL n") != "$1\r\n1\r\n"
	}},
}

type halfCloser interface{ CloseWrite() error }

func lostElement(b *peer) bool {
	b.ask("RPUSH l x")
	lost := b.ask("LLEN l") != ":1\r\n"
	b.ask("DEL l")
	b.until("INFO clients", "blocked_clients:0\r\n")
	return lost
}

// What connections send is dealt with in the order in which they do, in memory
// always, on sockets as often as by a real Redis.
func TestOrder(t *testing.T) {
	redis := redisNetworks(t)
	for _, n := range networks(t) {
		for _, race := range races {
			t.Run(n.name+"/"+race.name, func(t *testing.T) {
				try := func(n network, times int) (wrong int) {
					b := newPeer(t, n)
					b.ask("FLUSHALL")
					for range times {
						if race.try(t, n, b) {
							wrong++
						}
					}
					b.conn.Close()
					return wrong
				}
				if n.name == "memory" {
					if wrong := try(n, *rounds*10); wrong > 0 {
						t.Errorf("%d of %d times in the wrong order", wrong, *rounds*10)
					}
					return
				}
				wrong := try(n, *rounds)
				if redis == nil {
					t.Skipf("%d of %d times in the wrong order", wrong, *rounds)
				}
				if most := try(redis[n.name], *rounds); wrong > most {
					t.Errorf("%d of %d times in the wrong order, of redis-server %d times", wrong, *rounds, most)
				}
			})
		}
	}
}
