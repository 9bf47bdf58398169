package command

import (
	"fmt"
	"runtime/metrics"
)

// MEMORY: what takes how much memory. Figures are of this DB, those of the
// allocator of the whole process.
var memoryCommands = []Row{
	{Name: "memory", Arity: -2},
	{Name: "memory|doctor", Arity: 2, Tips: []string{AnyOutput, AllShards, SpecialResponse}, Run: memoryDoctor},
	{Name: "memory|help", Arity: 2, Flags: Loading | Stale, Run: memoryHelp},
	{Name: "memory|malloc-stats", Arity: 2, Tips: []string{AnyOutput, AllShards, SpecialResponse}, Run: memoryMallocStats},
	{Name: "memory|purge", Arity: 2, Tips: []string{AllShards, AllSucceed}, Run: memoryPurge},
	{Name: "memory|stats", Arity: 2, Tips: []string{AnyOutput, AllShards, SpecialResponse}, Run: memoryStats},
	{Name: "memory|usage", Arity: -3, Flags: Read | MissNone, Keys: keyRange(RO, 2, 0, 1), Run: memoryUsage},
}

func memoryDoctor(c *Call) Reply {
	used, limit := c.db.Memory(), c.db.Config.MaxMemory
	if limit > 0 && uint64(used) > limit/10*9 {
		return Verbatim(fmt.Sprintf("The keys take %d bytes, which is near the limit (maxmemory) of %d bytes.\n", used, limit))
	}
	return Verbatim("No problem was found: Go's collector gives back what is not used.\n")
}

func memoryHelp(c *Call) Reply {
	return c.Help(
		"DOCTOR",
		"    Return memory problems reports.",
		"MALLOC-STATS",
		"    Return internal statistics report from the memory allocator.",
		"PURGE",
		"    Attempt to purge dirty pages for reclamation by the allocator.",
		"STATS",
		"    Return information about the memory usage of the server.",
		"USAGE <key> [SAMPLES <count>]",
		"    Return memory in bytes used by <key> and its value. Nested values are",
		"    sampled up to <count> times (default: 5, 0 means sample all).",
	)
}

func memoryMallocStats(c *Call) Reply {
	text := ""
	for _, s := range allocatorMetrics() {
		text += fmt.Sprintf("%s %d\n", s.Name, s.Value.Uint64())
	}
	return Verbatim(text)
}

// memoryPurge has nothing to do: Go's runtime gives memory back by itself.
func memoryPurge(c *Call) Reply { return OK }

func memoryStats(c *Call) Reply {
	total, startup := c.db.Memory(), c.db.startup()
	keys, overhead := 0, c.db.overhead()
	var databases []Reply
	for i := range c.db.spaces {
		ks := &c.db.spaces[i]
		if ks.Len() == 0 {
			continue
		}
		table, expiries := ks.Overhead()
		keys += ks.Len()
		databases = append(databases, Bulk(fmt.Sprint("db.", i)), Map(
			Bulk("overhead.hashtable.main"), Int(table),
			Bulk("overhead.hashtable.expires"), Int(expiries),
			Bulk("overhead.hashtable.slot-to-keys"), Int(0),
		))
	}
	allocated, active, resident := heap()
	elems := []Reply{
		Bulk("peak.allocated"), Int(c.db.peak),
		Bulk("total.allocated"), Int(total),
		Bulk("startup.allocated"), Int(startup),
		Bulk("replication.backlog"), Int(0),
		Bulk("clients.slaves"), Int(0),
		Bulk("clients.normal"), Int(c.db.allClientMemory()),
		Bulk("cluster.links"), Int(0),
		Bulk("aof.buffer"), Int(0),
		Bulk("lua.caches"), Int(0),
		Bulk("functions.caches"), Int(0),
	}
	elems = append(elems, databases...)
	return Map(append(elems,
		Bulk("overhead.total"), Int(overhead),
		Bulk("keys.count"), Int(keys),
		Bulk("keys.bytes-per-key"), Int((total-startup)/max(keys, 1)),
		Bulk("dataset.bytes"), Int(total-overhead),
		Bulk("dataset.percentage"), Double(100*float64(total-overhead)/float64(max(total-startup, 1))),
		Bulk("peak.percentage"), Double(100*float64(total)/float64(c.db.peak)),
		Bulk("allocator.allocated"), Int(int64(allocated)),
		Bulk("allocator.active"), Int(int64(active)),
		Bulk("allocator.resident"), Int(int64(resident)),
		Bulk("allocator-fragmentation.ratio"), Double(float64(active)/float64(allocated)),
		Bulk("allocator-fragmentation.bytes"), Int(int64(active-allocated)),
		Bulk("allocator-rss.ratio"), Double(float64(resident)/float64(active)),
		Bulk("allocator-rss.bytes"), Int(int64(resident-active)),
		Bulk("rss-overhead.ratio"), Double(1),
		Bulk("rss-overhead.bytes"), Int(0),
		Bulk("fragmentation"), Double(float64(resident)/float64(allocated)),
		Bulk("fragmentation.bytes"), Int(int64(resident-allocated)),
	)...)
}

// memoryUsage answers the same for any number of SAMPLES: nothing is sampled.
func memoryUsage(c *Call) Reply {
	for i := 3; i < len(c.args); i += 2 {
		if !c.is(i, "samples") || i+1 == len(c.args) {
			c.fail(errSyntax)
		}
		if c.int(i+1) < 0 {
			c.fail(errSyntax)
		}
	}
	e := c.peek(2)
	if e == nil {
		return Reply{}
	}
	return Int(c.ks.Size(e))
}

// overhead returns how many bytes of Memory are not those of keys and values.
func (db *DB) overhead() int {
	n := db.startup()
	for i := range db.spaces {
		if ks := &db.spaces[i]; ks.Len() > 0 {
			table, expiries := ks.Overhead()
			n += table + expiries
		}
	}
	return n
}

// heap returns how many bytes the process has in objects, these and the unused ones
// between them, and in all.
func heap() (allocated, active, resident uint64) {
	m := allocatorMetrics()
	allocated = m[0].Value.Uint64()
	return allocated, allocated + m[1].Value.Uint64(), m[2].Value.Uint64() - m[3].Value.Uint64()
}

// allocatorMetrics returns how many bytes the process has in objects, unused
// between them, in all, and given back of these.
func allocatorMetrics() []metrics.Sample {
	m := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(m)
	return m
}
