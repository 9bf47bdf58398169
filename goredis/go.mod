module github.com/luastore/luastore/goredis

go 1.26.0

replace github.com/luastore/luastore => ../

require (
	github.com/google/go-cmp v0.7.0
	github.com/luastore/luastore v0.0.0
	github.com/redis/go-redis/v9 v9.17.3
)

require (
	github.com/Shopify/go-lua v0.0.0-20250718183320-1e37f32ad7d0 // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f // indirect
)
