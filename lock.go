package luastore

import (
	"context"
	"sync/atomic"
)

// A lock is a mutex for which one can stop to wait when a context ends. Those
// who wait get it in order: it is handed to the first, and is not free in
// between.
type lock struct {
	// state is 1 while the lock is held, and 2 more for each who waits and
	// whom nobody has chosen yet.
	state atomic.Int64
	next  chan struct{} // tells the chosen one
}

func newLock() *lock { return &lock{next: make(chan struct{}, 1)} }

func (l *lock) acquire(ctx context.Context) error {
	if l.state.CompareAndSwap(0, 1) {
		return nil
	}
	for {
		s := l.state.Load()
		if s == 0 {
			if l.state.CompareAndSwap(0, 1) {
				return nil
			}
		} else if l.state.CompareAndSwap(s, s+2) {
			break
		}
	}
	select {
	case <-l.next:
		return nil
	case <-ctx.Done():
	}
	for {
		s := l.state.Load()
		if s < 2 { // all who wait are chosen: this one too
			<-l.next
			l.release()
			return ctx.Err()
		}
		if l.state.CompareAndSwap(s, s-2) {
			return ctx.Err()
		}
	}
}

func (l *lock) release() {
	for {
		if l.state.CompareAndSwap(1, 0) {
			return
		}
		if s := l.state.Load(); s > 1 && l.state.CompareAndSwap(s, s-2) {
			l.next <- struct{}{}
			return
		}
	}
}

// held says whether somebody holds the lock.
func (l *lock) held() bool { return l.state.Load() != 0 }
