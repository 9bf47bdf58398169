package interop

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/luastore/luastore/luastoretest"
	"github.com/luastore/luastore/redisconn"
)

type valkeyClient struct{ valkey.Client }

func newValkey(t testing.TB, store *luastoretest.Store) client {
	c, err := valkey.NewClient(valkeyOptions(store))
	if err != nil {
		t.Fatal(err)
	}
	return valkeyClient{c}
}

func valkeyOptions(store *luastoretest.Store) valkey.ClientOption {
	dial := redisconn.Dialer(store.Store)
	return valkey.ClientOption{
		InitAddress: []string{"store:6379"},
		DialCtxFn: func(ctx context.Context, address string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
			return dial(ctx, "", address)
		},
	}
}

func (c valkeyClient) close()               { c.Close() }
func (c valkeyClient) isNil(err error) bool { return valkey.IsValkeyNil(err) }

func (c valkeyClient) script(ctx context.Context, source string, keys []string, args ...string) (int64, error) {
	return valkey.NewLuaScript(source).Exec(ctx, c, keys, args).AsInt64()
}

func (c valkeyClient) pipeline(ctx context.Context, key string, n int) (replies []int64, err error) {
	var cmds valkey.Commands
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

func (c valkeyClient) increment(ctx context.Context, key string, between func()) (ok bool, err error) {
	err = c.Dedicated(func(c valkey.DedicatedClient) error {
		if err := c.Do(ctx, c.B().Watch().Key(key).Build()).Error(); err != nil {
			return err
		}
		n, err := c.Do(ctx, c.B().Get().Key(key).Build()).AsInt64()
		if err != nil && !valkey.IsValkeyNil(err) {
			return err
		}
		between()
		replies := c.DoMulti(ctx,
			c.B().Multi().Build(),
			c.B().Set().Key(key).Value(strconv.FormatInt(n+1, 10)).Build(),
			c.B().Exec().Build(),
		)
		err = replies[2].Error()
		if valkey.IsValkeyNil(err) {
			return nil
		}
		ok = err == nil
		return err
	})
	return ok, err
}

func (c valkeyClient) subscribe(ctx context.Context, channel string, ready func(), f func(string)) error {
	return c.Dedicated(func(c valkey.DedicatedClient) error {
		ended := c.SetPubSubHooks(valkey.PubSubHooks{
			OnMessage: func(m valkey.PubSubMessage) { f(m.Message) },
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

func (c valkeyClient) pop(ctx context.Context, list string) (string, error) {
	pair, err := c.Do(ctx, c.B().Blpop().Key(list).Timeout(1).Build()).AsStrSlice()
	if err != nil {
		return "", err
	}
	return pair[1], nil
}

func (c valkeyClient) cached(ctx context.Context, key string) (value string, hit bool, err error) {
	r := c.DoCache(ctx, c.B().Get().Key(key).Cache(), time.Minute)
	value, err = r.ToString()
	return value, r.IsCacheHit(), err
}
