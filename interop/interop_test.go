package interop

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/luastoretest"
)

// A client is one of the clients for Redis. Each method does what it says as the
// client's own documentation shows it.
type client interface {
	// script runs a script by its SHA-1, or else by its source.
	script(ctx context.Context, source string, keys []string, args ...string) (int64, error)
	// pipeline sends n times INCR at once.
	pipeline(ctx context.Context, key string, n int) ([]int64, error)
	// increment reads a number, calls between, and sets the number to one more in
	// a transaction. If somebody else has changed it, it says false.
	increment(ctx context.Context, key string, between func()) (bool, error)
	// subscribe gives the messages of a channel to f until the context ends, and
	// calls ready when it is subscribed.
	subscribe(ctx context.Context, channel string, ready func(), f func(message string)) error
	// pop waits a second at most for an element of a list.
	pop(ctx context.Context, list string) (string, error)
	// isNil says whether the error is how the client says nil.
	isNil(error) bool
	close()
}

var clients = map[string]func(testing.TB, *luastoretest.Store) client{
	"go-redis":  newGoRedis,
	"redigo":    newRedigo,
	"rueidis":   newRueidis,
	"valkey-go": newValkey,
}

// each tests with each of the clients, on a store with a clock that does not stand.
func each(t *testing.T, test func(t *testing.T, store *luastoretest.Store, c client)) {
	for name, connect := range clients {
		t.Run(name, func(t *testing.T) {
			store := newStore(t)
			c := connect(t, store)
			t.Cleanup(c.close)
			test(t, store, c)
		})
	}
}

func TestScript(t *testing.T) {
	each(t, func(t *testing.T, store *luastoretest.Store, c client) {
		const source = "return redis.call('INCRBY', KEYS[1], ARGV[1])"
		for i := range 3 {
			got, err := c.script(t.Context(), source, []string{"n"}, "5")
			if want := int64(i+1) * 5; got != want || err != nil {
				t.Errorf("the script returns %d, %v, want %d", got, err, want)
			}
		}
		_, err := c.script(t.Context(), "return redis.error_reply('MINE alone')", nil)
		if err == nil || err.Error() != "MINE alone" {
			t.Errorf("an error of the script: %v", err)
		}
		if _, err = c.script(t.Context(), "return false", nil); !c.isNil(err) {
			t.Errorf("nil: %v", err)
		}
	})
}

func TestPipeline(t *testing.T) {
	each(t, func(t *testing.T, store *luastoretest.Store, c client) {
		const n = 10_000
		got, err := c.pipeline(t.Context(), "n", n)
		var want []int64
		for i := range n {
			want = append(want, int64(i+1))
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

// No increment is lost, whoever else increments.
func TestTransaction(t *testing.T) {
	each(t, func(t *testing.T, store *luastoretest.Store, c client) {
		const workers, times = 8, 25
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for done := 0; done < times; {
					ok, err := c.increment(t.Context(), "n", func() {})
					if err != nil {
						t.Error(err)
						return
					}
					if ok {
						done++
					}
				}
			})
		}
		wg.Wait()
		if got, err := store.Do(t.Context(), "GET", "n").Int(); got != workers*times || err != nil {
			t.Errorf("after %d increments: %d, %v", workers*times, got, err)
		}
		ok, err := c.increment(t.Context(), "n", func() { store.Do(t.Context(), "SET", "n", 0) })
		if ok || err != nil {
			t.Errorf("a number that has changed was incremented: %v, %v", ok, err)
		}
	})
}

func TestSubscribe(t *testing.T) {
	each(t, func(t *testing.T, store *luastoretest.Store, c client) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		const n = 100
		var got, want []string
		err := c.subscribe(ctx, "news", func() {
			for i := range n {
				store.Do(ctx, "PUBLISH", "news", i)
				want = append(want, strconv.Itoa(i))
			}
		}, func(message string) {
			if got = append(got, message); len(got) == n {
				cancel()
			}
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func TestPop(t *testing.T) {
	each(t, func(t *testing.T, store *luastoretest.Store, c client) {
		const n = 20
		go func() {
			for i := range n {
				store.WaitBlocked(1)
				store.Do(t.Context(), "RPUSH", "list", i)
			}
		}()
		for i := range n {
			if got, err := c.pop(t.Context(), "list"); got != strconv.Itoa(i) || err != nil {
				t.Fatalf("popped %q, %v, want %d", got, err, i)
			}
		}
		begin := time.Now()
		if got, err := c.pop(t.Context(), "list"); !c.isNil(err) {
			t.Errorf("popped %q, %v from an empty list", got, err)
		}
		if took := time.Since(begin); took < 900*time.Millisecond {
			t.Errorf("did not wait for a second but %v", took)
		}
	})
}

// A cacher is a client that keeps what it has read until the server says that it
// has changed.
type cacher interface {
	// cached is GET, and says whether it asked nobody.
	cached(ctx context.Context, key string) (value string, hit bool, err error)
}

func TestCache(t *testing.T) {
	each(t, func(t *testing.T, store *luastoretest.Store, c client) {
		cache, ok := c.(cacher)
		if !ok {
			t.Skip("this client has no cache")
		}
		for i := range 20 {
			want := strconv.Itoa(i)
			store.Do(t.Context(), "SET", "k", i)
			// The server tells it while the client goes on reading.
			for end := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Microsecond) {
				got, _, err := cache.cached(t.Context(), "k")
				if err != nil {
					t.Fatal(err)
				}
				if got == want {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("the cache has %s, the store %s", got, want)
				}
			}
			if got, hit, err := cache.cached(t.Context(), "k"); got != want || !hit || err != nil {
				t.Errorf("read again: %s, %v, from the cache: %v", got, err, hit)
			}
		}
	})
}

// newStore returns a store whose clock is the system's, as clients' clocks are.
func newStore(t testing.TB) *luastoretest.Store {
	return luastoretest.New(t, &luastore.Options{Now: time.Now})
}
