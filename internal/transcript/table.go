package transcript

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
)

// Cover wants each command of the table to succeed and to fail somewhere in the
// transcripts.
func Cover(t *testing.T, table command.Table, files []*File) {
	succeeds, fails := map[*command.Command]bool{}, map[*command.Command]bool{}
	for _, f := range files {
		for _, section := range f.Sections {
			for _, step := range section.Steps {
				if step.Args == nil {
					continue
				}
				cmd := table.Lookup(step.Args)
				if step.Failed() {
					fails[cmd] = true
				} else {
					succeeds[cmd] = true
				}
			}
		}
	}
	table.Walk(func(cmd *command.Command) {
		if container, _, _ := strings.Cut(cmd.Name, "|"); container == "cluster" { // cannot succeed
			succeeds[cmd] = true
		}
		switch cmd.Name {
		case "quit": // ends the connection
			return
		case "asking", "readonly", "readwrite": // cannot succeed without a cluster
			succeeds[cmd] = true
		case "monitor": // changes what replies are
			succeeds[cmd] = true
		case "command": // cannot fail; CompareInfo compares what it answers
			return
		case "psubscribe", "punsubscribe", "ssubscribe", "subscribe", "sunsubscribe", "unsubscribe": // answered by messages
			return
		case "command|docs", "command|info", "info", "latency|histogram", "latency|reset", "pubsub|numsub", "pubsub|shardnumsub": // cannot fail
			fails[cmd] = true
		case "acl|load", "acl|save", "config|rewrite", "bgrewriteaof", "bgsave", "save", // cannot succeed without a file
			"failover", "psync", "sync", // without replicas
			"module|load", "module|loadex", "module|unload", // where modules are not allowed
			"shutdown",                     // without a process of their own
			"function|kill", "script|kill": // succeed only beside a script that runs
			succeeds[cmd] = true
		}
		if cmd.Run != nil && !succeeds[cmd] {
			t.Errorf("no transcript has %s succeed", cmd.Name)
		}
		if !fails[cmd] {
			t.Errorf("no transcript has %s fail", cmd.Name)
		}
	})
}

// CompareInfo wants each command of the table, which the executor runs, to say
// of itself what Redis says of it, in all ten elements of COMMAND INFO, and
// those that are newer, and no others, to be unknown to Redis.
func CompareInfo(t *testing.T, table command.Table, local Executor) {
	server := StartRedis(t)
	for _, version := range []int{2, 3} {
		server.Protocol(version)
		local.Protocol(version)
		for _, row := range local.Do([]string{"COMMAND"}).Elems() {
			name := row.Elems()[0].Str()
			t.Run(fmt.Sprint("RESP", version, "/", name), func(t *testing.T) {
				info := server.Do([]string{"COMMAND", "INFO", name}).Elems()[0]
				if known := info.Elems() != nil; known == Newer(name) {
					t.Fatalf("known to Redis: %v, listed as newer: %v", known, Newer(name))
				} else if !known {
					return
				}
				want := withoutUnknown(table, info)
				if diff := cmp.Diff(Render(want, Exact), Render(withoutNewer(row), Exact)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// withoutUnknown returns what COMMAND INFO says of a command without the
// subcommands that are not in the table, the others in order of name.
func withoutUnknown(table command.Table, info command.Reply) command.Reply {
	info = without(info, func(name string) bool { return table.Lookup(strings.Split(name, "|")) == nil })
	slices.SortFunc(info.Elems()[subcommands].Elems(), func(a, b command.Reply) int {
		return strings.Compare(a.Elems()[0].Str(), b.Elems()[0].Str())
	})
	return info
}

// withoutNewer returns what COMMAND INFO says of a command without the
// subcommands that a server of RedisVersion does not know.
func withoutNewer(info command.Reply) command.Reply { return without(info, Newer) }

// subcommands is where COMMAND INFO has them.
const subcommands = 9

// without returns what COMMAND INFO says of a command without the subcommands
// that unwanted chooses by their names.
func without(info command.Reply, unwanted func(name string) bool) command.Reply {
	elems := slices.Clone(info.Elems())
	elems[subcommands] = elems[subcommands].With(slices.DeleteFunc(slices.Clone(elems[subcommands].Elems()), func(sub command.Reply) bool {
		return unwanted(sub.Elems()[0].Str())
	}))
	return info.With(elems)
}
