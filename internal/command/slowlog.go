package command

import (
	"container/list"
	"fmt"
	"time"
)

// SLOWLOG: which calls took long.
var slowlogCommands = []Row{
	{Name: "slowlog", Arity: -2},
	{Name: "slowlog|get", Arity: -2, Flags: Admin | Loading | Stale, Tips: []string{AllNodes, AnyOutput}, Run: slowlogGet},
	{Name: "slowlog|help", Arity: 2, Flags: Loading | Stale, Run: slowlogHelp},
	{Name: "slowlog|len", Arity: 2, Flags: Admin | Loading | Stale, Tips: []string{AllNodes, Summed, AnyOutput}, Run: slowlogLen},
	{Name: "slowlog|reset", Arity: 2, Flags: Admin | Loading | Stale, Tips: []string{AllNodes, AllSucceed}, Run: slowlogReset},
}

// slowlog is the entries, the last one first.
type slowlog struct {
	entries list.List // of *slowEntry
	added   int
}

type slowEntry struct {
	id   int
	at   int64 // Unix seconds
	took time.Duration
	args []string

	addr, name string // of the connection
}

func slowlogGet(c *Call) Reply {
	count := 10
	if len(c.args) > 3 {
		c.fail(errSubcommand(c.arg(0), c.arg(1)))
	}
	if len(c.args) == 3 {
		count = c.atLeast(2, -1, "ERR count should be greater than or equal to -1")
	}
	elems := []Reply{}
	for at := c.db.slowlog.entries.Front(); at != nil && len(elems) != count; at = at.Next() {
		e := at.Value.(*slowEntry)
		elems = append(elems, Array(Int(e.id), Int(e.at), Int(e.took.Microseconds()), Bulks(e.args...), Bulk(e.addr), Bulk(e.name)))
	}
	return Array(elems...)
}

func slowlogHelp(c *Call) Reply {
	return c.Help(
		"GET [<count>]",
		"    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
		"    Entries are made of:",
		"    id, timestamp, time in microseconds, arguments array, client IP and port,",
		"    client name",
		"LEN",
		"    Return the length of the slowlog.",
		"RESET",
		"    Reset the slowlog.",
	)
}

func slowlogLen(c *Call) Reply { return Int(c.db.slowlog.entries.Len()) }

func slowlogReset(c *Call) Reply {
	c.db.slowlog.entries.Init()
	return OK
}

// How many arguments of an entry are kept, and how many bytes of each.
const (
	slowArgs     = 32
	slowArgBytes = 128
)

// add adds a call of the session.
func (l *slowlog) add(s *Session, at int64, took time.Duration, args []string, most int) {
	e := &slowEntry{id: l.added, at: at, took: took, args: Shorten(args, slowArgs, slowArgBytes)}
	switch {
	case s.Script:
		e.addr = "?:0" // as Redis shows its own
	case s.Client != nil:
		e.addr, e.name = s.Client.Addr, s.Client.name
	}
	l.entries.PushFront(e)
	l.added++
	for l.entries.Len() > most {
		l.entries.Remove(l.entries.Back())
	}
}

// Shorten returns as many of the arguments, the last of which then says how
// many more there were, and of each as many bytes.
func Shorten(args []string, most, bytes int) []string {
	var kept []string
	for i, a := range args {
		if i == most-1 && len(args) > most {
			return append(kept, fmt.Sprintf("... (%d more arguments)", len(args)-i))
		}
		if len(a) > bytes {
			a = fmt.Sprintf("%s... (%d more bytes)", a[:bytes], len(a)-bytes)
		}
		kept = append(kept, string([]byte(a))) // and not what it may be a part of
	}
	return kept
}
