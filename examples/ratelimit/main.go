// Ratelimit limits a user to five requests in 60 seconds, with the script that
// Redis's documentation shows: a counter that expires with its window.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/luastore/luastore"
)

//go:embed limiter.lua
var source string

var limiter = luastore.NewScript(source)

func main() {
	if err := run(os.Stdout, new(luastore.Store)); err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer, store *luastore.Store) error {
	const (
		key    = "user:123"
		limit  = 5
		window = 60 // seconds
	)
	ctx := context.Background()
	fmt.Fprintf(w, "%s may make %d requests in %d seconds.\n\n", key, limit, window)
	for i := 1; i <= 7; i++ {
		allowed, err := limiter.Run(ctx, store, []string{key}, limit, window).Bool()
		if err != nil {
			return err
		}
		if allowed {
			fmt.Fprintf(w, "request %d: allowed\n", i)
		} else {
			fmt.Fprintf(w, "request %d: limited\n", i)
		}
	}
	left, err := store.Do(ctx, "TTL", key).Int()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nThe window ends in %d seconds.\n", left)
	return nil
}
