package command

import (
	"maps"
	"slices"
	"time"
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

// EventClass returns the class of the event of that name.
func EventClass(name string) EventClasses { return eventClass[name] }
