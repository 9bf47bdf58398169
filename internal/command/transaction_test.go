package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// Two callers, of whom one makes transactions, must get the same replies here
// and from a real Redis: most of all, EXEC must find the same keys changed.
func TestTransactionsDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	rnd := rand.New(rand.NewPCG(*differentialSeed, 1))
	const perSection = 100
	executed, refused := 0, 0
	for done := 0; done < *differentialCommands; done += perSection {
		server.Reset()
		local := transcript.NewLocal(command.NewTable(), time.Now())
		servers := []transcript.Executor{server, server.Connect()}
		locals := []*transcript.Local{local, {DB: local.DB}}
		family := randomFamily(rnd)
		var history []string
		var queue [][]string // what the first caller has queued
		for range perSection {
			caller := rnd.IntN(2)
			args := randomCommand(rnd, family)
			if caller == 0 && rnd.IntN(2) == 0 {
				args = randomCall(rnd, []string{"watch", "multi", "exec", "unwatch", "discard", "select"}[min(rnd.IntN(12), 5)])
				if args[0] == "select" {
					args = randomCall(rnd, []string{"watch", "multi", "exec"}[rnd.IntN(3)])
				}
			}
			switch name := strings.ToLower(args[0]); {
			case transcript.Newer(name), dependsOnLevels(locals[caller], args), takesMinutes(args), name == "spop", name == "config", name == "info",
				caller == 1 && (name == "multi" || name == "watch"):
				continue
			case strings.HasPrefix(name, "sort"):
				servers[1].Do([]string{"SCAN", "0"}) // as in differential
			}
			history = append(history, fmt.Sprintf("%d: %q", caller, args))
			want, got := servers[caller].Do(args), locals[caller].Do(args)
			diff := ""
			switch {
			case caller == 1 || args[0] != "exec":
				diff = compareReplies(locals[caller], args, want, got)
			case want.Kind != command.ArrayKind || len(want.Elems()) != len(queue) || len(got.Elems()) != len(queue):
				diff = cmp.Diff(transcript.Render(want, transcript.Shape), transcript.Render(got, transcript.Shape))
				refused++
			default:
				executed++
				for i, args := range queue {
					diff += compareQueued(args, want.Elems()[i], got.Elems()[i])
				}
			}
			if diff != "" {
				t.Fatalf("seed %d (-want +got):\n%s\nafter\n%s", *differentialSeed, diff, strings.Join(history, "\n"))
			}
			switch {
			case got.Str() == "QUEUED" && caller == 0:
				queue = append(queue, args)
			case caller == 0 && (args[0] == "exec" || args[0] == "discard"):
				queue = nil
			}
		}
	}
	t.Logf("%d transactions executed, %d not", executed, refused)
	if executed < 50 || refused < 50 {
		t.Errorf("%d transactions were executed, %d not: too few", executed, refused)
	}
}

// compareQueued is compareReplies for a command that was followed by others, so
// that it is not known what it answered from.
func compareQueued(args []string, want, got command.Reply) string {
	if len(want.Elems()) > 0 && len(got.Elems()) > 0 {
		return ""
	}
	view := transcript.Shape
	if want.IsError() || got.IsError() {
		view = transcript.Exact
	}
	if diff := cmp.Diff(transcript.Render(want, view), transcript.Render(got, view)); diff != "" {
		return fmt.Sprintf("%q: %s", args, diff)
	}
	return ""
}
