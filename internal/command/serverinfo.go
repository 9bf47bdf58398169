package command

import (
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/bits"
	"os"
	"runtime"
	build "runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/luastore/luastore/internal/pubsub"
)

// INFO: what there is to say of a server. What tells of processes, files,
// sockets and replicas that are not here is left out, or says that there is
// none where clients look for it.
var infoCommands = []Row{
	{Name: "info", Arity: -1, Flags: Loading | Stale | Dangerous, Tips: []string{AnyOutput, AllShards, SpecialResponse}, Run: info},
}

// Programs is how many scripts, functions and libraries there are.
type Programs struct{ Scripts, Functions, Libraries int }

// Version is the version of Redis whose commands these are.
const Version = "7.0.15"

// section is a part of what INFO answers.
type section struct {
	name  string
	extra bool // only where it is asked for
	lines func(*Call) []line
}

// line is a field and its value, which is shown as fmt.Print does.
type line struct {
	field string
	value any
}

var infoSections = []section{
	{"Server", false, infoServer},
	{"Clients", false, infoClients},
	{"Memory", false, infoMemory},
	{"Persistence", false, infoPersistence},
	{"Stats", false, infoStats},
	{"Replication", false, infoReplication},
	{"CPU", false, infoCPU},
	{"Modules", false, func(*Call) []line { return nil }},
	{"Commandstats", true, infoCommandStats},
	{"Errorstats", false, infoErrorStats},
	{"Latencystats", true, infoLatencyStats},
	{"Cluster", false, func(*Call) []line { return []line{{"cluster_enabled", 0}} }},
	{"Keyspace", false, infoKeyspace},
}

func info(c *Call) Reply {
	var b strings.Builder
	for _, s := range infoSections {
		if !c.wantsSection(s) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		fmt.Fprintf(&b, "# %s\r\n", s.name)
		for _, l := range s.lines(c) {
			fmt.Fprintf(&b, "%s:%v\r\n", l.field, l.value)
		}
	}
	return Verbatim(b.String())
}

// wantsSection says whether the arguments name the section, or a set of them
// that it is in.
func (c *Call) wantsSection(s section) bool {
	if len(c.args) == 1 {
		return !s.extra
	}
	for i := 1; i < len(c.args); i++ {
		switch {
		case c.is(i, s.name), c.is(i, "everything"), c.is(i, "all"), c.is(i, "default") && !s.extra:
			return true
		}
	}
	return false
}

func infoServer(c *Call) []line {
	up := int64(time.Since(c.db.started).Seconds())
	executable, _ := os.Executable()
	return []line{
		{"redis_version", Version},
		{"redis_git_sha1", "00000000"},
		{"redis_git_dirty", 0},
		{"redis_build_id", buildID()},
		{"redis_mode", "standalone"},
		{"os", runtime.GOOS + " " + runtime.GOARCH},
		{"arch_bits", bits.UintSize},
		{"monotonic_clock", "Go time.Since"},
		{"multiplexing_api", "Go"},
		{"atomicvar_api", "Go sync/atomic"},
		{"gcc_version", "0.0.0"}, // as of a server that another compiler has built
		{"process_id", os.Getpid()},
		{"process_supervised", "no"},
		{"run_id", c.db.runID},
		{"tcp_port", c.db.parameters()["port"].text()},
		{"server_time_usec", c.db.Now().UnixMicro()},
		{"uptime_in_seconds", up},
		{"uptime_in_days", up / (24 * 60 * 60)},
		{"hz", c.db.parameters()["hz"].text()},
		{"configured_hz", c.db.parameters()["hz"].text()},
		{"lru_clock", c.db.Now().Unix() & (1<<24 - 1)},
		{"executable", executable},
		{"config_file", ""},
		{"io_threads_active", 0},
	}
}

// buildID identifies the program by what it was built of.
var buildID = sync.OnceValue(func() string {
	h := fnv.New64a()
	if info, ok := build.ReadBuildInfo(); ok {
		io.WriteString(h, info.String())
	}
	return strconv.FormatUint(h.Sum64(), 16)
})

func infoClients(c *Call) []line {
	input, output := c.db.largestBuffers()
	return []line{
		{"connected_clients", len(c.db.clients)},
		{"cluster_connections", 0},
		{"maxclients", c.db.Config.MaxClients},
		{"client_recent_max_input_buffer", input},
		{"client_recent_max_output_buffer", output},
		{"blocked_clients", c.db.blocked()},
		{"tracking_clients", c.db.trackers.count},
		{"clients_in_timeout_table", c.db.timed()},
	}
}

