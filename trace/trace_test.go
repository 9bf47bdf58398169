package trace

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
)

var ctx = context.Background()

var update = flag.Bool("update", false, "write testdata/page.html")

func TestPrinter(t *testing.T) {
	var b bytes.Buffer
	var store luastore.Store
	print := Printer(&b)
	for _, args := range [][]any{
		{"SET", "key", "two words"},
		{"GET", "key"},
		{"GET", "missing"},
		{"GET"},
		{"APPEND", "key", strings.Repeat("é", 40)},
		{"SETEX", "key", 1, ""},
		{"RPUSH", "list", 1, "[2]", 3, 4, 5, 6, 7, 8, 9},
		{"LRANGE", "list", 0, -1},
		{"HSET", "hash", "b", "\x00", "a", "1"},
		{"HGETALL", "hash"},
		{"INCRBYFLOAT", "n", 0.5},
		{"ZADD", "z", "INCR", 1.5, "m"},
	} {
		r := store.Do(ctx, args...)
		words := strings.Split(strings.TrimSuffix(fmt.Sprintln(args...), "\n"), " ")
		if args[0] == "SET" {
			words = []string{"SET", "key", "two words"}
		}
		print(luastore.TraceEvent{Name: "a.lua", SHA: "0123456789", Line: 1, Args: words, Reply: r, Duration: 1200})
	}
	print(luastore.TraceEvent{SHA: "0123456789", Line: 2, Args: []string{"GET"}})
	print(luastore.TraceEvent{Function: "f", Args: []string{"GET"}, Duration: time.Second})
	want := `a.lua:1: SET key "two words" = OK (1.2µs)
a.lua:1: GET key = "two words" (1.2µs)
a.lua:1: GET missing = nil (1.2µs)
a.lua:1: GET = error "ERR wrong number of arguments for 'get' command" (1.2µs)
a.lua:1: APPEND key éééééééééééééééééééééééééééééééé… 16 bytes more = 89 (1.2µs)
a.lua:1: SETEX key 1 "" = OK (1.2µs)
a.lua:1: RPUSH list 1 "[2]" 3 4 5 6 … 3 more = 9 (1.2µs)
a.lua:1: LRANGE list 0 -1 = [1 "[2]" 3 4 5 6 7 8 … 1 more] (1.2µs)
a.lua:1: HSET hash b "\x00" a 1 = 2 (1.2µs)
a.lua:1: HGETALL hash = {a: 1 b: "\x00"} (1.2µs)
a.lua:1: INCRBYFLOAT n 0.5 = 0.5 (1.2µs)
a.lua:1: ZADD z INCR 1.5 m = 1.5 (1.2µs)
01234567:2: GET = nil (0s)
f:0: GET = nil (1s)
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestProfile: lines of scripts and functions are counted, by several stores.
func TestProfile(t *testing.T) {
	var profile Profile
	script := luastore.NewScript("local n = redis.call('INCR', KEYS[1])\nfor i = 1, 3 do\n\tredis.call('GET', KEYS[1])\nend")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			store := luastore.New(&luastore.Options{Trace: profile.Add})
			for range 10 {
				script.Run(ctx, store, []string{"k"})
			}
			store.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function()\nreturn redis.call('TIME') end)")
			store.FCall(ctx, "f", nil)
		})
	}
	wg.Wait()
	for who, want := range map[string][]Line{script.Hash(): {{Number: 1, Calls: 40}, {Number: 3, Calls: 120}}, "f": {{Number: 3, Calls: 4}}, "g": nil} {
		got := profile.Lines(who)
		for i := range got {
			if got[i].Time <= 0 {
				t.Errorf("%s took %v", who, got[i].Time)
			}
			got[i].Time = 0
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", who, diff)
		}
	}
}

var attribute = regexp.MustCompile(`(?i)(src|href|onload)\s*=`)

// TestLineBreaks: the page has the lines that Lua counts.
func TestLineBreaks(t *testing.T) {
	for source, want := range map[string][]string{
		"":                   {""},
		"return 1":           {"return 1"},
		"a\r\n\r\nb\r\n":     {"a", "", "b"},
		"a\rb\n\rc\n\nd\xff": {"a", "b", "c", "", "d\xff"},
	} {
		var got []string
		for _, line := range newSource(luastore.NewScript(source), nil).Lines {
			got = append(got, line.Text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got)\n%s", source, diff)
		}
	}
}

// TestWriteHTML compares with testdata/page.html, which anybody can look at.
func TestWriteHTML(t *testing.T) {
	const source = "local n = redis.call('INCR', KEYS[1])\nif n < 3 and n > 1 then\n\treturn redis.call('GET', \"</td><script>alert(1)</script>\") -- & more\nend\n\nreturn redis.call('TTL', KEYS[1])\n"
	script, err := luastore.LoadScript(fstest.MapFS{"<b>.lua": {Data: []byte(source)}}, "<b>.lua")
	if err != nil {
		t.Fatal(err)
	}
	other := luastore.NewScript("return 1")
	var profile Profile
	for line, took := range map[int]time.Duration{1: 1500, 3: 200, 6: 750, 0: 100} {
		profile.Add(luastore.TraceEvent{SHA: script.Hash(), Line: line, Duration: took})
	}
	profile.Add(luastore.TraceEvent{SHA: script.Hash(), Line: 6})
	var b bytes.Buffer
	if err := profile.WriteHTML(&b, script, other); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/page.html", b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/page.html")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if strings.Contains(b.String(), "<script") || attribute.MatchString(b.String()) {
		t.Error("the page runs or needs something else")
	}
}
