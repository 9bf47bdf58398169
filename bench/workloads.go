package main

import (
	"embed"
	"fmt"
)

//go:embed workloads
var sources embed.FS

// A workload is a script and how it is called.
type workload struct {
	name string
	keys int // it is called with one of so many keys in turn; 0: with none
	args []any
}

var workloads = []workload{
	{"fixed_window", 1000, []any{5, 60}},
	{"lock_unlock", 1000, []any{"token", 30000}},
	{"cjson", 1, []any{read("order.json")}},
	{"cpu_loop", 0, []any{10000}},
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
