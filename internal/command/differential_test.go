package command_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

var (
	differentialCommands = flag.Int("differential.commands", 20_000, "how many random commands to compare with a real Redis")
	differentialSeed     = flag.Uint64("differential.seed", 1, "the seed of the random commands")
)

// Random commands must get the same replies here and from a real Redis, and count
// as the same number of changes.
func TestDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	observer := server.Connect()
	var local *transcript.Local
	var before [2]int
	differential(t, server, func(now *transcript.Local, args []string) string {
		if now != local {
			local, before = now, [2]int{changes(observer), 0}
		}
		diff := compareReplies(local, args, server.Do(args), local.Do(args))
		after := [2]int{changes(observer), changes(observed{local.DB})}
		want, got := after[0]-before[0], after[1]-before[1]
		before = after
		if diff == "" && want != got && !transcript.Newer(args[0]) {
			diff = fmt.Sprintf("%d changes are counted, want %d", got, want)
		}
		return diff
	})
}

// changes returns how many changes the server counts.
func changes(e interface{ Do([]string) command.Reply }) (n int) {
	_, rest, _ := strings.Cut(e.Do([]string{"INFO", "persistence"}).Str(), "rdb_changes_since_last_save:")
	fmt.Sscan(rest, &n)
	return n
}

// observed asks a DB without a connection.
type observed struct{ db *command.DB }

func (o observed) Do(args []string) command.Reply { return o.db.Do(new(command.Session), args) }

// differential runs random commands, some hundred at a time from an empty
// server and an empty Local on, until run returns in what the two differ.
func differential(t *testing.T, server *transcript.Server, run func(local *transcript.Local, args []string) string) {
	const perSection = 200
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	for done := 0; done < *differentialCommands; done += perSection {
		server.Reset()
		local := transcript.NewLocal(command.NewTable(), time.Now())
		if rnd.IntN(4) == 0 {
			server.Protocol(3)
			local.Protocol(3)
		}
		family := randomFamily(rnd)
		var history []string
		for range perSection {
			args := randomCommand(rnd, family)
			for transcript.Newer(args[0]) || dependsOnLevels(local, args) || takesMinutes(args) {
				args = randomCommand(rnd, family)
			}
			history = append(history, fmt.Sprintf("%q", args))
			if strings.HasPrefix(strings.ToLower(args[0]), "sort") {
				// Redis's SORT fails if a number was out of range that some command
				// before it read, unless SCAN has read one since.
				server.Do([]string{"SCAN", "0"})
			}
			if diff := run(local, args); diff != "" {
				t.Fatalf("seed %d (-want +got):\n%s\nafter\n%s", *differentialSeed, diff, strings.Join(history, "\n"))
			}
			if args[0] == "spop" && len(args) > 1 { // what is left is random
				del := []string{"DEL", args[1]}
				server.Do(del)
				local.Do(del)
				history = append(history, fmt.Sprintf("%q", del))
			}
		}
	}
}

// takesMinutes says whether a real Redis may take minutes for the command: for
// its test of HyperLogLogs, where hll-sparse-max-bytes is high.
func takesMinutes(args []string) bool {
	return len(args) == 1 && strings.EqualFold(args[0], "pfselftest")
}

// dependsOnLevels says whether the command looks by member in a skip list whose
// scores differ: what Redis finds there depends on the random levels of nodes.
func dependsOnLevels(local *transcript.Local, args []string) bool {
	text := strings.ToLower(strings.Join(args, " "))
	if len(args) < 2 || !strings.Contains(text, "lex") {
		return false
	}
	key := args[1]
	if strings.HasPrefix(text, "zrangestore") && len(args) > 2 {
		key = args[2]
	}
	if encoding(local, key) != "skiplist" {
		return false
	}
	s := &command.Session{Selected: local.Session.Selected}
	ends := [2]string{}
	for i, at := range []string{"0", "-1"} {
		ends[i] = local.DB.Do(s, []string{"ZRANGE", key, at, at, "WITHSCORES"}).RESP2().Elems()[1].Str()
	}
	return ends[0] != ends[1]
}

