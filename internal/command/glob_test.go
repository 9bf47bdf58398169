package command_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

func TestMatchGlob(t *testing.T) {
	tests := []struct {
		reason     string
		pattern, s string
		nocase     bool
		want       bool
	}{
		{"nothing is nothing", "", "", false, true},
		{"a star needs something to begin with", "*", "", false, false},
		{"but not after something", "a*", "a", false, true},
		{"stars are as good as one", "a***b", "ab", false, true},
		{"the last star gives way", "*ab*cd", "abababxcdcd", false, true},
		{"a class takes one", "a[bc]d", "abcd", false, false},
		{"an open class ends with the pattern", "[ab", "b", false, true},
		{"no class takes nothing", "[]", "]", false, false},
		{"not nothing takes anything", "[^]", "x", false, true},
		{"ranges count in signed bytes", "[\x80-a]", "0", false, true},
		{"the last backslash is one", "a\\", "a\\", false, true},
		{"the case counts", "A", "a", false, false},
		{"it does not", "A[B-D]", "aC", true, true},
		{"it does where a class escapes", `[\B]`, "b", true, false},
		{"it does not elsewhere", `\B`, "b", true, true},
	}
	for _, test := range tests {
		if got := command.MatchGlob(test.pattern, test.s, test.nocase); got != test.want {
			t.Errorf("%s: %q matches %q: %t, want %t", test.reason, test.pattern, test.s, got, test.want)
		}
	}
}

// Patterns must select the keys that they select in Redis.
func TestMatchGlobDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	const alphabet = "aabbcz*?[[]^--\\\\\x00\x80\xffAB"
	random := func(most int) string {
		b := make([]byte, rnd.IntN(most+1))
		for i := range b {
			b[i] = alphabet[rnd.IntN(len(alphabet))]
		}
		return string(b)
	}
	var keys []string
	for range 400 {
		keys = append(keys, random(8))
		server.Do([]string{"SET", keys[len(keys)-1], ""})
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for range 20_000 {
		pattern := random(8)
		var want, got []string
		for _, key := range server.Do([]string{"KEYS", pattern}).Elems() {
			want = append(want, key.Str())
		}
		slices.Sort(want)
		for _, key := range keys {
			if pattern == "*" || command.MatchGlob(pattern, key, false) {
				got = append(got, key)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("KEYS %q (-want +got):\n%s", pattern, diff)
		}
	}
}

// Without the case of letters Redis matches only names of commands.
func TestMatchGlobNocaseDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	var names []string
	for _, name := range server.Do([]string{"COMMAND", "LIST"}).Elems() {
		names = append(names, name.Str())
	}
	slices.Sort(names)
	const alphabet = "aAeEsStT*[[]^--\\\x80\xc1\xfe\xff|"
	for range 3000 {
		b := []byte(names[rnd.IntN(len(names))])
		for range rnd.IntN(6) {
			b = slices.Insert(b, rnd.IntN(len(b)+1), alphabet[rnd.IntN(len(alphabet))])
		}
		b = append(b, '*')
		pattern := string(b)
		var want, got []string
		for _, name := range server.Do([]string{"COMMAND", "LIST", "FILTERBY", "PATTERN", pattern}).Elems() {
			want = append(want, name.Str())
		}
		slices.Sort(want)
		for _, name := range names {
			if command.MatchGlob(pattern, name, true) {
				got = append(got, name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("pattern %q (-want +got):\n%s", pattern, diff)
		}
	}
}

// A pattern of many stars must not take exponential time.
func TestMatchGlobManyStars(t *testing.T) {
	if command.MatchGlob(strings.Repeat("a*", 1000)+"b", strings.Repeat("a", 10_000), false) {
		t.Error("matches, want no match")
	}
}

// The longest search for what follows a star must find what a simple one does.
func TestMatchGlobLongPieces(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	random := func(alphabet string, n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[rnd.IntN(len(alphabet))]
		}
		return string(b)
	}
	matches := 0
	for range 300 {
		s := random("aaaaaaaaaaaaaaaaaaaaaaaaaaab", 3000)
		piece := strings.Repeat("a?", 30+rnd.IntN(60)) + random("ab?", rnd.IntN(8))
		pattern := piece[rnd.IntN(2):]
		want := false
		for i := 1; i+len(pattern) < len(s) && !want; i++ {
			want = true
			for j := range len(pattern) {
				want = want && (pattern[j] == '?' || pattern[j] == s[i+j])
			}
		}
		if got := command.MatchGlob("a*"+pattern+"*?", "a"+s[1:], false); got != want {
			t.Fatalf("%q matches: %t, want %t", pattern, got, want)
		}
		if want {
			matches++
		}
	}
	if matches < 20 || matches > 280 {
		t.Errorf("%d of 300 match, which tests little", matches)
	}
}
