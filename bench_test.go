package luastore

import (
	"fmt"
	"os"
	"testing"
)

// The workloads of the bench module, without their rivals.
func BenchmarkEvalSha(b *testing.B) {
	for _, w := range []struct {
		name string
		keys int
		args []any
	}{
		{"fixed_window", 1000, []any{5, 60}},
		{"lock_unlock", 1000, []any{"token", 30000}},
		{"cpu_loop", 0, []any{10000}},
	} {
		b.Run(w.name, func(b *testing.B) {
			source, err := os.ReadFile("bench/workloads/" + w.name + ".lua")
			if err != nil {
				b.Fatal(err)
			}
			keys := [][]string{nil}
			if w.keys > 0 {
				keys = nil
			}
			for i := range w.keys {
				keys = append(keys, []string{fmt.Sprintf("key:%d", i)})
			}
			var s Store
			sha, err := s.ScriptLoad(ctx, string(source))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := s.EvalSha(ctx, sha, keys[i%len(keys)], w.args...).Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