func infoMemory(c *Call) []line {
	used := c.db.Memory()
	overhead := c.db.overhead()
	allocated, active, resident := heap()
	programs := c.db.Host.Programs()
	return []line{
		{"used_memory", used},
		{"used_memory_human", humanBytes(uint64(used))},
		{"used_memory_rss", resident},
		{"used_memory_rss_human", humanBytes(resident)},
		{"used_memory_peak", c.db.peak},
		{"used_memory_peak_human", humanBytes(uint64(c.db.peak))},
		{"used_memory_peak_perc", fmt.Sprintf("%.2f%%", 100*float64(used)/float64(c.db.peak))},
		{"used_memory_overhead", overhead},
		{"used_memory_startup", c.db.startup()},
		{"used_memory_dataset", used - overhead},
		{"used_memory_dataset_perc", fmt.Sprintf("%.2f%%", 100*float64(used-overhead)/float64(max(used-c.db.startup(), 1)))},
		{"allocator_allocated", allocated},
		{"allocator_active", active},
		{"allocator_resident", resident},
		{"number_of_cached_scripts", programs.Scripts},
		{"number_of_functions", programs.Functions},
		{"number_of_libraries", programs.Libraries},
		{"maxmemory", c.db.Config.MaxMemory},
		{"maxmemory_human", humanBytes(c.db.Config.MaxMemory)},
		{"maxmemory_policy", c.db.Config.MaxMemoryPolicy},
		{"allocator_frag_ratio", ratio(active, allocated)},
		{"allocator_frag_bytes", active - allocated},
		{"allocator_rss_ratio", ratio(resident, active)},
		{"allocator_rss_bytes", int64(resident - active)},
		{"rss_overhead_ratio", "1.00"},
		{"rss_overhead_bytes", 0},
		{"mem_fragmentation_ratio", ratio(resident, allocated)},
		{"mem_fragmentation_bytes", int64(resident - allocated)},
		{"mem_not_counted_for_evict", 0},
		{"mem_replication_backlog", 0},
		{"mem_total_replication_buffers", 0},
		{"mem_clients_slaves", 0},
		{"mem_clients_normal", c.db.allClientMemory()},
		{"mem_cluster_links", 0},
		{"mem_aof_buffer", 0},
		{"mem_allocator", "go"},
		{"active_defrag_running", 0},
		{"lazyfree_pending_objects", 0},
		{"lazyfreed_objects", c.db.stats.lazyFreed},
	}
}

func infoPersistence(c *Call) []line {
	return []line{
		{"loading", 0},
		{"async_loading", 0},
		{"current_cow_peak", 0},
		{"current_cow_size", 0},
		{"current_cow_size_age", 0},
		{"current_fork_perc", "0.00"},
		{"current_save_keys_processed", 0},
		{"current_save_keys_total", 0},
		{"rdb_changes_since_last_save", c.db.changes},
		{"rdb_bgsave_in_progress", 0},
		{"rdb_last_save_time", c.db.started.Unix()},
		{"rdb_last_bgsave_status", "ok"},
		{"rdb_last_bgsave_time_sec", -1},
		{"rdb_current_bgsave_time_sec", -1},
		{"rdb_saves", 0},
		{"rdb_last_cow_size", 0},
		{"rdb_last_load_keys_expired", 0},
		{"rdb_last_load_keys_loaded", 0},
		{"aof_enabled", 0},
		{"aof_rewrite_in_progress", 0},
		{"aof_rewrite_scheduled", 0},
		{"aof_last_rewrite_time_sec", -1},
		{"aof_current_rewrite_time_sec", -1},
		{"aof_last_bgrewrite_status", "ok"},
		{"aof_rewrites", 0},
		{"aof_rewrites_consecutive_failures", 0},
		{"aof_last_write_status", "ok"},
		{"aof_last_cow_size", 0},
		{"module_fork_in_progress", 0},
		{"module_fork_last_cow_size", 0},
	}
}

