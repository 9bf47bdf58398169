package redisconn

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luastore/luastore"
)

// hello changes to version 3 of the protocol, and reads what the server says of
// itself.
func hello(t *testing.T, conn net.Conn) {
	t.Helper()
	say(t, conn, "HELLO 3", "ECHO tracking")
	var got []byte
	for len(got) < 14 || string(got[len(got)-14:]) != "$8\r\ntracking\r\n" {
		b := make([]byte, 1)
		if _, err := conn.Read(b); err != nil {
			t.Fatal(err)
		}
		got = append(got, b...)
	}
}

func invalid(keys string) string { return ">2\r\n$10\r\ninvalidate\r\n" + keys }

// Who tracks hears of changes by others at once, of its own after the reply; of
// what it reads in scripts and transactions too; and that a key has expired even
// if nobody calls.
func TestTracking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		a, b := dial(t, &store), dial(t, &store)
		hello(t, a)
		const k = "*1\r\n$1\r\nk\r\n"
		say(t, a, "CLIENT TRACKING on", "GET k")
		expect(t, a, ok+"_\r\n")
		say(t, b, "SET k 1", "SET k 2")
		expect(t, b, ok+ok)
		expect(t, a, invalid(k))
		say(t, a, "GET k", "SET k 3", "PING")
		expect(t, a, "$1\r\n2\r\n"+ok+invalid(k)+"+PONG\r\n")
		say(t, a, `EVAL "return redis.call('GET', KEYS[1])" 1 k`)
		expect(t, a, "$1\r\n3\r\n")
		say(t, b, "DEL k")
		expect(t, b, ":1\r\n")
		expect(t, a, invalid(k))
		say(t, a, "MULTI", "GET k", "SET k 4", "EXEC", "PING")
		expect(t, a, ok+"+QUEUED\r\n+QUEUED\r\n*2\r\n_\r\n"+ok+invalid(k)+"+PONG\r\n")
		say(t, b, "SET k v PX 1500")
		expect(t, b, ok)
		say(t, a, "GET k")
		expect(t, a, "$1\r\nv\r\n")
		begin := time.Now()
		expect(t, a, invalid(k))
		if d := time.Since(begin); d < 1500*time.Millisecond || d > 2500*time.Millisecond {
			t.Errorf("it heard after %v", d)
		}
		say(t, a, "GET k")
		expect(t, a, "_\r\n")
		say(t, b, "FLUSHALL")
		expect(t, b, ok)
		expect(t, a, invalid("_\r\n"))
	})
}

// Who has read a key hears that it is evicted before the reply to the command
// that needed room.
func TestTrackingOfEvicted(t *testing.T) {
	var store luastore.Store
	a := dial(t, &store)
	hello(t, a)
	say(t, a, "CLIENT TRACKING on", "SET k v EX 100", "GET k", "SETBIT large 1600000 0")
	expect(t, a, ok+ok+"$1\r\nv\r\n:0\r\n")
	say(t, a, "MULTI", "CONFIG SET maxmemory-policy volatile-random maxmemory 100000", "EXEC", "GETBIT large 0")
	expect(t, a, ok+"+QUEUED\r\n*1\r\n"+ok+invalid("*1\r\n$1\r\nk\r\n")+":0\r\n")
}

// Who has read more keys than may be known hears of all that are forgotten, even
// with NOLOOP.
func TestTrackingLimit(t *testing.T) {
	var store luastore.Store
	a := dial(t, &store)
	hello(t, a)
	say(t, a, "CLIENT TRACKING on NOLOOP")
	expect(t, a, ok)
	for i := range 250 {
		say(t, a, fmt.Sprint("GET key", i+100))
		expect(t, a, "_\r\n")
	}
	say(t, a, "CONFIG SET tracking-table-max-keys 1")
	expect(t, a, ok)
	told := make([]byte, 249*len(invalid("*1\r\n$6\r\nkey100\r\n")))
	if _, err := io.ReadFull(a, told); err != nil || bytes.Count(told, []byte("invalidate")) != 249 {
		t.Errorf("it hears %q, %v", told, err)
	}
	say(t, a, "PING")
	expect(t, a, "+PONG\r\n")
}

// Who waits for one key and has read another, to which its command moves, has the
// reply before it hears of the change.
func TestTrackingWhileWaiting(t *testing.T) {
	var store luastore.Store
	a, b := dial(t, &store), dial(t, &store)
	hello(t, a)
	for range 100 {
		say(t, a, "CLIENT TRACKING on", "DEL to", "LRANGE to 0 -1", "BLMOVE from to LEFT LEFT 0")
		expect(t, a, ok+":0\r\n*0\r\n")
		say(t, b, "RPUSH from v")
		expect(t, a, "$1\r\nv\r\n"+invalid("*1\r\n$2\r\nto\r\n"))
		expect(t, b, ":1\r\n")
		say(t, a, "CLIENT TRACKING off", "DEL to")
		expect(t, a, ok+":1\r\n")
	}
}

// A subscriber hears that a key has expired even if nobody calls.
func TestExpiredEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		a, b := dial(t, &store), dial(t, &store)
		say(t, a, "CONFIG SET notify-keyspace-events Ex", "SUBSCRIBE __keyevent@0__:expired")
		expect(t, a, ok+"*3\r\n$9\r\nsubscribe\r\n$22\r\n__keyevent@0__:expired\r\n:1\r\n")
		say(t, b, "SET k v PX 2500")
		expect(t, b, ok)
		begin := time.Now()
		expect(t, a, "*3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:expired\r\n$1\r\nk\r\n")
		if d := time.Since(begin); d < 2500*time.Millisecond || d > 3500*time.Millisecond {
			t.Errorf("it heard after %v", d)
		}
	})
}

// In version 2 of the protocol only a client to whom tracking was redirected
// hears anything, even if another one has subscribed.
func TestTrackingInVersion2(t *testing.T) {
	var store luastore.Store
	a := dial(t, &store)
	say(t, a, "CLIENT ID", "CLIENT TRACKING on", "GET k", "SUBSCRIBE c")
	expect(t, a, ":1\r\n"+ok+"$-1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
	b := dial(t, &store)
	say(t, b, "SET k v", "FLUSHALL", "CLIENT TRACKING on REDIRECT 1", "GET k", "SET k w")
	expect(t, b, ok+ok+ok+"$-1\r\n"+ok)
	expect(t, a, "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n")
	say(t, b, "CLIENT TRACKING off", "CLIENT TRACKING on BCAST REDIRECT 1", "SET k x", "PUBLISH c m")
	expect(t, b, ok+ok+ok+":1\r\n")
	expect(t, a, "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n")
}
