package luastore

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/luastore/luastore/internal/lua51"
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

var goldenAddress = regexp.MustCompile(`0x[0-9a-f]{6,}`)

// run runs the script and shows the reply.
func (row goldenRow) run(e transcript.Executor) string {
	for _, line := range goldenFixture {
		e.Do(strings.Fields(line))
	}
	e.Protocol(row.RESP)
	args := []string{"EVAL", lua51.FromLatin1(row.Script)}
	for _, arg := range row.Args {
		args = append(args, lua51.FromLatin1(arg))
	}
	reply := strings.Join(transcript.Render(e.Do(args), transcript.Exact), "\n")
	e.Protocol(2)
	return lua51.ToLatin1(goldenAddress.ReplaceAllString(reply, "0xADDRESS"))
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
		if programs().table.Lookup([]string{name}) == nil {
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

var scripts = flag.Int("scripts", 5000, "how many random scripts are compared with a real Redis")

// TestRandomScripts runs random scripts here and on a real Redis.
func TestRandomScripts(t *testing.T) {
	server := transcript.StartRedis(t)
	here := newExecutor()
	g := scriptGenerator{rand.New(rand.NewPCG(3, 14))}
	for i := range *scripts {
		if i%50 == 0 {
			here.Do([]string{"FLUSHALL"})
			server.Do([]string{"FLUSHALL"})
		}
		for _, e := range []transcript.Executor{here, server} {
			e.Protocol(2 + i%2)
		}
		command := []string{g.one("EVAL", "EVAL", "EVAL", "EVAL_RO"), g.script(), "2", "k1", "k2", "5", "x y", "\x00\xff"}
		want := transcript.Render(server.Do(command), transcript.Exact)
		got := transcript.Render(here.Do(command), transcript.Exact)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s of\n%s\n(-want +got)\n%s", command[0], command[1], diff)
		}
		if t.Failed() && i > 200 {
			return
		}
	}
}

// A scriptGenerator makes random scripts that call commands, look at what they
// give, and return all kinds of values. No table has more than one key that is
// not in its array, since the order of others may differ.
type scriptGenerator struct{ *rand.Rand }

func (g scriptGenerator) one(of ...string) string { return of[g.IntN(len(of))] }

func (g scriptGenerator) script() string {
	var b strings.Builder
	b.WriteString(g.one("", "", "", "redis.setresp(3) ", "#!lua\n", "#!lua flags=no-writes\n", "#!lua flags=allow-oom\n", "local unused\n"))
	for i := range 1 + g.IntN(3) {
		fmt.Fprintf(&b, "local v%d%s = %s\n", i, g.one("", "", ", w"), g.expression(2))
		fmt.Fprint(&b, g.one("", "", "if type(v0) == 'table' and v0.err then v0.err = v0.err .. '!' end\n", "redis.setresp(2)\n", "redis.setresp(3)\n"))
	}
	switch last := g.one("v0", "v0", g.expression(3)); g.IntN(6) {
	case 0:
		// A table without a text crashes Redis.
		fmt.Fprintf(&b, "local e = %s if type(e) == 'table' and type(e.err) ~= 'string' then e = 'table' end error(e%s)", last, g.one("", ", 0", ", 2"))
	case 1:
		fmt.Fprintf(&b, "return type(%s)", last)
	default:
		fmt.Fprintf(&b, "return %s", last)
	}
	return b.String()
}

func (g scriptGenerator) expression(depth int) string {
	switch n := g.IntN(10); {
	case n < 4 || depth == 0:
		return g.call()
	case n < 5:
		return fmt.Sprintf("pcall(%s)", g.one("redis.call, 'nosuch'", "redis.call, 'incr', 'k1'", "redis.call, 'set'", "redis.call", "error, 'x'", "error, {err = 'MY error'}", "error", "redis.pcall, 'get', {}"))
	case n < 6:
		return fmt.Sprintf("select(2, xpcall(function() return %s end, function(e) return %s end))", g.call(), g.one("e", "type(e)", "{e}", "type(e) == 'table' and e.err or e"))
	case n < 7:
		return fmt.Sprintf("{coroutine.resume(coroutine.create(function() return %s end))}", g.call())
	default:
		return g.value(depth)
	}
}

func (g scriptGenerator) call() string {
	key := func() string {
		return g.one("KEYS[1]", "KEYS[2]", "'k1'", "'k2'", "'missing'", "KEYS[3]", "7")
	}
	arg := func() string {
		return g.one("ARGV[1]", "ARGV[2]", "ARGV[3]", "1", "-1", "1.5", "1e17", "'text'", "''", "2^53", "0/0", "nil", "true", "{}", "'-0'", "' 1'")
	}
	var args []string
	switch g.IntN(12) {
	case 0:
		args = []string{"'get'", key()}
	case 1, 2:
		args = []string{"'set'", key(), arg(), g.one("'NX'", "'XX'", "'GET'", "'KEEPTTL'", "'EX'", "'nosuch'", arg())}[:3+g.IntN(2)]
	case 3:
		args = []string{g.one("'incr'", "'decr'", "'INCR'"), key()}
	case 4:
		args = []string{g.one("'incrby'", "'incrbyfloat'", "'append'", "'setnx'", "'getset'", "'mget'", "'setrange'"), key(), arg()}
	case 5:
		args = []string{g.one("'del'", "'exists'", "'type'", "'strlen'", "'ttl'", "'persist'", "'getdel'"), key()}
	case 6:
		args = []string{"'mset'", key(), arg(), key(), arg()}
	case 7:
		args = []string{"'mget'", key(), key(), "'missing'", key()}
	case 8:
		args = []string{g.one("'ping'", "'echo'", "'select'", "'expire'", "'lcs'", "'object'", "'eval'", "'nosuch'", "''", "'config|get'", "'get '"), arg()}
	case 9:
		args = []string{"'lcs'", "'k1'", "'k2'", g.one("'IDX'", "'LEN'", "'x'")}
	case 10:
		args = []string{arg(), key(), arg()}
	default:
		args = []string{g.one("'ping'", "'dbsize'", "'get'", "'echo'"), key()}[:1+g.IntN(2)]
	}
	return fmt.Sprintf("redis.%s(%s)", g.one("call", "pcall", "pcall"), strings.Join(args, ", "))
}

// value is an expression of a table or a simple value.
func (g scriptGenerator) value(depth int) string {
	if depth == 0 {
		return g.one("nil", "true", "false", "1", "-1.9", "1e300", "0/0", "-1/0", "2^63", "'text'", "''", "'a\\r\\nb\\0c'", "print", "redis.call", "cjson.null", "coroutine.create(type)", "ARGV[3]", "#ARGV")
	}
	var elems []string
	for range g.IntN(4) {
		elems = append(elems, g.value(depth-1))
	}
	if g.IntN(3) == 0 {
		field := g.one("err", "ok", "double", "map", "set", "big_number", "verbatim_string", "x", "[1.5]", "[-1]")
		elems = append(elems, field+" = "+g.one(g.value(depth-1), "'MY text\\r\\n'", "{a = 1}", "{string = 'text', format = 'mdx'}", "{1, 2}", "3.25"))
	}
	table := "{" + strings.Join(elems, ", ") + "}"
	return g.one(table, table, table, "redis.error_reply("+g.one(table, "'x y'", "'-X y'", "''", "1")+")", "redis.status_reply("+g.one("'fine'", "1", "table")+")")
}