func infoStats(c *Call) []line {
	s := &c.db.stats
	commands := uint64(0)
	for _, n := range s.calls {
		commands += n
	}
	return []line{
		{"total_connections_received", s.connections},
		{"total_commands_processed", commands},
		{"instantaneous_ops_per_sec", 0},
		{"rejected_connections", s.rejectedClients},
		{"sync_full", 0},
		{"sync_partial_ok", 0},
		{"sync_partial_err", 0},
		{"expired_keys", s.expired},
		{"evicted_keys", s.evicted},
		{"evicted_clients", s.evictedClients},
		{"keyspace_hits", s.hits},
		{"keyspace_misses", s.misses},
		{"pubsub_channels", len(c.db.Broker.Names(pubsub.Channel))},
		{"pubsub_patterns", c.db.Broker.Patterns()},
		{"pubsubshard_channels", len(c.db.Broker.Names(pubsub.Shard))},
		{"latest_fork_usec", 0},
		{"total_forks", 0},
		{"migrate_cached_sockets", 0},
		{"slave_expires_tracked_keys", 0},
		{"active_defrag_hits", 0},
		{"active_defrag_misses", 0},
		{"active_defrag_key_hits", 0},
		{"active_defrag_key_misses", 0},
		{"total_active_defrag_time", 0},
		{"current_active_defrag_time", 0},
		{"tracking_total_keys", len(c.db.trackers.keys)},
		{"tracking_total_items", c.db.trackers.items},
		{"tracking_total_prefixes", len(c.db.trackers.prefixes)},
		{"unexpected_error_replies", 0},
		{"total_error_replies", s.errorSum},
		{"dump_payload_sanitizations", 0},
		{"io_threaded_reads_processed", 0},
		{"io_threaded_writes_processed", 0},
	}
}

func infoReplication(c *Call) []line {
	return []line{
		{"role", "master"},
		{"connected_slaves", 0},
		{"master_failover_state", "no-failover"},
		{"master_replid", c.db.runID},
		{"master_replid2", strings.Repeat("0", 40)},
		{"master_repl_offset", 0},
		{"second_repl_offset", -1},
		{"repl_backlog_active", 0},
		{"repl_backlog_size", c.db.parameters()["repl-backlog-size"].text()},
		{"repl_backlog_first_byte_offset", 0},
		{"repl_backlog_histlen", 0},
	}
}

func infoCPU(*Call) []line {
	user, system := cpuTime()
	return []line{
		{"used_cpu_sys", fmt.Sprintf("%.6f", system.Seconds())},
		{"used_cpu_user", fmt.Sprintf("%.6f", user.Seconds())},
		{"used_cpu_sys_children", "0.000000"},
		{"used_cpu_user_children", "0.000000"},
	}
}

func infoCommandStats(c *Call) (lines []line) {
	s := &c.db.stats
	c.db.table.Walk(func(cmd *Command) {
		calls, t := s.calls[cmd.number], s.troubles[cmd]
		if t == nil {
			t = new(trouble)
		}
		if calls+t.rejected+t.failed > 0 {
			lines = append(lines, line{"cmdstat_" + cmd.Name, fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
				calls, t.micros, float64(t.micros)/float64(max(calls, 1)), t.rejected, t.failed)})
		}
	})
	return lines
}

func infoErrorStats(c *Call) (lines []line) {
	for _, code := range slices.Sorted(maps.Keys(c.db.stats.errors)) {
		lines = append(lines, line{"errorstat_" + OneLine(code), fmt.Sprintf("count=%d", c.db.stats.errors[code])})
	}
	return lines
}

func infoLatencyStats(c *Call) (lines []line) {
	c.db.table.Walk(func(cmd *Command) {
		h := c.db.stats.histogram(cmd)
		if h == nil {
			return
		}
		var b strings.Builder
		for i, percent := range c.db.Config.LatencyPercentiles {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "p%s=%.3f", shortFixed(percent), h.percentile(percent))
		}
		lines = append(lines, line{"latency_percentiles_usec_" + cmd.Name, b.String()})
	})
	return lines
}

func infoKeyspace(c *Call) (lines []line) {
	for i := range c.db.spaces {
		ks := &c.db.spaces[i]
		if ks.Len() > 0 {
			lines = append(lines, line{"db" + strconv.Itoa(i), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=0", ks.Len(), ks.Volatile())})
		}
	}
	return lines
}

// ratio returns a / b.
func ratio(a, b uint64) string { return fmt.Sprintf("%.2f", float64(a)/float64(max(b, 1))) }

// humanBytes returns a number of bytes in the largest unit of which there is
// one.
func humanBytes(n uint64) string {
	if n < 1<<10 {
		return strconv.FormatUint(n, 10) + "B"
	}
	unit := min((bits.Len64(n)-1)/10, 5)
	return fmt.Sprintf("%.2f%c", float64(n)/float64(uint64(1)<<(10*unit)), "BKMGTP"[unit])
}
