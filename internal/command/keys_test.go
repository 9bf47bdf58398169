package command_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// Keys must be found in random calls, complete ones and others, where Redis
// finds them.
func TestKeysDifferential(t *testing.T) {
	server, local := transcript.StartRedis(t), newLocal()
	rnd := rand.New(rand.NewPCG(*differentialSeed, 1))
	for range *differentialCommands {
		call := randomCommand(rnd, commandNames)
		if transcript.Newer(call[0]) {
			continue
		}
		if i := slices.Index(call, "2"); i > 0 && rnd.IntN(3) == 0 {
			call[i] = pick("2x", " 1", "+2", "01", "1.5", "-1", "4294967298", "-4294967294", "99999999999999999999", "", "x")(rnd)
		}
		if rnd.IntN(8) == 0 {
			call = call[:1+rnd.IntN(len(call))] // of a container its name alone, too
		}
		args := append([]string{"COMMAND", pick("GETKEYS", "GETKEYSANDFLAGS")(rnd)}, call...)
		want, got := server.Do(args), local.Do(args)
		if diff := cmp.Diff(transcript.Render(want, transcript.Exact), transcript.Render(got, transcript.Exact)); diff != "" {
			t.Fatalf("%q (-want +got):\n%s", args, diff)
		}
	}
}

// TestKeysIn: what random commands change, and what they read, is among their keys.
func TestKeysIn(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		local := transcript.NewLocal(command.NewTable(), time.Now())
		var changed []string
		local.DB.OnEvent(func(_ int, name, key string) {
			if !strings.HasSuffix(name, "expired") {
				changed = append(changed, key)
			}
		})
		for range 100 {
			args := randomCommand(rnd, commandNames)
			cmd := local.DB.Lookup(args)
			changed = nil
			r := local.Do(args)
			switch {
			case cmd.Name == "multi":
				local.Do([]string{"DISCARD"})
				continue
			case r.IsError() || cmd.Keys == nil: // FLUSHALL changes what is no key of it
				continue
			}
			keys := cmd.KeysIn(args)
			if len(keys) == 0 {
				t.Errorf("%q has no keys", args)
			}
			for _, key := range changed {
				if !slices.Contains(keys, key) {
					t.Errorf("%q changes %q, its keys are %q", args, key, keys)
				}
			}
		}
	}
}
