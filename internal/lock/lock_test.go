package luastore

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestLockExcludes: whoever has the lock has it alone, and who stops waiting
// leaves it to the others.
func TestLockExcludes(t *testing.T) {
	l := newLock()
	var all sync.WaitGroup
	inside, got, gaveUp := 0, 0, 0
	for g := range 8 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(g)))
			for range 2000 {
				wait, cancel := context.WithTimeout(ctx, time.Duration(r.IntN(50))*time.Microsecond)
				err := l.acquire(wait)
				if err != nil {
					cancel()
					if l.acquire(ctx) != nil {
						t.Error("gave up without reason")
					}
					gaveUp++
				}
				if inside++; inside != 1 {
					t.Errorf("%d are inside", inside)
				}
				got++
				inside--
				l.release()
				cancel()
			}
		})
	}
	all.Wait()
	if l.held.Load() || got != 8*2000 {
		t.Errorf("held: %v, got %d times", l.held.Load(), got)
	}
	t.Logf("%d times somebody gave up", gaveUp)
}

// TestLockServes: who waits gets the lock soon, though somebody else takes it
// again and again, and others give up.
func TestLockServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLock()
		if err := l.acquire(ctx); err != nil {
			t.Fatal(err)
		}
		var waiters sync.WaitGroup
		var served atomic.Int32
		for i := range 9 {
			waiters.Go(func() {
				wait, cancel := context.WithCancel(ctx)
				defer cancel()
				if i%3 == 0 {
					time.AfterFunc(time.Duration(i)*5*time.Millisecond, cancel)
				}
				if l.acquire(wait) == nil {
					served.Add(1)
					l.release()
				}
			})
		}
		turns := 0
		for served.Load() < 6 && turns < 100 {
			turns++
			time.Sleep(10 * time.Millisecond)
			l.release()
			l.acquire(ctx)
		}
		l.release()
		waiters.Wait()
		if turns > 20 {
			t.Errorf("after %d turns of somebody else, %d of 6 were served", turns, served.Load())
		}
	})
}
