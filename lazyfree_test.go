package luastore

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/transcript"
)

// TestLazyFree: INFO counts the objects that Redis frees in its thread.
func TestLazyFree(t *testing.T) {
	const fill = "local f=loadstring('local i=... return '..ARGV[3]) for i=1,tonumber(ARGV[2]) do redis.call(ARGV[1],KEYS[1],unpack(f(i))) end"
	fills := map[string]string{
		"list": "RPUSH k {i}", "longlist": "RPUSH k {string.rep('x',200)..i}", "set": "SADD k {i..'x'}", "ints": "SADD k {i}",
		"zset": "ZADD k {i,i}", "hash": "HSET k {i,i}", "stream": "XADD k {i,'f',i}", "string": "APPEND k {string.rep('x',1000)}", "strings": "SET k {i}",
	}
	var steps []string
	for _, of := range []string{"list 64", "list 65", "list 150000", "longlist 2000", "longlist 3000", "longlist 2601", "set 64", "set 65", "set 1000", "ints 100", "ints 1000",
		"zset 64", "zset 1000", "hash 64", "hash 1000", "stream 64", "stream 3000", "stream 9000", "string 1000"} {
		for _, end := range []string{"UNLINK k", "DEL k", "EXPIRE k -1", "SET k v", "SUNIONSTORE k s", "RENAME s k"} {
			if strings.HasSuffix(of, " 1000") || end == "UNLINK k" {
				steps = append(steps, "FILL "+of, end, "DEL k", "SADD s a b")
			}
		}
	}
	steps = append(steps,
		"FILL stream 10", "XGROUP CREATE k g 0", "XREADGROUP GROUP g c STREAMS k >", "UNLINK k",
		"FILL stream 100", "XGROUP CREATE k g 0", "XREADGROUP GROUP g c STREAMS k >", "XGROUP CREATE k h 0", "UNLINK k",
		"SET a 1", "SET b 2", "FLUSHDB", "SET a 1", "SET b 2", "FLUSHDB ASYNC", "SET a 1", "SELECT 1", "SET a 1", "FLUSHALL ASYNC", "FLUSHALL SYNC", "SELECT 0",
		"FILL hash 1000", "RESTORE k 0 \x00\xc0\x05\n\x00c/_f\x83/\xb3Q REPLACE", "FILL hash 1000 h", "COPY h k REPLACE", "FILL zset 1000 z", "COPY z k REPLACE",
		"SET str v", "COPY str k REPLACE", "SCRIPT FLUSH ASYNC", "SCRIPTS 64", "SCRIPT FLUSH ASYNC", "SCRIPTS 70", "SCRIPT FLUSH", "SCRIPTS 65", "SCRIPT FLUSH ASYNC",
		"FUNCTIONS 64", "FUNCTION FLUSH ASYNC", "FUNCTIONS 65", "FUNCTION FLUSH", "FUNCTIONS 65", "FUNCTION FLUSH ASYNC", "FLUSHALL",
		"FILL set 1000", "GETDEL k", "FILL set 1000 u", "SINTERSTORE u nosuch", "CONFIG RESETSTAT", "FLUSHALL",
	)
	server := transcript.StartRedis(t)
	run := func(e transcript.Executor, steps []string) (counts []string) {
		for _, step := range steps {
			args := strings.Split(step, " ")
			switch args[0] {
			case "FILL":
				words := strings.Fields(fills[args[1]])
				args = []string{"EVAL", fill, "1", append(args, "k")[3], words[0], args[2], words[2]}
			case "SCRIPTS":
				args = []string{"SCRIPT", "LOAD", ""}
				for i := range atoi(step) {
					e.Do([]string{"SCRIPT", "LOAD", fmt.Sprint("return ", i)})
				}
			case "FUNCTIONS":
				args = []string{"FUNCTION", "LOAD", fmt.Sprintf("#!lua name=l\nfor i = 1, %d do redis.register_function('f'..i, function() end) end", atoi(step))}
			}
			r := e.Do(args)
			counts = append(counts, fmt.Sprintf("%s: %s, %d", step, transcript.Render(r, transcript.Shape), lazyFreed(e)))
		}
		return counts
	}
	for _, lazy := range []string{"no", "yes"} {
		local := newExecutor()
		server.Reset()
		for _, e := range []transcript.Executor{server, local} {
			e.Do([]string{"CONFIG", "RESETSTAT"})
			e.Do([]string{"CONFIG", "SET", "lazyfree-lazy-eviction", lazy, "lazyfree-lazy-expire", lazy, "lazyfree-lazy-server-del", lazy, "lazyfree-lazy-user-del", lazy, "lazyfree-lazy-user-flush", lazy})
		}
		if diff := cmp.Diff(run(server, steps), run(local, steps)); diff != "" {
			t.Errorf("lazyfree-* %s (-want +got):\n%s", lazy, diff)
		}
	}
}

func atoi(step string) (n int) {
	fmt.Sscan(step[strings.IndexByte(step, ' '):], &n)
	return n
}

// lazyFreed returns how many objects were freed in the thread, once it is done.
func lazyFreed(e transcript.Executor) (n int) {
	for {
		info := e.Do([]string{"INFO", "memory"}).Str()
		if strings.Contains(info, "lazyfree_pending_objects:0\r") {
			_, rest, _ := strings.Cut(info, "lazyfreed_objects:")
			fmt.Sscan(rest, &n)
			return n
		}
		time.Sleep(time.Millisecond)
	}
}
