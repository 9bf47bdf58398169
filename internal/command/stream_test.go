package command_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// Streams of hundreds of entries, of which others are trimmed, must be those of
// Redis: where its nodes begin and end is visible.
func TestStreamDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	names := slices.DeleteFunc(slices.Clone(commandNames), func(name string) bool {
		return name[0] != 'x' || transcript.Newer(name)
	})
	names = append(names, "copy", "del")
	for range max(1, *differentialCommands/1000) {
		server.Reset()
		local := transcript.NewLocal(command.NewTable(), time.Now())
		var history []string
		appended := 0
		do := func(args []string) {
			history = append(history, fmt.Sprintf("%.80q", args))
			if diff := compareReplies(local, args, server.Do(args), local.Do(args)); diff != "" {
				t.Fatalf("seed %d (-want +got):\n%s\nafter\n%s", *differentialSeed, diff, strings.Join(history, "\n"))
			}
		}
		for range 100 {
			do(randomCall(rnd, names[rnd.IntN(len(names))]))
			if rnd.IntN(5) > 0 {
				continue
			}
			key := pick("a", "b", "c")(rnd)
			long := strings.Repeat("long", rnd.IntN(1000)*rnd.IntN(2))
			for range rnd.IntN(150) {
				appended++
				args := []string{"XADD", key, fmt.Sprintf("%d-*", 1+appended/50), pick("f", "field", "1")(rnd), sorts["text"](rnd)}
				if rnd.IntN(3) == 0 {
					args = append(args, "g", long[:rnd.IntN(len(long)+1)])
				}
				do(args)
			}
			for range rnd.IntN(50) {
				do([]string{"XDEL", key, fmt.Sprintf("%d-%d", 1+rnd.IntN(9), rnd.IntN(100))})
			}
			threshold := fmt.Sprint("MAXLEN ", pick("~", "=", "")(rnd), " ", rnd.IntN(400))
			if rnd.IntN(2) == 0 {
				threshold = fmt.Sprintf("MINID %s %d-%d", pick("~", "=", "")(rnd), 1+rnd.IntN(9), rnd.IntN(100))
			}
			args := append([]string{"XTRIM", key}, strings.Fields(threshold)...)
			if rnd.IntN(3) == 0 {
				args = append(args, "LIMIT", fmt.Sprint(rnd.IntN(300)))
			}
			do(args)
			do([]string{"XRANGE", key, "-", "+"})
			do([]string{"XREVRANGE", key, "+", "(2", "COUNT", "10"})
		}
	}
}
