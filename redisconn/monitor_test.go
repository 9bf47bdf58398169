package redisconn

import (
	"bufio"
	"net"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
)

// A monitor is a connection of whose lines the tests know all but time and
// address.
type monitor struct {
	net.Conn
	lines *bufio.Reader
}

func newMonitor(t *testing.T, store *luastore.Store) monitor {
	conn := dial(t, store)
	say(t, conn, "MONITOR")
	expect(t, conn, ok)
	return monitor{conn, bufio.NewReader(conn)}
}

var timeAndAddress = regexp.MustCompile(`^\+\d+\.\d{6} \[(\d+) [^\]]*\]`)

func (m monitor) expect(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for range want {
		line, err := m.lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, timeAndAddress.ReplaceAllString(line[:len(line)-2], "$1"))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// A monitor sees no passwords, and EXEC even if it is refused.
func TestMonitorLines(t *testing.T) {
	var store luastore.Store
	m, conn := newMonitor(t, &store), dial(t, &store)
	say(t, conn, "AUTH pw", "AUTH bob pw", "AUTH a b c", "HELLO 3 SETNAME auth AUTH bob pw", "HELLO 3 AUTH bob", "EXEC x", "PING")
	m.expect(t, `0 "AUTH" "(redacted)"`, `0 "AUTH" "(redacted)" "(redacted)"`, `0 "AUTH" "a" "b" "c"`,
		`0 "HELLO" "3" "SETNAME" "auth" "AUTH" "(redacted)" "(redacted)"`, `0 "HELLO" "3" "AUTH" "bob"`, `0 "EXEC" "x"`, `0 "PING"`)
}

// A monitor that wants no replies gets no lines either.
func TestSilentMonitor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		m, conn := newMonitor(t, &store), dial(t, &store)
		say(t, m, "CLIENT REPLY OFF", "PING")
		synctest.Wait()
		say(t, conn, "ECHO 1")
		synctest.Wait()
		say(t, m, "CLIENT REPLY ON")
		expect(t, m, ok)
		say(t, conn, "ECHO 2")
		m.expect(t, `0 "CLIENT" "REPLY" "ON"`, `0 "ECHO" "2"`)
		m.Close()
		conn.Close()
	})
}

// To Redis a monitor is a kind of replica: it has nothing to do with keys, and no
// pause holds it up.
func TestMonitorIsReplica(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var store luastore.Store
		m, conn := newMonitor(t, &store), dial(t, &store)
		begin := time.Now()
		say(t, conn, "CLIENT PAUSE 60000")
		expect(t, conn, ok)
		say(t, m, "GET k", "PUBLISH c m", "EVAL 'return 1' 0", "EVAL_RO 'return 1' 0")
		const refused = "-ERR Replica can't interact with the keyspace\r\n"
		expect(t, m, refused+refused+refused+refused)
		if time.Since(begin) != 0 {
			t.Error("the monitor was held up")
		}
		m.Close()
		conn.Close()
	})
}
