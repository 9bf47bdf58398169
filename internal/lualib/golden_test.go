package lualib

import (
	"regexp"
	"testing"

	"github.com/luastore/luastore/internal/lua51"
	"github.com/luastore/luastore/internal/luavm"
)

// newMachine returns a machine with the libraries.
func newMachine() *luavm.Machine {
	m := luavm.New()
	Open(m, NewRandom())
	return m
}

// notInSandbox matches the globals that Redis's scripts do not have of lua5.1.
var notInSandbox = regexp.MustCompile(`\b(os|io|debug|package)\.|pairs\((os|_G)\)|` +
	`\b(setfenv|getfenv|newproxy|require|module|dofile|loadfile)\b`)

var unsigned = regexp.MustCompile(`([ ,])-nan\b`)

// TestGolden compares with what lua5.1 gave for chunks that touch all of the
// language and its libraries.
func TestGolden(t *testing.T) {
	ran, notApplicable := 0, 0
	for _, row := range lua51.ReadRows(t, "testdata/lua51.jsonl") {
		if notInSandbox.MatchString(row.Source) {
			notApplicable++
			continue
		}
		ran++
		got := lua51.On(t, newMachine()).Outcome(row.Source)
		got = unsigned.ReplaceAllString(got, "${1}nan") // as the rows have it
		if got != row.Want {
			t.Errorf("%s\n got %s\nwant %s", row.Source, got, row.Want)
		}
	}
	t.Logf("%d rows, and %d that use what the sandbox does not have", ran, notApplicable)
}
