package command_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/transcript"
)

// Every change must be named by the keyspace events that Redis sends for it, in
// their order.
func TestEventsDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	server.Do(strings.Fields("CONFIG SET notify-keyspace-events KEAn"))
	listener := server.Connect()
	listener.Do([]string{"PSUBSCRIBE", "__keyspace@*__:*"})

	differential(t, server, func(local *transcript.Local, args []string) string {
		heard(listener) // what Reset has changed
		server.Do(args)
		var got []string
		if r := local.Do(args); !r.IsError() {
			got = local.Session.Events()
		}
		return cmp.Diff(heard(listener), got)
	})
}

// heard returns the events that the listener got since it was asked last.
func heard(listener *transcript.Server) (events []string) {
	for r := listener.Do([]string{"PING"}); r.Elems[0].Str != "pong"; r = listener.Receive() {
		var db int
		channel := r.Elems[2].Str
		fmt.Sscanf(channel, "__keyspace@%d__:", &db)
		_, key, _ := strings.Cut(channel, ":")
		events = append(events, fmt.Sprintf("%d %q %s", db, key, r.Elems[3].Str))
	}
	return events
}
