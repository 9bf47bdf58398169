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
	{"range_reply", 1, always(), filled("RPUSH", 1000, item)},
	{"scan_sum", 1, always(), filled("HSET", 100, func(i int) []any { return []any{fmt.Sprintf("f%d", i), i} })},

	// What a script reads of a thousand elements.
	{"lrange", 1, always(), filled("RPUSH", 1000, item)},
	{"smembers", 1, always(), filled("SADD", 1000, item)},
	{"hgetall", 1, always(), filled("HSET", 1000, func(i int) []any { return append(item(i), fmt.Sprintf("value:%d", i)) })},
	{"zrange", 1, always(), filled("ZADD", 1000, scored)},
	{"zrange_withscores", 1, always(), filled("ZADD", 1000, scored)},
}

func item(i int) []any   { return []any{fmt.Sprintf("item:%d", i)} }
func scored(i int) []any { return append([]any{i}, item(i)...) }

// filled returns the command that gives the first key n elements.
func filled(command string, n int, element func(i int) []any) func() []any {
	return func() []any {
		args := []any{command, "key:0"}
		for i := range n {
			args = append(args, element(i)...)
		}
		return args
	}
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
