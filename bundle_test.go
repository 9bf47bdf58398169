package luastore

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/lua51"
)

func files(sources map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, source := range sources {
		fsys[name] = &fstest.MapFile{Data: []byte(source)}
	}
	return fsys
}

func TestBundle(t *testing.T) {
	b, err := LoadFS(files(map[string]string{
		"b.lua":      "return redis.call('INCR', KEYS[1])",
		"a.lua":      "#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])",
		"dir/c.lua":  "return 3",
		"readme.txt": "no script",
	}), "*.lua", "dir/*.lua")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range b.Scripts() {
		names = append(names, s.Name())
		if b.Get(s.Name()) != s {
			t.Errorf("Get(%q) is another script", s.Name())
		}
	}
	if diff := cmp.Diff([]string{"a.lua", "b.lua", "dir/c.lua"}, names); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if s := b.Get("c.lua"); s != nil {
		t.Errorf("Get of what is not there is %v", s)
	}
	var store Store
	for range 2 {
		if err := b.Load(ctx, &store); err != nil {
			t.Fatal(err)
		}
		must(t, store.EvalSha(ctx, b.Get("b.lua").Hash(), []string{"n"}))
		must(t, store.Do(ctx, "SCRIPT", "FLUSH"))
		if err := store.EvalSha(ctx, b.Get("b.lua").Hash(), nil).Err(); !errors.Is(err, ErrNoScript) {
			t.Errorf("EvalSha after SCRIPT FLUSH: %v", err)
		}
		must(t, b.Get("b.lua").Run(ctx, &store, []string{"n"}))
	}
	if text, err := b.Get("a.lua").Run(ctx, &store, []string{"n"}).Text(); text != "4" {
		t.Errorf("after four calls n = %s, %v", text, err)
	}
}

// TestBundleChecks: what is wrong is found with its line, and what is not is
// not. A script that is wrong also fails when it is run.
func TestBundleChecks(t *testing.T) {
	for _, test := range []struct{ source, want string }{
		{"return {KEYS[1], ARGV[1], cjson.null, cmsgpack, struct, bit, math.pi, _G, _VERSION}", ""},
		{"local call, key = redis.call, KEYS[1]\nif call('EXISTS', key) == 0 then return call('set', key, 1, 'EX', 5) end", ""},
		{"redis.call('DEL', unpack(KEYS)) redis.call(unpack(ARGV)) redis.call(ARGV[1])", ""},
		{"redis.call('OBJECT', ARGV[1]) redis.call('OBJECT', unpack(ARGV)) redis.call('OBJECT', 'ENCODING', unpack(KEYS))", ""},
		{"#!lua flags=no-writes\nreturn redis.call('GET', KEYS[1])", ""},

		{"local x\nif x ten", "2: 'then' expected near 'ten'"},
		{"#!lua flags=fast\nreturn 1", "1: Unexpected flag in script shebang: fast"},
		{"\nreturn nosuch", "2: undeclared global 'nosuch'"},
		{"return redis.call('GET', key) or key", "1: undeclared global 'key'"},
		{"\ncount = 1", "2: assignment to global 'count': globals are read-only"},
		{"function f() end", "1: assignment to global 'f': globals are read-only"},
		{"redis.call('NOSUCH', KEYS[1])", "1: redis.call('NOSUCH'): Unknown Redis command called from script"},
		{"redis.pcall('CONFIG', 'NOSUCH')", "1: redis.pcall('CONFIG'): Unknown Redis command called from script"},
		{"redis.call('SUBSCRIBE', 'a')", "1: redis.call('SUBSCRIBE'): This Redis command is not allowed from script"},
		{"\nredis.call('GET')", "2: redis.call('GET'): Wrong number of args calling Redis command from script"},
		{"redis.call('GET', KEYS[1], unpack(ARGV))", ""},
		{"redis.call('GET', KEYS[1], KEYS[2], unpack(ARGV))", "1: redis.call('GET'): Wrong number of args calling Redis command from script"},
		{"local function set(k)\n\tredis.call('SET', k)\nend\nset(KEYS[1])", "2: redis.call('SET'): Wrong number of args calling Redis command from script"},
		{"redis.call()", "1: redis.call(): Please specify at least one argument for this redis lib call"},
		{"redis.call('SET', KEYS[1], true)", "1: redis.call('SET'): Lua redis lib command arguments must be strings or integers"},
		{"redis.call('SET', KEYS[1], nil)", "1: redis.call('SET'): Lua redis lib command arguments must be strings or integers"},
		{"#!lua flags=no-writes\nredis.call('SET', KEYS[1], 1)", "2: redis.call('SET'): Write commands are not allowed from read-only scripts."},
		{"local a = x\nredis.call('NOSUCH')\nlocal b = x + x", "1: undeclared global 'x'\nf.lua:2: redis.call('NOSUCH'): Unknown Redis command called from script\nf.lua:3: undeclared global 'x'"},
	} {
		got := ""
		_, err := LoadFS(files(map[string]string{"f.lua": test.source}), "*.lua")
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "f.lua:")
		}
		if got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.source, got, test.want)
		}
		if test.want == "" || strings.Contains(test.source, "pcall") {
			continue
		}
		if err := new(Store).Eval(ctx, test.source, []string{"k"}).Err(); err == nil || err == ErrNil {
			t.Errorf("%s: does not fail", test.source)
		}
	}
	_, err := LoadFS(files(map[string]string{"b.lua": "if", "a.lua": "return x", "c.lua": "return 1"}), "*.lua")
	if want := "a.lua:1: undeclared global 'x'\nb.lua:1: unexpected symbol near '<eof>'"; err == nil || err.Error() != want {
		t.Errorf("several files: %v", err)
	}
	for pattern, want := range map[string]string{"*.txt": `luastore: pattern "*.txt" matches no files`, "[": `luastore: pattern "[": syntax error in pattern`} {
		if _, err := LoadFS(files(map[string]string{"a.lua": "return 1"}), "*.lua", pattern); err == nil || err.Error() != want {
			t.Errorf("pattern %s: %v", pattern, err)
		}
	}
	if _, err := LoadFS(fstest.MapFS{"dir": {Mode: fs.ModeDir}}, "*"); err == nil {
		t.Error("a directory is a script")
	}
}

