package redisconn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
)

// silent are requests of clients that do not hear all replies. A server has written
// into testdata/silent.json what it sends, and whether it then closes the connection.
var silent = []string{
	"CLIENT REPLY OFF\r\nQUIT\r\nPING\r\n",
	"PING\r\nCLIENT REPLY OFF\r\nQUIT\r\nPING\r\n",
	"CLIENT REPLY OFF\r\nCLIENT KILL TYPE normal SKIPME no ID 0\r\nPING\r\n",
	"CLIENT REPLY SKIP\r\nQUIT\r\nPING\r\n",
	"CLIENT REPLY OFF\r\n*1\r\n$abc\r\nPING\r\n",
	"CLIENT REPLY OFF\r\nSUBSCRIBE a\r\nQUIT\r\n",
	"CLIENT REPLY OFF\r\nRESET\r\nQUIT\r\n",
	"CLIENT REPLY OFF\r\nMULTI\r\nSUBSCRIBE a\r\nPING\r\nEXEC\r\nCLIENT REPLY ON\r\n",
	"HELLO 3\r\nCLIENT REPLY OFF\r\nMULTI\r\nSUBSCRIBE a b\r\nPING\r\nUNSUBSCRIBE b\r\nEXEC\r\nCLIENT REPLY ON\r\n",
	"HELLO 3\r\nCLIENT REPLY OFF\r\nMULTI\r\nDEBUG PROTOCOL push\r\nEXEC\r\nCLIENT REPLY ON\r\n",
	"MULTI\r\nCLIENT REPLY OFF\r\nPING\r\nEXEC\r\nPING\r\nCLIENT REPLY ON\r\n",
	"MULTI\r\nPING\r\nCLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\nPING\r\nEXEC\r\nPING\r\n",
	"CLIENT REPLY OFF\r\nMULTI\r\nPING\r\nCLIENT REPLY ON\r\nPING\r\nEXEC\r\nPING\r\n",
	"MULTI\r\nCLIENT REPLY SKIP\r\nPING\r\nPING\r\nEXEC\r\nPING\r\nPING\r\n",
	"MULTI\r\nPING\r\nCLIENT REPLY SKIP\r\nEXEC\r\nPING\r\nPING\r\n",
	"CLIENT REPLY SKIP\r\nMULTI\r\nPING\r\nEXEC\r\nPING\r\n",
	"MULTI\r\nCLIENT REPLY OFF\r\nSUBSCRIBE a\r\nEXEC\r\nPING\r\nCLIENT REPLY ON\r\n",
	"MULTI\r\nCLIENT REPLY OFF\r\nQUIT\r\n",
	"CLIENT REPLY OFF\r\nMULTI\r\nNOSUCH\r\nEXEC\r\nCLIENT REPLY ON\r\n",
}

// An answered is what a client hears, and whether its connection is closed.
type answered struct {
	Heard  string
	Closed bool
}

func hear(t *testing.T, conn net.Conn, request string) answered {
	t.Helper()
	defer conn.Close()
	go io.WriteString(conn, request)
	var got bytes.Buffer
	conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	_, err := io.Copy(&got, conn)
	return answered{clientID.ReplaceAllString(got.String(), "$$2\r\nid\r\n:0\r\n"), !errors.Is(err, os.ErrDeadlineExceeded)}
}

func TestSilentClients(t *testing.T) {
	want := recorded(t, "testdata/silent.json", silent, hear)
	for i, request := range silent {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			var store luastore.Store
			if diff := cmp.Diff(want[i], hear(t, dial(t, &store), request)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", request, diff)
			}
		})
	}
}

