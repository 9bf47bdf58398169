package command_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/transcript"
)

// Collections must have the encoding that they have in Redis, and keep their
// elements, when they grow out of what is small and shrink again.
func TestGrowth(t *testing.T) {
	const limit = 512 // where the encodings change
	server := transcript.StartRedis(t)
	tests := []struct {
		name, grow, shrink, read string // # stands for a number
	}{
		{"hash", "HSET k field:# value:#", "HDEL k field:#", "HGETALL k"},
		{"hash, backwards", "HSET k -# #", "HDEL k -#", "HGETALL k"},
		{"set", "SADD k #", "SREM k #", "SMEMBERS k"},
		{"set of texts", "SADD k member:#", "SREM k member:#", "SMEMBERS k"},
		{"union", "SUNIONSTORE k k n:#", "SREM k #", "SMEMBERS k"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server.Reset()
			local := newLocal()
			do := func(line string, n int, view transcript.View) {
				t.Helper()
				args := strings.Fields(strings.ReplaceAll(line, "#", fmt.Sprint(n)))
				want, got := transcript.Render(server.Do(args), view), transcript.Render(local.Do(args), view)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%q (-want +got):\n%s", args, diff)
				}
			}
			numbers := slices.Collect(func(yield func(int) bool) {
				for n := 0; n < limit+5 && yield(n*7919%10_000); n++ {
				}
			})
			for i, n := range numbers {
				do("SADD n:# #", n, transcript.Exact)
				do(test.grow, n, transcript.Exact)
				if i > limit-5 {
					do("OBJECT ENCODING k", n, transcript.Exact)
					do(test.read, n, transcript.Sort)
				}
			}
			for _, n := range numbers {
				do(test.shrink, n, transcript.Exact)
			}
			do("EXISTS k", 0, transcript.Exact)
		})
	}
}

// No scan may miss an element that is there all the time.
func TestScanAll(t *testing.T) {
	local := newLocal()
	for n := range 2000 {
		local.Do([]string{"HSET", "h", fmt.Sprint(n), "v"})
		local.Do([]string{"SADD", "s", fmt.Sprint(n)})
	}
	for _, scan := range []string{"HSCAN h # COUNT 30", "SSCAN s # COUNT 30"} {
		missing := map[string]bool{}
		for n := range 2000 {
			missing[fmt.Sprint(n)] = true
		}
		cursor, steps := "0", 0
		for ; steps == 0 || cursor != "0"; steps++ {
			r := local.Do(strings.Fields(strings.Replace(scan, "#", cursor, 1)))
			cursor = r.Elems()[0].Str()
			for _, e := range r.Elems()[1].Elems() {
				delete(missing, e.Str())
			}
		}
		if len(missing) > 0 || steps < 2000/30 {
			t.Errorf("%s: %d elements are missing after %d steps", scan, len(missing), steps)
		}
	}
}
