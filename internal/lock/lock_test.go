package lock

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var ctx = context.Background()

// TestExcludes: whoever has the lock has it alone, and who stops waiting
// leaves it to the others.
func TestExcludes(t *testing.T) {
	l := New()
	var all sync.WaitGroup
	inside, got, gaveUp := 0, 0, 0
	for g := range 8 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(g)))
			for range 2000 {
				wait, cancel := context.WithTimeout(ctx, time.Duration(r.IntN(50))*time.Microsecond)
				err := l.Acquire(wait)
				if err != nil {
					cancel()
					if l.Acquire(ctx) != nil {
						t.Error("gave up without reason")
					}
					gaveUp++
				}
				if inside++; inside != 1 {
					t.Errorf("%d are inside", inside)
				}
				got++
				inside--
				l.Release()
				cancel()
			}
		})
	}
	all.Wait()
	if l.Held() || got != 8*2000 {
		t.Errorf("held: %v, got %d times", l.Held(), got)
	}
	t.Logf("%d times somebody gave up", gaveUp)
}

// TestAcquireUnless: a caller that is interrupted leaves the lock as it is.
func TestAcquireUnless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New()
		interrupted := make(chan struct{})
		if err := l.AcquireUnless(ctx, interrupted); err != nil {
			t.Errorf("a free lock was not taken: %v", err)
		}
		begin := time.Now()
		time.AfterFunc(time.Second, func() { close(interrupted) })
		if err := l.AcquireUnless(ctx, interrupted); err != ErrInterrupted || time.Since(begin) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		time.AfterFunc(time.Second, l.Release)
		if err := l.AcquireUnless(ctx, make(chan struct{})); err != nil || time.Since(begin) != 2*time.Second {
			t.Errorf("took no lock that was given back, after %v: %v", time.Since(begin), err)
		}
		ending, end := context.WithTimeout(ctx, time.Second)
		defer end()
		if err := l.AcquireUnless(ending, make(chan struct{})); err != context.DeadlineExceeded || time.Since(begin) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		l.Release()
		if !l.TryAcquire() {
			t.Error("nobody can take it any more")
		}
	})
}

// panicking is a context that cannot be waited for.
type panicking struct{ context.Context }

func (panicking) Done() <-chan struct{} { panic("no") }

// TestPanic: who panics does not keep others from the lock.
func TestPanic(t *testing.T) {
	l := New()
	l.Acquire(ctx)
	func() {
		defer func() { recover() }()
		l.Acquire(panicking{ctx})
		t.Error("it does not panic")
	}()
	if l.Release(); l.waiting.Load() != 0 || !l.TryAcquire() {
		t.Error("it still waits")
	}
}

// TestServes: who waits gets the lock soon, though somebody else takes it
// again and again, and others give up.
func TestServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New()
		if err := l.Acquire(ctx); err != nil {
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
				if l.Acquire(wait) == nil {
					served.Add(1)
					l.Release()
				}
			})
		}
		turns := 0
		for served.Load() < 6 && turns < 100 {
			turns++
			time.Sleep(10 * time.Millisecond)
			l.Release()
			l.Acquire(ctx)
		}
		l.Release()
		waiters.Wait()
		if turns > 20 {
			t.Errorf("after %d turns of somebody else, %d of 6 were served", turns, served.Load())
		}
	})
}
