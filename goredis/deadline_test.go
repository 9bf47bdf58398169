package goredis

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/redisconn"
)

// A BLPop whose context ends closes its connection, and what is pushed afterwards
// is not lost, whoever pushes it.
func TestDeadline(t *testing.T) {
	const rounds = 300
	store := new(luastore.Store)
	client := closed(t, redis.NewClient(&redis.Options{Dialer: redisconn.Dialer(store), ContextTimeoutEnabled: true, MaxRetries: -1}))
	for name, push := range map[string]func(ctx context.Context) error{
		"client": func(ctx context.Context) error { return client.RPush(ctx, "l", "x").Err() },
		"Store":  func(ctx context.Context) error { return store.Do(ctx, "RPUSH", "l", "x").Err() },
	} {
		lost := 0
		for range rounds {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Microsecond)
			if got, err := client.BLPop(ctx, 0, "l").Result(); err == nil {
				t.Fatalf("BLPop returns %q", got)
			}
			cancel()
			if err := push(t.Context()); err != nil {
				t.Fatal(err)
			}
			n, err := client.Del(t.Context(), "l").Result()
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("of %d elements that a %s pushed %d were lost", rounds, name, lost)
		}
	}
}
