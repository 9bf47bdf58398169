package redisconn

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
)

const (
	noAuth    = "-NOAUTH Authentication required.\r\n"
	wrongPass = "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
	noKey     = "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n"
	noSet     = "-NOPERM this user has no permissions to run the 'set' command\r\n"
	ok        = "+OK\r\n"
)

// Who has given no password may do nothing, and who has may do what the user may.
func TestUsers(t *testing.T) {
	store := luastore.New(&luastore.Options{Password: "secret", Users: []string{"alice on >pw ~cache:* +get +acl|whoami"}})
	conn := dial(t, store)
	say(t, conn, "GET cache:1", "EVAL return 0", "GET", "AUTH no", "AUTH alice no", "AUTH alice pw", "GET cache:1", "GET x", "ACL WHOAMI", "AUTH secret", "GET x")
	arity := "-ERR wrong number of arguments for 'get' command\r\n"
	expect(t, conn, noAuth+noAuth+arity+wrongPass+wrongPass+ok+"$-1\r\n"+noKey+"$5\r\nalice\r\n"+ok+"$-1\r\n")
}

// A user who is gone takes the connections along; one who has less rights than
// before takes those of which subscriptions are not allowed any more, and no
// others.
func TestUsersLeave(t *testing.T) {
	store := luastore.New(&luastore.Options{Users: []string{"alice on nopass +@all ~*", "bob on nopass +@all ~*"}})
	admin, alice, bob := dial(t, store), dial(t, store), dial(t, store)
	say(t, alice, "AUTH alice x", "ACL WHOAMI")
	expect(t, alice, ok+"$5\r\nalice\r\n")
	say(t, bob, "AUTH bob x", "SET k v")
	expect(t, bob, ok+ok)
	say(t, admin, "ACL SETUSER bob -set", "ACL DELUSER alice")
	expect(t, admin, ok+":1\r\n")
	if n, err := alice.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection of a user who is gone reads %d bytes, %v", n, err)
	}
	say(t, bob, "SET k v", "GET k", "ACL DELUSER bob", "GET k")
	expect(t, bob, "-NOPERM this user has no permissions to run the 'set' command\r\n$1\r\nv\r\n:1\r\n")
	if n, err := bob.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection of a user who deleted himself reads %d bytes, %v", n, err)
	}
}

// Who may not use a channel any more loses the connections that have subscribed
// to it, the caller's own once it has the reply, and no others.
func TestChannelsTakenAway(t *testing.T) {
	store := luastore.New(&luastore.Options{Users: []string{"bob on nopass +@all ~* &a &b"}})
	caller, other, free := dial(t, store), dial(t, store), dial(t, store)
	const subscribed = ">3\r\n$9\r\nsubscribe\r\n$1\r\n"
	for conn, channel := range map[io.ReadWriter]string{caller: "a", other: "a", free: "b"} {
		say(t, conn, "AUTH bob x", "CLIENT REPLY OFF", "HELLO 3", "CLIENT REPLY ON", "SUBSCRIBE "+channel)
		expect(t, conn, ok+ok+subscribed+channel+"\r\n:1\r\n")
	}
	say(t, caller, "ACL SETUSER bob resetchannels &b", "PING")
	expect(t, caller, ok)
	ends(t, caller)
	ends(t, other)
	say(t, free, "PUBLISH b x", "SUBSCRIBE a")
	noChannel := "-NOPERM this user has no permissions to access one of the channels used as arguments\r\n"
	reply := make([]byte, len(noChannel)+len(":1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$1\r\nx\r\n"))
	if _, err := io.ReadFull(free, reply); err != nil || !strings.Contains(string(reply), noChannel) || !strings.Contains(string(reply), "$7\r\nmessage\r\n") {
		t.Errorf("who may go on reads %q, %v", reply, err)
	}
}

// What is denied is logged with the connection that wanted it, and a script's as
// a script's.
func TestLog(t *testing.T) {
	store := luastore.New(&luastore.Options{Users: []string{"bob on >pw +get +eval +multi ~k"}})
	bob := dial(t, store)
	say(t, bob, "AUTH bob no", "AUTH bob pw", "GET x", "SET k v", "EVAL \"return redis.pcall('GET', 'x')\" 0", "MULTI", "SET k v", "GET k")
	expect(t, bob, wrongPass+ok+noKey+noSet+"-ERR The user executing the script can't access at least one of the keys mentioned in the command arguments\r\n"+
		ok+noSet+"+QUEUED\r\n")
	entries, err := store.Do(t.Context(), "ACL", "LOG").Slice()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		e := e.(map[any]any)
		got = append(got, fmt.Sprintf("%v %v %v %v %v", e["count"], e["reason"], e["context"], e["object"], e["username"]))
		if info := fmt.Sprint(e["client-info"]); !strings.Contains(info, " addr="+bob.LocalAddr().String()+" ") {
			t.Errorf("the client is %q", info)
		}
	}
	want := []string{"1 command multi set bob", "1 key lua x bob", "1 command toplevel set bob", "1 key toplevel x bob", "1 auth toplevel AUTH bob"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
