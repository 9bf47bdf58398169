package command_test

import (
	"testing"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// newLocal returns an empty set of databases, on a day in the future.
func newLocal() transcript.Executor {
	return transcript.NewLocal(command.NewTable(), time.Date(2042, 1, 2, 3, 4, 5, 678_901_234, time.UTC))
}

func TestTranscripts(t *testing.T) { transcript.Files(t, "testdata/*.txt", newLocal) }

func TestTranscriptsCoverTable(t *testing.T) {
	transcript.Cover(t, command.NewTable(), transcript.Read(t, "testdata/*.txt"))
}
