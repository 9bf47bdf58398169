package luastore

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestVirtualTime: in a bubble of testing/synctest, keys expire and contexts
// end by its clock.
func TestVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Store
		must(t, s.Eval(ctx, "return redis.call('SET', KEYS[1], 'v', 'EX', 60)", []string{"k"}))
		time.Sleep(59 * time.Second)
		if got, err := s.Do(ctx, "TTL", "k").Int(); got != 1 || err != nil {
			t.Errorf("TTL after 59 s: %d, %v; want 1", got, err)
		}
		time.Sleep(time.Second + time.Millisecond)
		if err := s.Do(ctx, "GET", "k").Err(); !errors.Is(err, ErrNil) {
			t.Errorf("GET after 60 s: %v; want nil", err)
		}

		must(t, s.Do(ctx, "SET", "held", 1))
		if err := s.lock.acquire(ctx); err != nil {
			t.Fatal(err)
		}
		waiting, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		begin := time.Now()
		err := s.Do(waiting, "DEL", "held").Err()
		if waited := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || waited != time.Hour {
			t.Errorf("waiting for the lock: %v after %v; want the deadline exceeded after an hour", err, waited)
		}
		s.lock.release()
		if got, err := s.Do(ctx, "EXISTS", "held").Bool(); !got || err != nil {
			t.Error("the call that gave up waiting was done")
		}
	})
}
