package command_test

import (
	"strings"
	"testing"
	"unicode/utf8"
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

// LOLWUT draws as many lines and columns as it is asked for, and tells the version
// below.
func TestLolwut(t *testing.T) {
	for line, want := range map[string][2]int{ // columns, lines
		"LOLWUT VERSION 5":               {66, 12},
		"LOLWUT VERSION 5 10 20 3":       {10, 3},
		"LOLWUT VERSION 5 5000 5 0":      {1000, 1},
		"LOLWUT VERSION 6":               {80, 20},
		"LOLWUT VERSION 6 -7 3":          {1, 3},
		"LOLWUT VERSION 6 5 99999999999": {5, 1000},
	} {
		drawing, version, _ := strings.Cut(newLocal().Do(strings.Fields(line)).Str(), "\n\n")
		if version != "Redis ver. 7.0.15\n" {
			t.Errorf("%s ends with %q", line, version)
		}
		lines := strings.Split(drawing, "\n")
		if len(lines) != want[1] {
			t.Errorf("%s draws %d lines, want %d", line, len(lines), want[1])
		}
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n != want[0] {
				t.Errorf("%s draws %d columns, want %d", line, n, want[0])
			}
		}
	}
}
