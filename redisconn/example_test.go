package redisconn_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/redisconn"
)

// A client of Redis takes the function as its dialer; go-redis, for one, as
// redis.Options.Dialer. What it then gets is a net.Conn.
func ExampleDialer() {
	var store luastore.Store
	conn, err := redisconn.Dialer(&store)(context.Background(), "", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	fmt.Fprint(conn, "SET user:1 Ada\r\nEVAL \"return redis.call('GET', KEYS[1])\" 1 user:1\r\n")
	replies := bufio.NewScanner(conn)
	for range 3 {
		replies.Scan()
		fmt.Println(replies.Text())
	}
	// Output:
	// +OK
	// $3
	// Ada
}

// In a bubble of testing/synctest a key expires and a client stops waiting in no
// time.
func ExampleDialer_virtualTime() {
	var lines []string // of one run, where -count asks for more
	test := func(t *testing.T) {
		lines = nil
		synctest.Test(t, func(t *testing.T) {
			var store luastore.Store
			conn, _ := redisconn.Dialer(&store)(t.Context(), "", "")
			defer conn.Close()
			begin := time.Now()
			io.WriteString(conn, "SET k v EX 60\r\nBLPOP queue 90\r\nGET k\r\n")
			replies := bufio.NewScanner(conn)
			for range 3 {
				replies.Scan()
				lines = append(lines, fmt.Sprint(replies.Text(), " after ", time.Since(begin)))
			}
		})
	}
	testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "test", F: test}})
	fmt.Println(strings.Join(lines, "\n"))
	// Output:
	// +OK after 0s
	// *-1 after 1m30s
	// $-1 after 1m30s
}
