package main

import (
	"context"
	"testing"
	"time"

	"github.com/luastore/luastore"
)

func TestLockedAfterFailures(t *testing.T) {
	ctx := context.Background()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	store := luastore.New(&luastore.Options{Now: func() time.Time { return now }})
	logins := &Logins{Scripts: store}

	wantLocked := func(want bool) {
		t.Helper()
		if got, err := logins.Locked(ctx, "ann"); err != nil || got != want {
			t.Fatalf("at %v: Locked = %v, %v; want %v", now, got, err, want)
		}
	}
	for _, wantLeft := range []int{2, 1, 0} {
		wantLocked(false)
		if left, err := logins.Failed(ctx, "ann"); err != nil || left != wantLeft {
			t.Fatalf("Failed = %d, %v; want %d tries left", left, err, wantLeft)
		}
	}
	wantLocked(true)

	now = now.Add(lockedFor) // the last moment
	wantLocked(true)
	now = now.Add(time.Millisecond)
	wantLocked(false)
}

func Example() {
	main()
	// Output:
	// wrong password; 2 more tries
	// wrong password; 1 more tries
	// wrong password; ann is locked out for 15m0s
}
