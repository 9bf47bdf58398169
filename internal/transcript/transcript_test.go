package transcript

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
)

const sample = `# A file may begin with a title only,
# of several lines.

# Commands and replies.
> SET k "a \"text\"\x00" PX 20
OK
> KEYS * | sort
1) "k"
~ 30ms
> TIME | shape
1) (string)
2) (string)
> ECHO '| sort' "|" sort
"sort"
> EVAL "return 1
  + 1" 0
(integer) 2
~ RESP3
> GET k
(nil)
`

func TestParse(t *testing.T) {
	f, err := Parse("sample.txt", sample)
	if err != nil {
		t.Fatal(err)
	}
	want := []Section{
		{Line: 1, Title: []string{"A file may begin with a title only,", "of several lines."}},
		{Line: 4, Title: []string{"Commands and replies."}, Steps: []Step{
			{
				Line: 5, Command: `SET k "a \"text\"\x00" PX 20`,
				Args: []string{"SET", "k", "a \"text\"\x00", "PX", "20"}, Reply: []string{"OK"},
			},
			{Line: 7, Command: "KEYS *", View: Sort, Args: []string{"KEYS", "*"}, Reply: []string{`1) "k"`}},
			{Line: 9, Sleep: 30 * time.Millisecond},
			{Line: 10, Command: "TIME", View: Shape, Args: []string{"TIME"}, Reply: []string{"1) (string)", "2) (string)"}},
			{
				Line: 13, Command: `ECHO '| sort' "|" sort`,
				Args: []string{"ECHO", "| sort", "|", "sort"}, Reply: []string{`"sort"`},
			},
			{
				Line: 15, Command: "EVAL \"return 1\n  + 1\" 0",
				Args: []string{"EVAL", "return 1\n  + 1", "0"}, Reply: []string{"(integer) 2"},
			},
			{Line: 18, Protocol: 3},
			{Line: 19, Command: "GET k", Args: []string{"GET", "k"}, Reply: []string{"(nil)"}},
		}},
	}
	if diff := cmp.Diff(want, f.Sections); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(sample, f.String()); diff != "" {
		t.Errorf("written again (-want +got):\n%s", diff)
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{"> GET k\n", "f:1: a line before the first section's title"},
		{"# T\n\nOK\n", "f:3: a reply without a command"},
		{"# T\n~ 5ms\nOK\n", "f:3: a reply without a command"},
		{"# T\n~ soon\n", `f:2: time: invalid duration "soon"`},
		{"# T\n> GET \"k\nOK\n", "f:2: quotes are not closed"},
		{"# T\n> GET \"k\"l\n", "f:2: something other than space follows a closing quote"},
		{"# T\n> GET k | less\n", `f:2: unknown view "less"`},
		{"# T\n>  \n", "f:2: no command after >"},
	}
	for _, test := range tests {
		if _, err := Parse("f", test.text); err == nil || err.Error() != test.want {
			t.Errorf("%q: error %v, want %s", test.text, err, test.want)
		}
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("a \"b\" \\ \x00\xff\n")
	f.Fuzz(func(t *testing.T, s string) {
		words, err := command.SplitWords(quote(s))
		if err != nil || len(words) != 1 || words[0].Text != s {
			t.Errorf("%q is quoted as %s, which reads as %v (%v)", s, quote(s), words, err)
		}
	})
}

// answers is an Executor that answers with the number of the call.
type answers struct{ calls int64 }

func (a *answers) Do([]string) command.Reply { a.calls++; return command.Int(a.calls) }
func (a *answers) Sleep(time.Duration)       {}
func (a *answers) Protocol(int)              {}

func TestRecord(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f.txt")
	f, err := Parse(name, "# One.\n> a\n1) \"x\"\n2) \"y\"\n> b\n\n# Two.\n~ 1ms\n> c\nOK\n")
	if err != nil {
		t.Fatal(err)
	}
	f.Record(t, func() Executor { return new(answers) })
	got, err := os.ReadFile(name)
	want := "# One.\n> a\n(integer) 1\n> b\n(integer) 2\n\n# Two.\n~ 1ms\n> c\n(integer) 1\n"
	if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	f.Replay(t, func() Executor { return new(answers) })
}

func TestStepFailed(t *testing.T) {
	f, err := Parse("f", "# T\n> a\n(error) ERR\n> b\n1) (error) ERR\n")
	if err != nil {
		t.Fatal(err)
	}
	if steps := f.Sections[0].Steps; !steps[0].Failed() || steps[1].Failed() {
		t.Errorf("the steps of %q fail: %t, %t", strings.TrimSpace(f.String()), steps[0].Failed(), steps[1].Failed())
	}
}
