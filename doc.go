// Package luastore runs Redis Lua scripts atomically inside the process that
// calls it, against typed data in memory: no server, no socket, no goroutine that
// stays. A script that works on Redis 7 works here unchanged and answers the same.
//
//	var store luastore.Store // ready to use
//	n, err := store.Eval(ctx, `return redis.call('INCR', KEYS[1])`, []string{"visits"}).Int64()
//
// The nouns are few. A [Store] is data behind one lock: while a script or a
// command runs, nothing else does. A [Script] is a source and its SHA-1,
// compiled once and run many times; a [Bundle] is the scripts of a program, read
// from files and checked. A [Reply] is what a command or a script
// answers; its accessors have the names of go-redis's Cmd. An [Error] is an
// error reply, with the text that Redis would send. A [Session] is a caller
// who selects databases. A [Subscription] receives what is published. A
// [Scripter] is what runs scripts: a Store, or a real Redis or Valkey behind the
// same calls.
//
// Keys and arguments are strings of any bytes. Commands are those of Redis
// 7.0.15, as redis.call has them in scripts and [Store.Do] in Go.
package luastore
