package main

import (
	"os"
	"time"

	"github.com/luastore/luastore"
)

func Example() {
	start := time.Now()
	store := luastore.New(&luastore.Options{Now: func() time.Time { return start }})
	if err := run(os.Stdout, store); err != nil {
		panic(err)
	}
	// Output:
	// user:123 may make 5 requests in 60 seconds.
	//
	// request 1: allowed
	// request 2: allowed
	// request 3: allowed
	// request 4: allowed
	// request 5: allowed
	// request 6: limited
	// request 7: limited
	//
	// The window ends in 60 seconds.
}
