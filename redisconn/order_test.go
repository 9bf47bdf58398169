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

	"github.com/google/go-cmp/cmp"

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
	id   string // its number, to tests that ask for it
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func newPeer(t testing.TB, n network) *peer {
	conn := n.dial(t)
	return &peer{t: t, conn: conn, in: bufio.NewReader(conn)}
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

// reset resets the connection, and skips what comes before the reply to that.
func (p *peer) reset() {
	p.t.Helper()
	for reply := p.ask("RESET"); reply != "+RESET\r\n"; {
		var err error
		if reply, err = p.reply(); err != nil {
			p.t.Fatal(err)
		}
	}
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
// for replies. Connection a is new in the first round only, and n connects others.
type race struct {
	name string
	// try reports whether the second was dealt with before the first.
	try func(t *testing.T, n network, a, b *peer) (wrong bool)
}

var races = []race{
	{"close while BLPOP waits", func(t *testing.T, n network, _, b *peer) bool {
		a := n.dial(t)
		say(t, a, "BLPOP l 0")
		b.until("INFO clients", "blocked_clients:1\r\n")
		a.Close()
		return lostElement(b)
	}},
	{"close after BLPOP", func(t *testing.T, n network, _, b *peer) bool {
		a := newPeer(t, n)
		a.ask("PING")
		say(t, a.conn, "BLPOP l 0")
		a.conn.Close()
		return lostElement(b)
	}},
	{"half-close while BLPOP waits", func(t *testing.T, n network, _, b *peer) bool {
		a := n.dial(t)
		defer a.Close()
		say(t, a, "BLPOP l 0")
		b.until("INFO clients", "blocked_clients:1\r\n")
		a.(halfCloser).CloseWrite()
		return lostElement(b)
	}},
	{"close of a subscriber", func(t *testing.T, n network, _, b *peer) bool {
		a := newPeer(t, n)
		a.ask("SUBSCRIBE c")
		a.conn.Close()
		return b.ask("PUBLISH c m") != ":0\r\n"
	}},
	{"QUIT", func(t *testing.T, n network, _, b *peer) bool {
		a := newPeer(t, n)
		defer a.conn.Close()
		a.ask("SUBSCRIBE c")
		a.ask("QUIT")
		wrong := b.ask("PUBLISH c m") != ":0\r\n"
		if _, err := a.in.ReadByte(); err != io.EOF {
			t.Fatalf("after QUIT the client reads %v", err)
		}
		return wrong
	}},
	{"SUBSCRIBE", func(t *testing.T, n network, a, b *peer) bool {
		say(t, a.conn, "SUBSCRIBE c")
		wrong := b.ask("PUBLISH c m") != ":1\r\n"
		a.reset()
		return wrong
	}},
	{"UNSUBSCRIBE", func(t *testing.T, n network, a, b *peer) bool {
		a.ask("SUBSCRIBE c")
		say(t, a.conn, "UNSUBSCRIBE c")
		wrong := b.ask("PUBLISH c m") != ":0\r\n"
		a.reset()
		return wrong
	}},
	{"INCR", func(t *testing.T, n network, a, b *peer) bool {
		say(t, a.conn, "INCR n")
		wrong := b.ask("GETDEL n") != "$1\r\n1\r\n"
		a.reset()
		return wrong
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
					a, b := newPeer(t, n), newPeer(t, n)
					a.ask("PING")
					b.ask("FLUSHALL")
					for range times {
						if race.try(t, n, a, b) {
							wrong++
						}
					}
					a.conn.Close()
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
				most := try(redis[n.name], *rounds)
				t.Logf("%d of %d times in the wrong order, of redis-server %d times", wrong, *rounds, most)
				if wrong > most+*rounds/100 { // the machine may be busy
					t.Fail()
				}
			})
		}
	}
}

// OnEvent may use a connection while one whose command it is about has sent more.
func TestOnEventConnects(t *testing.T) {
	var b *peer
	var seen []string
	store := luastore.New(&luastore.Options{OnEvent: func(e luastore.Event) {
		if e.Name == "set" {
			seen = append(seen, e.Key+b.ask("GET "+e.Key))
		}
	}})
	n := network{"memory", func(t testing.TB) net.Conn { return dial(t, store) }}
	a := newPeer(t, n)
	b = newPeer(t, n)
	say(t, a.conn, "SET a 1", "SET b 2")
	say(t, a.conn, "SET c 3", "GET c")
	say(t, a.conn, "SET d 4")
	expect(t, a.in, ok+ok+ok+"$1\r\n3\r\n"+ok)
	want := []string{"a$1\r\n1\r\n", "b$1\r\n2\r\n", "c$1\r\n3\r\n", "d$1\r\n4\r\n"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("OnEvent (-want +got):\n%s", diff)
	}
}
