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
			{"redis", server, its.Str()},
			{"redis from luastore", server, ours.Str()},
			{"luastore from redis", local, its.Str()},
			{"luastore", local, ours.Str()},
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

// A stream that one dumps the other must restore, so that it then dumps the
// same bytes itself: nodes, gaps, groups and times included.
func TestDumpStreamsDifferential(t *testing.T) {
	const rounds = 300
	server := transcript.StartRedis(t)
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	for round := range rounds {
		local := newLocal()
		server.Reset()
		server.Do(strings.Fields("CONFIG SET rdbcompression no"))
		call := func(e transcript.Executor, args ...string) string {
			return strings.Join(transcript.Render(e.Do(args), transcript.Exact), "\n")
		}
		var history []string
		grow := func(key string, n int) {
			for range n {
				args := randomStreamCall(rnd, key)
				history = append(history, fmt.Sprintf("%q", args))
				server.Do(args)
				local.Do(args)
			}
		}
		same := func(what, want, got string) {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d, round %d, %s (-want +got):\n%s\nafter\n%s", *differentialSeed, round, what, diff, strings.Join(history, "\n"))
			}
		}
		grow("k", 1+rnd.IntN(300))
		server.Do(strings.Fields("XADD k 999999-1 last one"))
		local.Do(strings.Fields("XADD k 999999-1 last one"))
		its, ours := server.Do([]string{"DUMP", "k"}).Str(), local.Do([]string{"DUMP", "k"}).Str()
		server.Do(strings.Fields("CONFIG SET rdbcompression yes"))
		compressed := server.Do([]string{"DUMP", "k"}).Str()
		server.Do(strings.Fields("CONFIG SET rdbcompression no"))
		for i, payload := range []string{its, ours, compressed} {
			for _, e := range []transcript.Executor{server, local} {
				same("RESTORE", "OK", call(e, "RESTORE", "k", "0", payload, "REPLACE"))
				if i < 2 {
					same("DUMP of what was restored", payload, e.Do([]string{"DUMP", "k"}).Str())
				}
			}
			for _, read := range []string{"XINFO STREAM k FULL COUNT 0", "XINFO STREAM k", "XINFO GROUPS k", "XRANGE k - +", "XREVRANGE k + -"} {
				same(read, call(server, strings.Fields(read)...), call(local, strings.Fields(read)...))
			}
		}
		// Both have the same times now, and keep them in what does not ask for the time.
		for range 100 {
			args := randomStreamCall(rnd, "k")
			if name := args[0]; name == "XADD" || name == "XDEL" || name == "XTRIM" || name == "XACK" || name == "XSETID" {
				history = append(history, fmt.Sprintf("%q", args))
				same(fmt.Sprint(args), call(server, args...), call(local, args...))
			}
		}
		same("DUMP at the end", server.Do([]string{"DUMP", "k"}).Str(), local.Do([]string{"DUMP", "k"}).Str())
	}
}

// randomStreamCall changes the stream at a key.
func randomStreamCall(rnd *rand.Rand, key string) []string {
	id := func() string { return fmt.Sprintf("%d-%d", rnd.IntN(60), rnd.IntN(300)) }
	group := []string{"g", "12", strings.Repeat("h", 70)}[rnd.IntN(3)]
	consumer := []string{"Ada", "1", ""}[rnd.IntN(3)]
	switch rnd.IntN(12) {
	default:
		newID := fmt.Sprintf("%d-*", 1+rnd.IntN(60)*rnd.IntN(2))
		if rnd.IntN(3) > 0 {
			newID = "50-*"
		}
		args := []string{"XADD", key, newID}
		names := []string{"f", "name", "12"}
		for range 1 + rnd.IntN(2)*rnd.IntN(3) {
			value := strings.Repeat(strconv.Itoa(rnd.IntN(300)), 1+rnd.IntN(3))
			if rnd.IntN(10) == 0 {
				value = strings.Repeat("v", rnd.IntN(1000)*rnd.IntN(5))
			}
			args = append(args, names[rnd.IntN(len(names))*rnd.IntN(2)], value)
		}
		return args
	case 0:
		return []string{"XDEL", key, id(), id(), "50-" + strconv.Itoa(rnd.IntN(100)), "50-" + strconv.Itoa(rnd.IntN(100))}
	case 1:
		if rnd.IntN(3) == 0 {
			return []string{"XTRIM", key, "MINID", id()}
		}
		return []string{"XTRIM", key, "MAXLEN", strconv.Itoa(rnd.IntN(300))}
	case 2:
		return []string{"XGROUP", "CREATE", key, group, pick("0", "$", id())(rnd), "ENTRIESREAD", pick("-1", "3", "0")(rnd)}
	case 3, 4:
		return []string{"XREADGROUP", "GROUP", group, consumer, "COUNT", strconv.Itoa(1 + rnd.IntN(20)), "STREAMS", key, ">"}
	case 5:
		return []string{"XACK", key, group, id(), id(), "50-" + strconv.Itoa(rnd.IntN(100))}
	case 6:
		if rnd.IntN(3) == 0 {
			return []string{"XSETID", key, id(), "ENTRIESADDED", "500"}
		}
		return []string{"XCLAIM", key, group, consumer, "0", id(), "50-" + strconv.Itoa(rnd.IntN(100)), "FORCE", "TIME", "5", "RETRYCOUNT", "200"}
	}
}
