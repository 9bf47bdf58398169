package luastore_test

import (
	"context"
	"errors"
	"fmt"
	"testing/fstest"
	"time"

	"github.com/luastore/luastore"
)

// A rate limiter: at most 2 requests in a minute.
func Example() {
	limiter := luastore.NewScript(`
		local n = redis.call('INCR', KEYS[1])
		if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
		return n <= tonumber(ARGV[1]) and 1 or 0`)
	ctx := context.Background()
	var store luastore.Store
	for range 3 {
		allowed, err := limiter.Run(ctx, &store, []string{"user:123"}, 2, 60).Bool()
		fmt.Println(allowed, err)
	}
	// Output:
	// true <nil>
	// true <nil>
	// false <nil>
}

func ExampleStore_Do() {
	ctx := context.Background()
	var store luastore.Store
	store.Do(ctx, "SET", "greeting", "hello", "EX", 10)
	fmt.Println(store.Do(ctx, "GETRANGE", "greeting", 0, 3).Text())
	fmt.Println(store.Do(ctx, "TTL", "greeting").Int())
	_, err := store.Do(ctx, "GET", "missing").Text()
	fmt.Println(err == luastore.ErrNil)
	// Output:
	// hell <nil>
	// 10 <nil>
	// true
}

func ExampleStore_Eval() {
	ctx := context.Background()
	var store luastore.Store
	fmt.Println(store.Eval(ctx, "return {KEYS[1], ARGV[1] + ARGV[2]}", []string{"sum"}, 1, 2).Slice())
	// Output: [sum 3] <nil>
}

// A script is loaded once and then run by its SHA-1.
func ExampleStore_EvalSha() {
	ctx := context.Background()
	var store luastore.Store
	sha, err := store.ScriptLoad(ctx, "return redis.call('INCRBY', KEYS[1], ARGV[1])")
	fmt.Println(sha, err)
	fmt.Println(store.EvalSha(ctx, sha, []string{"n"}, 5).Int())
	fmt.Println(store.EvalSha(ctx, sha, []string{"n"}, 5).Int())
	fmt.Println(store.EvalSha(ctx, "0000000000000000000000000000000000000000", nil).Err())
	// Output:
	// 8cd00688c05c46bde4a2e60658ef20a2e5c0b248 <nil>
	// 5 <nil>
	// 10 <nil>
	// NOSCRIPT No matching script. Please use EVAL.
}

// An error that ended a script says where.
func ExampleError() {
	var store luastore.Store
	err := store.Eval(context.Background(), "local n\nreturn n + 1", nil).Err()
	var e *luastore.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code)
		fmt.Println(e.Message)
		fmt.Println("line", e.Line)
	}
	// Output:
	// ERR
	// user_script:2: attempt to perform arithmetic on local 'n' (a nil value) script: f6b9caedb31ba97a8b03bc1cb7962f0bc51deecc, on @user_script:2.
	// line 2
}

// A context ends a script that takes too long, whatever the script does.
func ExampleStore_timeout() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	var store luastore.Store
	err := store.Eval(ctx, "while true do pcall(error) end", nil).Err()
	fmt.Println(errors.Is(err, context.DeadlineExceeded))
	// Output: true
}

// With a clock of its own, a test need not wait for keys to expire.
func ExampleOptions() {
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	store := luastore.New(&luastore.Options{Now: func() time.Time { return now }})
	ctx := context.Background()
	store.Do(ctx, "SET", "session", "ann", "PX", 1500)
	now = now.Add(2 * time.Second)
	fmt.Println(store.Do(ctx, "EXISTS", "session").Bool())
	// Output: false <nil>
}

func ExampleSession() {
	ctx := context.Background()
	var store luastore.Store
	session := store.Session()
	session.Do(ctx, "SELECT", 1)
	session.Do(ctx, "SET", "k", "in database 1")
	fmt.Println(session.Do(ctx, "GET", "k").Text())
	fmt.Println(store.Do(ctx, "GET", "k").Err())
	// Output:
	// in database 1 <nil>
	// luastore: nil
}

// A transaction does nothing if a key that was read before has changed since.
func ExampleSession_Do() {
	ctx := context.Background()
	var store luastore.Store
	session := store.Session()
	store.Do(ctx, "SET", "seats", 2)
	for _, sold := range []bool{true, false} { // whether somebody else is faster
		session.Do(ctx, "WATCH", "seats")
		left, _ := session.Do(ctx, "GET", "seats").Int()
		if sold {
			store.Do(ctx, "DECR", "seats")
		}
		session.Do(ctx, "MULTI")
		session.Do(ctx, "SET", "seats", left-1)
		session.Do(ctx, "RPUSH", "guests", "ada")
		fmt.Println(session.Do(ctx, "EXEC").Slice())
	}
	// Output:
	// [] luastore: nil
	// [OK 1] <nil>
}

