module github.com/luastore/luastore

go 1.26

require (
	github.com/Shopify/go-lua v0.0.0-20250718183320-1e37f32ad7d0
	github.com/google/go-cmp v0.7.0
)
