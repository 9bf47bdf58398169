package redisconn

import (
	"bufio"
	"strings"
	"testing"

	"github.com/luastore/luastore"
)

// What a user may do is asked again when a transaction is executed.
func TestTransactionOfUser(t *testing.T) {
	store := luastore.New(&luastore.Options{Users: []string{"alice on nopass +@all ~* &*"}})
	admin, alice := dial(t, store), dial(t, store)
	say(t, alice, "AUTH alice x", "MULTI", "GET x", "GET k", "PUBLISH c m", "PING")
	queued := "+QUEUED\r\n"
	expect(t, alice, ok+ok+queued+queued+queued+queued)
	say(t, admin, "ACL SETUSER alice resetkeys ~k resetchannels -ping")
	expect(t, admin, ok)
	const late = "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
		"This command is no longer allowed for the following reason: no permission to "
	say(t, alice, "EXEC")
	expect(t, alice, "*4\r\n"+late+"touch the specified keys\r\n$-1\r\n"+late+"access one of the channels used as arguments\r\n"+
		late+"execute the command or subcommand\r\n")
	say(t, admin, "ACL LOG")
	in := bufio.NewReader(admin)
	contexts := 0
	for range 3 * 28 {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(line, "id=") && !strings.HasSuffix(line, " resp=2\r\n") {
			t.Errorf("ACL LOG says of the client %q", line)
		}
		if line == "multi\r\n" {
			contexts++
		}
	}
	if contexts != 3 {
		t.Errorf("ACL LOG names the context multi %d times, want 3", contexts)
	}
}

// CLIENT LIST shows transactions; RESET and the end of a connection end them.
func TestTransactionEnds(t *testing.T) {
	var store luastore.Store
	a := dial(t, &store)
	say(t, a, "CLIENT ID")
	expect(t, a, ":1\r\n")
	b := dial(t, &store)
	in := bufio.NewReader(b)
	list := func() (line string) {
		t.Helper()
		say(t, b, "CLIENT LIST ID 1")
		for range 3 { // the length, the line, what ends the reply
			s, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			line += s
		}
		return line
	}
	for _, c := range []struct{ line, reply, by, want string }{
		{"WATCH k", ok, "", "flags=N"},
		{"MULTI", ok, "", "multi=0"},
		{"SET k v", "+QUEUED\r\n", "", "flags=x "},
		{"PING", "+QUEUED\r\n", "SET k w", "flags=xd "},
		{"GET k", "+QUEUED\r\n", "", "multi=3 "},
		{"RESET", "+RESET\r\n", "", "flags=N "},
		{"EXEC", "-ERR EXEC without MULTI\r\n", "", "multi=-1 "},
		{"WATCH k", ok, "", "flags=N "},
	} {
		say(t, a, c.line)
		expect(t, a, c.reply)
		if c.by != "" {
			say(t, b, c.by)
			expect(t, in, ok)
		}
		if got := list(); !strings.Contains(got, c.want) {
			t.Errorf("after %s, CLIENT LIST has %q, not %q", c.line, got, c.want)
		}
	}
}

// A transaction that would write ends where that is not allowed any more.
func TestTransactionWithoutReplicas(t *testing.T) {
	var store luastore.Store
	a, b := dial(t, &store), dial(t, &store)
	say(t, a, "MULTI", "SET k v")
	expect(t, a, ok+"+QUEUED\r\n")
	say(t, b, "CONFIG SET min-replicas-to-write 1")
	expect(t, b, ok)
	say(t, a, "EXEC", "EXEC", "MULTI", "GET k", "EXEC")
	expect(t, a, "-EXECABORT Transaction discarded because of: NOREPLICAS Not enough good replicas to write.\r\n"+
		"-ERR EXEC without MULTI\r\n"+ok+"+QUEUED\r\n*1\r\n$-1\r\n")
}
