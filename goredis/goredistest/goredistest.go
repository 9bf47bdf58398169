// Package goredistest has go-redis clients of stores for tests.
package goredistest

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/luastore/luastore/goredis"
	"github.com/luastore/luastore/luastoretest"
)

// NewRedis returns a client of an empty store for the test, and closes it when the
// test ends. The store is one of [luastoretest.New]: its clock stands still until
// it is advanced, and its commands fail when told to.
//
//	client, store := goredistest.NewRedis(t)
//	code.Under(client).Test()
//	store.Advance(time.Minute)
func NewRedis(t testing.TB) (*redis.Client, *luastoretest.Store) {
	t.Helper()
	store := luastoretest.New(t, nil)
	client := goredis.NewClient(store.Store)
	t.Cleanup(func() { client.Close() })
	return client, store
}
