package lualib

import (
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/luavm"
)

// TestLongTexts: what goes through long texts in pieces makes of them what it makes
// of short ones.
func TestLongTexts(t *testing.T) {
	for _, unit := range []string{"x", "abcdefg", "a\n\"\\\x01é", "\x01"} {
		n := 3*piece/len(unit) + 5
		whole := strings.Repeat(unit, n)
		reversed := []byte(whole)
		for i := range reversed {
			reversed[i] = whole[len(whole)-1-i]
		}
		for chunk, want := range map[string]string{
			"return (...):rep(select(2, ...))":                             whole,
			"return (...):rep(select(2, ...)):upper()":                     strings.Map(upperASCII, whole),
			"return (...):rep(select(2, ...)):reverse()":                   string(reversed),
			"return cjson.decode(cjson.encode((...):rep(select(2, ...))))": whole,
		} {
			m := luavm.New()
			Open(m, NewRandom())
			f, err := m.Load(chunk, "=s")
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := m.Apply(m.FunctionValue(f), func(v luavm.Value) { got = v.Text() }, m.NewString(unit), luavm.Int(n)); err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s of %q, %d: %d bytes, want %d other ones", chunk, unit, n, len(got), len(want))
			}
		}
	}
}

func upperASCII(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r + 'A' - 'a'
	}
	return r
}
