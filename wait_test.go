package luastore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// waits are situations in which some wait and others, after them, bring data.
// What follows is what they leave.
var waits = []struct {
	reason  string
	before  []string
	waiters []string
	then    []string
}{
	{"the first to come is served", nil,
		[]string{"BLPOP l 1", "BRPOP l 1", "BLPOP l 1"},
		[]string{"RPUSH l a", "RPUSH l b", "LRANGE l 0 -1"}},
	{"one push serves several, and is complete before", nil,
		[]string{"BLPOP l 1", "BRPOP l 1"},
		[]string{"LPUSH l a b c d", "LRANGE l 0 -1"}},
	{"a script is complete before, and so it may take back what it brought", nil,
		[]string{"BLPOP a b 1", "BLPOP a b 1"},
		[]string{"EVAL redis.call('rpush','b','1')redis.call('rpush','a','2','3') 0",
			"EVAL redis.call('rpush','c','1')redis.call('del','c') 0", "LRANGE a 0 -1", "LRANGE b 0 -1"}},
	{"keys are served in the order in which they were made", nil,
		[]string{"BLPOP a b c 1"},
		[]string{"EVAL redis.call('rpush','c','1')redis.call('rpush','a','2') 0", "LRANGE a 0 -1", "EXISTS c"}},
	{"what is taken may serve others", nil,
		[]string{"BLMOVE a b LEFT RIGHT 1", "BRPOPLPUSH b c 1", "BLPOP c 1"},
		[]string{"RPUSH a x y", "LRANGE a 0 -1", "EXISTS b c"}},
	{"a list that goes round", nil,
		[]string{"BLMOVE a a LEFT RIGHT 1", "BLPOP a a 1", "BLPOP a 1"},
		[]string{"RPUSH a x y", "EXISTS a"}},
	{"BLMPOP takes many", nil,
		[]string{"BLMPOP 1 2 a b RIGHT COUNT 2", "BLMPOP 1 1 b LEFT COUNT 5"},
		[]string{"RPUSH b 1 2 3 4", "EXISTS b"}},
	{"another type does not serve, nor stand in the way", nil,
		[]string{"BLPOP a b 1"},
		[]string{"SET a v", "RPUSH b 1", "GET a"}},
	{"the element stays where it cannot go", nil,
		[]string{"BLMOVE a b LEFT LEFT 1", "BLPOP a 1"},
		[]string{"SET b v", "RPUSH a 1", "EXISTS a"}},
	{"a key may come from elsewhere: RENAME", []string{"RPUSH from a b", "SET l v"},
		[]string{"BLPOP m 1"},
		[]string{"RENAME from m", "LRANGE m 0 -1"}},
	{"COPY", []string{"RPUSH from a b"},
		[]string{"BLPOP l 1"},
		[]string{"COPY from l", "LRANGE l 0 -1"}},
	{"MOVE", []string{"SELECT 1", "RPUSH l a b", "SELECT 0"},
		[]string{"BLPOP l 1"},
		[]string{"SELECT 1", "MOVE l 0", "SELECT 0", "LRANGE l 0 -1"}},
	{"SWAPDB", []string{"SELECT 1", "RPUSH l a b", "SELECT 0"},
		[]string{"BLPOP l 1"},
		[]string{"SWAPDB 0 1", "LRANGE l 0 -1"}},
	{"SORT", []string{"RPUSH from b a"},
		[]string{"BLPOP l 1"},
		[]string{"SORT from ALPHA STORE l", "LRANGE l 0 -1"}},
	{"SORT onto another value does not serve", []string{"RPUSH from b a"},
		[]string{"BLPOP l 0.2"},
		[]string{"SET l v", "SORT from ALPHA STORE l", "LRANGE l 0 -1"}},
	{"each waits in its database", nil,
		[]string{"BLPOP l 0.2"},
		[]string{"SELECT 1", "RPUSH l a", "LRANGE l 0 -1"}},
	{"FLUSHALL does not serve", []string{"RPUSH m a"},
		[]string{"BLPOP l 0.2"},
		[]string{"FLUSHALL"}},
}

