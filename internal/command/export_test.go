package command

import "fmt"

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

// Waiters returns how many wait, counted once for each key, those included that
// have left and are still kept.
func (db *DB) Waiters() (n int) {
	for _, q := range db.waiting {
		n += len(q.waiters)
	}
	return n
}
