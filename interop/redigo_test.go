package interop

import (
	"context"
	"testing"

	"github.com/gomodule/redigo/redis"

	"github.com/luastore/luastore/luastoretest"
	"github.com/luastore/luastore/redisconn"
)

type redigo struct{ *redis.Pool }

func newRedigo(_ testing.TB, store *luastoretest.Store) client {
	return redigo{&redis.Pool{DialContext: func(ctx context.Context) (redis.Conn, error) {
		return redis.DialContext(ctx, "", "", redis.DialContextFunc(redisconn.Dialer(store.Store)))
	}}}
}

func (c redigo) close()               { c.Close() }
func (c redigo) isNil(err error) bool { return err == redis.ErrNil }

func (c redigo) script(_ context.Context, source string, keys []string, args ...string) (int64, error) {
	conn := c.Get()
	defer conn.Close()
	words := redis.Args{}.AddFlat(keys).AddFlat(args)
	return redis.Int64(redis.NewScript(len(keys), source).Do(conn, words...))
}

func (c redigo) pipeline(_ context.Context, key string, n int) ([]int64, error) {
	conn := c.Get()
	defer conn.Close()
	for range n {
		conn.Send("INCR", key)
	}
	return redis.Int64s(conn.Do(""))
}

func (c redigo) increment(_ context.Context, key string, between func()) (bool, error) {
	conn := c.Get()
	defer conn.Close()
	if _, err := conn.Do("WATCH", key); err != nil {
		return false, err
	}
	n, err := redis.Int64(conn.Do("GET", key))
	if err != nil && err != redis.ErrNil {
		return false, err
	}
	between()
	conn.Send("MULTI")
	conn.Send("SET", key, n+1)
	done, err := conn.Do("EXEC")
	return done != nil, err
}

func (c redigo) subscribe(ctx context.Context, channel string, ready func(), f func(string)) error {
	conn := redis.PubSubConn{Conn: c.Get()}
	defer conn.Close()
	if err := conn.Subscribe(channel); err != nil {
		return err
	}
	for {
		switch m := conn.ReceiveContext(ctx).(type) {
		case redis.Subscription:
			ready()
		case redis.Message:
			f(string(m.Data))
		case error:
			return m
		}
	}
}

func (c redigo) pop(_ context.Context, list string) (string, error) {
	conn := c.Get()
	defer conn.Close()
	pair, err := redis.Strings(conn.Do("BLPOP", list, 1))
	if err != nil {
		return "", err
	}
	return pair[1], nil
}
