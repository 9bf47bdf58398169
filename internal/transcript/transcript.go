// Package transcript tests commands with text files that read like a session
// of redis-cli. The same file is replayed on this project's commands and on a
// real Redis, and only the real Redis ever writes the replies, but for what it
// does not know yet: that is in files named newer_*, written by hand.
//
//	# A sentence that says what this section is about.
//	> SET greeting "hello\x00" PX 20
//	OK
//	> GET greeting
//	"hello\x00"
//	~ 30ms
//	> GET greeting
//	(nil)
//
// A file consists of sections. Each begins with lines of #, its title, and
// from an empty Redis: no keys in any database, no scripts, database 0
// selected, version 2 of the protocol. The other lines are:
//
//	> SET k v      a command, its words quoted as redis-cli wants them: bare,
//	               or in "…" with the escapes \n \r \t \a \b \" \\ \xNN, or in
//	               '…'. It may go on in the next line inside of quotes.
//	> KEYS * | sort     the order of the reply does not matter
//	> TIME | shape      only the kinds of the reply and of its elements matter,
//	                    and how many there are
//	~ 5ms          time passes: the fake clock moves, the real server waits
//	~ RESP3        the protocol changes to this version
//	OK             what else follows a command is its reply, as redis-cli
//	               prints it on a terminal. A line of it that would begin like
//	               one of the lines above has a backslash before it.
//
// Blank lines mean nothing.
//
//	transcript.go  the format: Parse, File, Section, Step
//	render.go      replies as redis-cli prints them
//	replay.go      Files: replay, compare, rewrite under -update
//	local.go       Local, an Executor that runs this project's commands
//	redis.go       Server, an Executor that is a real Redis
//	newer.go       what a real Redis of RedisVersion does not know
//	table.go       Cover, CompareInfo: checks of a table of commands
//	protocol.go    Redis's protocol, as far as a client needs it
package transcript

import (
	"fmt"
	"strings"
	"time"

	"github.com/luastore/luastore/internal/command"
)

// A File is a parsed transcript.
type File struct {
	Name     string
	Sections []Section
}

// A Section is what happens between one empty Redis and the next.
type Section struct {
	Line  int
	Title []string // without the #
	Steps []Step
}

// A Step is a command and its reply, or, where Args is empty, a passing of time
// or a change of the protocol.
type Step struct {
	Line    int
	Command string // as written, without > and the view
	View    View
	Args    []string
	Reply   []string // the lines

	Sleep    time.Duration
	Protocol int
}

// A View says how much of a reply is compared.
type View string

const (
	Exact View = ""
	Sort  View = "sort"
	Shape View = "shape"
)

// Parse reads a transcript.
func Parse(name, text string) (*File, error) {
	f := &File{Name: name}
	lines := strings.Split(text, "\n")
	inTitle := false
	for i := 0; i < len(lines); i++ {
		at, line := i+1, lines[i]
		fail := func(format string, args ...any) (*File, error) {
			return nil, fmt.Errorf("%s:%d: %s", name, at, fmt.Sprintf(format, args...))
		}
		if title, ok := strings.CutPrefix(line, "#"); ok {
			if !inTitle {
				f.Sections = append(f.Sections, Section{Line: at})
			}
			s := &f.Sections[len(f.Sections)-1]
			s.Title, inTitle = append(s.Title, strings.TrimSpace(title)), true
			continue
		}
		inTitle = false
		if line == "" {
			continue
		}
		if len(f.Sections) == 0 {
			return fail("a line before the first section's title")
		}
		s := &f.Sections[len(f.Sections)-1]
		if what, ok := strings.CutPrefix(line, "~ "); ok {
			step := Step{Line: at}
			if err := step.parseDirective(what); err != nil {
				return fail("%v", err)
			}
			s.Steps = append(s.Steps, step)
			continue
		}
		if line, ok := strings.CutPrefix(line, "> "); ok {
			step := Step{Line: at}
			for step.parseCommand(line) == command.ErrUnclosed && i+1 < len(lines) {
				i++
				line += "\n" + lines[i]
			}
			if err := step.parseCommand(line); err != nil {
				return fail("%v", err)
			}
			s.Steps = append(s.Steps, step)
			continue
		}
		if len(s.Steps) == 0 || s.Steps[len(s.Steps)-1].Args == nil {
			return fail("a reply without a command")
		}
		step := &s.Steps[len(s.Steps)-1]
		step.Reply = append(step.Reply, line)
	}
	return f, nil
}

// parseDirective reads what follows a ~.
func (step *Step) parseDirective(what string) (err error) {
	if _, err := fmt.Sscanf(what, "RESP%d", &step.Protocol); err == nil {
		return nil
	}
	step.Sleep, err = time.ParseDuration(what)
	return err
}

// parseCommand reads what follows a >.
func (step *Step) parseCommand(line string) error {
	words, err := command.SplitWords(line)
	if err != nil {
		return err
	}
	step.Command, step.View, step.Args = line, Exact, nil
	if n := len(words) - 2; n > 0 && words[n].Raw == "|" {
		step.View = View(words[n+1].Raw)
		if step.View != Sort && step.View != Shape {
			return fmt.Errorf("unknown view %q", step.View)
		}
		step.Command, words = strings.TrimSpace(line[:words[n].At]), words[:n]
	}
	for _, w := range words {
		step.Args = append(step.Args, w.Text)
	}
	if step.Args == nil {
		return fmt.Errorf("no command after >")
	}
	return nil
}

// String returns the text of the transcript.
func (f *File) String() string {
	var b strings.Builder
	for i, s := range f.Sections {
		if i > 0 {
			b.WriteString("\n")
		}
		for _, line := range s.Title {
			fmt.Fprintln(&b, strings.TrimSpace("# "+line))
		}
		for _, step := range s.Steps {
			fmt.Fprintln(&b, step.String())
			for _, line := range step.Reply {
				fmt.Fprintln(&b, line)
			}
		}
	}
	return b.String()
}

// String returns the line that the step was read from.
func (step Step) String() string {
	switch {
	case step.Protocol != 0:
		return fmt.Sprintf("~ RESP%d", step.Protocol)
	case step.Args == nil:
		return fmt.Sprint("~ ", step.Sleep)
	case step.View != Exact:
		return "> " + step.Command + " | " + string(step.View)
	}
	return "> " + step.Command
}

// Failed says whether the step's command answers an error.
func (step Step) Failed() bool {
	return len(step.Reply) > 0 && strings.HasPrefix(step.Reply[0], "(error)")
}
