package command_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/transcript"
)

// What one dumps the other must restore: as the same value, with the encoding
// that its own payload gives it.
func TestDumpDifferential(t *testing.T) {
	const rounds = 1000
	server := transcript.StartRedis(t)
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	for round := range rounds {
		local := newLocal()
		server.Reset()
		typ, history := randomValue(rnd, func(args ...string) {
			local.Do(args)
			server.Do(args)
		})
		ours, its := local.Do([]string{"DUMP", "k"}), server.Do([]string{"DUMP", "k"})
		var want []string
		for _, restored := range []struct {
			name string
			e    transcript.Executor
			dump string
		}{
			{"redis", server, its.Str},
			{"redis from luastore", server, ours.Str},
			{"luastore from redis", local, its.Str},
			{"luastore", local, ours.Str},
		} {
			do := func(args ...string) []string { return transcript.Render(restored.e.Do(args), transcript.Sort) }
			got := do("RESTORE", "k", "0", restored.dump, "REPLACE")
			got = append(got, do("OBJECT", "ENCODING", "k")...)
			got = append(got, do(reader(typ, "k")...)...)
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, round %d, %s: %s\n%q (-want +got):\n%s", *differentialSeed, round, history, restored.name, restored.dump, diff)
			}
		}
	}
}

// randomValue makes a value at k, and describes it.
func randomValue(rnd *rand.Rand, do func(args ...string)) (typ, description string) {
	most := pick("3", "20", "130", "520", "2000")(rnd)
	n, _ := strconv.Atoi(most)
	n = 1 + rnd.IntN(n)
	texts := []func(*rand.Rand) string{
		number(100),
		func(rnd *rand.Rand) string { return strconv.FormatInt(int64(rnd.Uint64())>>rnd.IntN(64), 10) },
		sorts["member"],
		func(rnd *rand.Rand) string { return strings.Repeat(string(rune('a'+rnd.IntN(26))), rnd.IntN(70)) },
		func(rnd *rand.Rand) string {
			return strings.Repeat(strconv.Itoa(rnd.IntN(100)), rnd.IntN(10)) + strconv.Itoa(rnd.IntN(1000))
		},
		func(rnd *rand.Rand) string {
			random := make([]byte, rnd.IntN(4)*rnd.IntN(10_000/n))
			for i := range random {
				random[i] = byte(rnd.Uint32())
			}
			return string(random)
		},
	}
	text := texts[rnd.IntN(len(texts))]
	if rnd.IntN(3) == 0 {
		text = mix(texts...)
	}
	typ = pick("string", "list", "set", "hash", "zset")(rnd)
	for range n {
		switch typ {
		case "string":
			do("SET", "k", strings.Repeat(text(rnd), 1+rnd.IntN(3)))
		case "list":
			do("RPUSH", "k", text(rnd))
		case "set":
			do("SADD", "k", text(rnd))
		case "hash":
			do("HSET", "k", text(rnd), text(rnd))
		case "zset":
			do("ZADD", "k", pick("0", "1", "-2.5", "1e300", "inf", "-inf", "4503599627370497", "0.1", decimal(rnd))(rnd), text(rnd))
		}
	}
	return typ, fmt.Sprintf("%s of %d", typ, n)
}