// TestWaits: whoever waits gets what Redis gives.
func TestWaits(t *testing.T) {
	server := transcript.StartRedis(t)
	for _, test := range waits {
		t.Run(test.reason, func(t *testing.T) {
			do := func(e transcript.Executor, lines []string) (replies []string) {
				for _, line := range lines {
					args := strings.Fields(line)
					if args[0] == "EVAL" {
						args = []string{"EVAL", strings.Join(args[1:len(args)-1], " "), "0"}
					}
					replies = append(replies, line+": "+strings.Join(transcript.Render(e.Do(args), transcript.Exact), " "))
				}
				return replies
			}
			// run lets each of the waiters wait, once the others before it do.
			run := func(e transcript.Executor, another func() transcript.Executor, waiting func(n int)) (replies []string) {
				do(e, test.before)
				got := make([]string, len(test.waiters))
				var all sync.WaitGroup
				for i := range test.waiters {
					w := another()
					all.Go(func() { got[i] = do(w, test.waiters[i:i+1])[0] })
					waiting(i + 1)
				}
				replies = do(e, test.then)
				all.Wait()
				return append(replies, got...)
			}

			server.Reset()
			want := run(server, func() transcript.Executor { return server.Connect() }, func(n int) {
				for !strings.Contains(server.Do([]string{"INFO", "clients"}).Str, fmt.Sprintf("\nblocked_clients:%d\r", n)) {
					time.Sleep(time.Millisecond)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				e := newExecutor().(*executor)
				got := run(e, func() transcript.Executor {
					other := &executor{session: e.session.store.Session()}
					other.Protocol(2)
					return other
				}, func(int) { synctest.Wait() })
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if n := e.session.store.db.Waiting(); n != 0 {
					t.Errorf("%d keys are still waited for", n)
				}
			})
		})
	}
}

// TestWaitEnds: a wait ends when it has to, and not before, and leaves nothing.
func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Store
		begin := time.Now()
		if r := s.Do(ctx, "BLPOP", "l", "1.5"); !errors.Is(r.Err(), ErrNil) || r.reply.Kind != command.NilArrayKind {
			t.Errorf("after its time it answers %v, %v", r.Val(), r.Err())
		}
		if waited := time.Since(begin); waited != 1500*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		for _, timeout := range []string{"0", "10", "9223372036854775"} {
			for _, do := range []func(context.Context, ...any) Reply{s.Do, s.Session().Do} {
				begin := time.Now()
				ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
				if r := do(ctx, "BLMOVE", "l", "m", "LEFT", "LEFT", timeout); !errors.Is(r.Err(), context.DeadlineExceeded) {
					t.Errorf("after the context's time it answers %v, %v", r.Val(), r.Err())
				}
				if waited := time.Since(begin); waited != 3*time.Second {
					t.Errorf("waited %v", waited)
				}
				cancel()
			}
		}
		must(t, s.Do(ctx, "RPUSH", "l", "stays"))
		if n, _ := s.Do(ctx, "LLEN", "l").Int(); n != 1 || s.db.Waiting() != 0 {
			t.Errorf("%d elements stay, %d keys are waited for", n, s.db.Waiting())
		}
	})
}

// TestWaitInScript: a script never waits.
func TestWaitInScript(t *testing.T) {
	var s Store
	r := s.Eval(ctx, "return redis.call('BLMPOP', '0', '1', 'l', 'LEFT')", nil)
	if !errors.Is(r.Err(), ErrNil) || s.db.Waiting() != 0 {
		t.Errorf("answers %v, %v", r.Val(), r.Err())
	}
}

// TestWaitLosesNothing: elements go to one waiter each, however many are
// waiting, giving up, or pushing at once.
func TestWaitLosesNothing(t *testing.T) {
	const producers, consumers, each = 4, 8, 500
	var s Store
	var all sync.WaitGroup
	got := make([][]string, consumers)
	for i := range consumers {
		all.Go(func() {
			for last := false; !last; {
				wait, cancel := context.WithTimeout(ctx, time.Duration(i)*50*time.Microsecond+50*time.Microsecond)
				r := s.Do(wait, "BLPOP", "l", "end", 0)
				cancel()
				if errors.Is(r.Err(), context.DeadlineExceeded) {
					continue
				}
				pair, err := r.StringSlice()
				if err != nil {
					t.Error(err)
					return
				}
				if last = pair[0] == "end"; !last {
					got[i] = append(got[i], pair[1])
				}
			}
		})
	}
	var pushing sync.WaitGroup
	for p := range producers {
		pushing.Go(func() {
			for i := range each {
				must(t, s.Do(ctx, "RPUSH", "l", p*each+i))
			}
		})
	}
	pushing.Wait()
	for range consumers {
		must(t, s.Do(ctx, "RPUSH", "end", "now"))
	}
	all.Wait()
	seen := map[string]bool{}
	for _, elems := range got {
		for _, elem := range elems {
			if seen[elem] {
				t.Errorf("%s was taken twice", elem)
			}
			seen[elem] = true
		}
	}
	if len(seen) != producers*each {
		t.Errorf("%d of %d arrived", len(seen), producers*each)
	}
}
