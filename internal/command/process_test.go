package command_test

import (
	"strings"
	"testing"
)

// What a server does with its process, its file and its replicas must fail
// here, and say why.
func TestNoProcess(t *testing.T) {
	const memoryOnly = "ERR The data are in the memory of the process only: "
	local := newLocal()
	for line, want := range map[string]string{
		"BGREWRITEAOF":        memoryOnly + "there is no file",
		"BGSAVE":              memoryOnly + "there is no file",
		"BGSAVE SCHEDULE":     memoryOnly + "there is no file",
		"PSYNC ? -1":          memoryOnly + "they have no replicas",
		"REPLICAOF host 6379": memoryOnly + "they cannot be a replica",
		"SAVE":                memoryOnly + "there is no file",
		"SHUTDOWN":            "ERR Errors trying to SHUTDOWN. Check logs.",
		"SHUTDOWN NOSAVE NOW": "ERR Errors trying to SHUTDOWN. Check logs.",
		"SLAVEOF host 6379":   memoryOnly + "they cannot be a replica",
		"SYNC":                memoryOnly + "they have no replicas",
	} {
		if r := local.Do(strings.Fields(line)); !r.IsError() || r.Str() != want {
			t.Errorf("%s answers %q, want the error %q", line, r.Str(), want)
		}
	}
}
