package redisconn

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore"
)

// connections returns an end of a connection in memory and one of a socket, each
// with what closes only its writing side, if it can.
func connections(t *testing.T, store *luastore.Store) map[string]net.Conn {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
			go Serve(context.Background(), store, conn)
		}
	}()
	socket, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return map[string]net.Conn{"memory": dial(t, store), "socket": socket}
}

// A client that is gone does not make the others wait until DEBUG SLEEP is over;
// one that has closed its writing side has the reply.
func TestSleepEndsWithItsClient(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	store := new(luastore.Store)
	store.Do(ctx, "DEBUG", "SET-DISABLE-DENY-SCRIPTS", 1)
	for _, sleep := range [][]string{{"DEBUG", "SLEEP", "1000"}, {"EVAL", "return redis.call('DEBUG', 'SLEEP', '1000')", "0"}} {
		for name, conn := range connections(t, store) {
			io.WriteString(conn, request(sleep...))
			time.Sleep(20 * time.Millisecond)
			conn.Close()
			if err := store.Do(ctx, "PING").Err(); err != nil {
				t.Errorf("%s, %s: the next caller: %v", sleep[0], name, err)
			}
		}
	}
	conn := connections(t, store)["socket"].(*net.TCPConn)
	io.WriteString(conn, request("DEBUG", "SLEEP", "0.1")+request("PING"))
	conn.CloseWrite()
	if got, err := io.ReadAll(conn); string(got) != "+OK\r\n+PONG\r\n" || err != nil {
		t.Errorf("after CloseWrite: %q, %v", got, err)
	}
	conn = connections(t, store)["socket"].(*net.TCPConn)
	io.WriteString(conn, request("DEBUG", "SLEEP", "0.1"))
	time.Sleep(20 * time.Millisecond)
	io.WriteString(conn, request("ECHO", strings.Repeat("x", 100_000))+request("QUIT"))
	if got, err := io.ReadAll(conn); len(got) != 5+9+100_002+5 || err != nil {
		t.Errorf("what comes during the sleep: %d bytes, %v", len(got), err)
	}
}

// A length near the largest integer is one that never comes.
func TestLengthsNearOverflow(t *testing.T) {
	ctx := context.Background()
	store := new(luastore.Store)
	store.Do(ctx, "CONFIG", "SET", "proto-max-bulk-len", "9223372036854775807")
	for _, n := range []string{"9223372036854775807", "9223372036854775806", "9223372036854775805"} {
		conn := dial(t, store)
		io.WriteString(conn, "*1\r\n$"+n+"\r\nPING\r\n")
		conn.Close()
		if err := store.Do(ctx, "PING").Err(); err != nil {
			t.Error(err)
		}
	}
}