// A silent client that has said QUIT is ended by its own end, by CLIENT KILL, and by
// what it sends beyond client-query-buffer-limit. It hears no messages.
func TestLinger(t *testing.T) {
	ends := map[string]func(t *testing.T, store *luastore.Store, conn net.Conn){
		"close": func(t *testing.T, _ *luastore.Store, conn net.Conn) { conn.Close() },
		"kill":  func(t *testing.T, store *luastore.Store, _ net.Conn) { do(t, store, "CLIENT KILL TYPE pubsub") },
		"query": func(t *testing.T, store *luastore.Store, conn net.Conn) {
			do(t, store, "CONFIG SET client-query-buffer-limit 1mb")
			io.WriteString(conn, strings.Repeat("x", 1<<20+1))
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var store luastore.Store
				conn := dial(t, &store)
				say(t, conn, "CLIENT SETNAME a", "CLIENT REPLY OFF", "SUBSCRIBE c")
				expect(t, conn, ok+"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
				say(t, conn, "QUIT", "GET k")
				synctest.Wait()
				do(t, &store, "PUBLISH c x")
				if got := fields(t, &store, "a", "flags"); !cmp.Equal(got, []string{"Pc"}) {
					t.Errorf("flags are %q", got)
				}
				end(t, &store, conn)
				synctest.Wait()
				if got := fields(t, &store, "a", "flags"); got != nil {
					t.Errorf("it is still there, with flags %q", got)
				}
				if name != "close" {
					ended(t, conn)
				}
				conn.Close()
			})
		})
	}
}

// do runs a command that must not fail, and returns its text.
func do(t testing.TB, store *luastore.Store, line string) string {
	t.Helper()
	var args []any
	for _, w := range strings.Fields(line) {
		args = append(args, w)
	}
	r := store.Do(context.Background(), args...)
	if err := r.Err(); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if n, err := r.Int64(); err == nil {
		return strconv.FormatInt(n, 10)
	}
	text, _ := r.Text()
	return text
}

// fields returns what CLIENT LIST has in the field for the clients of the name.
func fields(t testing.TB, store *luastore.Store, name, field string) (values []string) {
	t.Helper()
	pattern := regexp.MustCompile("\\b" + field + "=(\\S*)")
	for line := range strings.Lines(do(t, store, "CLIENT LIST")) {
		if strings.Contains(line, " name="+name+" ") {
			values = append(values, pattern.FindStringSubmatch(line)[1])
		}
	}
	return values
}

// number returns the one number in the field.
func number(t testing.TB, store *luastore.Store, name, field string) int {
	t.Helper()
	values := fields(t, store, name, field)
	if len(values) != 1 {
		t.Fatalf("%d clients have the name %s", len(values), name)
	}
	n, err := strconv.Atoi(values[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ended checks that the connection is closed without another word.
func ended(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if rest, err := io.ReadAll(conn); len(rest) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a connection that should have ended reads %q, %v", rest[:min(len(rest), 100)], err)
	}
}

// counted checks a field of INFO.
func counted(t *testing.T, store *luastore.Store, field string, want int) {
	t.Helper()
	if line := fmt.Sprintf("\n%s:%d\r\n", field, want); !strings.Contains(do(t, store, "INFO"), line) {
		t.Errorf("INFO has no %q", line)
	}
}

func TestMaxClients(t *testing.T) {
	var store luastore.Store
	do(t, &store, "CONFIG SET maxclients 2")
	a, b := dial(t, &store), dial(t, &store)
	say(t, a, "PING")
	expect(t, a, "+PONG\r\n")
	say(t, b, "PING")
	expect(t, b, "+PONG\r\n")
	c := dial(t, &store)
	expect(t, c, "-ERR max number of clients reached\r\n")
	ended(t, c)
	counted(t, &store, "rejected_connections", 1)
	counted(t, &store, "total_connections_received", 2)
	counted(t, &store, "maxclients", 2)
	do(t, &store, "CONFIG SET maxclients 3")
	d := dial(t, &store)
	say(t, d, "PING")
	expect(t, d, "+PONG\r\n")
}

// A connection ends that is idle for longer than timeout, but not one that waits, has
// subscribed or is a monitor.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		do(t, &store, "CONFIG SET timeout 10")
		for _, line := range []string{"PING", "BLPOP l 0", "SUBSCRIBE c", "MONITOR"} {
			conn := dial(t, &store)
			name, _, _ := strings.Cut(line, " ")
			say(t, conn, "CLIENT SETNAME "+name, line)
		}
		busy := dial(t, &store)
		say(t, busy, "CLIENT SETNAME busy")
		for range 3 {
			time.Sleep(8 * time.Second)
			io.WriteString(busy, "PI") // a part of a request
		}
		for name, want := range map[string]int{"PING": 0, "BLPOP": 1, "SUBSCRIBE": 1, "MONITOR": 1, "busy": 1} {
			if got := len(fields(t, &store, name, "id")); got != want {
				t.Errorf("%d clients are left that called %s, want %d", got, name, want)
			}
		}
		do(t, &store, "DEBUG PAUSE-CRON 1")
		time.Sleep(time.Minute)
		if got := len(fields(t, &store, "busy", "id")); got != 1 {
			t.Error("DEBUG PAUSE-CRON does not stop the timeout")
		}
		store.Close()
	})
}

