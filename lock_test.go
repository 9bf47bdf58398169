package luastore

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
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
	if l.held() || got != 8*2000 {
		t.Errorf("held: %v, got %d times", l.held(), got)
	}
	t.Logf("%d times somebody gave up", gaveUp)
}

// TestLockOrder: those who wait are served in order, and one who gives up is
// passed over.
func TestLockOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLock()
		if err := l.acquire(ctx); err != nil {
			t.Fatal(err)
		}
		var order []int
		for i := range 5 {
			go func() {
				wait := ctx
				if i == 2 {
					var cancel context.CancelFunc
					wait, cancel = context.WithTimeout(ctx, time.Second)
					defer cancel()
				}
				if err := l.acquire(wait); err != nil {
					if i != 2 || !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("%d: %v", i, err)
					}
					return
				}
				order = append(order, i)
				l.release()
			}()
			synctest.Wait()
		}
		time.Sleep(2 * time.Second)
		l.release()
		synctest.Wait()
		if len(order) != 4 || order[0] != 0 || order[1] != 1 || order[2] != 3 || order[3] != 4 {
			t.Errorf("order %v; want 0 1 3 4", order)
		}
	})
}
