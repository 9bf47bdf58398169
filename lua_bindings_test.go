package luastore

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/luastore/luastore/internal/transcript"
)

// A goldenRow is a script and what a real Redis answers to it. Its strings are
// bytes, written as the code points of the same numbers.
type goldenRow struct {
	Script string   `json:"script"`
	Args   []string `json:"args"` // of EVAL, from the number of keys on
	RESP   int      `json:"resp"`
	Reply  string   `json:"reply"` // as redis-cli shows it
}

const goldenFile = "testdata/scripts.jsonl"

// goldenFixture is what Redis has before each row.
var goldenFixture = []string{"FLUSHALL", "SET s v", "RPUSH l a b", "HSET h f 1", "ZADD z 1.5 m", "SADD st x"}

func readGolden(t *testing.T) (rows []goldenRow) {
	t.Helper()
	file, err := os.Open(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var row goldenRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// fromCodePoints returns the bytes that the code points of s stand for.
func fromCodePoints(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// toCodePoints is the inverse of fromCodePoints.
func toCodePoints(s string) string {
	runes := make([]rune, len(s))
	for i := range runes {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

var goldenAddress = regexp.MustCompile(`0x[0-9a-f]{6,}`)

// run runs the script and shows the reply.
func (row goldenRow) run(e transcript.Executor) string {
	for _, line := range goldenFixture {
		e.Do(strings.Fields(line))
	}
	e.Protocol(row.RESP)
	args := []string{"EVAL", fromCodePoints(row.Script)}
	for _, arg := range row.Args {
		args = append(args, fromCodePoints(arg))
	}
	reply := strings.Join(transcript.Render(e.Do(args), transcript.Exact), "\n")
	e.Protocol(2)
	return toCodePoints(goldenAddress.ReplaceAllString(reply, "0xADDRESS"))
}

var (
	goldenCall = regexp.MustCompile(`redis\.p?call, ?["'](\w+)["']|redis\.p?call\(["'](\w+)["']`)
	goldenKey  = regexp.MustCompile(`["'](l|h|z|st)["']`)
)

// missing returns the name of a command of Redis that the row needs and that
// is not here, "" if there is none.
func (row goldenRow) missing() string {
	if strings.Contains(row.Reply, "Unknown Redis command") {
		return ""
	}
	var names []string
	for _, call := range goldenCall.FindAllStringSubmatch(row.Script, -1) {
		names = append(names, call[1]+call[2])
	}
	if goldenKey.MatchString(row.Script) {
		for _, line := range goldenFixture {
			name, _, _ := strings.Cut(line, " ")
			names = append(names, name)
		}
	}
	for _, name := range names {
		if commands.Lookup([]string{name}) == nil {
			return name
		}
	}
	return ""
}

// TestGolden runs scripts that touch all that scripts can do. They run in
// order, since some settings of libraries stay.
func TestGolden(t *testing.T) {
	here, left := newExecutor(), 0
	rows := readGolden(t)
	for _, row := range rows {
		if row.missing() != "" {
			left++
			continue
		}
		if diff := cmp.Diff(row.Reply, row.run(here)); diff != "" {
			t.Errorf("%s\n(-want +got)\n%s", row.Script, diff)
		}
	}
	t.Logf("%d rows; %d more need commands that are not here yet", len(rows)-left, left)
}

// TestGoldenOnRedis runs the same scripts on a real Redis, which writes the
// replies under -update.
func TestGoldenOnRedis(t *testing.T) {
	server := transcript.StartRedis(t)
	var file bytes.Buffer
	encoder := json.NewEncoder(&file)
	encoder.SetEscapeHTML(false)
	for _, row := range readGolden(t) {
		got := row.run(server)
		if diff := cmp.Diff(row.Reply, got); diff != "" && !transcript.Updating() {
			t.Errorf("%s\n(-want +got)\n%s", row.Script, diff)
		}
		row.Reply = got
		if err := encoder.Encode(row); err != nil {
			t.Fatal(err)
		}
	}
	if transcript.Updating() {
		if err := os.WriteFile(goldenFile, file.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