func TestQueryBufferLimit(t *testing.T) {
	var store luastore.Store
	do(t, &store, "CONFIG SET client-query-buffer-limit 1mb")
	for _, test := range []struct {
		request string
		ends    bool
	}{
		{fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s", 1<<20+100, strings.Repeat("x", 1<<20+1)), true},
		{fmt.Sprintf("*3\r\n$3\r\nDEL\r\n$%d\r\n%s\r\n$%[1]d\r\n%[2]s\r\n", 1<<19+1<<18, strings.Repeat("x", 1<<19+1<<18)), false}, // each alone fits
	} {
		conn := dial(t, &store)
		go io.WriteString(conn, test.request)
		if test.ends {
			ended(t, conn)
		} else {
			expect(t, conn, ":0\r\n")
		}
	}
}

// The hard limit of the class ends a connection at once, and nothing that it sends
// behind runs; a transaction runs to its end.
func TestOutputHardLimit(t *testing.T) {
	var store luastore.Store
	if err := store.Do(t.Context(), "CONFIG", "SET", "client-output-buffer-limit", "normal 100000 0 0 pubsub 500000 0 0").Err(); err != nil {
		t.Fatal(err)
	}
	do(t, &store, "SETRANGE small 60000 x")
	do(t, &store, "SETRANGE big 300000 x")
	conn := dial(t, &store)
	say(t, conn, "GET small")
	expect(t, conn, "$60001\r\n"+strings.Repeat("\x00", 60000)+"x\r\n")
	say(t, conn, "GET big", "SET after 1")
	ended(t, conn)
	conn = dial(t, &store)
	say(t, conn, "MULTI", "GET big", "SET in 1")
	expect(t, conn, ok+"+QUEUED\r\n+QUEUED\r\n")
	say(t, conn, "EXEC", "SET after 1")
	ended(t, conn)
	if got := do(t, &store, "EXISTS in after"); got != "1" {
		t.Errorf("%s of the two keys exist, want the one of the transaction", got)
	}
	conn = dial(t, &store)
	say(t, conn, "SUBSCRIBE c", "PSUBSCRIBE d")
	expect(t, conn, "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n*3\r\n$10\r\npsubscribe\r\n$1\r\nd\r\n:2\r\n")
	big := strings.Repeat("x", 200_000)
	for i := range 4 {
		if n := store.Do(t.Context(), "PUBLISH", "c", big); n.Err() != nil {
			t.Fatal(n.Err())
		} else if got, _ := n.Int(); got == 0 && i < 2 {
			t.Fatalf("message %d finds nobody: the limit is that of another class", i)
		}
	}
	if got := do(t, &store, "PUBSUB NUMPAT"); got != "0" {
		t.Errorf("%s patterns are left of a client beyond its limit", got)
	}
	counted(t, &store, "connected_clients", 0)
}

// The soft limit ends a connection that is above it for longer than its seconds,
// though nothing more comes.
func TestOutputSoftLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		if err := store.Do(t.Context(), "CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 100000 5").Err(); err != nil {
			t.Fatal(err)
		}
		slow, quick := dial(t, &store), dial(t, &store)
		for i, conn := range []net.Conn{slow, quick} {
			say(t, conn, fmt.Sprint("CLIENT SETNAME a", i), "SUBSCRIBE c")
			expect(t, conn, ok+"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
		}
		store.Do(t.Context(), "PUBLISH", "c", strings.Repeat("x", 1_000_000))
		time.Sleep(3 * time.Second)
		io.CopyN(io.Discard, quick, 1_000_000)
		time.Sleep(1900 * time.Millisecond)
		synctest.Wait()
		for _, name := range []string{"a0", "a1"} {
			if len(fields(t, &store, name, "id")) != 1 {
				t.Errorf("%s is gone before its time", name)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := [2]int{len(fields(t, &store, "a0", "id")), len(fields(t, &store, "a1", "id"))}; got != [2]int{0, 1} {
			t.Errorf("%d clients of each kind are left, want only the quick one", got)
		}
		store.Close()
	})
}

// CLIENT LIST shows what is in the buffers.
func TestClientBuffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		conn := dial(t, &store)
		say(t, conn, "CLIENT SETNAME a", "MULTI", "SET key value", "GET key")
		expect(t, conn, ok+ok+"+QUEUED\r\n+QUEUED\r\n")
		io.WriteString(conn, "*3\r\n$3\r\nSET\r\n$100\r\n"+strings.Repeat("k", 100)+"\r\n$10\r\n12345")
		synctest.Wait()
		for field, want := range map[string]int{"multi": 2, "multi-mem": 3 + 3 + 5 + 3 + 3 + 5*8, "qbuf": 5, "argv-mem": 103, "obl": 0, "oll": 0, "omem": 0} {
			if got := number(t, &store, "a", field); got != want {
				t.Errorf("%s is %d, want %d", field, got, want)
			}
		}
		big := dial(t, &store)
		do(t, &store, "SETRANGE k 999999 x")
		say(t, big, "CLIENT SETNAME b", "GET k")
		synctest.Wait()
		list := do(t, &store, "CLIENT LIST")
		for field, least := range map[string]int{"obl": 1, "oll": 30, "omem": 600_000, "tot-mem": 600_000} {
			if got := number(t, &store, "b", field); got < least {
				t.Errorf("%s is %d, want at least %d, in %s", field, got, least, list)
			}
		}
		if got := fields(t, &store, "b", "events"); !cmp.Equal(got, []string{"rw"}) {
			t.Errorf("events are %q", got)
		}
		conn.Close()
		big.Close()
	})
}

