package command_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/transcript"
)

// otherFields are the fields of INFO, or how they begin, that are left out, and
// why.
var otherFields = map[string]string{
	"total_system_memory":            "the machine is not ours",
	"used_memory_lua":                "the memory of scripts is only counted while they run",
	"used_memory_vm_":                "the memory of scripts is only counted while they run",
	"used_memory_scripts":            "the memory of scripts is only counted while they run",
	"used_memory_functions":          "the memory of scripts is only counted while they run",
	"total_net_":                     "connections are not counted here",
	"instantaneous_":                 "nothing runs that could sample",
	"expired_stale_perc":             "nothing runs that could sample",
	"expired_time_cap_reached_count": "keys are reclaimed by number, not by time",
	"expire_cycle_cpu_milliseconds":  "keys are reclaimed by number, not by time",
	"total_eviction_exceeded_time":   "keys are evicted by number, not by time",
	"current_eviction_exceeded_time": "keys are evicted by number, not by time",
	"total_reads_processed":          "connections are not counted here",
	"total_writes_processed":         "connections are not counted here",
	"reply_buffer_":                  "connections are not counted here",
	"used_cpu_sys_main_thread":       "there is no main thread",
	"used_cpu_user_main_thread":      "there is no main thread",
}

// INFO must have the sections and fields that a Redis has, in its order.
func TestInfoFields(t *testing.T) {
	server, local := transcript.StartRedis(t), newLocal()
	for _, line := range []string{"CONFIG RESETSTAT", "SET k v", "INCR k", "GET k", "GET", "NOSUCH"} {
		server.Do(strings.Fields(line))
		local.Do(strings.Fields(line))
	}
	missing := map[string]bool{}
	for _, line := range []string{"INFO", "INFO all", "INFO everything", "INFO keyspace SERVER nosuch", "info Default commandstats", "INFO nosuch", "INFO modules cluster"} {
		fields := func(e transcript.Executor) (names []string) {
			for _, l := range strings.Split(e.Do(strings.Fields(line)).Str(), "\r\n") {
				name, _, _ := strings.Cut(l, ":")
				names = append(names, name)
			}
			return names
		}
		got := fields(local)
		want := slices.DeleteFunc(fields(server), func(name string) bool {
			if slices.Contains(got, name) {
				return false
			}
			for other := range otherFields {
				if strings.HasPrefix(name, other) {
					missing[other] = true
					return true
				}
			}
			return false
		})
		commandStats := func(names []string) []string { // Redis has them in no order
			for _, prefix := range []string{"cmdstat_", "latency_percentiles_"} {
				first := slices.IndexFunc(names, func(name string) bool { return strings.HasPrefix(name, prefix) })
				if first >= 0 {
					end := first + slices.Index(names[first:], "")
					slices.Sort(names[first:end])
				}
			}
			return slices.Compact(names) // the empty lines around a section that is left out
		}
		if diff := cmp.Diff(commandStats(want), commandStats(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
	for other := range otherFields {
		if !missing[other] {
			t.Errorf("nothing that begins with %s is left out", other)
		}
	}
}

// What is counted must be what a Redis counts.
func TestInfoCounts(t *testing.T) {
	server, local := transcript.StartRedis(t), newLocal()
	var counts [2][]string
	for i, e := range []transcript.Executor{server, local} {
		for _, line := range []string{
			"CONFIG RESETSTAT", "SET k v", "GET k", "GET nosuch", "MGET k nosuch k", "EXISTS k nosuch", "STRLEN k", "TYPE k", "TTL k",
			"HGET h f", "HSET h f v", "HGETALL h", "OBJECT ENCODING k", "TOUCH k nosuch", "APPEND k x", "DEL k nosuch", "INCR h", "SETBIT b 0 0", "SETBIT b 0 0", "BITFIELD b SET u1 0 0", "BITFIELD b SET u1 0 1", "GET h",
			"GET", "NOSUCH", "PEXPIRE h 1000000", "INFO nosuch foo",
		} {
			e.Do(strings.Fields(line))
		}
		for _, l := range strings.Split(e.Do(strings.Fields("INFO all")).Str(), "\r\n") {
			name, value, _ := strings.Cut(l, ":")
			switch {
			case strings.HasPrefix(name, "cmdstat_"): // without times
				fields := strings.Split(value, ",")
				value = strings.Join(append(fields[:1], fields[3:]...), ",")
			case strings.HasPrefix(name, "db"):
				value, _, _ = strings.Cut(value, ",avg_ttl")
			case !slices.Contains([]string{"keyspace_hits", "keyspace_misses", "total_error_replies", "total_commands_processed", "evicted_keys",
				"rdb_changes_since_last_save", "total_connections_received", "pubsub_channels", "pubsub_patterns", "pubsubshard_channels"}, name):
				continue
			}
			counts[i] = append(counts[i], name+":"+value)
		}
		slices.Sort(counts[i])
	}
	if diff := cmp.Diff(counts[0], counts[1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
