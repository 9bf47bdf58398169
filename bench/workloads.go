package main

import (
	"embed"
	"fmt"
)

//go:embed workloads
var sources embed.FS

// A workload is a script and how it is called.
type workload struct {
	name   string
	keys   int                 // it is called with one of so many keys in turn; 0: with none
	args   func(i int) []any   // of call i
	before func() (args []any) // the command that makes what the first key holds; nil: none
}

// now is the time that scripts are told, in milliseconds, in call i.
func now(i int) int { return 1_700_000_000_000 + i }

func always(args ...any) func(int) []any { return func(int) []any { return args } }

var workloads = []workload{
	{"fixed_window", 1000, always(5, 60), nil},
	{"sliding_window", 1000, func(i int) []any { return []any{now(i), 60000, 10, now(i)} }, nil},
	{"token_bucket", 1000, func(i int) []any { return []any{0.01, 10, now(i), 1} }, nil},
	{"lock_unlock", 1000, always("token", 30000), nil},
	{"batch_hset", 1, always("value"), nil},
	{"cjson", 1, always(read("order.json")), nil},
	{"cpu_loop", 0, always(10000), nil},
	{"range_reply", 1, always(), func() []any {
		args := []any{"RPUSH", "key:0"}
		for i := range 1000 {
			args = append(args, fmt.Sprintf("item:%d", i))
		}
		return args
	}},
	{"scan_sum", 1, always(), func() []any {
		args := []any{"HSET", "key:0"}
		for i := range 100 {
			args = append(args, fmt.Sprintf("f%d", i), i)
		}
		return args
	}},
}

func (w workload) source() string { return read(w.name + ".lua") }

func read(name string) string {
	b, err := sources.ReadFile("workloads/" + name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// keyLists returns the keys of each call, in turn.
func (w workload) keyLists() [][]string {
	if w.keys == 0 {
		return [][]string{nil}
	}
	lists := make([][]string, w.keys)
	for i := range lists {
		lists[i] = []string{fmt.Sprintf("key:%d", i)}
	}
	return lists
}