// The reply buffer shrinks while a client is idle, and grows when it is full, as
// DEBUG REPLYBUFFER allows.
func TestReplyBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		conn := dial(t, &store)
		say(t, conn, "CLIENT SETNAME a", "SETRANGE k 32767 x")
		expect(t, conn, ok+":32768\r\n")
		room := func(want int) {
			t.Helper()
			if got := number(t, &store, "a", "rbs"); got != want {
				t.Errorf("rbs is %d, want %d", got, want)
			}
		}
		room(16384)
		time.Sleep(time.Second)
		room(1024)
		for want := 2048; want <= 16384; want *= 2 {
			say(t, conn, "GET k")
			io.CopyN(io.Discard, conn, int64(len("$32768\r\n")+32768+2))
			time.Sleep(100 * time.Millisecond)
			room(want)
		}
		do(t, &store, "DEBUG REPLYBUFFER RESIZING 0")
		time.Sleep(time.Minute)
		room(16384)
		do(t, &store, "DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER")
		do(t, &store, "DEBUG REPLYBUFFER RESIZING 1")
		time.Sleep(time.Minute)
		room(16384)
		do(t, &store, "DEBUG REPLYBUFFER PEAK-RESET-TIME RESET")
		time.Sleep(time.Minute)
		room(1024)
		conn.Close()
	})
}

