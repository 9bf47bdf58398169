package command

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/rdb"
	"github.com/luastore/luastore/internal/value"
)

// What the tests in package command_test look into.

// OnEvent makes tell be called with each event.
func (db *DB) OnEvent(tell func(db int, name, key string)) {
	db.Host, db.Listens = listener{tell: tell}, true
}

type listener struct {
	noHost
	tell func(db int, name, key string)
}

func (l listener) Event(db int, name, key string) { l.tell(db, name, key) }

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

// Watch watches the keys in all databases.
func (db *DB) Watch(keys ...string) {
	for i := range db.spaces {
		for _, key := range keys {
			db.spaces[i].Watch(key, 0)
		}
	}
}

// Dump returns all that is visible of the data, and some things that are not: a
// line for each key, for each of the keys that are watched, and what is about to
// be told.
func (db *DB) Dump(watched ...string) (lines []string) {
	for i := range db.spaces {
		ks := &db.spaces[i]
		due := int64(math.MaxInt64)
		ks.Scan(0, ks.Len(), 0, func(e *keyspace.Entry) {
			lines = append(lines, fmt.Sprintf("%d %q %s %s used %d expires %d %s",
				i, e.Key(), e.Value.Type(), e.Value.Encoding(), e.UsedAt(), e.ExpireAt(), dumpValue(e.Value)))
			if at := e.ExpireAt(); at != 0 {
				due = min(due, at)
			}
			if h, ok := e.Value.(*value.Hash); ok && h.Volatile() > 0 {
				due = min(due, h.NextDue())
			}
		})
		if due < math.MaxInt64 && (ks.NextDue() == 0 || ks.NextDue() > due) {
			lines = append(lines, fmt.Sprintf("%d looks at %d for what is due at %d", i, ks.NextDue(), due))
		}
		for _, key := range watched {
			lines = append(lines, fmt.Sprintf("%d %q version %d", i, key, ks.Version(key, 0)))
		}
	}
	slices.Sort(lines)
	return append(lines, fmt.Sprintf("%d news, %d ready", len(db.news), len(db.ready)))
}

func dumpValue(v value.Value) string {
	var elems []string
	switch v := v.(type) {
	case *value.String:
		text := make([]byte, v.Len()) // not String, which shares what is edited in place
		for i := range text {
			text[i] = byte(v.Bits(8*i, 8))
		}
		return fmt.Sprintf("%q", text)
	case *value.List:
		elems = slices.Collect(v.All())
	case *value.Set:
		elems = slices.Collect(v.All())
	case *value.Hash:
		for field, text := range v.All() {
			elems = append(elems, fmt.Sprintf("%q=%q until %d", field, text, v.ExpireAt(field)))
		}
	case *value.SortedSet:
		for member, score := range v.All() {
			rank, _ := v.Rank(member)
			elems = append(elems, fmt.Sprintf("%d %q %v %t", rank, member, score, math.Signbit(score)))
		}
	case *value.Stream:
		return fmt.Sprintf("%q", rdb.Dump(v, nil))
	}
	if v.Encoding() == "hashtable" {
		slices.Sort(elems)
	}
	return fmt.Sprintf("%q", elems)
}

// LatencyGraph draws samples, each a time in seconds and milliseconds, as LATENCY
// GRAPH does at now; the longest ever took so many milliseconds.
func LatencyGraph(event string, samples [][2]int, longest int, now int64) string {
	s := latencySeries{longest: longest}
	for _, sample := range samples {
		s.samples = append(s.samples, latencySample{int64(sample[0]), sample[1]})
	}
	return s.graph(event, now)
}

// LatencyBucket returns which calls LATENCY HISTOGRAM counts one with that took so
// long: those of so many microseconds at most.
func LatencyBucket(took time.Duration) int64 {
	var d durations
	d.add(took, 1)
	return d.reply().Elems()[3].Elems()[0].Int()
}

// Recorded returns how many changes are recorded, to be undone.
func (db *DB) Recorded() int { return db.journal.Len() }
