package command

import "math"

// A parameter is what CONFIG GET and CONFIG SET know under a name, or under
// an older one too. Those of which a Config has no field are known so that
// who reads or sets them finds what a server has: nothing here depends on them.
// Left out are those of TLS, as in a server that was built without it.
type parameter struct {
	name, alias string
	setting
}

func (c *Config) parameters() []*parameter {
	return []*parameter{
		{"acl-pubsub-default", "", oneOf(&c.ACLPubSubDefault, "allchannels resetchannels")},
		{"aclfile", "", fixed("")},
		{"acllog-max-len", "", number{&c.ACLLogMaxLen, 0, mostInt64}},
		{"active-defrag-cycle-max", "", number{new(25), 1, 99}},
		{"active-defrag-cycle-min", "", number{new(1), 1, 99}},
		{"active-defrag-ignore-bytes", "", size[int]{new(100 << 20), 1, mostInt64}},
		{"active-defrag-max-scan-fields", "", number{new(1000), 1, mostInt64}},
		{"active-defrag-threshold-lower", "", number{new(10), 0, 1000}},
		{"active-defrag-threshold-upper", "", number{new(100), 0, 1000}},
		{"active-expire-effort", "", number{new(1), 1, 10}},
		{"activedefrag", "", off{errDefrag}},
		{"activerehashing", "", yesNo{new(true)}},
		{"always-show-logo", "", fixed("no")},
		{"aof-disable-auto-gc", "", yesNo{new(false)}},
		{"aof-load-truncated", "", yesNo{new(true)}},
		{"aof-rewrite-incremental-fsync", "", yesNo{new(true)}},
		{"aof-timestamp-enabled", "", yesNo{new(false)}},
		{"aof-use-rdb-preamble", "", yesNo{new(true)}},
		{"aof_rewrite_cpulist", "", fixed("")},
		{"appenddirname", "", fixed("appendonlydir")},
		{"appendfilename", "", fixed("appendonly.aof")},
		{"appendfsync", "", oneOf(new("everysec"), "everysec always no")},
		{"appendonly", "", off{"Unable to turn on AOF. Check server logs."}},
		{"auto-aof-rewrite-min-size", "", size[int]{new(64 << 20), 0, mostInt64}},
		{"auto-aof-rewrite-percentage", "", number{new(100), 0, mostInt32}},
		{"bgsave_cpulist", "", fixed("")},
		{"bind", "", anyText{new("* -::*")}},
		{"bind-source-addr", "", anyText{new("")}},
		{"bio_cpulist", "", fixed("")},
		{"busy-reply-threshold", "lua-time-limit", number{&c.BusyReplyThreshold, 0, mostInt64}},
		{"client-output-buffer-limit", "", outputLimits{&c.MaxOutput}},
		{"client-query-buffer-limit", "", size[int]{&c.MaxQuery, 1 << 20, mostInt64}},
		{"cluster-allow-pubsubshard-when-down", "", yesNo{new(true)}},
		{"cluster-allow-reads-when-down", "", yesNo{new(false)}},
		{"cluster-allow-replica-migration", "", yesNo{new(true)}},
		{"cluster-announce-bus-port", "", number{new(0), 0, 65535}},
		{"cluster-announce-hostname", "", anyText{new("")}},
		{"cluster-announce-ip", "", anyText{new("")}},
		{"cluster-announce-port", "", number{new(0), 0, 65535}},
		{"cluster-announce-tls-port", "", number{new(0), 0, 65535}},
		{"cluster-config-file", "", fixed("nodes.conf")},
		{"cluster-enabled", "", fixed("no")},
		{"cluster-link-sendbuf-limit", "", size[uint64]{new(uint64(0)), 0, math.MaxUint64}},
		{"cluster-migration-barrier", "", number{new(1), 0, mostInt32}},
		{"cluster-node-timeout", "", number{new(15000), 0, mostInt64}},
		{"cluster-port", "", fixed("0")},
		{"cluster-preferred-endpoint-type", "", oneOf(new("ip"), "ip hostname unknown-endpoint")},
		{"cluster-replica-no-failover", "cluster-slave-no-failover", yesNo{new(false)}},
		{"cluster-replica-validity-factor", "cluster-slave-validity-factor", number{new(10), 0, mostInt32}},
		{"cluster-require-full-coverage", "", yesNo{new(true)}},
		{"crash-log-enabled", "", yesNo{new(true)}},
		{"crash-memcheck-enabled", "", yesNo{new(true)}},
		{"daemonize", "", fixed("no")},
		{"databases", "", fixed("16")},
		{"dbfilename", "", guarded("dump.rdb")},
		{"dir", "", guarded("")},
		{"disable-thp", "", fixed("yes")},
		{"dynamic-hz", "", yesNo{new(true)}},
		{"enable-debug-command", "", fixed("yes")},
		{"enable-module-command", "", fixed("no")},
		{"enable-protected-configs", "", fixed("no")},
		{"hash-max-listpack-entries", "hash-max-ziplist-entries", number{&c.Limits.HashFields, 0, mostInt64}},
		{"hash-max-listpack-value", "hash-max-ziplist-value", size[int]{&c.Limits.HashText, 0, mostInt64}},
		{"hll-sparse-max-bytes", "", size[int]{&c.Limits.SparseBytes, 0, mostInt64}},
		{"hz", "", number{new(10), 0, mostInt32}},
		{"ignore-warnings", "", anyText{new("")}},
		{"io-threads", "", fixed("1")},
		{"io-threads-do-reads", "", fixed("no")},
		{"jemalloc-bg-thread", "", yesNo{new(true)}},
		{"key-load-delay", "", hidden{number{new(0), math.MinInt32, mostInt32}}},
		{"latency-monitor-threshold", "", number{&c.LatencyMonitorThreshold, 0, mostInt64}},
		{"latency-tracking", "", yesNo{&c.LatencyTracking}},
		{"latency-tracking-info-percentiles", "", percentiles{&c.LatencyPercentiles}},
		{"lazyfree-lazy-eviction", "", yesNo{&c.LazyFree.Eviction}},
		{"lazyfree-lazy-expire", "", yesNo{&c.LazyFree.Expire}},
		{"lazyfree-lazy-server-del", "", yesNo{&c.LazyFree.ServerDel}},
		{"lazyfree-lazy-user-del", "", yesNo{&c.LazyFree.UserDel}},
		{"lazyfree-lazy-user-flush", "", yesNo{&c.LazyFree.UserFlush}},
		{"lfu-decay-time", "", number{&c.LFUDecayTime, 0, mostInt32}},
		{"lfu-log-factor", "", number{&c.LFULogFactor, 0, mostInt32}},
		{"list-compress-depth", "", number{new(0), 0, mostInt32}},
		{"list-max-listpack-size", "list-max-ziplist-size", number{new(-2), math.MinInt32, mostInt32}},
		{"loading-process-events-interval-bytes", "", hidden{number{new(2 << 20), 1024, mostInt32}}},
		{"logfile", "", fixed("")},
		{"loglevel", "", oneOf(new("notice"), "debug verbose notice warning")},
		{"masterauth", "", anyText{new("")}},
		{"masteruser", "", anyText{new("")}},
		{"maxclients", "", number{&c.MaxClients, 1, math.MaxUint32}},
		{"maxmemory", "", size[uint64]{&c.MaxMemory, 0, math.MaxUint64}},
		{"maxmemory-clients", "", sizeOrPercent{&c.MaxMemoryClients}},
		{"maxmemory-eviction-tenacity", "", number{new(10), 0, 100}},
		{"maxmemory-policy", "", choice[Policy]{&c.MaxMemoryPolicy, policies}},
		{"maxmemory-samples", "", number{&c.MaxMemorySamples, 1, mostInt32}},
		{"min-replicas-max-lag", "min-slaves-max-lag", number{&c.MinReplicasMaxLag, 0, mostInt32}},
		{"min-replicas-to-write", "min-slaves-to-write", number{&c.MinReplicasToWrite, 0, mostInt32}},
		{"no-appendfsync-on-rewrite", "", yesNo{new(false)}},
		{"notify-keyspace-events", "", eventClasses{&c.NotifyKeyspaceEvents}},
		{"oom-score-adj", "", oneOf(new("no"), "no yes relative absolute")},
		{"oom-score-adj-values", "", scoreAdjustments{new("0 200 800")}},
		{"pidfile", "", fixed("")},
		{"port", "", number{new(0), 0, 65535}},
		{"proc-title-template", "", anyText{new("{title} {listen-addr} {server-mode}")}},
		{"propagation-error-behavior", "", oneOf(new("ignore"), "ignore panic panic-on-replicas")},
		{"protected-mode", "", yesNo{new(true)}},
		{"proto-max-bulk-len", "", size[int]{&c.MaxBulkLength, 1 << 20, mostInt64}},
		{"rdb-del-sync-files", "", yesNo{new(false)}},
		{"rdb-key-save-delay", "", hidden{number{new(0), math.MinInt32, mostInt32}}},
		{"rdb-save-incremental-fsync", "", yesNo{new(true)}},
		{"rdbchecksum", "", fixed("yes")},
		{"rdbcompression", "", yesNo{new(true)}},
		{"repl-backlog-size", "", size[int]{new(1 << 20), 1, mostInt64}},
		{"repl-backlog-ttl", "", number{new(3600), 0, mostInt64}},
		{"repl-disable-tcp-nodelay", "", yesNo{new(false)}},
		{"repl-diskless-load", "", oneOf(new("disabled"), "disabled on-empty-db swapdb")},
		{"repl-diskless-sync", "", yesNo{new(true)}},
		{"repl-diskless-sync-delay", "", number{new(5), 0, mostInt32}},
		{"repl-diskless-sync-max-replicas", "", number{new(0), 0, mostInt32}},
		{"repl-ping-replica-period", "repl-ping-slave-period", number{new(10), 1, mostInt32}},
		{"repl-timeout", "", number{new(60), 1, mostInt32}},
		{"replica-announce-ip", "slave-announce-ip", anyText{new("")}},
		{"replica-announce-port", "slave-announce-port", number{new(0), 0, 65535}},
		{"replica-announced", "", yesNo{new(true)}},
		{"replica-ignore-disk-write-errors", "", yesNo{new(false)}},
		{"replica-ignore-maxmemory", "slave-ignore-maxmemory", yesNo{new(true)}},
		{"replica-lazy-flush", "slave-lazy-flush", yesNo{new(false)}},
		{"replica-priority", "slave-priority", number{new(100), 0, mostInt32}},
		{"replica-read-only", "slave-read-only", yesNo{new(true)}},
		{"replica-serve-stale-data", "slave-serve-stale-data", yesNo{new(true)}},
		{"replicaof", "slaveof", fixed("")},
		{"requirepass", "", anyText{&c.RequirePass}},
		{"sanitize-dump-payload", "", oneOf(new("no"), "no yes clients")},
		{"save", "", savePoints{new("")}},
		{"server_cpulist", "", fixed("")},
		{"set-max-intset-entries", "", number{&c.Limits.SetIntegers, 0, mostInt64}},
		{"set-proc-title", "", fixed("yes")},
		{"shutdown-on-sigint", "", shutdownOptions{new("default")}},
		{"shutdown-on-sigterm", "", shutdownOptions{new("default")}},
		{"shutdown-timeout", "", number{new(10), 0, mostInt32}},
		{"slowlog-log-slower-than", "", number{&c.SlowlogSlowerThan, -1, mostInt64}},
		{"slowlog-max-len", "", number{&c.SlowlogMaxLen, 0, mostInt64}},
		{"socket-mark-id", "", fixed("0")},
		{"stop-writes-on-bgsave-error", "", yesNo{new(true)}},
		{"stream-node-max-bytes", "", size[int]{&c.Limits.StreamBytes, 0, mostInt64}},
		{"stream-node-max-entries", "", number{&c.Limits.StreamEntries, 0, mostInt64}},
		{"supervised", "", fixed("no")},
		{"syslog-enabled", "", fixed("no")},
		{"syslog-facility", "", fixed("local0")},
		{"syslog-ident", "", fixed("redis")},
		{"tcp-backlog", "", fixed("511")},
		{"tcp-keepalive", "", number{new(300), 0, mostInt32}},
		{"timeout", "", number{&c.ClientTimeout, 0, mostInt32}},
		{"tracking-table-max-keys", "", number{&c.TrackingTableMaxKeys, 0, mostInt64}},
		{"unixsocket", "", fixed("")},
		{"unixsocketperm", "", fixed("0")},
		{"use-exit-on-panic", "", hidden{yesNo{new(false)}}},
		{"watchdog-period", "", hidden{number{new(0), 0, mostInt32}}},
		{"zset-max-listpack-entries", "zset-max-ziplist-entries", number{&c.Limits.SortedSetMembers, 0, mostInt64}},
		{"zset-max-listpack-value", "zset-max-ziplist-value", size[int]{&c.Limits.SortedSetText, 0, mostInt64}},
	}
}

var policies = []Policy{
	VolatileLRU, VolatileLFU, VolatileRandom, VolatileTTL, AllKeysLRU, AllKeysLFU, AllKeysRandom, NoEviction,
}

const errDefrag = "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified " +
	"Jemalloc like the one shipped by default with the Redis source distribution"

// parameters returns the parameters by name.
func (db *DB) parameters() map[string]*parameter {
	if db.params == nil {
		db.params = map[string]*parameter{}
		for _, p := range db.Config.parameters() {
			db.params[p.name] = p
			if p.alias != "" {
				db.params[p.alias] = p
			}
		}
	}
	return db.params
}

// refuses says why the parameter cannot be set, whatever it be; "" if it can.
func (p *parameter) refuses() string {
	switch p.setting.(type) {
	case fixed, guarded:
		return p.set("")
	}
	return ""
}
