package redisconn

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luastore/luastore"
)

// dial connects to the store.
func dial(t testing.TB, store *luastore.Store) net.Conn {
	t.Helper()
	conn, err := Dialer(store)(context.Background(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// say sends lines as inline requests.
func say(t testing.TB, w io.Writer, lines ...string) {
	t.Helper()
	if _, err := io.WriteString(w, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		t.Fatal(err)
	}
}

// expect reads what must come.
func expect(t testing.TB, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(r, got)
	if string(got[:n]) != want {
		t.Fatalf("got %q, %v; want %q", got[:n], err, want)
	}
}

// A pipeline of which nobody reads the replies, as long as it is written, ends
// all the same, whatever the connection.
func TestPipeline(t *testing.T) {
	const commands = 100_000
	value := strings.Repeat("x", 200)
	for name, connect := range map[string]func(*testing.T, *luastore.Store) net.Conn{
		"in memory": func(t *testing.T, s *luastore.Store) net.Conn { return dial(t, s) },
		"net.Pipe": func(t *testing.T, s *luastore.Store) net.Conn {
			client, server := net.Pipe()
			t.Cleanup(func() { client.Close() })
			go Serve(context.Background(), s, server)
			return client
		},
	} {
		t.Run(name, func(t *testing.T) {
			var store luastore.Store
			conn := connect(t, &store)
			say(t, conn, "SET k "+value)
			expect(t, conn, "+OK\r\n")
			w := bufio.NewWriterSize(conn, 1<<16)
			for range commands {
				say(t, w, "GET k")
			}
			w.Flush()
			want := fmt.Sprintf("$%d\r\n%s\r\n", len(value), value)
			r := bufio.NewReader(conn)
			for range commands {
				expect(t, r, want)
			}
		})
	}
}

// Time stands still but for those who wait: keys expire, pops time out, and
// deadlines pass.
func TestVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		conn := dial(t, &store)
		begin := time.Now()
		say(t, conn, "SET k v EX 60", "BLPOP l 10", "TTL k")
		expect(t, conn, "+OK\r\n*-1\r\n:50\r\n")
		conn.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := conn.Read(make([]byte, 1)); err == nil || !err.(net.Error).Timeout() {
			t.Errorf("Read = %v", err)
		}
		if took := time.Since(begin); took != time.Hour+10*time.Second {
			t.Errorf("it took %v", took)
		}
		conn.SetReadDeadline(time.Time{})
		say(t, conn, "GET k")
		expect(t, conn, "$-1\r\n")
		conn.Close()
	})
}

// Who is gone does not wait any more: what comes is for others.
func TestGoneWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		first, second := dial(t, &store), dial(t, &store)
		say(t, first, "BLPOP l 0")
		synctest.Wait()
		say(t, second, "BLPOP l 0")
		synctest.Wait()
		first.Close()
		synctest.Wait()
		store.Do(t.Context(), "RPUSH", "l", "a")
		expect(t, second, "*2\r\n$1\r\nl\r\n$1\r\na\r\n")
		second.Close()
	})
}

func BenchmarkRoundTrip(b *testing.B) {
	var store luastore.Store
	conn := dial(b, &store)
	request := []byte("*3\r\n$7\r\nEVALSHA\r\n$40\r\n" + load(b, conn) + "\r\n$1\r\n0\r\n")
	reply := make([]byte, 16)
	b.ReportAllocs()
	for b.Loop() {
		conn.Write(request)
		conn.Read(reply)
	}
}

// load loads a small script and returns its SHA-1.
func load(b *testing.B, conn net.Conn) string {
	say(b, conn, "SCRIPT LOAD 'return 1'")
	reply := make([]byte, 64)
	n, err := conn.Read(reply)
	if err != nil || n != 47 {
		b.Fatalf("%q, %v", reply[:n], err)
	}
	return string(reply[5:45])
}
