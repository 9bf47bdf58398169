package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/redisconn"
)

// BenchmarkClient is what go-redis takes on a Store, by a connection in memory, on
// a redis-server behind a Unix socket, and on miniredis: one small script, one
// GET, and a pipeline of 1,000 GETs.
//
//	go test -bench Client
func BenchmarkClient(b *testing.B) {
	ctx := b.Context()
	mini := miniredis.RunT(b)
	servers := []struct {
		name   string
		client *redis.Client
	}{
		{"luastore", redis.NewClient(&redis.Options{Dialer: redisconn.Dialer(new(luastore.Store))})},
		{"redis", serve(b)},
		{"miniredis", redis.NewClient(&redis.Options{Addr: mini.Addr()})},
	}
	for _, w := range []struct {
		name string
		run  func(ctx context.Context, c *redis.Client, sha string) error
	}{
		{"EVALSHA", func(ctx context.Context, c *redis.Client, sha string) error {
			return c.EvalSha(ctx, sha, []string{"n"}, 1).Err()
		}},
		{"GET", func(ctx context.Context, c *redis.Client, _ string) error {
			return c.Get(ctx, "k").Err()
		}},
		{"1000 GET", func(ctx context.Context, c *redis.Client, _ string) error {
			_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
				for range 1000 {
					p.Get(ctx, "k")
				}
				return nil
			})
			return err
		}},
	} {
		for _, s := range servers {
			b.Run(w.name+"/"+s.name, func(b *testing.B) {
				sha, err := s.client.ScriptLoad(ctx, "return redis.call('INCRBY', KEYS[1], ARGV[1])").Result()
				if err != nil {
					b.Fatal(err)
				}
				s.client.Set(ctx, "k", "value", 0)
				b.ReportAllocs()
				for b.Loop() {
					if err := w.run(ctx, s.client, sha); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	for _, s := range servers {
		s.client.Close()
	}
}

// serve starts a redis-server that ends with the benchmark.
func serve(b *testing.B) *redis.Client {
	server, client, err := startRedis(b.Context(), filepath.Join(b.TempDir(), "redis.sock"))
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	return client
}