// Above maxmemory-clients the connections end that take most, but not those that have
// said CLIENT NO-EVICT.
func TestEvictClients(t *testing.T) {
	for name, limit := range map[string][]string{
		"bytes":   {"CONFIG SET maxmemory-clients 2mb"},
		"percent": {"CONFIG SET maxmemory 20mb", "CONFIG SET maxmemory-clients 10%"},
	} {
		for _, of := range []string{"query", "output", "multi", "no-evict", "later"} {
			t.Run(name+"/"+of, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var store luastore.Store
					do(t, &store, "SETRANGE k 999999 x")
					if of != "later" {
						for _, line := range limit {
							do(t, &store, line)
						}
					}
					small, large := dial(t, &store), dial(t, &store)
					say(t, small, "CLIENT SETNAME small")
					say(t, large, "CLIENT SETNAME large")
					want := 0
					switch of {
					case "no-evict":
						say(t, large, "CLIENT NO-EVICT ON")
						want = 1
						fallthrough
					case "query", "later":
						io.WriteString(large, "*1\r\n$3000000\r\n"+strings.Repeat("x", 2_500_000))
					case "output":
						say(t, large, "GET k", "GET k", "GET k")
					case "multi":
						say(t, large, "MULTI")
						for range 5 {
							io.WriteString(large, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$500000\r\n"+strings.Repeat("x", 500_000)+"\r\n")
						}
					}
					synctest.Wait()
					if of == "later" {
						if len(fields(t, &store, "large", "id")) != 1 {
							t.Error("a client is evicted without a limit")
						}
						for _, line := range limit {
							do(t, &store, line)
						}
					}
					if got := len(fields(t, &store, "large", "id")); got != want {
						t.Errorf("%d large clients are left, want %d", got, want)
					}
					if got := len(fields(t, &store, "small", "id")); got != 1-want { // it goes if the large one must not
						t.Errorf("%d small clients are left, want %d", got, 1-want)
					}
					counted(t, &store, "evicted_clients", 1)
					store.Close()
				})
			})
		}
	}
}

// What is in the buffers of connections counts towards maxmemory.
func TestBuffersEvictKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		do(t, &store, "CONFIG SET maxmemory 4mb")
		do(t, &store, "CONFIG SET maxmemory-policy allkeys-lru")
		for i := range 20 {
			do(t, &store, fmt.Sprintf("SETRANGE k%d 99999 x", i))
		}
		counted(t, &store, "evicted_keys", 0)
		conn := dial(t, &store)
		io.WriteString(conn, "*1\r\n$3000000\r\n"+strings.Repeat("x", 2_900_000))
		synctest.Wait()
		do(t, &store, "SET k v")
		if n, err := strconv.Atoi(do(t, &store, "DBSIZE")); err != nil || n > 12 {
			t.Errorf("%d keys are left, %v", n, err)
		}
		conn.Close()
	})
}

// A reply that cannot end before the client's limit ends the connection.
func TestOverflowingReply(t *testing.T) {
	var store luastore.Store
	if err := store.Do(t.Context(), "CONFIG", "SET", "client-output-buffer-limit", "normal 1000000 0 0").Err(); err != nil {
		t.Fatal(err)
	}
	conn := dial(t, &store)
	say(t, conn, "HSET h f v", "HRANDFIELD h -999999999")
	rest, _ := io.ReadAll(conn)
	if strings.Contains(string(rest), "ERR") {
		t.Errorf("the client hears %q", rest)
	}
}
