package redisconn

import (
	"io"
	"testing"

	"github.com/luastore/luastore"
)

const (
	noAuth    = "-NOAUTH Authentication required.\r\n"
	wrongPass = "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
	noKey     = "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n"
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
