package luastore

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// loops are scripts that do not end, in many shapes.
var loops = []string{
	"local i = 0\nwhile i >= 0 do\n  i = i + 1\nend",
	"local i = 0\n\n\n\nrepeat i = i + 1\nuntil i < 0",
	"local i = 0\nrepeat\n i = i + 1\nuntil i < 0",
	"\n\n\nrepeat\nuntil false",
	"local i = 0\nrepeat\n i = i + 1\n i = i + 2\n i = i + 3\nuntil\n i <\n 0",
	"local i = 0\nrepeat\n local x = i\n local f = function() return x end\n i = i + 1\nuntil x < 0",
	"while true do end",
	"\n\nwhile true do\n\nend\n",
	"while\n1\ndo\nlocal a\nend",
	"local i = 0\nwhile true do\n i = i + 1\n i = i + 2\n i = i + 3\n i = i + 4\n i = i + 5\n i = i + 6\nend",
	"local i = 0\nwhile true do\n i = i + 1\n i = i + 2\n i = i + 3\n i = i + 4\nend",
	"local i, j, k = 0, 1, 2\nwhile true do\n i = i + 1\n j = j + i\n k = i - j\nend",
	"local i = 0\nwhile true do\n if i == 3 then\n  i = 0\n else\n  i = i + 1\n end\nend",
	"local i = 0\nwhile i >= 0 and\n i ~= -1 do\n i = i + 1\nend",
	"local i = 0\nwhile not (i < 0) do\n i = i + 1\n\n\nend",
	"local i = 0\nwhile true do\n i = i + 1\n if i > 1e15 then break end\nend",
	"local i = 0\nwhile true do\n if i > 1e15 then\n  break\n elseif i < 0 then\n  i = 1\n else\n  i = i + 1\n end\nend",
	"while true do\n while true do\n  break\n end\nend",
	"while true do\n for i = 1, 10 do\n  local a = i\n end\nend",
	"for i = 1, 1e9 do\n for j = 1, 3 do\n  local a = j\n  a = a + i\n end\nend",
	"local x = 0\nfor i = 1, 1e12 do\n x = x + i\nend",
	"local x = 0\nfor i = 1,\n 1e12 do\nend",
	"local x = 0\nfor i = 1, 1e12 do\n x = x + i\n x = x + 1\n x = x + 2\n x = x + 3\nend",
	"for i = 1, 1e12, 1 do\n local a = i\n local b = a * 2\n local c = b - a\nend",
	"for i = 1e12, 1, -1 do\n\n\n local a = i\nend",
	"local function it(s, i)\n return i + 1\nend\nfor k in it, nil, 0 do\n local a = k\n a = a + 1\nend",
	"local function it(s, i)\n return i\nend\n\n\nfor k in it, nil, 0 do\nend",
	"local t = {1, 2, 3}\nwhile true do\n for k, v in pairs(t) do\n  local a = v\n end\nend",
	"local t = {1, 2, 3}\nwhile true do\n for k, v in ipairs(t) do\n  t[k] = v + 1\n end\nend",
	"local function f(x)\n return x\nend\nwhile true do\n f(1)\n f(2)\nend",
	"local function f(n)\n if n == 0 then return 0 end\n return f(n)\nend\nreturn f(5)",
	"local function f()\n local i = 0\n while true do\n  i = i + 1\n end\nend\nf()",
	"while true do\n pcall(function()\n  local x = 1\n end)\nend",
	"pcall(function()\n while true do\n  local x = 1\n end\nend)",
	"while true do\n redis.call('GET', 'k')\nend",
	"while true do\n local v = redis.call('GET', 'k')\n if v then\n  return v\n end\nend",
	"repeat\n local v = redis.call('GET', 'k')\n local w = tonumber(v)\nuntil w == 1",
	"while true do\n local s = ('x'):rep(10)\n s = s .. 'a'\nend",
	"local t = {}\nwhile true do\n t[1] = 1\n t[2] = 2\n t.x = t[1]\nend",
	"while true do\n local t = {}\n t.a = 1\nend",
	"while true do\n local x = 1\n local f = function() return x end\nend",
	"local f = coroutine.wrap(function()\n while true do\n  coroutine.yield()\n end\nend)\nwhile true do\n f()\nend",
	"local f = coroutine.wrap(function()\n local i = 0\n while true do\n  i = i + 1\n end\nend)\nf()",
	"local n = tonumber(ARGV[1])\nlocal i = 0\nwhile i ~= n do\n i = i + 1\nend",
	"local s = ''\nfor i = 1, 1e12 do\n s = 'a' .. i\n if #s > 100 then\n  s = ''\n end\nend",
	"local a, b = 0, 1\nwhile true do\n a, b = b, a\nend",
	"while true do local a = 1 local b = 2 end",
	"local i = 0 while true do\ni = i + 1 end",
	"local i = 0\nrepeat\n repeat\n  i = i + 1\n until i % 7 == 0\nuntil false",
	"do\n local i = 5\n while i do\n  i = i\n end\nend",
}

