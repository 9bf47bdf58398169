package command_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/transcript"
)

// incompressible is a text that Redis keeps as it is when it saves it; DUMP here
// compresses none.
const incompressible = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_."

// DEBUG OBJECT must say of values what Redis says, but for where they are and
// what is of its lists only.
func TestDebugObject(t *testing.T) {
	server, local := transcript.StartRedis(t), newLocal()
	for _, line := range []string{
		"SET k 12", "SET k 123456", "SET k hello", "SET k " + incompressible, "RPUSH k a b 1", "SADD k 1 2 300",
		"SADD k a", "HSET k f v g 5", "HSET k f " + incompressible, "ZADD k 1 a 2.5 b", "ZADD k 1 " + incompressible,
	} {
		describe := func(e transcript.Executor) []string {
			e.Do([]string{"DEL", "k"})
			e.Do(strings.Fields(line))
			words := strings.Fields(e.Do([]string{"DEBUG", "OBJECT", "k"}).Str())
			if len(words) < 7 || !strings.HasPrefix(words[1], "at:0x") || !strings.HasPrefix(words[5], "lru:") {
				t.Fatalf("%s: DEBUG OBJECT answers %q", line, words)
			}
			return append(words[2:5:5], words[6])
		}
		if diff := cmp.Diff(describe(server), describe(local)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
}

// Keys that have expired must stay until they are looked up where DEBUG says so.
func TestDebugSetActiveExpire(t *testing.T) {
	local := newLocal()
	keys := func() int {
		for range 100 {
			local.Do([]string{"PING"})
		}
		_, keys, _ := strings.Cut(local.Do([]string{"INFO", "keyspace"}).Str(), "keys=")
		return len(keys)
	}
	local.Do(strings.Fields("DEBUG SET-ACTIVE-EXPIRE 0"))
	local.Do(strings.Fields("SET k v PX 5"))
	local.Sleep(10 * 1e6)
	if keys() == 0 {
		t.Error("the key was removed")
	}
	local.Do(strings.Fields("DEBUG SET-ACTIVE-EXPIRE 1"))
	if keys() != 0 {
		t.Error("the key is still there")
	}
}
