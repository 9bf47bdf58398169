// Package luastoretest has Stores for tests: with a clock that the test sets,
// random numbers that are the same in each run, commands that fail or are slow
// when told to, and a look at all data that can be compared.
//
//	func TestLimiter(t *testing.T) {
//		store := luastoretest.New(t, nil)
//		limiter := NewLimiter(store) // takes a luastore.Scripter
//		…
//		store.Advance(time.Minute)
//		store.Fail("EVALSHA", io.EOF).Times(1)
//		…
//		luastoretest.Equal(t, luastoretest.Dump(t, store), luastoretest.Data{
//			0: {"limit:ann": {Value: "1", TTL: time.Minute}},
//		})
//	}
//
// # Time
//
// The clock of a Store begins at [Epoch] and moves only by [Store.Advance]. By it
// go: TTLs of keys and of fields, TIME, IDs of streams, idle times, and how long
// BLPOP and its like wait. By the system's clock go what is about the process:
// the deadlines of contexts, Options.ScriptTimeout and BusyReply, [Store.Delay],
// the times in SLOWLOG and of traces, and whatever a client does at its end of a
// connection, such as its timeouts and the times that it sends as arguments. In a
// bubble of package testing/synctest there is no such difference: give
// Options.Now the value time.Now and let the bubble's clock move everything.
package luastoretest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/internal/link"
)

// Epoch is the time at which the clocks of Stores begin.
var Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A Store is a [luastore.Store] of one test.
type Store struct {
	*luastore.Store

	t      testing.TB
	clock  *clock // nil: Options.Now has said another
	faults faults
}

// New returns an empty Store with the options; nil means none. What they leave
// out is that of tests: the clock, and random numbers that are the same in each
// run. With Options.Now the test has a clock of its own: there is no Advance
// then.
//
// When the test ends, and all that it deferred or gave to t.Cleanup after New has
// run, nothing may be left: no script that runs, no caller who waits, no
// subscription, no connection, no key that a Session watches. What is still there a
// second later is an error of the test.
func New(t testing.TB, options *luastore.Options) *Store {
	t.Helper()
	var o luastore.Options
	if options != nil {
		o = *options
	}
	s := &Store{t: t}
	if o.Now == nil && o.After == nil {
		s.clock = &clock{now: Epoch}
		o.Now, o.After = s.clock.Now, s.clock.After
	}
	if o.Rand == nil {
		o.Rand = rand.NewPCG(1, 2)
	}
	s.faults.next, o.Intercept = o.Intercept, s.faults.intercept
	s.Store = luastore.New(&o)
	t.Cleanup(s.check)
	return s
}

// Now returns the time of the Store's clock.
func (s *Store) Now() time.Time {
	s.t.Helper()
	return s.ownClock().Now()
}

// Advance moves the Store's clock. Keys and fields that are due then expire at
// once, with their events, and callers whose time is over stop waiting.
func (s *Store) Advance(d time.Duration) {
	s.t.Helper()
	s.ownClock().advance(d)
	session := s.Session()
	for db := range databases {
		s.must(session.Do(unfailing, "SELECT", db))
		s.must(session.Do(unfailing, "DBSIZE")) // counts, and so removes what has expired
	}
	s.clock.fire()
}

// databases is how many a Store has.
const databases = 16

func (s *Store) ownClock() *clock {
	s.t.Helper()
	if s.clock == nil {
		s.t.Fatal("luastoretest: the Store's clock is that of Options.Now")
	}
	return s.clock
}

func (s *Store) must(r luastore.Reply) {
	s.t.Helper()
	if err := r.Err(); err != nil {
		s.t.Fatal("luastoretest: ", err)
	}
}

// WaitBlocked waits until n callers wait in BLPOP, XREAD BLOCK and their like: a
// test calls it before it pushes what they wait for, or advances the clock.
func (s *Store) WaitBlocked(n int) {
	s.t.Helper()
	if !s.eventually(10*time.Second, func() bool { return s.clients("blocked_clients") == n }) {
		s.t.Fatalf("luastoretest: %d callers wait, not %d", s.clients("blocked_clients"), n)
	}
}

// eventually waits until ok, but no longer than most.
func (s *Store) eventually(most time.Duration, ok func() bool) bool {
	for end := time.Now().Add(most); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// clients returns a number that INFO has of clients.
func (s *Store) clients(name string) (n int) {
	info, _ := s.Do(unfailing, "INFO", "clients").Text()
	for line := range strings.Lines(info) {
		fmt.Sscanf(line, name+":%d", &n)
	}
	return n
}

// check fails the test if anything is left.
func (s *Store) check() {
	s.t.Helper()
	const patience = time.Second // of what ends with the test's context, say
	ctx, cancel := context.WithTimeout(unfailing, patience)
	defer cancel()
	switch err := s.Do(ctx, "PING").Err(); {
	case errors.Is(err, luastore.ErrClosed):
		return // with all that could be left
	case err != nil:
		s.t.Errorf("luastoretest: a script still runs at the end of the test")
		s.ScriptKill(unfailing)
		return
	}
	var left string
	s.eventually(patience, func() bool {
		left = s.left()
		return left == ""
	})
	if left != "" {
		s.t.Errorf("luastoretest: left at the end of the test: %s", left)
	}
}

// left says what there is that a test should have ended.
func (s *Store) left() string {
	var left []string
	add := func(n int, what string) {
		if n > 0 {
			left = append(left, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(s.clients("blocked_clients"), "callers who wait")
	add(s.clients("connected_clients"), "connections")
	for _, what := range []string{"CHANNELS", "SHARDCHANNELS"} {
		if names, _ := s.Do(unfailing, "PUBSUB", what).StringSlice(); len(names) > 0 {
			left = append(left, fmt.Sprintf("subscriptions to %q", names))
		}
	}
	patterns, _ := s.Do(unfailing, "PUBSUB", "NUMPAT").Int()
	add(patterns, "subscriptions to patterns")
	add(link.Watched(unfailing, s.Store), "keys that a Session watches")
	return strings.Join(left, ", ")
}
