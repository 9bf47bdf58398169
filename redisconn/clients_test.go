package redisconn

import (
	"bufio"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/internal/transcript"
)

// ends checks that the other end closes the connection.
func ends(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if rest, err := io.ReadAll(conn); err != nil || len(rest) > 0 {
		t.Errorf("a connection that should have ended reads %q, %v", rest, err)
	}
}

// CLIENT PAUSE WRITE holds up what may write, a transaction of writes too, and
// nothing else; what would be refused is so at once.
func TestPauseWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := luastore.New(&luastore.Options{Users: []string{"bob on nopass -@all +auth"}})
		a, b, bob := dial(t, store), dial(t, store), dial(t, store)
		say(t, b, "MULTI", "SET k 1")
		expect(t, b, "+OK\r\n+QUEUED\r\n")
		say(t, bob, "AUTH bob x")
		expect(t, bob, ok)
		sha, _ := store.ScriptLoad(t.Context(), "#!lua flags=no-writes\nreturn 3")
		store.FunctionLoad(t.Context(), "#!lua name=lib\nredis.register_function{function_name='f', callback=function() return 4 end, flags={'no-writes'}}")
		say(t, a, "CLIENT PAUSE 60000 WRITE", "GET k", "MULTI", "GET k", `EVAL "#!lua flags=no-writes\nreturn 6" 0`, "EXEC", "EVAL_RO 'return 1' 0", "SET k",
			`EVAL "#!lua flags=no-writes\nreturn 3" 0`, "EVALSHA "+sha+" 0", "FCALL f 0")
		expect(t, a, ok+"$-1\r\n"+ok+"+QUEUED\r\n+QUEUED\r\n*2\r\n$-1\r\n:6\r\n:1\r\n-ERR wrong number of arguments for 'set' command\r\n:3\r\n:3\r\n:4\r\n")
		say(t, bob, "SET k 2")
		expect(t, bob, "-NOPERM this user has no permissions to run the 'set' command\r\n")
		begin := time.Now()
		say(t, b, "EXEC", "PFCOUNT p", "EVAL 'return 2' 0")
		synctest.Wait()
		for begins, wants := range map[string]string{"INFO clients": "blocked_clients:1\r\n", "CLIENT LIST": " flags=xb "} {
			command, arg, _ := strings.Cut(begins, " ")
			if text, _ := store.Do(t.Context(), command, arg).Text(); !strings.Contains(text, wants) {
				t.Errorf("%s has no %q: %s", begins, wants, text)
			}
		}
		say(t, a, "GET k")
		expect(t, a, "$-1\r\n")
		expect(t, b, "*1\r\n+OK\r\n:0\r\n:2\r\n")
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("writes waited for %v, not a minute", took)
		}
		say(t, a, "CLIENT PAUSE 9223370000000000000", "CLIENT UNPAUSE") // longer than a Duration
		expect(t, a, ok)
		synctest.Wait()
		a.Close()
		b.Close()
		bob.Close()
	})
}

// A pause ends early for all who wait.
func TestUnpause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		a, b := dial(t, &store), dial(t, &store)
		say(t, a, "CLIENT PAUSE 9223370000000000000 WRITE") // longer than a Duration
		expect(t, a, ok)
		say(t, b, "SET k v")
		synctest.Wait()
		say(t, a, "CLIENT UNPAUSE")
		expect(t, a, ok)
		expect(t, b, ok)
		a.Close()
		b.Close()
	})
}