// TestBundleChecksGolden: of scripts that Redis has run, those are found that
// failed for what can be seen in them, and no others.
func TestBundleChecksGolden(t *testing.T) {
	computed := regexp.MustCompile(`_G\[\d`)
	visible := regexp.MustCompile("nonexistent global|Unknown Redis command|Wrong number of args|Error compiling")
	found := 0
	for _, row := range readGolden(t) {
		source := lua51.FromLatin1(row.Script)
		err := checkScripts([]*Script{NewScript(source)})
		switch failed := strings.HasPrefix(row.Reply, "(error)"); {
		case failed && err != nil:
			found++
		case failed && visible.MatchString(row.Reply) && !computed.MatchString(source):
			t.Errorf("%q: not found that it answers %s", source, row.Reply)
		case !failed && err != nil && !strings.Contains(err.Error(), "redis.pcall"):
			t.Errorf("%q answers %s, but %v", source, row.Reply, err)
		}
	}
	if found < 50 {
		t.Errorf("%d scripts are wrong", found)
	}
}

// TestBundleReload: all files are read again or none, while others run scripts.
func TestBundleReload(t *testing.T) {
	version := func(n string) map[string]string {
		return map[string]string{"a.lua": "return " + n, "b.lua": "return " + n}
	}
	dir := &changingFS{FS: files(version("1"))}
	b, err := LoadFS(dir, "*.lua")
	if err != nil {
		t.Fatal(err)
	}
	var store Store
	run := func(name string) string { return fmt.Sprint(b.Get(name).Run(ctx, &store, nil).Val()) }
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if got := run("a.lua"); got != "1" && got != "2" {
					t.Errorf("a.lua of version %s", got)
				}
			}
		})
	}
	broken := version("3")
	broken["b.lua"] = "return x"
	dir.set(files(broken))
	if err := b.Reload(); err == nil || err.Error() != "b.lua:1: undeclared global 'x'" {
		t.Errorf("Reload of what is wrong: %v", err)
	}
	if got := run("a.lua") + run("b.lua"); got != "11" {
		t.Errorf("after a Reload that failed, versions %s", got)
	}
	dir.set(files(version("2")))
	if err := b.Reload(); err != nil {
		t.Error(err)
	}
	if got := run("a.lua") + run("b.lua"); got != "22" {
		t.Errorf("after Reload, versions %s", got)
	}
	wg.Wait()
}

// changingFS is files that somebody edits.
type changingFS struct {
	mu sync.Mutex
	fs.FS
}

func (c *changingFS) set(fsys fs.FS) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.FS = fsys
}

func (c *changingFS) Open(name string) (fs.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.FS.Open(name)
}
