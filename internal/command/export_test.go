package command

import (
	"fmt"

	"github.com/luastore/luastore/internal/keyspace"
)

// What the tests in package command_test look into.
var Tips = tips

// MatchGlob matches a glob pattern as a call would.
func MatchGlob(pattern, s string, nocase bool) bool {
	return (&Call{s: new(Session)}).glob(pattern, s, nocase)
}

// Events returns the events of the session's last command, each with the
// number of its database.
func (s *Session) Events() []string {
	var events []string
	for _, e := range s.call.events {
		for n := range s.call.db.spaces {
			if e.ks == &s.call.db.spaces[n] {
				events = append(events, fmt.Sprintf("%d %q %s", n, e.key, e.name))
			}
		}
	}
	return events
}

// Recount returns what Memory must, from each entry as it is now.
func (db *DB) Recount() int {
	total := db.startup()
	for i := range db.spaces {
		ks := &db.spaces[i]
		ks.Scan(0, ks.Len(), 0, func(e *keyspace.Entry) { total += e.Size() })
		table, due := ks.Overhead()
		total += table + due
	}
	return total
}