// CLIENT KILL ends those who fit all filters: b, who is bob, has subscribed and
// is number 2, and the caller itself only with SKIPME no, once it has the reply.
func TestKill(t *testing.T) {
	for _, test := range []struct {
		filter  string
		killed  int
		b, self bool // that are killed; there is a third
	}{
		{"ID 2", 1, true, false},
		{"ID 9", 0, false, false},
		{"ID 1", 0, false, false},
		{"ID 1 SKIPME no", 1, false, true},
		{"USER bob", 1, true, false},
		{"USER default", 1, false, false},
		{"USER default SKIPME no", 2, false, true},
		{"TYPE pubsub", 1, true, false},
		{"TYPE normal SKIPME no", 2, false, true},
		{"TYPE master", 0, false, false},
		{"ADDR ADDRESS", 1, true, false},
		{"LADDR pipe:0", 2, true, false},
		{"LADDR pipe:0 SKIPME no", 3, true, true},
		{"ADDR ADDRESS TYPE normal", 0, false, false},
		{"SKIPME yes", 2, true, false},
	} {
		t.Run(test.filter, func(t *testing.T) {
			store := luastore.New(&luastore.Options{Users: []string{"bob on nopass +@all ~* &*"}})
			a, b, third := dial(t, store), net.Conn(nil), net.Conn(nil)
			say(t, a, "CLIENT ID")
			expect(t, a, ":1\r\n")
			b = dial(t, store)
			say(t, b, "AUTH bob x", "CLIENT ID", "SUBSCRIBE c")
			expect(t, b, ok+":2\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
			third = dial(t, store)
			say(t, third, "PING")
			expect(t, third, "+PONG\r\n")
			say(t, a, "CLIENT KILL "+strings.ReplaceAll(test.filter, "ADDRESS", b.LocalAddr().String()))
			expect(t, a, ":"+string(rune('0'+test.killed))+"\r\n")
			others := test.killed
			if test.self {
				ends(t, a)
				others--
			} else {
				say(t, a, "ECHO a")
				expect(t, a, "$1\r\na\r\n")
			}
			if test.b {
				ends(t, b)
				others--
			} else {
				say(t, b, "UNSUBSCRIBE")
				expect(t, b, "*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n")
			}
			if others > 0 {
				ends(t, third)
			} else {
				say(t, third, "PING")
				expect(t, third, "+PONG\r\n")
			}
		})
	}
}

// What waits hears no more than the connection wants to.
func TestSilentWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		conn := dial(t, &store)
		say(t, conn, "CLIENT REPLY OFF", "BLPOP l 1", "CLIENT REPLY ON", "PING 1", "CLIENT REPLY SKIP", "BLPOP l 1", "PING 2")
		expect(t, conn, ok+"$1\r\n1\r\n$1\r\n2\r\n")
		conn.Close()
	})
}

// HELLO gives a password, and changes nothing else where it is wrong.
func TestHello(t *testing.T) {
	store := luastore.New(&luastore.Options{Password: "secret", Users: []string{"alice on >pw ~* +@all"}})
	conn := dial(t, store)
	say(t, conn, "HELLO 3 AUTH alice no SETNAME x", "AUTH alice pw", "CLIENT GETNAME")
	expect(t, conn, wrongPass+ok+"$-1\r\n")
	say(t, conn, "HELLO 2 AUTH default secret SETNAME x", "ACL WHOAMI", "CLIENT GETNAME")
	expect(t, conn, "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:1\r\n"+
		"$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n$7\r\ndefault\r\n$1\r\nx\r\n")
	say(t, conn, "HELLO 3 AUTH alice pw", "ACL WHOAMI", "HGETALL k")
	expect(t, conn, "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:1\r\n"+
		"$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n$5\r\nalice\r\n%0\r\n")
}

// A store that is closed closes its connections, those that wait too, and takes
// no more.
func TestStoreCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		idle, blocked, paused, subscribed := dial(t, &store), dial(t, &store), dial(t, &store), dial(t, &store)
		say(t, blocked, "BLPOP l 0")
		say(t, subscribed, "SUBSCRIBE c")
		expect(t, subscribed, "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
		synctest.Wait()
		say(t, idle, "CLIENT PAUSE 100000")
		expect(t, idle, ok)
		say(t, paused, "PING")
		synctest.Wait()
		store.Close()
		for _, conn := range []net.Conn{idle, blocked, paused, subscribed, dial(t, &store)} {
			ends(t, conn)
			conn.Close()
		}
		_, server := newPipe()
		if err := Serve(t.Context(), &store, server); err != luastore.ErrClosed {
			t.Errorf("Serve = %v", err)
		}
	})
}

