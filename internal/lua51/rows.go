package lua51

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/transcript"
)

// What chunks gave, in files of JSON values, one a line.

// A Row is a chunk, and what it gave. In files, its bytes are code points.
type Row struct {
	About  string `json:"about,omitempty"`
	Source string `json:"source"`
	Want   string `json:"want"`
}

// ReadRows reads a file of rows.
func ReadRows(t testing.TB, file string) (rows []Row) {
	t.Helper()
	f, err := os.Open(file)
	check(t, err)
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		var r Row
		if err := d.Decode(&r); err == io.EOF {
			return rows
		} else {
			check(t, err)
		}
		r.Source, r.Want = FromLatin1(r.Source), FromLatin1(r.Want)
		rows = append(rows, r)
	}
}

// WriteRows writes a file of rows.
func WriteRows(t testing.TB, file string, rows []Row) {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, r := range rows {
		check(t, e.Encode(Row{r.About, ToLatin1(r.Source), ToLatin1(r.Want)}))
	}
	check(t, os.WriteFile(file, []byte(b.String()), 0o644))
}

// Replay compares with what a file of rows wants. With -update, lua5.1 writes
// that first, one process for each row: how deep calls may be depends on how
// deep they were before.
func Replay(t *testing.T, ours *Lua, file string) {
	t.Helper()
	rows := ReadRows(t, file)
	for i := range rows {
		r, lua := &rows[i], Start(t)
		if lua == nil {
			t.Log("lua5.1 is not installed: compared with what it once gave")
			break
		}
		want := lua.Outcome(r.Source)
		lua.end()
		if transcript.Updating() {
			r.Want = want
		} else if want != r.Want {
			t.Errorf("%s\n%s\nlua5.1 %s\n  want %s", r.About, r.Source, want, r.Want)
		}
	}
	if transcript.Updating() {
		WriteRows(t, file, rows)
	}
	for _, r := range rows {
		if got := ours.Outcome(r.Source); got != r.Want {
			t.Errorf("%s\n%s\n got %s\nwant %s", r.About, r.Source, got, r.Want)
		}
	}
}

// recorded is the number of chunks of each test that compares of which the
// outcomes are kept, in a file by the name of the test.
const recorded = 200

// Compare compares with what lua5.1 gives for chunks. Where it is missing, the
// test has only compared with what is recorded, and says so. With -update,
// lua5.1 writes that first.
func Compare(t *testing.T, ours *Lua, chunks []string) {
	t.Helper()
	compare(t, ours, (*Lua).Outcome, chunks)
}

// CompareLoad is Compare of what Load gives.
func CompareLoad(t *testing.T, ours *Lua, chunks []string) {
	t.Helper()
	compare(t, ours, (*Lua).Load, chunks)
}

func compare(t *testing.T, ours *Lua, outcome func(*Lua, string) string, chunks []string) {
	t.Helper()
	lua, file := Start(t), "testdata/lua51/"+t.Name()+".jsonl"
	if lua != nil && transcript.Updating() {
		var rows []Row
		for _, chunk := range chunks[:min(recorded, len(chunks))] {
			rows = append(rows, Row{Source: chunk, Want: outcome(lua, chunk)})
		}
		WriteRows(t, file, rows)
	}
	differ := 0
	try := func(chunk, want string) {
		t.Helper()
		if got := outcome(ours, chunk); got != want {
			if differ++; differ <= 20 {
				t.Errorf("%s\n got %s\nwant %s", chunk, got, want)
			}
		}
	}
	rows := ReadRows(t, file)
	for _, r := range rows {
		try(r.Source, r.Want)
	}
	if lua == nil {
		t.Skipf("lua5.1 is not installed: compared with %d recorded outcomes, of which %d differ", len(rows), differ)
	}
	for _, chunk := range chunks {
		if want := outcome(lua, chunk); !OnlyHere(want) {
			try(chunk, want)
		}
	}
	t.Logf("%d chunks, and %d recorded: %d differ", len(chunks), len(rows), differ)
}

// OnlyHere says whether an outcome is one that lua5.1 alone has: Redis's Lua was
// built without this complaint.
func OnlyHere(outcome string) bool {
	return strings.HasPrefix(outcome, "LOADERR") && strings.Contains(outcome, "nesting of [[...]] is deprecated")
}

// FromLatin1 returns the bytes that the code points of s are.
func FromLatin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// ToLatin1 is the inverse of FromLatin1.
func ToLatin1(s string) string {
	runes := make([]rune, len(s))
	for i := range runes {
		runes[i] = rune(s[i])
	}
	return string(runes)
}
