package luavm_test

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/lua51"
	"github.com/luastore/luastore/internal/lualib"
	"github.com/luastore/luastore/internal/luavm"
)

func newMachine() *luavm.Machine {
	m := luavm.New()
	lualib.Open(m, lualib.NewRandom())
	m.Limits = luavm.Limits{Instructions: 50_000_000, Memory: 256 << 20}
	return m
}

// TestMutatedSyntax: of what is nearly right, whether it can be loaded, and what
// is wrong with it.
func TestMutatedSyntax(t *testing.T) {
	src, err := os.ReadFile("testdata/syntax.lua")
	if err != nil {
		t.Fatal(err)
	}
	samples := strings.Split(string(src), "\n--\n")
	r := rand.New(rand.NewPCG(1, 2))
	var chunks []string
	for range 20_000 {
		chunks = append(chunks, mutate(r, samples[r.IntN(len(samples))]))
	}
	lua51.CompareLoad(t, lua51.On(t, newMachine()), chunks)
}

// mutate changes a few words of a chunk.
func mutate(r *rand.Rand, s string) string {
	words := strings.FieldsFunc(strings.ReplaceAll(s, "\n", " \n "), func(c rune) bool { return c == ' ' })
	spare := strings.Fields(`end do then if else elseif while for in local function return break nil true ( ) [ ] { } , ; : . .. ... = == ~= <= < + - * / ^ % # not and or x y.z f() "s" 'q' 1 0x1F 1e5 arg goto until repeat @ & ~ ! [[l]] --c`)
	for range 1 + r.IntN(2) {
		i := r.IntN(len(words))
		switch r.IntN(4) {
		case 0:
			words = append(words[:i:i], words[i+1:]...)
		case 1:
			words[i] = spare[r.IntN(len(spare))]
		case 2:
			words = append(words[:i:i], append([]string{spare[r.IntN(len(spare))]}, words[i:]...)...)
		case 3:
			j := r.IntN(len(words))
			words[i], words[j] = words[j], words[i]
		}
		if len(words) == 0 {
			break
		}
	}
	return strings.Join(words, " ")
}