// Who does not read what is pushed is disconnected once it is too much, and who
// publishes does not wait for it.
func TestSlowSubscriber(t *testing.T) {
	var store luastore.Store
	conn := dial(t, &store)
	say(t, conn, "SUBSCRIBE c")
	expect(t, conn, "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
	const limit = 32 << 20
	const megabytes = (limit + pipeRoom + 1<<20) >> 20
	payload := strings.Repeat("x", 1<<20)
	for i := range 2 * megabytes {
		n, err := store.Do(t.Context(), "PUBLISH", "c", payload).Int()
		switch {
		case err != nil:
			t.Fatal(err)
		case i < limit>>20-1 && n != 1:
			t.Fatalf("it ended after %d MB", i)
		case n == 0:
			return
		}
		time.Sleep(time.Millisecond) // Serve notices a little later
	}
	t.Errorf("it still gets messages after %d MB", 2*megabytes)
}

// Replies that nobody reads wait, while requests go on being served.
func TestUnreadReplies(t *testing.T) {
	var store luastore.Store
	conn := dial(t, &store)
	const replies = 64
	value := strings.Repeat("x", 1<<20)
	if err := store.Do(t.Context(), "SET", "k", value).Err(); err != nil {

		t.Fatal(err)
	}
	for range replies {
		say(t, conn, "GET k")
	}
	say(t, conn, "SET done 1")
	for store.Do(t.Context(), "EXISTS", "done").Val() != int64(1) {
		time.Sleep(time.Millisecond)
	}
	for range replies {
		expect(t, conn, "$1048576\r\n"+value+"\r\n")
	}
	expect(t, conn, ok)
}

// SLOWLOG says whose a call was, and that a script's was nobody's.
func TestSlowlogAddress(t *testing.T) {
	var store luastore.Store
	conn := dial(t, &store)
	defer conn.Close()
	say(t, conn, "CLIENT SETNAME Ada", "CONFIG SET slowlog-log-slower-than 0", "SLOWLOG RESET", "EVAL \"return redis.call('PING')\" 0")
	expect(t, conn, ok+ok+ok+"+PONG\r\n")
	entries, err := store.Do(t.Context(), "SLOWLOG", "GET", 2).Slice()
	if err != nil || len(entries) != 2 {
		t.Fatalf("SLOWLOG GET answers %v, %v", entries, err)
	}
	for i, want := range [][]any{{conn.LocalAddr().String(), "Ada"}, {"?:0", ""}} {
		if got := entries[i].([]any)[4:]; got[0] != want[0] || got[1] != want[1] {
			t.Errorf("entry %d is of %q, want %q", i, got, want)
		}
	}
}

// Who is connected, or connects, hears of a script that runs for too long, and can
// end it.
func TestBusy(t *testing.T) {
	store := luastore.New(&luastore.Options{BusyReply: 10 * time.Millisecond})
	runs := dial(t, store)
	say(t, runs, `EVAL "while true do end" 0`)
	waits := dial(t, store)
	answers := bufio.NewReader(waits)
	for busy := false; !busy; {
		say(t, waits, "PING")
		line, err := answers.ReadString('\n')
		if busy = strings.HasPrefix(line, "-BUSY "); err != nil || !busy && line != "+PONG\r\n" {
			t.Fatalf("PING answers %q, %v", line, err)
		}
	}
	say(t, waits, "SCRIPT KILL")
	expect(t, answers, "+OK\r\n")
	expect(t, runs, "-ERR Script killed by user with SCRIPT KILL.")
}

// INFO counts connections, and what they have subscribed to.
func TestInfoOfConnections(t *testing.T) {
	var store luastore.Store
	subscriber, other := dial(t, &store), dial(t, &store)
	hello(t, subscriber)
	say(t, subscriber, "SUBSCRIBE a b", "SUBSCRIBE a", "PSUBSCRIBE a*", "SSUBSCRIBE c", "UNSUBSCRIBE b", "PING done")
	answers := bufio.NewReader(subscriber)
	for line := ""; line != "done\r\n"; {
		var err error
		if line, err = answers.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	say(t, other, "INFO stats", "QUIT")
	info, err := io.ReadAll(other)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"total_connections_received:2", "pubsub_channels:1", "pubsub_patterns:1", "pubsubshard_channels:1"} {
		if !strings.Contains(string(info), "\n"+want+"\r\n") {
			t.Errorf("INFO has no %s:\n%s", want, info)
		}
	}
}

// CLIENT INFO tells of a refused call too, and within EXEC of the transaction.
func TestClientInfo(t *testing.T) {
	var store luastore.Store
	a := dial(t, &store)
	in := bufio.NewReader(a)
	info := func() string {
		t.Helper()
		size, err := in.ReadString('\n')
		if err != nil || size[0] != '$' {
			t.Fatal(size, err)
		}
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		expect(t, in, "\r\n")
		return line
	}
	say(t, a, "CLIENT ID")
	expect(t, in, ":1\r\n")
	b := dial(t, &store)
	for request, want := range map[string]string{"GET": "cmd=get ", "GET k": "cmd=get ", "NOSUCH": "cmd=NULL ", "CLIENT KILL": "cmd=client|kill "} {
		say(t, b, request)
		if _, err := b.Read(make([]byte, 1024)); err != nil {
			t.Fatal(err)
		}
		say(t, a, "CLIENT LIST ID 2")
		if got := info(); !strings.Contains(got, want) {
			t.Errorf("after %s: %q, want %s", request, got, want)
		}
	}
	say(t, a, "MULTI", "PING", "CLIENT INFO", "GET k", "EXEC")
	expect(t, in, ok+"+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+PONG\r\n")
	if got := info(); !strings.Contains(got, "flags=x db=0 sub=0 psub=0 ssub=0 multi=3 ") || !strings.Contains(got, "cmd=exec ") {
		t.Errorf("in a transaction: %q", got)
	}
	expect(t, in, "$-1\r\n")
	say(t, a, "MULTI", "NOSUCH", "PING", "DISCARD", "CLIENT INFO")
	expect(t, in, ok+"-ERR unknown command 'NOSUCH', with args beginning with: \r\n+QUEUED\r\n"+ok)
	if got := info(); !strings.Contains(got, "flags=N ") || !strings.Contains(got, "multi=-1 ") {
		t.Errorf("after a transaction: %q", got)
	}
}

// Of filters of one kind CLIENT KILL takes the last.
func TestKillTwice(t *testing.T) {
	var store luastore.Store
	a := dial(t, &store)
	say(t, a, "CLIENT ID")
	expect(t, a, ":1\r\n")
	b := dial(t, &store)
	say(t, b, "CLIENT ID")
	expect(t, b, ":2\r\n")
	say(t, a, "CLIENT KILL ID 2 ID 9", "CLIENT KILL TYPE master TYPE normal ID 9 ID 2")
	expect(t, a, ":0\r\n:1\r\n")
	ends(t, b)
}

// What CLIENT UNBLOCK, and a time-out, leave in statistics must be what they leave in
// Redis.
func TestUnblockedStatistics(t *testing.T) {
	server := transcript.StartRedis(t)
	var store luastore.Store
	run := func(dial func() net.Conn) (seen []string) {
		client, waiter := dial(), dial()
		fromClient, fromWaiter := bufio.NewReader(client), bufio.NewReader(waiter)
		do := func(line string) string {
			say(t, client, line)
			return rawReply(t, fromClient)
		}
		say(t, waiter, "CLIENT ID")
		id := strings.Trim(rawReply(t, fromWaiter), ":\r\n")
		for _, test := range []struct{ wait, end string }{
			{"BLPOP l 0", "CLIENT UNBLOCK " + id},
			{"BLPOP l 0", "CLIENT UNBLOCK " + id + " ERROR"},
			{"BZPOPMIN z 0", "CLIENT UNBLOCK " + id + " TIMEOUT"},
			{"XREAD BLOCK 0 STREAMS s $", "CLIENT UNBLOCK " + id + " ERROR"},
			{"WAIT 1 0", "CLIENT UNBLOCK " + id},
			{"WAIT 1 300", "PING"},
			{"BLPOP l 0.3", "PING"},
			{"BLPOP l 0", "RPUSH l a b"},
			{"BLMOVE a b LEFT LEFT 0", "RPUSH a x"},
		} {
			do("CONFIG RESETSTAT")
			do("CONFIG SET slowlog-log-slower-than 0")
			do("SLOWLOG RESET")
			say(t, waiter, test.wait)
			name, _, _ := strings.Cut(test.wait, " ")
			for !strings.Contains(do("INFO commandstats"), "\ncmdstat_"+strings.ToLower(name)+":") {
				time.Sleep(time.Millisecond)
			}
			seen = append(seen, test.wait+", "+strings.ReplaceAll(test.end, id, "ID"))
			do("SLOWLOG RESET")
			do(test.end)
			reply, _, _ := strings.Cut(rawReply(t, fromWaiter), "\r\n")
			seen = append(seen, reply)
			do("CONFIG SET slowlog-log-slower-than -1")
			for _, args := range regexp.MustCompile(`(?s)\*6\r\n:\d+\r\n:\d+\r\n:\d+\r\n(.*?)\$\d+\r\n[^\r]*\r\n\$0\r\n\r\n`).FindAllStringSubmatch(do("SLOWLOG GET -1"), -1) {
				seen = append(seen, strings.ReplaceAll(args[1], "\n"+id+"\r", "\nID\r"))
			}
			calls := "no calls"
			if m := regexp.MustCompile(`\$5\r\ncalls\r\n:(\d+)`).FindStringSubmatch(do("LATENCY HISTOGRAM " + name)); m != nil {
				calls = m[1] + " calls"
			}
			seen = append(seen, calls)
			lines := strings.Split(do("INFO commandstats"), "\r\n")
			slices.Sort(lines) // Redis has them in no order
			for _, line := range lines {
				if stat, _, _ := strings.Cut(line, ":"); stat == "cmdstat_"+strings.ToLower(name) || stat == "cmdstat_client|unblock" {
					calls, rest, _ := strings.Cut(line, ",usec=")
					seen = append(seen, calls+rest[strings.Index(rest, ",rejected"):])
				}
			}
			for line := range strings.SplitSeq(do("INFO errorstats")+do("INFO persistence")+do("INFO stats"), "\r\n") {
				for _, prefix := range []string{"errorstat_", "total_error_replies", "rdb_changes_"} {
					if strings.HasPrefix(line, prefix) {
						seen = append(seen, line)
					}
				}
			}
		}
		return seen
	}
	want := run(server.Dial)
	got := run(func() net.Conn { return dial(t, &store) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// rawReply reads a reply and returns all of its text.
func rawReply(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch line[0] {
	case '$':
		if n < 0 {
			return line
		}
		b := make([]byte, n+2)
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatal(err)
		}
		return line + string(b)
	case '*':
		for range n {
			line += rawReply(t, r)
		}
	}
	return line
}
