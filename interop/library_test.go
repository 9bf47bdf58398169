package interop

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bsm/redislock"
	"github.com/go-redis/redis_rate/v10"
	"github.com/go-redsync/redsync/v4"
	redsyncredis "github.com/go-redsync/redsync/v4/redis"
	redsyncgoredis "github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis/rueidislock"

	"github.com/luastore/luastore/luastoretest"
	"github.com/luastore/luastore/redisconn"
)

// connect returns a go-redis client of the store.
func connect(t testing.TB, store *luastoretest.Store) *redis.Client {
	c := redis.NewClient(&redis.Options{Dialer: redisconn.Dialer(store.Store)})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestRedisRate(t *testing.T) {
	limiter := redis_rate.NewLimiter(connect(t, newStore(t)))
	limit := redis_rate.PerHour(10)
	for i := range 12 {
		r, err := limiter.Allow(t.Context(), "ann", limit)
		if err != nil {
			t.Fatal(err)
		}
		if i < 10 && (r.Allowed != 1 || r.Remaining != 9-i || r.RetryAfter != -1) {
			t.Errorf("request %d: %+v", i, r)
		}
		if i >= 10 && (r.Allowed != 0 || r.RetryAfter < 5*time.Minute || r.RetryAfter > 6*time.Minute) {
			t.Errorf("request %d of 10 an hour: %+v", i, r)
		}
	}
	if r, err := limiter.AllowAtMost(t.Context(), "bob", limit, 15); err != nil || r.Allowed != 10 {
		t.Errorf("15 at most: %+v, %v", r, err)
	}
	if err := limiter.Reset(t.Context(), "ann"); err != nil {
		t.Error(err)
	}
	if r, err := limiter.AllowN(t.Context(), "ann", limit, 10); err != nil || r.Allowed != 10 {
		t.Errorf("after Reset: %+v, %v", r, err)
	}
}

func TestRedislock(t *testing.T) {
	ctx := t.Context()
	locker := redislock.New(connect(t, newStore(t)))
	lock, err := locker.Obtain(ctx, "job", time.Minute, &redislock.Options{Metadata: "mine"})
	if err != nil {
		t.Fatal(err)
	}
	if lock.Metadata() != "mine" {
		t.Errorf("metadata: %q", lock.Metadata())
	}
	if _, err := locker.Obtain(ctx, "job", time.Minute, nil); err != redislock.ErrNotObtained {
		t.Errorf("twice: %v", err)
	}
	if err := lock.Refresh(ctx, time.Hour, nil); err != nil {
		t.Error(err)
	}
	if ttl, err := lock.TTL(ctx); err != nil || ttl <= time.Minute || ttl > time.Hour {
		t.Errorf("TTL: %v, %v", ttl, err)
	}
	if err := lock.Release(ctx); err != nil {
		t.Error(err)
	}
	if err := lock.Release(ctx); err != redislock.ErrLockNotHeld {
		t.Errorf("released twice: %v", err)
	}
	retry := &redislock.Options{RetryStrategy: redislock.LinearBackoff(time.Millisecond)}
	exclusive(t, func() (unlock func() error, err error) {
		lock, err := locker.Obtain(ctx, "job", time.Minute, retry)
		if err != nil {
			return nil, err
		}
		return func() error { return lock.Release(ctx) }, nil
	})
}

// exclusive tests that what lock locks is held by one at a time.
func exclusive(t *testing.T, lock func() (unlock func() error, err error)) {
	t.Helper()
	var held, count atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				unlock, err := lock()
				if err != nil {
					t.Error(err)
					return
				}
				if held.Add(1) != 1 {
					t.Error("two hold the lock")
				}
				count.Add(1)
				held.Add(-1)
				if err := unlock(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := count.Load(); n != 80 {
		t.Errorf("the lock was held %d times, not 80", n)
	}
}

// A lock on the majority of three stores, of which one fails.
func TestRedsync(t *testing.T) {
	var pools []redsyncredis.Pool
	var stores []*luastoretest.Store
	for range 3 {
		store := newStore(t)
		stores = append(stores, store)
		pools = append(pools, redsyncgoredis.NewPool(connect(t, store)))
	}
	rs := redsync.New(pools...)
	mutex := rs.NewMutex("job", redsync.WithExpiry(time.Minute))
	if err := mutex.Lock(); err != nil {
		t.Fatal(err)
	}
	var taken *redsync.ErrTaken
	if err := rs.NewMutex("job").TryLock(); !errors.As(err, &taken) {
		t.Errorf("twice: %v", err)
	}
	if ok, err := mutex.Extend(); !ok || err != nil {
		t.Errorf("Extend: %v, %v", ok, err)
	}
	if ok, err := mutex.Unlock(); !ok || err != nil {
		t.Errorf("Unlock: %v, %v", ok, err)
	}
	stores[0].Fail("SET", errors.New("out of order"))
	exclusive(t, func() (unlock func() error, err error) {
		mutex := rs.NewMutex("job", redsync.WithTries(10_000), redsync.WithRetryDelay(time.Millisecond))
		return func() error { _, err := mutex.Unlock(); return err }, mutex.Lock()
	})
}

// Locks that hear from the server when they are free.
func TestRueidislock(t *testing.T) {
	store := newStore(t)
	locker, err := rueidislock.NewLocker(rueidislock.LockerOption{ClientOption: rueidisOptions(store)})
	if err != nil {
		t.Fatal(err)
	}
	defer locker.Close()
	exclusive(t, func() (unlock func() error, err error) {
		_, cancel, err := locker.WithContext(t.Context(), "job")
		return func() error { cancel(); return nil }, err
	})
}

// A queue whose tasks fail at first, or come later, or may be there only once.
func TestAsynq(t *testing.T) {
	const tasks = 10_000
	store := newStore(t)
	redisClient := connect(t, store)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	var runs, done atomic.Int32
	all := make(chan struct{})
	server := asynq.NewServerFromRedisClient(redisClient, asynq.Config{
		Concurrency:              20,
		Queues:                   map[string]int{"critical": 3, "default": 1},
		RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return 0 },
		TaskCheckInterval:        10 * time.Millisecond,
		DelayedTaskCheckInterval: 10 * time.Millisecond,
		LogLevel:                 asynq.ErrorLevel,
	})
	err := server.Start(asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
		runs.Add(1)
		if retried, _ := asynq.GetRetryCount(ctx); task.Type() == "retried" && retried < 2 {
			return errors.New("not yet")
		}
		if done.Add(1) == tasks {
			close(all)
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown()

	client := asynq.NewClientFromRedisClient(redisClient)
	begin, wantRuns := time.Now(), 0
	for i := range tasks {
		kind, options := "plain", []asynq.Option{asynq.Retention(time.Hour)}
		switch wantRuns++; i % 10 {
		case 0:
			kind = "retried"
			wantRuns += 2
		case 1:
			kind = "scheduled"
			options = append(options, asynq.ProcessAt(begin.Add(2*time.Second)))
		case 2:
			kind = "unique"
			options = append(options, asynq.Unique(time.Hour), asynq.ProcessIn(time.Second))
		case 3:
			options = append(options, asynq.Queue("critical"))
		}
		task := asynq.NewTask(kind, fmt.Append(nil, i))
		if _, err := client.EnqueueContext(ctx, task, options...); err != nil {
			t.Fatal(err)
		}
		if kind == "unique" {
			if _, err := client.EnqueueContext(ctx, task, options...); !errors.Is(err, asynq.ErrDuplicateTask) {
				t.Fatalf("a task that is there already: %v", err)
			}
		}
	}
	select {
	case <-all:
	case <-ctx.Done():
		t.Fatalf("%d of %d tasks are done", done.Load(), tasks)
	}
	if n := int(runs.Load()); n != wantRuns {
		t.Errorf("handlers ran %d times, not %d", n, wantRuns)
	}
	inspector := asynq.NewInspectorFromRedisClient(redisClient)
	completed, failed := 0, 0
	for _, queue := range []string{"critical", "default"} {
		for {
			info, err := inspector.GetQueueInfo(queue)
			if err != nil {
				t.Fatal(err)
			}
			if info.Active == 0 || ctx.Err() != nil { // the last one is being marked as done
				completed += info.Completed
				failed += info.Failed
				break
			}
		}
	}
	if completed != tasks || failed != wantRuns-tasks {
		t.Errorf("%d tasks are completed, %d runs have failed; want %d, %d", completed, failed, tasks, wantRuns-tasks)
	}
}
