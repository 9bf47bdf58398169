package luastore

import (
	"context"
	"log/slog"
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
	transcript.Cover(t, commands, files)
}

func TestCommandInfo(t *testing.T) { transcript.CompareInfo(t, commands, newExecutor()) }
