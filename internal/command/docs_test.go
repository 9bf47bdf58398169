package command_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// All that docs.txt says must be so in Redis, whether there are such commands
// here or not; and it must say all that Redis does.
func TestDocs(t *testing.T) {
	server := transcript.StartRedis(t)
	for _, version := range []int{2, 3} {
		server.Protocol(version)
		for _, args := range [][]string{{"XADD"}, {"getset", "NOSUCH", "getset"}, {"pfdebug", "object|freq", "CLIENT|KILL", "client|"}} {
			args = append([]string{"COMMAND", "DOCS"}, args...)
			want, got := server.Do(args), command.AllDocs(args...)
			if version == 2 {
				got = got.RESP2()
			}
			if diff := gocmp.Diff(transcript.Render(want, transcript.Shape), transcript.Render(got, transcript.Shape)); diff != "" {
				t.Errorf("RESP%d, %q (-want +got):\n%s", version, args, diff)
			}
		}
	}
	all := []string{"COMMAND", "DOCS"}
	want := facts(server.Do(all))
	got := facts(command.AllDocs(all...))
	for name, doc := range want {
		if diff := gocmp.Diff(transcript.Render(doc, transcript.Exact), transcript.Render(got[name], transcript.Exact)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: not in Redis", name)
		}
	}
}

// facts returns what must be as in Redis of a reply to COMMAND DOCS, by
// command: not the wording, and not what is newer than the Redis.
func facts(docs command.Reply) map[string]command.Reply {
	byName := map[string]command.Reply{}
	for pair := range slices.Chunk(docs.Elems(), 2) {
		if doc, ok := fact(pair[1]); ok {
			byName[pair[0].Str()] = doc
		}
	}
	return byName
}

// fact returns the facts of a command or an argument, or false if it is newer.
func fact(doc command.Reply) (command.Reply, bool) {
	var kept []command.Reply
	for pair := range slices.Chunk(doc.Elems(), 2) {
		key, val := pair[0], pair[1]
		switch key.Str() {
		case "summary":
			val = command.Bool(val.Str() != "")
		case "since":
			if newer(val.Str()) {
				return doc, false
			}
		case "complexity":
			val = command.Bulk(bigO.FindString(val.Str()))
		case "history":
			var versions []command.Reply
			for _, change := range val.Elems() {
				versions = append(versions, change.Elems()[0], command.Bool(change.Elems()[1].Str() != ""))
			}
			val = command.Set(versions...)
		case "arguments":
			var args []command.Reply
			for _, arg := range val.Elems() {
				if arg, ok := fact(arg); ok {
					args = append(args, arg)
				}
			}
			val = command.Array(args...)
		case "subcommands":
			subs := facts(val)
			var elems []command.Reply
			for _, name := range slices.Sorted(maps.Keys(subs)) {
				elems = append(elems, command.Bulk(name), subs[name])
			}
			val = command.Map(elems...)
		}
		kept = append(kept, key, val)
	}
	return command.Map(kept...), true
}

// bigO is the first term of a complexity.
var bigO = regexp.MustCompile(`O\(([^()]|\([^()]*\))*\)`)

// newer says whether the version is newer than the Redis.
func newer(version string) bool {
	numbers := func(v string) (n []int) {
		for s := range strings.SplitSeq(v, ".") {
			i, _ := strconv.Atoi(s)
			n = append(n, i)
		}
		return n
	}
	return slices.Compare(numbers(version), numbers(transcript.RedisVersion)) > 0
}

// Each command must be in docs.txt.
func TestDocsCoverTable(t *testing.T) {
	command.NewTable().Walk(func(cmd *command.Command) {
		if docs := command.AllDocs("COMMAND", "DOCS", cmd.Name); len(docs.Elems()) == 0 {
			t.Errorf("docs.txt has no entry of %s", cmd.Name)
		}
	})
}

func TestBadSyntax(t *testing.T) {
	for _, text := range []string{"a)", "(a", "(a]", "[a|b", "()", "a|b", "a=", "COUNT <"} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.HasPrefix(r, "bad syntax") {
					t.Errorf("%q: %s", text, r)
				}
			}()
			command.ParseSyntax(text)
		}()
	}
}

func BenchmarkParseDocs(b *testing.B) {
	for b.Loop() {
		command.ParseDocs()
	}
}
