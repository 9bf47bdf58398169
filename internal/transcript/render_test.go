package transcript

import (
	"math"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
)

func TestRender(t *testing.T) {
	array, bulk := command.Array, command.Bulk
	scan := array(bulk("0"), array(bulk("b"), bulk("a")))
	tests := []struct {
		name  string
		reply command.Reply
		view  View
		want  []string
	}{
		{"nil", command.Reply{}, Exact, []string{"(nil)"}},
		{"nil array", command.NilArray(), Exact, []string{"(nil)"}},
		{"empty status", command.Status(""), Exact, nil},
		{"a status like a title", command.Status("# x"), Exact, []string{`\# x`}},
		{"any bytes", bulk("\x00\x1f ~\x7f\xff\"\\\n"), Exact, []string{`"\x00\x1f ~\x7f\xff\"\\\n"`}},
		{"doubles", array(command.Double(0.1), command.Double(math.Inf(-1))), Exact,
			[]string{"1) (double) 0.10000000000000001", "2) (double) -inf"}},
		{"booleans", array(command.Bool(true), command.Bool(false)), Exact, []string{"1) (true)", "2) (false)"}},
		{"a verbatim text", command.Text(command.VerbatimKind, "txt:two\nlines"), Exact, []string{"two", "lines"}},
		{"empty aggregates", array(array(), command.Map(), command.Set()), Exact,
			[]string{"1) (empty array)", "2) (empty hash)", "3) (empty set)"}},
		{"SCAN, sorted", scan, Sort, []string{`1) "0"`, `2) 1) "a"`, `   2) "b"`}},
		{"a set of arrays, sorted", command.Set(array(bulk("b")), array(bulk("a"))), Sort,
			[]string{`1~ 1) "a"`, `2~ 1) "b"`}},
		{"a map, sorted", command.Map(bulk("b"), bulk("1"), bulk("a"), bulk("2")), Sort,
			[]string{`1# "a" => "2"`, `2# "b" => "1"`}},
		{"the shape", array(bulk("x"), command.Int(5), command.Reply{}, command.Err("ERR"), command.Status("OK"), array(command.Double(1)), array()), Shape,
			[]string{"1) (string)", "2) (integer)", "3) (nil)", "4) (error)", "5) (status)", "6) 1) (double)", "7) (empty array)"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, Render(test.reply, test.view)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if scan.Elems()[1].Elems()[0].Str() != "b" {
		t.Error("sorting has changed the reply")
	}
}

// Replies must look as redis-cli prints them.
func TestRenderLikeRedisCLI(t *testing.T) {
	server := StartRedis(t)
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Skip("no redis-cli to compare with: ", err)
	}
	tests := [][]string{
		{"COMMAND", "INFO", "get", "set", "nosuch", "xgroup", "sort"},
		{"EVAL", "return {1, {}, {2, {3, {'x', 'y'}}, {ok = 'fine'}, {err = 'ERR broken'}}, false, 'a\\n\\0\\255\"'}", "0"},
		{"EVAL", "local t = {} for i = 1, 12 do t[i] = {i, {i}} end return t", "0"},
		{"EVAL", "redis.setresp(3) return {double = 0.1}", "0"},
		{"EVAL", "redis.setresp(3) return {{map = {a = {1, 2}}}, {set = {x = true}}, {double = 1e300}, true, {big_number = '12345678901234567890'}}", "0"},
		{"EVAL", "redis.setresp(3) return {map = {a = {map = {b = {map = {c = {}}}}}}}", "0"},
		{"EVAL", "redis.setresp(3) return {map = {[1] = {{1}}}}", "0"},
		{"EVAL", "return {}", "0"},
		{"LCS", "a", "b", "IDX"},
		{"ACL", "GETUSER", "default"},
		{"NOSUCH"},
		{"GET", "nosuch"},
	}
	for _, version := range []string{"-2", "-3"} {
		server.Protocol(int(version[1] - '0'))
		for _, args := range tests {
			if version == "-3" && strings.Contains(args[min(1, len(args)-1)], "big_number") {
				continue // redis-cli 7.0 does not know it
			}
			output, err := exec.Command(cli, append([]string{"-s", server.socket, "--no-raw", version}, args...)...).Output()
			if err != nil && len(output) == 0 {
				t.Fatalf("redis-cli %q: %v", args, err)
			}
			want := strings.Split(strings.ReplaceAll(string(output), " => \n", " =>\n"), "\n")
			want = slices.DeleteFunc(want, func(line string) bool { return line == "" })
			if diff := cmp.Diff(want, Render(server.Do(args), Exact)); diff != "" {
				t.Errorf("%s %q (-want +got):\n%s", version, args, diff)
			}
		}
	}
}

func TestServerReset(t *testing.T) {
	server := StartRedis(t)
	server.Protocol(3)
	for _, line := range []string{"SELECT 3", "SET k v", "SCRIPT LOAD return"} {
		server.Do(strings.Fields(line))
	}
	server.Reset()
	tests := []struct {
		line string
		want []string
	}{
		{"SCRIPT EXISTS 63143b6f8007b98c53ca2149822777b3566f9241", []string{"1) (integer) 0"}},
		{"LCS a b IDX", []string{`1) "matches"`, "2) (empty array)", `3) "len"`, "4) (integer) 0"}}, // no map
		{"SWAPDB 0 3", []string{"OK"}},
		{"DBSIZE", []string{"(integer) 0"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, Render(server.Do(strings.Fields(test.line)), Exact)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.line, diff)
		}
	}
}
