package trace_test

import (
	"context"
	"fmt"
	"os"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/trace"
)

func ExamplePrinter() {
	print := trace.Printer(os.Stdout)
	store := luastore.New(&luastore.Options{Trace: func(e luastore.TraceEvent) {
		e.Duration = 0 // for this example, which must print the same each time
		print(e)
	}})
	store.Eval(context.Background(), `
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end`, []string{"user:123"}, 60)
	// Output:
	// 98942c82:2: INCR user:123 = 1 (0s)
	// 98942c82:3: EXPIRE user:123 60 = 1 (0s)
}

func ExampleProfile() {
	var profile trace.Profile
	store := luastore.New(&luastore.Options{Trace: profile.Add})
	fill := luastore.NewScript("for i = 1, 3 do\n  redis.call('RPUSH', KEYS[1], i)\nend\nreturn redis.call('LLEN', KEYS[1])")
	fill.Run(context.Background(), store, []string{"list"})
	for _, line := range profile.Lines(fill.Hash()) {
		fmt.Printf("line %d: %d calls\n", line.Number, line.Calls)
	}
	// Output:
	// line 2: 3 calls
	// line 4: 1 calls
}
