package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/luastore/luastore"
)

// A system runs a workload.
type system interface {
	name() string
	measure(ctx context.Context, w workload, d time.Duration) (result, error)
}

// result is what one call takes.
type result struct {
	time        float64 // nanoseconds
	allocations float64 // where it can be told
}

// start starts the systems, luastore first, Redis's inside second.
func start(ctx context.Context) (systems []system, stop func(), err error) {
	dir, err := os.MkdirTemp("", "luastore-bench")
	if err != nil {
		return nil, nil, err
	}
	server, client, err := startRedis(ctx, filepath.Join(dir, "redis.sock"))
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	mini := miniredis.NewMiniRedis()
	if err := mini.Start(); err != nil {
		return nil, nil, err
	}
	miniClient := redis.NewClient(&redis.Options{Addr: mini.Addr()})
	stop = func() {
		miniClient.Close()
		mini.Close()
		client.Close()
		server.Process.Kill()
		server.Wait()
		os.RemoveAll(dir)
	}
	return []system{
		store{},
		inside{client},
		roundTrip{"Redis, round trip", client},
		roundTrip{"miniredis, round trip", miniClient},
		gopherLua{},
		goLua{},
	}, stop, nil
}

func startRedis(ctx context.Context, socket string) (*exec.Cmd, *redis.Client, error) {
	server := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no")
	if err := server.Start(); err != nil {
		return nil, nil, fmt.Errorf("redis-server is needed: %w", err)
	}
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	var err error
	for range 100 {
		if err = client.Ping(ctx).Err(); err == nil {
			return server, client, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	server.Process.Kill()
	server.Wait()
	return nil, nil, err
}

// repeat calls f, with a counter, again and again for the time d after a tenth
// of it to warm up, and returns what a call takes. Each call counts as n.
func repeat(d time.Duration, n int, f func(i int) error) (result, error) {
	i := 0
	loop := func(d time.Duration) (calls int, spent time.Duration, err error) {
		for begin := time.Now(); spent < d; spent = time.Since(begin) {
			for range 16 {
				if err := f(i); err != nil {
					return 0, 0, err
				}
				i++
				calls += n
			}
		}
		return calls, spent, nil
	}
	if _, _, err := loop(d / 10); err != nil {
		return result{}, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	calls, spent, err := loop(d)
	runtime.ReadMemStats(&after)
	return result{
		time:        float64(spent.Nanoseconds()) / float64(calls),
		allocations: float64(after.Mallocs-before.Mallocs) / float64(calls),
	}, err
}

// store is luastore, through its public methods.
type store struct{}

func (store) name() string { return "luastore" }

func (store) measure(ctx context.Context, w workload, d time.Duration) (result, error) {
	var s luastore.Store
	if w.before != nil {
		if err := s.Do(ctx, w.before()...).Err(); err != nil {
			return result{}, err
		}
	}
	sha, err := s.ScriptLoad(ctx, w.source())
	if err != nil {
		return result{}, err
	}
	keys := w.keyLists()
	return repeat(d, 1, func(i int) error {
		return s.EvalSha(ctx, sha, keys[i%len(keys)], w.args(i)...).Err()
	})
}

// roundTrip is a server behind go-redis, one request at a time.
type roundTrip struct {
	title  string
	client *redis.Client
}

func (s roundTrip) name() string { return s.title }

func (s roundTrip) measure(ctx context.Context, w workload, d time.Duration) (result, error) {
	sha, err := prepare(ctx, s.client, w)
	if err != nil {
		return result{}, err
	}
	keys := w.keyLists()
	return repeat(d, 1, func(i int) error {
		return s.client.EvalSha(ctx, sha, keys[i%len(keys)], w.args(i)...).Err()
	})
}

func prepare(ctx context.Context, client *redis.Client, w workload) (sha string, err error) {
	if err := client.FlushAll(ctx).Err(); err != nil {
		return "", err
	}
	if w.before != nil {
		if err := client.Do(ctx, w.before()...).Err(); err != nil {
			return "", err
		}
	}
	return client.ScriptLoad(ctx, w.source()).Result()
}

// inside is a Redis server as it sees itself.
type inside struct{ client *redis.Client }

func (inside) name() string { return "Redis, inside" }

func (s inside) measure(ctx context.Context, w workload, d time.Duration) (result, error) {
	const batch = 100
	sha, err := prepare(ctx, s.client, w)
	if err != nil {
		return result{}, err
	}
	keys := w.keyLists()
	if err := s.client.ConfigResetStat(ctx).Err(); err != nil {
		return result{}, err
	}
	if _, err := repeat(d, batch, func(i int) error {
		pipe := s.client.Pipeline()
		for j := range batch {
			call := i*batch + j
			pipe.EvalSha(ctx, sha, keys[call%len(keys)], w.args(call)...)
		}
		_, err := pipe.Exec(ctx)
		return err
	}); err != nil {
		return result{}, err
	}
	info, err := s.client.Info(ctx, "commandstats").Result()
	if err != nil {
		return result{}, err
	}
	m := regexp.MustCompile(`cmdstat_evalsha:.*usec_per_call=([0-9.]+)`).FindStringSubmatch(info)
	if m == nil {
		return result{}, fmt.Errorf("no EVALSHA in commandstats")
	}
	usec, err := strconv.ParseFloat(m[1], 64)
	return result{time: usec * 1e3}, err
}
