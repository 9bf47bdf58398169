// Package goredis joins luastore and go-redis: a Store as a client of go-redis,
// and any client of go-redis, of a server, Sentinel or Cluster, as a
// luastore.Scripter.
package goredis

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/redisconn"
)

// NewClient returns a client of the store, with go-redis's defaults, by
// connections in memory. Close it after use.
func NewClient(store *luastore.Store) *redis.Client {
	return redis.NewClient(&redis.Options{Dialer: redisconn.Dialer(store)})
}

// Remote returns a Scripter that runs scripts where the client is connected to.
// Its replies and errors are those of a Store: nil is [luastore.ErrNil], an error
// reply a *[luastore.Error] with code and message; errors of the connection are
// go-redis's. On a cluster ScriptLoad loads the script on each master.
func Remote(client redis.UniversalClient) luastore.Scripter { return remote{client} }

type remote struct{ client redis.UniversalClient }

func (r remote) Eval(ctx context.Context, script string, keys []string, args ...any) luastore.Reply {
	return reply(r.client.Eval(ctx, script, keys, args...))
}

func (r remote) EvalRO(ctx context.Context, script string, keys []string, args ...any) luastore.Reply {
	return reply(r.client.EvalRO(ctx, script, keys, args...))
}

func (r remote) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) luastore.Reply {
	return reply(r.client.EvalSha(ctx, sha1, keys, args...))
}

func (r remote) EvalShaRO(ctx context.Context, sha1 string, keys []string, args ...any) luastore.Reply {
	return reply(r.client.EvalShaRO(ctx, sha1, keys, args...))
}

func (r remote) ScriptExists(ctx context.Context, hashes ...string) ([]bool, error) {
	known, err := r.client.ScriptExists(ctx, hashes...).Result()
	return known, luastoreError(err)
}

func (r remote) ScriptLoad(ctx context.Context, script string) (string, error) {
	sha, err := r.client.ScriptLoad(ctx, script).Result()
	return sha, luastoreError(err)
}

// reply returns the reply that go-redis has read.
func reply(cmd *redis.Cmd) luastore.Reply {
	v, err := cmd.Result()
	var failed redis.Error
	switch {
	case err == nil:
		return luastore.MakeReply(v, nil)
	case errors.Is(err, redis.Nil):
		return luastore.MakeReply(nil, nil)
	case errors.As(err, &failed):
		return luastore.MakeReply(error(failed), nil)
	}
	return luastore.MakeReply(nil, err)
}

// luastoreError returns an error reply as a Store has it.
func luastoreError(err error) error {
	var failed redis.Error
	if errors.As(err, &failed) {
		return luastore.MakeReply(error(failed), nil).Err()
	}
	return err
}
