// Package lock is a mutex for which one can stop to wait.
package lock

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// A Lock is a mutex for which one can stop to wait when a context ends. Who
// asks while it is free gets it at once, which serves all soonest; but nobody
// passes one who has waited for longer than maxWait.
type Lock struct {
	held    atomic.Bool
	waiting atomic.Int32  // how many wait,
	urgent  atomic.Int32  // and of them, for longer than maxWait
	wake    chan struct{} // tells one of them to look
	woken   atomic.Bool   // one was told, and has not looked yet
}

const (
	maxWait = time.Millisecond
	spins   = 50 // looks before waiting: most calls are that short
)

// New returns a Lock that is free.
func New() *Lock { return &Lock{wake: make(chan struct{}, 1)} }

// ErrInterrupted is the error of AcquireUnless when its channel was closed.
var ErrInterrupted = errors.New("lock: interrupted")

// Acquire takes the lock. If the context ends first, it returns the context's
// error.
func (l *Lock) Acquire(ctx context.Context) error { return l.AcquireUnless(ctx, nil) }

// AcquireUnless is like Acquire, but stops waiting and returns ErrInterrupted
// when the channel is closed.
func (l *Lock) AcquireUnless(ctx context.Context, interrupted <-chan struct{}) error {
	for range spins {
		if l.urgent.Load() == 0 && !l.held.Load() && l.held.CompareAndSwap(false, true) {
			return nil
		}
	}
	done := ctx.Done() // before the caller is counted: it may panic
	l.waiting.Add(1)
	defer l.waiting.Add(-1)
	begin, urgent := time.Now(), false
	for {
		if (urgent || l.urgent.Load() == 0) && l.held.CompareAndSwap(false, true) {
			if urgent {
				l.urgent.Add(-1)
			}
			return nil
		}
		if !l.held.Load() {
			l.wakeOne() // one who is urgent
		}
		select {
		case <-l.wake:
			l.woken.Store(false)
		case <-done:
			l.stopWaiting(urgent)
			return ctx.Err()
		case <-interrupted:
			l.stopWaiting(urgent)
			return ErrInterrupted
		}
		if !urgent && time.Since(begin) > maxWait {
			urgent = true
			l.urgent.Add(1)
		}
	}
}

// stopWaiting wakes another waiter, which may have waited for this one.
func (l *Lock) stopWaiting(urgent bool) {
	if urgent {
		l.urgent.Add(-1)
	}
	l.wakeOne()
}

// TryAcquire takes the lock if it is free and nobody waits urgently, and says
// whether it did.
func (l *Lock) TryAcquire() bool {
	return l.urgent.Load() == 0 && l.held.CompareAndSwap(false, true)
}

// Release gives the lock back.
func (l *Lock) Release() {
	l.held.Store(false)
	l.wakeOne()
}

// Held says whether somebody has the lock.
func (l *Lock) Held() bool { return l.held.Load() }

// wakeOne tells one of those who wait to look, unless one is about to.
func (l *Lock) wakeOne() {
	if l.waiting.Load() > 0 && l.woken.CompareAndSwap(false, true) {
		l.wake <- struct{}{}
	}
}
