package redisconn

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
)

// full returns a store whose next command evicts a key, and what it was heard of
// other events than those of evicted keys.
func full(t *testing.T) (store *luastore.Store, heard func() []string) {
	t.Helper()
	var mu sync.Mutex
	var events []string
	store = luastore.New(&luastore.Options{
		MaxMemory: 100 << 10, MaxMemoryPolicy: "volatile-random",
		OnEvent: func(e luastore.Event) {
			if e.Name != "evicted" && !strings.HasPrefix(e.Key, "junk") {
				mu.Lock()
				defer mu.Unlock()
				events = append(events, e.Name+" "+e.Key)
			}
		},
	})
	for i := range 20 {
		if err := store.Do(t.Context(), "SET", fmt.Sprint("junk", i), strings.Repeat("x", 8<<10), "EX", 1000).Err(); err != nil {
			t.Fatal(err)
		}
	}
	return store, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return events
	}
}

// TestUndoneAtMaxMemory: of an Update that fails nobody hears, though memory is
// short so that keys are evicted, and those who know them are told early.
func TestUndoneAtMaxMemory(t *testing.T) {
	store, heard := full(t)
	defer store.Close()
	ctx := t.Context()
	tracks := dial(t, store)
	hello(t, tracks)
	say(t, tracks, "CLIENT TRACKING on BCAST PREFIX k", "SUBSCRIBE news __keyevent@0__:set")
	expect(t, tracks, ok+">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n>3\r\n$9\r\nsubscribe\r\n$18\r\n__keyevent@0__:set\r\n:2\r\n")
	if err := store.Do(ctx, "CONFIG", "SET", "notify-keyspace-events", "EA").Err(); err != nil {
		t.Fatal(err)
	}
	watches := dial(t, store)
	say(t, watches, "MONITOR")
	expect(t, watches, ok)
	no := errors.New("no")
	for _, want := range []error{no, nil} {
		value := "undone"
		if want == nil {
			value = "kept"
		}
		err := store.Update(ctx, func(tx *luastore.Tx) error {
			for range 3 {
				tx.Do("SET", "k", value)
				tx.Do("PUBLISH", "news", value)
			}
			return want
		})
		if err != want {
			t.Errorf("Update = %v, want %v", err, want)
		}
	}
	const set, message = ">3\r\n$7\r\nmessage\r\n$18\r\n__keyevent@0__:set\r\n$1\r\nk\r\n", ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$4\r\nkept\r\n"
	expect(t, tracks, strings.Repeat(set+message, 3)+invalid("*1\r\n$1\r\nk\r\n"))
	in := bufio.NewReader(watches)
	for _, want := range []string{`"SET" "k" "kept"`, `"PUBLISH" "news" "kept"`} {
		if line, err := in.ReadString('\n'); !strings.HasSuffix(line, want+"\r\n") {
			t.Errorf("MONITOR shows %q, %v; want %s", line, err, want)
		}
	}
	if diff := cmp.Diff([]string{"new k", "set k", "set k", "set k"}, heard()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestUndoneAfterKill: CLIENT KILL while a script stands still ends those who track
// what the script changes, and does not tell what may be undone; nor does it evict
// within the script.
func TestUndoneAfterKill(t *testing.T) {
	for _, mode := range []string{"YES", "SYNC"} {
		for _, rollback := range []luastore.Rollback{luastore.RollbackOnStop, luastore.RollbackNever} {
			store, heard := full(t)
			tracks := dial(t, store)
			hello(t, tracks)
			say(t, tracks, "CLIENT TRACKING on BCAST", "CLIENT ID")
			expect(t, tracks, ok+":1\r\n")
			watches := dial(t, store)
			say(t, watches, "MONITOR")
			expect(t, watches, ok)
			before := evicted(t, store)
			c := debugged(t, store, mode, writer)
			c.obey("s")
			if n, err := store.Do(t.Context(), "CLIENT", "KILL", "ID", 1).Int(); n != 1 || err != nil {
				t.Errorf("CLIENT KILL answers %d, %v", n, err)
			}
			if got := heard(); len(got) > 0 {
				t.Errorf("%s, %d: %v was told before it was kept", mode, rollback, got)
			}
			if err := store.ScriptKill(t.Context()); err != nil {
				t.Error(err)
			}
			soon, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if got, err := store.Do(soon, "EXISTS", "k").Int(); got != 0 || err != nil {
				t.Errorf("%s: k is there: %d, %v", mode, got, err)
			}
			if got := heard(); len(got) > 0 {
				t.Errorf("%s: %v was told", mode, got)
			}
			if n := evicted(t, store); n < before {
				t.Errorf("%d keys were evicted before, and %d now", before, n)
			}
			store.Close()
		}
	}
}

// evicted returns how many keys were evicted.
func evicted(t *testing.T, store *luastore.Store) (n int) {
	t.Helper()
	info, err := store.Do(t.Context(), "INFO", "stats").Text()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(info) {
		fmt.Sscanf(line, "evicted_keys:%d", &n)
	}
	return n
}

// TestUndoneTransaction: EXEC that is undone leaves nothing that its commands have
// done, of whatever kind.
func TestUndoneTransaction(t *testing.T) {
	const library = "#!lua name=%s\nredis.register_function('%s', function() return '%s' end)"
	lib := func(name, function, text string) string { return fmt.Sprintf(library, name, function, text) }
	load := func(s string) string { return request("FUNCTION", "LOAD", "REPLACE", s) }
	for _, test := range []struct {
		before, queued []string // requests
		looks          []string // whose replies are as before
	}{
		{nil, words("SELECT 3"), words("CLIENT LIST ID 1", "DBSIZE")},
		{words("ACL SETUSER eve on nopass +@all ~* &*"), words("AUTH eve x"), words("ACL WHOAMI")},
		{words("ACL SETUSER eve on >old +get ~a*"), words("ACL SETUSER eve >new +set ~b*", "ACL SETUSER adam on", "ACL DELUSER eve"), words("ACL LIST")},
		{nil, words("HELLO 3 SETNAME x"), words("CLIENT GETNAME", "HGETALL h")},
		{words("HELLO 3"), words("HELLO 2"), words("HGETALL h")},
		{words("CLIENT SETNAME a"), words("CLIENT SETNAME b", "CLIENT NO-EVICT on", "CLIENT NO-TOUCH on"), words("CLIENT LIST ID 1")},
		{words("HELLO 3", "CLIENT TRACKING on OPTIN"), words("CLIENT TRACKING off", "CLIENT TRACKING on BCAST PREFIX x"), words("CLIENT TRACKINGINFO")},
		{words("HELLO 3"), words("CLIENT TRACKING on BCAST PREFIX x"), words("CLIENT TRACKINGINFO")},
		{words("HELLO 3", "CLIENT TRACKING on BCAST PREFIX x"), words("CLIENT TRACKING off"), words("CLIENT TRACKINGINFO")},
		{words("HELLO 3", "SUBSCRIBE a b"), words("UNSUBSCRIBE a", "SUBSCRIBE c", "PSUBSCRIBE p*", "UNSUBSCRIBE"),
			words("PUBSUB CHANNELS", "PUBSUB NUMPAT", "PUBSUB NUMSUB a b c", "CLIENT LIST ID 1")},
		{nil, words("CONFIG SET maxmemory 1gb maxmemory-policy allkeys-lfu", "CONFIG SET hz 50 hash-max-listpack-entries 1"),
			words("CONFIG GET *")},
		{nil, words("CONFIG SET requirepass secret"), words("CONFIG GET requirepass", "ACL GETUSER default", "PING")},
		{nil, words("CLIENT PAUSE 100000 WRITE"), words("SET k v")},
		{nil, words("DEBUG SET-ACTIVE-EXPIRE 0"), words("PING")},
		{nil, words("SCRIPT LOAD return'new'"), words("SCRIPT EXISTS " + sha("return'new'"))},
		{words("EVAL return'old' 0"), words("SCRIPT LOAD return'old'", "SCRIPT FLUSH", "EVAL return'other' 0"),
			words("EVALSHA "+sha("return'old'")+" 0", "SCRIPT EXISTS "+sha("return'other'"))},
		{words("SCRIPT LOAD return'old'", "EVAL return'gone' 0"), words("SCRIPT FLUSH", "SCRIPT LOAD return'old'"),
			words("EVALSHA "+sha("return'old'")+" 0", "SCRIPT EXISTS "+sha("return'gone'"))},
		{[]string{load(lib("a", "f", "old"))}, []string{load(lib("a", "f", "new")), load(lib("b", "g", "b"))},
			words("FUNCTION LIST WITHCODE", "FCALL f 0", "FCALL g 0", "FUNCTION STATS")},
		{[]string{load(lib("a", "f", "old"))}, append(words("FUNCTION FLUSH"), load(lib("c", "f", "new"))), words("FUNCTION LIST WITHCODE", "FCALL f 0")},
		{[]string{load(lib("a", "f", "old"))}, words("FUNCTION DELETE a"), words("FUNCTION LIST WITHCODE", "FCALL f 0")},
	} {
		store := luastore.New(nil)
		conn := dial(t, store)
		ask := func(requests []string) (replies []string) {
			t.Helper()
			for _, r := range requests {
				replies = append(replies, echoed(t, conn, r))
			}
			return replies
		}
		ask(test.before)
		before := ask(test.looks)
		queued := "MULTI\r\n" + strings.Join(test.queued, "")
		undone := echoed(t, conn, queued+request("EVAL", "--!rollback\nerror('no')", "0")+"EXEC\r\n")
		if !strings.Contains(undone, "-EXECABORT Transaction discarded because of: user_script:2: no") {
			t.Errorf("%q: EXEC answers %q", test.queued, undone)
		}
		if diff := cmp.Diff(before, ask(test.looks)); diff != "" {
			t.Errorf("%q leaves (-before +after):\n%s", test.queued, diff)
		}
		if done := echoed(t, conn, queued+"EXEC\r\n"); strings.Contains(done, "-EXECABORT") || strings.Contains(done, "-ERR") {
			t.Errorf("%q: EXEC without what undoes it answers %q", test.queued, done)
		}
		if !strings.Contains(queued, "PAUSE") && !strings.Contains(queued, "DEBUG") && cmp.Equal(before, ask(test.looks)) {
			t.Errorf("%q: nothing that is looked at has changed", test.queued)
		}
		store.Close()
	}
}

// words returns requests of the words in each line.
func words(lines ...string) (requests []string) {
	for _, line := range lines {
		requests = append(requests, request(strings.Fields(line)...))
	}
	return requests
}

// sha returns the SHA-1 of a script.
func sha(script string) string { return luastore.NewScript(script).Hash() }

// ages are what CLIENT LIST says that goes with time.
var ages = regexp.MustCompile("(age|idle)=[0-9]+|[$=][0-9]+\r\n(txt:)?id=")

// echoed sends requests and returns the replies.
func echoed(t *testing.T, conn net.Conn, requests string) string {
	t.Helper()
	const end = "$8\r\nthe end.\r\n"
	say(t, conn, requests+request("ECHO", "the end."))
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	var got []byte
	for !strings.HasSuffix(string(got), end) {
		b := make([]byte, 4096)
		n, err := conn.Read(b)
		if got = append(got, b[:n]...); err != nil {
			t.Fatalf("%q: %q, %v", requests, got, err)
		}
	}
	return ages.ReplaceAllString(strings.TrimSuffix(string(got), end), "")
}

// TestUndoneUnblock: who waits goes on when a CLIENT UNBLOCK is undone, and ends
// when it is not.
func TestUndoneUnblock(t *testing.T) {
	var store luastore.Store
	waits := dial(t, &store)
	say(t, waits, "CLIENT ID", "BLPOP k 0")
	expect(t, waits, ":1\r\n")
	conn := dial(t, &store)
	for !strings.Contains(echoed(t, conn, request("INFO", "clients")), "blocked_clients:1") {
		time.Sleep(time.Millisecond)
	}
	const queued, first = "+QUEUED\r\n", ":1\r\n:0\r\n"
	transaction := "MULTI\r\n" + strings.Join(words("CLIENT UNBLOCK 1 ERROR", "CLIENT UNBLOCK 1"), "")
	got := echoed(t, conn, transaction+request("EVAL", "--!rollback\nerror('no')", "0")+"EXEC\r\n")
	if want := ok + strings.Repeat(queued, 3) + "-EXECABORT"; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if info := echoed(t, conn, request("INFO", "clients")); !strings.Contains(info, "blocked_clients:1") {
		t.Errorf("INFO answers %q", info)
	}
	got = echoed(t, conn, transaction+"EXEC\r\n")
	if want := ok + strings.Repeat(queued, 2) + "*2\r\n" + first; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	expect(t, waits, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")
}

// TestWatchBesideUndone: who begins to watch a key that a script has changed, which is
// then undone, hears of the next change.
func TestWatchBesideUndone(t *testing.T) {
	store := luastore.New(&luastore.Options{BusyReply: time.Millisecond})
	defer store.Close()
	conn := dial(t, store)
	echoed(t, conn, request("WATCH", "k")) // so that changes are counted
	echoed(t, conn, request("SET", "k", "0"))
	ended := make(chan error)
	go func() {
		ended <- store.Eval(t.Context(), "redis.call('SET', 'k', '1') while true do end", nil).Err()
	}()
	other := dial(t, store)
	for !errors.Is(store.Do(t.Context(), "GET", "k").Err(), luastore.ErrBusy) {
		time.Sleep(time.Millisecond)
	}
	say(t, other, "WATCH k")
	expect(t, other, ok)
	for store.ScriptKill(t.Context()) != nil {
		time.Sleep(time.Millisecond)
	}
	if err := <-ended; !errors.Is(err, luastore.ErrKilled) {
		t.Error(err)
	}
	echoed(t, conn, request("SET", "k", "2"))
	if got, want := echoed(t, other, "MULTI\r\nGET k\r\nEXEC\r\n"), ok+"+QUEUED\r\n*-1\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
