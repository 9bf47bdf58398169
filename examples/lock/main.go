// Lock shows a lock that ends by itself: a key that only its holder's token
// can remove, and that expires if the holder is gone.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/luastore/luastore"
)

// unlock removes the lock only if it is still the caller's: after it expired,
// it may be somebody else's.
var unlock = luastore.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
`)

// acquire takes the lock for the holder of token, for at most ttl, and says
// whether it was free.
func acquire(ctx context.Context, store *luastore.Store, key, token string, ttl time.Duration) (bool, error) {
	err := store.Do(ctx, "SET", key, token, "NX", "PX", ttl.Milliseconds()).Err()
	if errors.Is(err, luastore.ErrNil) {
		return false, nil
	}
	return err == nil, err
}

// release gives the lock back, and says whether the holder of token had it.
func release(ctx context.Context, store *luastore.Store, key, token string) (bool, error) {
	return unlock.Run(ctx, store, []string{key}, token).Bool()
}

func main() {
	now := time.Now()
	store := luastore.New(&luastore.Options{Now: func() time.Time { return now }})
	if err := run(os.Stdout, store, func(d time.Duration) { now = now.Add(d) }); err != nil {
		log.Fatal(err)
	}
}

// run tells a story of two workers; wait lets time pass.
func run(w io.Writer, store *luastore.Store, wait func(time.Duration)) error {
	const (
		key = "lock:report"
		ttl = 30 * time.Second
	)
	ctx := context.Background()
	var failed error
	tell := func(done bool, err error, yes, no string) {
		switch {
		case err != nil:
			failed = errors.Join(failed, err)
		case done:
			fmt.Fprintln(w, yes)
		default:
			fmt.Fprintln(w, no)
		}
	}
	take := func(who string) {
		done, err := acquire(ctx, store, key, "token of "+who, ttl)
		tell(done, err, who+" takes the lock", who+" finds it locked")
	}
	give := func(who string) {
		done, err := release(ctx, store, key, "token of "+who)
		tell(done, err, who+" gives it back", who+" cannot give it back: it is not "+who+"'s")
	}
	take("ann")
	take("bob")
	give("bob")
	wait(ttl + time.Millisecond)
	fmt.Fprintf(w, "%v pass without a word of ann\n", ttl)
	take("bob")
	give("ann")
	give("bob")
	return failed
}
