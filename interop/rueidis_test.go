package interop

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/luastore/luastore/luastoretest"
	"github.com/luastore/luastore/redisconn"
)

type rueidisClient struct{ rueidis.Client }

func newRueidis(t testing.TB, store *luastoretest.Store) client {
	c, err := rueidis.NewClient(rueidisOptions(store))
	if err != nil {
		t.Fatal(err)
	}
	return rueidisClient{c}
}

func rueidisOptions(store *luastoretest.Store) rueidis.ClientOption {
	dial := redisconn.Dialer(store.Store)
	return rueidis.ClientOption{
		InitAddress: []string{"store:6379"},
		DialCtxFn: func(ctx context.Context, address string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
			return dial(ctx, "", address)
		},
	}
}

func (c rueidisClient) close()               { c.Close() }
func (c rueidisClient) isNil(err error) bool { return rueidis.IsRedisNil(err) }

func (c rueidisClient) script(ctx context.Context, source string, keys []string, args ...string) (int64, error) {
	return rueidis.NewLuaScript(source).Exec(ctx, c, keys, args).AsInt64()
}

func (c rueidisClient) pipeline(ctx context.Context, key string, n int) (replies []int64, err error) {
	var cmds rueidis.Commands
	for range n {
		cmds = append(cmds, c.B().Incr().Key(key).Build())
	}
	for _, r := range c.DoMulti(ctx, cmds...) {
		n, err := r.AsInt64()
		if err != nil {
			return nil, err
		}
		replies = append(replies, n)
	}
	return replies, nil
}

func (c rueidisClient) increment(ctx context.Context, key string, between func()) (ok bool, err error) {
	err = c.Dedicated(func(c rueidis.DedicatedClient) error {
		if err := c.Do(ctx, c.B().Watch().Key(key).Build()).Error(); err != nil {
			return err
		}
		n, err := c.Do(ctx, c.B().Get().Key(key).Build()).AsInt64()
		if err != nil && !rueidis.IsRedisNil(err) {
			return err
		}
		between()
		replies := c.DoMulti(ctx,
			c.B().Multi().Build(),
			c.B().Set().Key(key).Value(strconv.FormatInt(n+1, 10)).Build(),
			c.B().Exec().Build(),
		)
		err = replies[2].Error()
		if rueidis.IsRedisNil(err) {
			return nil
		}
		ok = err == nil
		return err
	})
	return ok, err
}

func (c rueidisClient) subscribe(ctx context.Context, channel string, ready func(), f func(string)) error {
	return c.Dedicated(func(c rueidis.DedicatedClient) error {
		ended := c.SetPubSubHooks(rueidis.PubSubHooks{
			OnMessage: func(m rueidis.PubSubMessage) { f(m.Message) },
		})
		if err := c.Do(ctx, c.B().Subscribe().Channel(channel).Build()).Error(); err != nil {
			return err
		}
		ready()
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

func (c rueidisClient) pop(ctx context.Context, list string) (string, error) {
	pair, err := c.Do(ctx, c.B().Blpop().Key(list).Timeout(1).Build()).AsStrSlice()
	if err != nil {
		return "", err
	}
	return pair[1], nil
}

func (c rueidisClient) cached(ctx context.Context, key string) (value string, hit bool, err error) {
	r := c.DoCache(ctx, c.B().Get().Key(key).Cache(), time.Minute)
	value, err = r.ToString()
	return value, r.IsCacheHit(), err
}
