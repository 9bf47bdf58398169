package luavm_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/lua51"
	"github.com/luastore/luastore/internal/luavm"
)

func seeds(f *testing.F) []string {
	src, err := os.ReadFile("testdata/syntax.lua")
	if err != nil {
		f.Fatal(err)
	}
	samples := strings.Split(string(src), "\n--\n")
	for seed := range uint64(20) {
		samples = append(samples, program(seed))
	}
	return samples
}

// FuzzLoad: no source stalls or breaks the loader, and whatever it loads can be
// inspected and runs until it ends, fails or is stopped.
func FuzzLoad(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		m := newMachine()
		m.Limits = luavm.Limits{Instructions: 100_000, Memory: 16 << 20}
		begin := time.Now()
		fn, err := m.Load(source, "@fuzz")
		if took := time.Since(begin); took > 5*time.Second {
			t.Fatalf("loading %d bytes took %v", len(source), took)
		}
		var syntax *luavm.SyntaxError
		if err != nil {
			if !errors.As(err, &syntax) && !errors.Is(err, luavm.ErrInstructions) && !errors.Is(err, luavm.ErrMemory) {
				t.Fatalf("error %v", err)
			}
			return
		}
		luavm.Inspect(fn)
		m.Run(fn, func(v luavm.Value) { luavm.Display(v) })
	})
}

// limited matches the complaints about limits that are not Lua 5.1's own
// (chains), that go-lua has a few levels later, or that are looked at when the
// whole is compiled, so that what else is wrong comes first (upvalues).
var limited = regexp.MustCompile(`control structure too long|too many syntax levels|variables in assignment|too many lines|more than 60 upvalues|STOPPED`)

// FuzzSyntax: of any source, lua5.1 says the same, where it is installed: that
// it can be loaded, or what is wrong with it.
func FuzzSyntax(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	for _, r := range lua51.ReadRows(f, "testdata/dialect.jsonl") {
		f.Add(r.Source)
	}
	m := newMachine()
	m.Limits = luavm.Limits{Instructions: 10_000_000, Memory: 64 << 20}
	ours, lua := lua51.On(f, m), lua51.Start(f)
	f.Fuzz(func(t *testing.T, source string) {
		if strings.HasPrefix(source, "\x1b") {
			t.Skip("lua5.1 loads binary chunks")
		}
		begin := time.Now()
		got := ours.Load(source)
		if took := time.Since(begin); took > 5*time.Second {
			t.Fatalf("loading %d bytes took %v", len(source), took)
		}
		if lua == nil || limited.MatchString(got) {
			return
		}
		if want := lua.Load(source); got != want && !limited.MatchString(want) && !lua51.OnlyHere(want) {
			t.Errorf("%q\n got %s\nwant %s", source, got, want)
		}
	})
}

// FuzzChunk: no bytes break what decodes and checks the compiler's chunks.
func FuzzChunk(f *testing.F) {
	m := luavm.New()
	for _, s := range seeds(f) {
		f.Add(m.CompileChunk(s))
	}
	f.Fuzz(func(t *testing.T, chunk []byte) { luavm.New().TranslateChunk(chunk) })
}
