package command_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// choices is a source of randomness that makes the fuzzer's bytes the choices,
// as long as there are some.
type choices struct {
	bytes []byte
	rand.PCG
}

func (c *choices) Uint64() uint64 {
	if len(c.bytes) < 2 {
		c.bytes = nil
		return c.PCG.Uint64()
	}
	n := uint64(c.bytes[0])<<8 | uint64(c.bytes[1])
	c.bytes = c.bytes[2:]
	return n * 0x9e3779b97f4a7c15 // in all 64 bits
}

// Whatever is called in whatever order, what a command changes is what its row
// and its reply say.
func FuzzCommands(f *testing.F) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		text := make([]byte, 400)
		for i := range text {
			text[i] = byte(rnd.Uint32())
		}
		f.Add(text)
	}
	table := command.NewTable()
	f.Fuzz(func(t *testing.T, text []byte) {
		source := &choices{bytes: text}
		rnd := rand.New(source)
		local := transcript.NewLocal(table, time.Unix(1_700_000_000, 0))
		family := randomFamily(rnd)
		for n := 0; n < 200 && len(source.bytes) > 0; n++ {
			args := randomCommand(rnd, family)
			local.Sleep(time.Duration(rnd.IntN(8)/7) * 50 * time.Millisecond)
			local.DB.Turn() // so that it is not what was before the sleep
			before := contents(local.DB)
			reply := local.Do(args)
			after := contents(local.DB)
			for _, line := range after {
				if strings.Contains(line, " field WRONG: ") {
					t.Fatalf("after %q: %s", args, line)
				}
			}

			cmd := table.Lookup(args)
			if strings.HasPrefix(cmd.Name, "sort") || cmd.Name == "exec" {
				continue // SORT may change the encoding of a sorted set
			}
			if reply.IsError() || cmd.Flags&(command.Write|command.MayReplicate) == 0 {
				if diff := cmp.Diff(before, after); diff != "" {
					t.Fatalf("%q answers %q and changes (-before +after):\n%s", args, transcript.Render(reply, transcript.Exact), diff)
				}
			}
		}
	})
}

// readers are the commands that answer all that a value of a type holds.
var readers = map[string]string{
	"hash":   "HGETALL key",
	"list":   "LRANGE key 0 -1",
	"set":    "SMEMBERS key",
	"stream": "XINFO STREAM key FULL COUNT 0",
	"string": "GET key",
	"zset":   "ZRANGE key 0 -1 WITHSCORES",
}

// reader returns such a command.
func reader(typ, key string) []string {
	words := strings.Fields(readers[typ])
	words[slices.Index(words, "key")] = key
	return words
}

// contents describes the keys of all databases, one a line.
func contents(db *command.DB) []string {
	var lines []string
	for n := range command.Databases {
		s := &command.Session{Selected: n}
		do := func(args ...string) command.Reply { return db.Do(s, args) }
		keys := do("KEYS", "*")
		for _, key := range keys.Elems() {
			typ := do("TYPE", key.Str()).Str()
			lines = append(lines, fmt.Sprintf("%d %q %s %s %d: %q", n, key.Str(), typ,
				do("OBJECT", "ENCODING", key.Str()).Str(), do("PEXPIRETIME", key.Str()).Int(),
				transcript.Render(do(reader(typ, key.Str())...), transcript.Exact)))
			for _, at := range expiries(do, key.Str()) {
				lines = append(lines, fmt.Sprintf("%d %q field %s", n, key.Str(), at))
			}
		}
		if size := do("DBSIZE").Int(); size != int64(len(keys.Elems())) {
			lines = append(lines, fmt.Sprintf("%d has %d keys and says %d", n, len(keys.Elems()), size))
		}
	}
	slices.Sort(lines)
	return lines
}

// expiries describes the fields of a hash that expire, one a line, and what is
// wrong with any: that it is not there, has expired, or is not counted.
func expiries(do func(...string) command.Reply, key string) (lines []string) {
	if do("TYPE", key).Str() != "hash" {
		return nil
	}
	fields := do("HKEYS", key).Elems()
	if size := do("HLEN", key).Int(); size == 0 || size != int64(len(fields)) {
		lines = append(lines, fmt.Sprintf("WRONG: %d of %d", len(fields), size))
	}
	for _, field := range fields {
		at := do("HPEXPIRETIME", key, "FIELDS", "1", field.Str()).Elems()[0].Int()
		left := do("HPTTL", key, "FIELDS", "1", field.Str()).Elems()[0].Int()
		switch {
		case at == -2 || left < -1 || (at == -1) != (left == -1):
			lines = append(lines, fmt.Sprintf("WRONG: %q expires at %d, in %d", field.Str(), at, left))
		case at != -1:
			lines = append(lines, fmt.Sprintf("%q expires at %d", field.Str(), at))
		}
	}
	return lines
}
