package lualib

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/lua51"
	"github.com/luastore/luastore/internal/luavm"
	"github.com/luastore/luastore/internal/transcript"
)

// recorded is the number of chunks of each test of which testdata/redis has the
// outcomes. With -update, the real Redis writes them.
const recorded = 400

// compareRedis runs chunks here and in a real Redis, in the same order, since
// settings stay.
func compareRedis(t *testing.T, chunks []string) {
	t.Helper()
	server, driver := transcript.StartRedis(t), redisDriver(t)
	here := newRedisMachine(t)
	differ := 0
	var wants []string
	const batch = 100
	for from := 0; from < len(chunks); from += batch {
		some := chunks[from:min(from+batch, len(chunks))]
		reply := server.Do(append([]string{"EVAL", driver, "0"}, some...))
		if len(reply.Elems()) != len(some) {
			t.Fatalf("redis-server: %v", reply)
		}
		got := here.outcomes(some)
		for i, want := range reply.Elems() {
			wants = append(wants, want.Str())
			if got[i] == want.Str() {
				continue
			}
			if differ++; differ <= 20 {
				t.Errorf("%q\n got %s\nwant %s", some[i], got[i], want.Str())
			}
		}
	}
	t.Logf("%d chunks, %d differ", len(chunks), differ)
	if transcript.Updating() {
		rows := make([]lua51.Row, min(recorded, len(chunks)))
		for i := range rows {
			rows[i] = lua51.Row{Source: chunks[i], Want: wants[i]}
		}
		lua51.WriteRows(t, "testdata/redis/"+t.Name()+".jsonl", rows)
	}
}

func redisDriver(t *testing.T) string {
	t.Helper()
	driver, err := os.ReadFile("testdata/redis.lua")
	if err != nil {
		t.Fatal(err)
	}
	return string(driver)
}

// redisMachine runs chunks as redis.lua does in Redis.
type redisMachine struct {
	t   *testing.T
	m   *luavm.Machine
	run *luavm.Closure
}

func newRedisMachine(t *testing.T) *redisMachine {
	t.Helper()
	m := luavm.New()
	Open(m, NewRandom())
	m.Limits = luavm.Limits{Instructions: 500_000_000, Memory: 256 << 20}
	run, err := m.Load(redisDriver(t), "@user_script")
	if err != nil {
		t.Fatal(err)
	}
	return &redisMachine{t, m, run}
}

func (r *redisMachine) outcomes(chunks []string) (outcomes []string) {
	r.t.Helper()
	m := r.m
	argv := m.NewTable(len(chunks), 0)
	for i, s := range chunks {
		m.SetInt(argv, i+1, m.NewString(s))
	}
	m.Set(m.Globals(), m.Name("ARGV"), argv.Value())
	err := m.Run(r.run, func(v luavm.Value) {
		for i := range chunks {
			outcomes = append(outcomes, v.Table().GetInt(i+1).Text())
		}
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return outcomes
}

// TestRecorded compares with what Redis gave for the first chunks of the tests
// that need one.
func TestRecorded(t *testing.T) {
	files, err := filepath.Glob("testdata/redis/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded outcomes: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
			here := newRedisMachine(t)
			for _, r := range lua51.ReadRows(t, file) {
				if got := here.outcomes([]string{r.Source})[0]; got != r.Want {
					t.Errorf("%q\n got %s\nwant %s", r.Source, got, r.Want)
				}
			}
		})
	}
}

// TestRedis compares what is Redis's own: pcall, random numbers, limits.
func TestRedis(t *testing.T) {
	g := newGenerator(10)
	chunks := strings.Split(`return pcall(error, {x = 1})
return pcall(error, {err = "E x"})
return pcall(error, {err = 5})
return pcall(error, {err = true})
return pcall(error, setmetatable({}, {__index = function() return "y" end}))
return pcall(pcall, error, setmetatable({}, {__index = function() error("z") end}))
return pcall()
return pcall(nil)
return (pairs({})) == next, (ipairs({})) == (ipairs({1})), _G._G == _G, _VERSION
return select("#", unpack({}, 1, 7997))
return unpack({}, 1, 7998)
return pcall(unpack, {}, 1, 1e8)
return pcall(unpack, {}, 0, 2^31-1)
return unpack({}, 1, 2^31)
return pcall(string.byte, ("x"):rep(8000), 1, -1)
return pcall(string.byte, ("x"):rep(7990), 1, -1)
return pcall(rawset, string, "x", 1)
return pcall(setmetatable, string, {})
return pcall(table.insert, string, 1)
return pcall(table.remove, string)
return pcall(table.sort, string)
return pcall(function() string.x = 1 end)
return getmetatable("")
return pcall(rawset, getmetatable(""), "x", 1)
return tostring(cjson.null), type(cjson.null), cjson.null == cjson.new().null
return pcall(table.sort, {3, 2, "x"})
return loadstring(string.dump(function() end))
return loadstring("\\0"), loadstring("x", "="..("y"):rep(100))
return pcall(coroutine.wrap(function() error({err = "E"}) end))
return coroutine.resume(coroutine.create(function() error({err = "E"}) end))
return pcall(xpcall, error)
return xpcall(function() error({err = "E"}) end, function(e) return e end)
math.randomseed(1) return math.random(), math.random()
math.randomseed(-1) return math.random(), math.random(10), math.random(-3, 3)
math.randomseed(2^31) return math.random(), math.random(2^31-1), math.random(-2^31, 2^31-1)
math.randomseed("7") return math.random()
return pcall(math.random, 0)
return pcall(math.random, 2, 1)
return pcall(math.random, 1, 2, 3)
return pcall(math.randomseed)
return collectgarbage("setpause", 100), collectgarbage("setpause", 200), collectgarbage("setstepmul", 1)`, "\n")
	for range 500 {
		chunks = append(chunks, fmt.Sprintf("math.randomseed(%d) return math.random(), math.random(%d), math.random(-%d, %d)",
			g.Int64N(1<<40)-1<<39, 1+g.IntN(1<<20), g.IntN(1000), g.IntN(1000)))
	}
	for _, library := range strings.Fields("string table math coroutine bit struct cjson cmsgpack") {
		chunks = append(chunks, fmt.Sprintf(`local r = {} for k, v in pairs(%s) do r[#r+1] = k..":"..type(v) end return table.concat(r, " ")`, library))
	}
	compareRedis(t, chunks)
}
