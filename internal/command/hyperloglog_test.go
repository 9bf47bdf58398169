package command_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// HyperLogLogs, from empty ones to dense ones, must be those of Redis to the
// byte, and those that somebody has damaged must be as useless.
func TestHyperLogLogDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	for range max(1, *differentialCommands/1000) {
		server.Reset()
		local := transcript.NewLocal(command.NewTable(), time.Now())
		elements := 1 << rnd.IntN(24)
		damaged := rnd.IntN(3) == 0
		for range 100 {
			args := hyperLogLogCall(rnd, elements, damaged)
			want, got := server.Do(args), local.Do(args)
			if diff := cmp.Diff(transcript.Render(want, transcript.Exact), transcript.Render(got, transcript.Exact)); diff != "" {
				t.Fatalf("seed %d: %.200q (-want +got):\n%s", *differentialSeed, args, diff)
			}
			if want.IsError() && strings.HasPrefix(args[0], "PFADD") {
				break // Redis has added the elements before the failure
			}
		}
	}
}

// hyperLogLogCall returns a call with elements out of so many.
func hyperLogLogCall(rnd *rand.Rand, elements int, damaged bool) []string {
	key := func() string { return pick("a", "b", "c")(rnd) }
	switch rnd.IntN(12) {
	case 0, 1, 2, 3:
		args := []string{"PFADD", key()}
		for range rnd.IntN(1 << rnd.IntN(12)) {
			args = append(args, strconv.Itoa(rnd.IntN(elements)))
		}
		return args
	case 4:
		return []string{"PFMERGE", key(), key(), key()}
	case 5:
		return []string{"PFCOUNT", key()}
	case 6:
		return []string{"PFCOUNT", key(), key()}
	case 7:
		if damaged {
			break // where Redis fails it may have changed the encoding
		}
		return []string{"OBJECT", "ENCODING", key()}
	case 8:
		return []string{"PFDEBUG", pick("ENCODING", "DECODE", "GETREG", "TODENSE", "ENCODING", "DECODE")(rnd), key()}
	case 9:
		if damaged {
			return damage(rnd, key())
		}
		return []string{"DEL", key()}
	}
	return []string{"GET", key()}
}

// damage returns a call that may change anything in a HyperLogLog.
func damage(rnd *rand.Rand, key string) []string {
	text := string([]byte{byte(rnd.Uint32()), byte(rnd.Uint32())}[:1+rnd.IntN(2)])
	switch rnd.IntN(4) {
	case 0:
		return []string{"APPEND", key, text}
	case 1:
		return []string{"SET", key, "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80" + strings.Repeat(text, rnd.IntN(300))}
	case 2:
		return []string{"SET", key, fmt.Sprint("HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80", strings.Repeat(text, 12288)[:12288])}
	}
	return []string{"SETRANGE", key, strconv.Itoa(rnd.IntN(40)), text}
}
