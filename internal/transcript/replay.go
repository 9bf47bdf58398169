package transcript

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
)

var update = flag.Bool("update", false, "let a real Redis write the replies in the transcripts anew")

// Updating says whether -update was given: to tests with records of their own.
func Updating() bool { return *update }

// An Executor runs the commands of a transcript.
type Executor interface {
	// Do runs a command and returns its reply as a caller of the present
	// version of the protocol gets it.
	Do(args []string) command.Reply
	// Sleep lets time pass.
	Sleep(d time.Duration)
	// Protocol changes the version of the protocol: 2, as at first, or 3.
	Protocol(version int)
}

// Files replays the transcripts that match the pattern on an Executor of this
// project, made anew for each section, and where it can on a real Redis. Under
// -update the real Redis writes the replies first. What is newer than the real
// Redis it does not get to see.
func Files(t *testing.T, pattern string, newExecutor func() Executor) {
	files := Read(t, pattern)
	t.Run("redis", func(t *testing.T) {
		server := StartRedis(t)
		newExecutor := func() Executor { server.Reset(); return server }
		for _, f := range files {
			if f.newer() {
				continue
			}
			if *update {
				f.Record(t, newExecutor)
			}
			t.Run(filepath.Base(f.Name), func(t *testing.T) { f.Replay(t, newExecutor) })
		}
	})
	t.Run("luastore", func(t *testing.T) {
		for _, f := range files {
			t.Run(filepath.Base(f.Name), func(t *testing.T) { f.Replay(t, newExecutor) })
		}
	})
}

// Read parses the transcripts that match the pattern. There must be some.
func Read(t testing.TB, pattern string) []*File {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no transcripts match %q (%v)", pattern, err)
	}
	var files []*File
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := Parse(name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		if f.newer() != strings.HasPrefix(string(text), "# "+newerTitle+"\n") {
			t.Fatalf("%s: files named %s*, and no others, begin with %q", name, newerPrefix, "# "+newerTitle)
		}
		files = append(files, f)
	}
	return files
}

// Replay runs each section in a test of its own and compares the replies.
func (f *File) Replay(t *testing.T, newExecutor func() Executor) {
	for _, section := range f.Sections {
		t.Run(strings.Join(section.Title, " "), func(t *testing.T) {
			section.run(newExecutor(), func(step *Step, got []string) {
				if diff := cmp.Diff(step.Reply, got); diff != "" {
					t.Errorf("%s:%d: %s (-want +got):\n%s", f.Name, step.Line, step, diff)
				}
			})
		})
	}
}

// Record puts what the executor answers in the place of the replies, and
// rewrites the file where that makes a difference.
func (f *File) Record(t testing.TB, newExecutor func() Executor) {
	t.Helper()
	for _, section := range f.Sections {
		section.run(newExecutor(), func(step *Step, got []string) { step.Reply = got })
	}
	if err := os.WriteFile(f.Name, []byte(f.String()), 0o666); err != nil {
		t.Fatal(err)
	}
}

// run runs the section and shows each reply to see.
func (s *Section) run(e Executor, see func(step *Step, got []string)) {
	for i := range s.Steps {
		step := &s.Steps[i]
		switch {
		case step.Protocol != 0:
			e.Protocol(step.Protocol)
		case step.Args == nil:
			e.Sleep(step.Sleep)
		default:
			see(step, Render(e.Do(step.Args), step.View))
		}
	}
}
