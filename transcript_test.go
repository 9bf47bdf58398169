package luastore

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// executor runs the commands of a transcript on a Store, in a session, under a
// clock that only Sleep moves.
type executor struct {
	session *Session
	now     time.Time
}

func newExecutor() transcript.Executor {
	e := &executor{now: time.Now()}
	e.session = New(&Options{Now: func() time.Time { return e.now }, Logger: slog.New(slog.DiscardHandler)}).Session()
	e.Protocol(2)
	return e
}

func (e *executor) Do(args []string) command.Reply {
	words := make([]any, len(args))
	for i, a := range args {
		words[i] = a
	}
	r := e.session.Do(context.Background(), words...).reply
	if e.session.session.RESP != 3 {
		r = r.RESP2()
	}
	return r
}

func (e *executor) Sleep(d time.Duration) { e.now = e.now.Add(d) }

func (e *executor) Protocol(version int) { e.session.session.RESP = version }

func TestTranscripts(t *testing.T) { transcript.Files(t, "testdata/*.txt", newExecutor) }

func TestTranscriptsCoverTable(t *testing.T) {
	files := append(transcript.Read(t, "testdata/*.txt"), transcript.Read(t, "internal/command/testdata/*.txt")...)
	transcript.Cover(t, programs().table, files)
}

func TestCommandInfo(t *testing.T) { transcript.CompareInfo(t, programs().table, newExecutor()) }

// commandList is the page that lists all commands.
const commandList = "COMMANDS.md"

// listed is a row of the page.
type listed struct {
	line              int // its index
	name, here, since string
}

// readCommandList returns the page's lines, and those that are rows of tables.
func readCommandList(t *testing.T) (lines []string, rows []listed) {
	text, err := os.ReadFile(commandList)
	if err != nil {
		t.Fatal(err)
	}
	lines = strings.Split(string(text), "\n")
	for i, line := range lines {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if strings.HasPrefix(line, "| ") && len(cells) == 3 && cells[0] != "command" {
			rows = append(rows, listed{i, cells[0], cells[1], cells[2]})
		}
	}
	return lines, rows
}

// The page must have every command of the table, and say of no other that it
// is here. Under -update it is made to say so.
func TestCommandList(t *testing.T) {
	lines, rows := readCommandList(t)
	reasons := strings.Split("yes,not yet,connections,cluster,replication,persistence,modules,process", ",")
	list := map[string]bool{}
	changed := false
	for _, r := range rows {
		at := fmt.Sprintf("%s:%d: %s", commandList, r.line+1, r.name)
		cmd := runnable(r.name)
		want := r.here
		switch {
		case cmd != nil:
			list[cmd.Name] = true
			want = "yes"
			first, _, _ := strings.Cut(strings.TrimPrefix(r.since, "Valkey "), ",")
			if since := documentedSince(cmd.Name); since != first {
				t.Errorf("%s: since %q; COMMAND DOCS says %q", at, r.since, since)
			}
		case r.here == "yes":
			want = "not yet"
		case !slices.Contains(reasons, r.here):
			t.Errorf("%s: %q is none of %q", at, r.here, reasons)
		}
		if want == r.here {
			continue
		}
		lines[r.line] = fmt.Sprintf("| %s | %s | %s |", r.name, want, r.since)
		if changed = true; !transcript.Updating() {
			t.Errorf("%s: must be\n%s\nas go test -run TestCommandList -update . would write", at, lines[r.line])
		}
	}
	programs().table.Walk(func(cmd *command.Command) {
		if cmd.Run != nil && !list[cmd.Name] {
			name := strings.ToUpper(strings.ReplaceAll(cmd.Name, "|", " "))
			t.Errorf("%s has no row for %s; add to its family:\n| %s | yes | %s |", commandList, name, name, documentedSince(cmd.Name))
		}
	})
	if changed && transcript.Updating() {
		if err := os.WriteFile(commandList, []byte(strings.Join(lines, "\n")), 0o666); err != nil {
			t.Error(err)
		}
	}
}

// runnable returns the command of that name, with a space before that of a
// subcommand, if it is in the table and more than a container.
func runnable(name string) *command.Command {
	cmd := programs().table.Lookup(strings.Fields(name))
	if cmd == nil || cmd.Run == nil || cmd.Name != strings.ToLower(strings.ReplaceAll(name, " ", "|")) {
		return nil
	}
	return cmd
}

// documentedSince returns which version COMMAND DOCS says brought the command;
// "" if it says nothing.
func documentedSince(name string) string {
	docs := newExecutor().Do([]string{"COMMAND", "DOCS", name})
	for pair := range slices.Chunk(docs.Elems()[1].Elems(), 2) {
		if pair[0].Str() == "since" {
			return pair[1].Str()
		}
	}
	return ""
}

// The page must have every command that Redis has.
func TestCommandListHasAll(t *testing.T) {
	server := transcript.StartRedis(t)
	_, rows := readCommandList(t)
	list := map[string]bool{}
	for _, r := range rows {
		list[strings.ToLower(strings.ReplaceAll(r.name, " ", "|"))] = true
		container, _, _ := strings.Cut(strings.ToLower(r.name), " ")
		list[container] = true
	}
	for _, name := range server.Do([]string{"COMMAND", "LIST"}).Elems() {
		if !list[name.Str()] {
			t.Errorf("%s has no row for %s", commandList, name.Str())
		}
	}
}
