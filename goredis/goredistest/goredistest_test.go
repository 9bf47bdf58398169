package goredistest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/luastore/luastore/goredis/goredistest"
)

func TestNewRedis(t *testing.T) {
	ctx := t.Context()
	client, store := goredistest.NewRedis(t)
	if err := client.Set(ctx, "k", "v", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := client.Get(ctx, "k").Result(); got != "v" || err != nil {
		t.Errorf("GET: %q, %v", got, err)
	}
	store.Advance(61 * time.Second)
	if err := client.Get(ctx, "k").Err(); err != redis.Nil {
		t.Errorf("GET after its time: %v", err)
	}
	store.Fail("GET", errors.New("out of order")).Times(1)
	if err := client.Get(ctx, "k").Err(); err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("GET that is to fail: %v", err)
	}
	other, _ := goredistest.NewRedis(t)
	if n, err := other.DBSize(ctx).Result(); n != 0 || err != nil {
		t.Errorf("another store has %d keys, %v", n, err)
	}
}
