package luastore

import (
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/transcript"
)

const (
	millionCounters = `for i = 1, 1000000 do
	local key = 'counter:' .. i
	redis.call('INCR', key)
	redis.call('EXPIRE', key, 60)
end`
	manyCounters = 1_000_000
)

// heapInUse returns how many bytes of the heap are reachable.
func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestMillionCounters: a million counters with a TTL take no more than 1.3
// times the memory that Redis says it uses for them.
func TestMillionCounters(t *testing.T) {
	server := transcript.StartRedis(t)
	usedMemory := func() int64 {
		info := server.Do([]string{"INFO", "memory"}).Str
		_, after, _ := strings.Cut(info, "used_memory:")
		n, err := strconv.ParseInt(strings.Fields(after)[0], 10, 64)
		must(t, Reply{err: err})
		return n
	}
	theirs := -usedMemory()
	server.Do([]string{"EVAL", millionCounters, "0"})
	theirs += usedMemory()

	var s Store
	must(t, s.Eval(ctx, "return 1", nil))
	ours := -heapInUse()
	must(t, s.Eval(ctx, millionCounters, nil))
	ours += heapInUse()
	runtime.KeepAlive(&s)
	t.Logf("%d bytes a key, in Redis %d: %.2f times as many", ours/manyCounters, theirs/manyCounters, float64(ours)/float64(theirs))
	if ours*10 > theirs*13 {
		t.Errorf("the counters take %d bytes, in Redis %d", ours, theirs)
	}
}