// OnEvent hears what happens to keys, in order.
func ExampleOptions_onEvent() {
	ctx := context.Background()
	store := luastore.New(&luastore.Options{OnEvent: func(e luastore.Event) {
		fmt.Println(e.Name, e.Key)
	}})
	store.Do(ctx, "SET", "job", "sweep")
	store.Eval(ctx, "redis.call('RPUSH', KEYS[2], redis.call('GETDEL', KEYS[1]))", []string{"job", "done"})
	// Output:
	// new job
	// set job
	// del job
	// new done
	// rpush done
}

func ExampleStore_Subscribe() {
	ctx := context.Background()
	var store luastore.Store
	news := store.Subscribe("news")
	defer news.Close()

	n, err := store.Eval(ctx, "return redis.call('PUBLISH', 'news', 'hello')", nil).Int()
	fmt.Println(n, "received it,", err)
	for m, err := range news.Messages(ctx) {
		fmt.Println(m.Channel, m.Payload, err)
		break
	}
	// Output:
	// 1 received it, <nil>
	// news hello <nil>
}

// Keyspace notifications are messages too.
func ExampleStore_PSubscribe() {
	ctx := context.Background()
	var store luastore.Store
	store.Do(ctx, "CONFIG", "SET", "notify-keyspace-events", "Kh")
	carts := store.PSubscribe("__keyspace@0__:cart:*")
	defer carts.Close()

	store.Do(ctx, "HSET", "cart:7", "apples", 3)
	m, err := carts.Receive(ctx)
	fmt.Println(m.Channel, m.Payload, err)
	// Output: __keyspace@0__:cart:7 hset <nil>
}

// Scripts in files, here of a map and mostly of an embed.FS, are checked before
// one of them runs.
func ExampleLoadFS() {
	file := func(source string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(source)} }
	scripts := fstest.MapFS{
		"visit.lua": file("local n = redis.call('INCR', KEYS[1])\nreturn n"),
		"leave.lua": file("local n = redis.call('DECRBY', KEYS[1])\nreturn m"),
	}
	_, err := luastore.LoadFS(scripts, "*.lua")
	fmt.Println(err)

	scripts["leave.lua"] = file("return redis.call('DECR', KEYS[1])")
	bundle, err := luastore.LoadFS(scripts, "*.lua")
	fmt.Println(err)
	var store luastore.Store
	fmt.Println(bundle.Get("visit.lua").Run(context.Background(), &store, []string{"visitors"}).Int64())
	// Output:
	// leave.lua:1: redis.call('DECRBY'): Wrong number of args calling Redis command from script
	// leave.lua:2: undeclared global 'm'
	// <nil>
	// 1 <nil>
}

// %+v tells where a script failed, and at what.
func ExampleLoadScript() {
	scripts := fstest.MapFS{"visit.lua": {Data: []byte("-- counts\nreturn redis.call('INCR', KEYS[1])")}}
	visit, err := luastore.LoadScript(scripts, "visit.lua")
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	var store luastore.Store
	store.Do(ctx, "SET", "visits", "many")
	fmt.Printf("%+v", visit.Run(ctx, &store, []string{"visits"}).Err())
	// Output:
	// ERR value is not an integer or out of range script: 7947d100db620bd085d508e3970e6bd332ad1b8f, on @user_script:2.
	// visit.lua:2:
	// 	return redis.call('INCR', KEYS[1])
	// command:
	// 	["INCR" "visits"]
	// traceback:
	// 	visit.lua:2: in main chunk
}

// Two commands and a script, of which none is done where one of them fails.
func ExampleStore_Update() {
	ctx := context.Background()
	var store luastore.Store
	store.Do(ctx, "SET", "ada", 10)

	const pay = `
		if redis.call('DECRBY', KEYS[1], ARGV[1]) < 0 then return redis.error_reply('POOR too little is left') end
		return redis.call('INCRBY', KEYS[2], ARGV[1])`
	for _, amount := range []int{7, 7} {
		err := store.Update(ctx, func(tx *luastore.Tx) error {
			tx.Do("RPUSH", "payments", amount)
			return tx.Eval(pay, []string{"ada", "grace"}, amount).Err()
		})
		fmt.Println(err)
	}
	fmt.Println(store.Do(ctx, "MGET", "ada", "grace").StringSlice())
	fmt.Println(store.Do(ctx, "LRANGE", "payments", 0, -1).StringSlice())
	// Output:
	// <nil>
	// POOR too little is left
	// [3 7] <nil>
	// [7] <nil>
}

// The writes of a script that fails can be undone too.
func ExampleRollback() {
	ctx := context.Background()
	store := luastore.New(&luastore.Options{Rollback: luastore.RollbackOnError})
	store.Eval(ctx, "redis.call('SET', 'k', 'v') error('no')", nil)
	fmt.Println(store.Do(ctx, "EXISTS", "k").Int())
	// Output: 0 <nil>
}