// withoutTimes returns what XINFO or XPENDING answers without the times, and
// without the durations that are counted from the present.
func withoutTimes(r command.Reply) command.Reply {
	if r.Kind == command.IntKind && r.Int() > 1_000_000_000_000 {
		return command.Int(0)
	}
	elems := slices.Clone(r.Elems())
	for i := range elems {
		elems[i] = withoutTimes(elems[i])
		idle := len(elems) == 4 && i == 2 && elems[1].Kind == command.BulkKind || i > 0 && elems[i-1].Str() == "idle"
		if idle && elems[i].Kind == command.IntKind {
			elems[i] = command.Int(0)
		}
	}
	return r.With(elems)
}

// compareReplies returns in what the replies differ, as far as they can be
// compared: expiries count from different moments, and what a command says of
// the whole table differs as long as the table has not all commands.
func compareReplies(local *transcript.Local, args []string, want, got command.Reply) string {
	if want.IsError() || got.IsError() || want.Kind == command.StatusKind {
		return cmp.Diff(transcript.Render(want, transcript.Exact), transcript.Render(got, transcript.Exact))
	}
	view := transcript.Exact
	contains := func(word string) bool {
		return slices.ContainsFunc(args, func(a string) bool { return strings.EqualFold(a, word) })
	}
	switch word := func(i int) string { return strings.ToLower(args[min(i, len(args)-1)]) }; word(0) {
	case "pttl", "ttl", "pexpiretime", "expiretime":
		if apart := want.Int() - got.Int(); want.Kind == got.Kind && got.Int() > 0 && -10_000 < apart && apart < 10_000 {
			return ""
		}
	case "acl":
		switch word(1) {
		case "cat":
			view = transcript.Sort
		case "genpass", "log":
			view = transcript.Shape
		}
	case "info", "slowlog":
		return "" // what was slow there was not here
	case "latency":
		if word(1) == "doctor" || word(1) == "histogram" {
			return ""
		}
	case "xinfo", "xpending":
		want, got = withoutTimes(want), withoutTimes(got)
	case "config", "keys", "sdiff", "sinter", "sunion":
		view = transcript.Sort
	case "scan":
		if view = transcript.Sort; want.Elems()[0].Str() != "0" {
			return "" // which of the keys come first is open
		}
	case "hgetall", "hkeys", "hscan", "hvals", "smembers", "sscan":
		if encoding(local, args[1]) == "hashtable" {
			view = transcript.Sort
		}
	case "sort", "sort_ro":
		// Redis sorts equals in no order where it sorts only a part, and those of
		// sets in that of their hash tables.
		hashed := encoding(local, args[1]) == "hashtable" || encoding(local, args[1]) == "skiplist"
		if contains("by") && (contains("alpha") && contains("limit") || hashed) {
			if view = transcript.Shape; contains("get") { // which is nil for some elements
				want, got = command.Int(len(want.Elems())), command.Int(len(got.Elems()))
			}
		}
	case "zscan":
		if encoding(local, args[1]) == "skiplist" {
			view = transcript.Sort
		}
	case "exec":
		if view = transcript.Shape; slices.ContainsFunc(want.Elems(), func(e command.Reply) bool { return len(e.Elems()) > 0 }) {
			want, got = command.Int(len(want.Elems())), command.Int(len(got.Elems())) // some may have another number of elements
		}
	case "dump", "hrandfield", "lastsave", "randomkey", "spop", "srandmember", "time", "zrandmember":
		view = transcript.Shape
	case "memory":
		if view = transcript.Shape; word(1) == "stats" {
			return "" // Redis counts keys that have expired, until it finds them
		} else if word(1) == "help" {
			view = transcript.Exact
		}
	case "object":
		if word(1) == "idletime" {
			view = transcript.Shape
		}
	case "command":
		view = transcript.Sort
		if len(want.Elems()) > 50 {
			return ""
		} else if word(1) == "count" || word(1) == "docs" {
			view = transcript.Shape
		}
	}
	return cmp.Diff(transcript.Render(want, view), transcript.Render(got, view))
}

// encoding returns how the value of a key is kept.
func encoding(local *transcript.Local, key string) string {
	s := &command.Session{Selected: local.Session.Selected}
	return local.DB.Do(s, []string{"OBJECT", "ENCODING", key}).Str()
}
