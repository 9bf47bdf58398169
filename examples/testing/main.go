// Testing is a small service with a test of its own (main_test.go): a login
// that locks an account for a quarter of an hour after three wrong passwords.
// In production its Scripter can be a real Redis; its test uses a Store with a
// clock that it sets.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/luastore/luastore"
)

// Logins counts wrong passwords.
type Logins struct {
	Scripts luastore.Scripter
}

const (
	maxFailures = 3
	lockedFor   = 15 * time.Minute
)

// failure counts a failure and returns how many more there may be.
var failure = luastore.NewScript(`
local failures = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return math.max(0, ARGV[1] - failures)
`)

var locked = luastore.NewScript(`
local failures = tonumber(redis.call('GET', KEYS[1]) or 0)
return failures >= tonumber(ARGV[1]) and 1 or 0
`)

// Failed notes a wrong password and returns how many tries are left.
func (l *Logins) Failed(ctx context.Context, user string) (int, error) {
	return failure.Run(ctx, l.Scripts, []string{"failures:" + user}, maxFailures, lockedFor.Milliseconds()).Int()
}

// Locked says whether the user's account is locked.
func (l *Logins) Locked(ctx context.Context, user string) (bool, error) {
	return locked.RunRO(ctx, l.Scripts, []string{"failures:" + user}, maxFailures).Bool()
}

func main() {
	ctx := context.Background()
	logins := &Logins{Scripts: new(luastore.Store)}
	for {
		left, err := logins.Failed(ctx, "ann")
		if err != nil {
			log.Fatal(err)
		}
		if left == 0 {
			fmt.Printf("wrong password; ann is locked out for %v\n", lockedFor)
			return
		}
		fmt.Printf("wrong password; %d more tries\n", left)
	}
}
