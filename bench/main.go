// Bench runs scripts as users write them on a Store, on a real Redis and on
// miniredis, side by side in one run, and prints what each takes. Times differ
// between machines and moments; the ratios are what counts.
//
//	go run . [-time 1s] [workload …]
//
// Redis is a redis-server on the PATH that the run starts itself, on a Unix
// socket. Its time inside the server is what INFO commandstats says of
// EVALSHA, requests being pipelined by 100: its best case. The round trips are
// what a Go program sees through go-redis, one request at a time. gopher-lua
// and go-lua are no Redis: they run only what calls no commands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

func main() {
	duration := flag.Duration("time", time.Second, "how long to measure each workload on each system")
	flag.Parse()
	log.SetFlags(0)
	if err := run(context.Background(), *duration, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, duration time.Duration, chosen []string) error {
	systems, stop, err := start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "workload\t")
	for _, s := range systems {
		fmt.Fprintf(w, "%s\t", s.name())
	}
	fmt.Fprintln(w, "allocations\tRedis inside ÷ luastore\t")
	for _, load := range workloads {
		if len(chosen) > 0 && !slices.Contains(chosen, load.name) {
			continue
		}
		fmt.Fprintf(w, "%s\t", load.name)
		var results []result
		for _, s := range systems {
			r, err := s.measure(ctx, load, duration)
			switch {
			case errors.Is(err, errNoCommands):
				fmt.Fprint(w, "–\t")
				continue
			case err != nil:
				return fmt.Errorf("%s on %s: %w", load.name, s.name(), err)
			}
			results = append(results, r)
			fmt.Fprintf(w, "%s\t", show(r.time))
		}
		fmt.Fprintf(w, "%.1f\t%.2f\t\n", results[0].allocations, results[1].time/results[0].time)
	}
	return w.Flush()
}

// show writes nanoseconds with three digits that count.
func show(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e4:
		return fmt.Sprintf("%.2f µs", ns/1e3)
	case ns < 1e5:
		return fmt.Sprintf("%.1f µs", ns/1e3)
	}
	return fmt.Sprintf("%.0f µs", ns/1e3)
}
