package interop

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/luastore/luastore/luastoretest"
	"github.com/luastore/luastore/redisconn"
)

type goRedis struct{ *redis.Client }

func newGoRedis(_ testing.TB, store *luastoretest.Store) client {
	return goRedis{redis.NewClient(&redis.Options{Dialer: redisconn.Dialer(store.Store)})}
}

func (c goRedis) close()               { c.Close() }
func (c goRedis) isNil(err error) bool { return err == redis.Nil }

func (c goRedis) script(ctx context.Context, source string, keys []string, args ...string) (int64, error) {
	return redis.NewScript(source).Run(ctx, c, keys, args).Int64()
}

func (c goRedis) pipeline(ctx context.Context, key string, n int) ([]int64, error) {
	replies := make([]int64, n)
	cmds, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for range n {
			p.Incr(ctx, key)
		}
		return nil
	})
	for i, cmd := range cmds {
		replies[i] = cmd.(*redis.IntCmd).Val()
	}
	return replies, err
}

func (c goRedis) increment(ctx context.Context, key string, between func()) (bool, error) {
	err := c.Watch(ctx, func(tx *redis.Tx) error {
		n, err := tx.Get(ctx, key).Int64()
		if err != nil && err != redis.Nil {
			return err
		}
		between()
		_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, key, n+1, 0)
			return nil
		})
		return err
	}, key)
	if errors.Is(err, redis.TxFailedErr) {
		return false, nil
	}
	return err == nil, err
}

func (c goRedis) subscribe(ctx context.Context, channel string, ready func(), f func(string)) error {
	sub := c.Subscribe(ctx, channel)
	defer sub.Close()
	if _, err := sub.Receive(ctx); err != nil {
		return err
	}
	ready()
	messages := sub.Channel()
	for {
		select {
		case m := <-messages:
			f(m.Payload)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c goRedis) pop(ctx context.Context, list string) (string, error) {
	pair, err := c.BLPop(ctx, time.Second, list).Result()
	if err != nil {
		return "", err
	}
	return pair[1], nil
}