// A killedScript is a script and how often a server, killing it, said that it was on a line.
type killedScript struct {
	Script string      `json:"script"`
	Lines  map[int]int `json:"lines"`
}

const killedFile = "testdata/killed.jsonl"

var onLine = regexp.MustCompile(`on (?:@user_script|=\[C\]):(-?\d+)\.`)

// killedAt runs a script at one caller, kills it from another after some time, and
// returns the line on which it was.
func killedAt(t *testing.T, caller, killer transcript.Executor, script string, after time.Duration) int {
	done := make(chan command.Reply, 1)
	go func() { done <- caller.Do([]string{"EVAL", script, "0", "nothing"}) }()
	time.Sleep(after)
	eventually(t, func() bool {
		r := killer.Do([]string{"SCRIPT", "KILL"})
		return r.Str() == "OK"
	})
	r := <-done
	m := onLine.FindStringSubmatch(r.Str())
	if m == nil {
		t.Fatalf("%s\n%s", script, r.Str())
	}
	line, _ := strconv.Atoi(m[1])
	return line
}

// TestKilledAt: a script that is killed, or stopped otherwise, is said to be on a
// line on which Redis can say that it is.
func TestKilledAt(t *testing.T) {
	if transcript.Updating() {
		server := transcript.StartRedis(t)
		server.Do([]string{"CONFIG", "SET", "busy-reply-threshold", "1"})
		var b strings.Builder
		for _, script := range loops {
			row := killedScript{script, map[int]int{}}
			for i := range 15 {
				row.Lines[killedAt(t, server.Connect(), server, script, time.Duration(8+3*i)*time.Millisecond)]++
			}
			line, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(append(line, '\n'))
		}
		if err := os.WriteFile(killedFile, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(killedFile)
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(string(text)) {
		var k killedScript
		if err := json.Unmarshal([]byte(row), &k); err != nil {
			t.Fatal(err)
		}
		check := func(how string, line int) {
			if k.Lines[line] == 0 {
				t.Errorf("%s\n%s on line %d; a server says %v", k.Script, how, line, k.Lines)
			}
		}
		s := New(&Options{BusyReply: time.Millisecond})
		caller := func() transcript.Executor {
			e := &executor{session: s.Session()}
			e.Protocol(2)
			return e
		}
		check("killed", killedAt(t, caller(), caller(), k.Script, 10*time.Millisecond))
		for how, options := range map[string]Options{
			"stopped by a limit":    {MaxInstructions: 150_000},
			"stopped by a time-out": {ScriptTimeout: 10 * time.Millisecond},
		} {
			var e *Error
			if err := New(&options).Eval(ctx, k.Script, nil, "nothing").Err(); !errors.As(err, &e) {
				t.Errorf("%s\n%s: %v", k.Script, how, err)
			} else {
				check(how, e.Line)
			}
		}
	}
}
