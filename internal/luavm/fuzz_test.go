package luavm_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

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

// FuzzLoad: no source stalls or breaks the loader, and whatever it loads runs
// until it ends, fails or is stopped.
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
		m.Run(fn, func(v luavm.Value) { luavm.Display(v) })
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
