package command

import (
	"maps"
	"slices"
	"time"

	"github.com/luastore/luastore/internal/keyspace"
)

// What the tests in package command_test look into.
var Tips = tips

// ParseDocs parses docs.txt.
func ParseDocs() { parseDocs(docsText) }

// ParseSyntax parses a syntax and forgets it.
func ParseSyntax(text string) { parseSyntax(text) }

// AllDocs answers COMMAND DOCS on a table of all commands in docs.txt.
func AllDocs(args ...string) Reply {
	t := Table{}
	for _, name := range slices.Sorted(maps.Keys(documentation())) {
		t.Add("", []Row{{Name: name}})
	}
	t["command"].subcommands["docs"].Arity = -2
	t["command"].subcommands["docs"].Run = commandDocs
	return New(t, time.Now).Do(new(Session), args)
}

// MatchGlob matches a glob pattern as a call would.
func MatchGlob(pattern, s string, nocase bool) bool {
	return (&Call{s: new(Session)}).glob(pattern, s, nocase)
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

// EventClass returns the class of the event of that name.
func EventClass(name string) EventClasses { return eventClass[name] }

// Waiters returns how many wait, counted once for each key, those included that
// have left and are still kept.
func (db *DB) Waiters() (n int) {
	for _, q := range db.waiting {
		n += len(q.waiters)
	}
	return n
}
