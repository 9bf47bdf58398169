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

// Random commands must get the same replies here and from a real Redis.
func TestDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	differential(t, server, func(local *transcript.Local, args []string) string {
		return compareReplies(args, server.Do(args), local.Do(args))
	})
}

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
		var history []string
		for range perSection {
			args := randomCommand(rnd)
			history = append(history, fmt.Sprintf("%q", args))
			if diff := run(local, args); diff != "" {
				t.Fatalf("seed %d (-want +got):\n%s\nafter\n%s", *differentialSeed, diff, strings.Join(history, "\n"))
			}
		}
	}
}

// withoutTimes returns what XINFO or XPENDING answers without the times, and
// without the durations that are counted from the present.
func withoutTimes(r command.Reply) command.Reply {
	if r.Kind == command.IntKind && r.Int() > 1_000_000_000_000 {
		return command.Int(0)
	}
	elems := slices.Clone(r.Elems)
	for i := range elems {
		elems[i] = withoutTimes(elems[i])
		idle := len(elems) == 4 && i == 2 && elems[1].Kind == command.BulkKind || i > 0 && elems[i-1].Str == "idle"
		if idle && elems[i].Kind == command.IntKind {
			elems[i] = command.Int(0)
		}
	}
	r.Elems = elems
	return r
}

// compareReplies returns in what the replies differ, as far as they can be
// compared: expiries count from different moments, and what a command says of
// the whole table differs as long as the table has not all commands.
func compareReplies(args []string, want, got command.Reply) string {
	view := transcript.Exact
	switch word := func(i int) string { return strings.ToLower(args[min(i, len(args)-1)]) }; word(0) {
	case "pttl", "ttl", "pexpiretime", "expiretime":
		if apart := want.Int() - got.Int(); want.Kind == got.Kind && got.Int() > 0 && -10_000 < apart && apart < 10_000 {
			return ""
		}
	case "xinfo", "xpending":
		want, got = withoutTimes(want), withoutTimes(got)
	case "keys", "scan":
		view = transcript.Sort
	case "time", "randomkey":
		view = transcript.Shape
	case "object":
		// Redis does not share the integer that COPY makes.
		if word(1) == "idletime" || word(1) == "refcount" {
			view = transcript.Shape
		}
	case "command":
		view = transcript.Sort
		if word(1) == "count" {
			view = transcript.Shape
		} else if len(want.Elems) > 50 {
			return ""
		}
	}
	return cmp.Diff(transcript.Render(want, view), transcript.Render(got, view))
}
