package luastoretest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Fault is something that is wrong with a command. It is in force from when
// [Store.Fail] or [Store.Delay] returned it.
type Fault struct {
	in    *faults
	name  []string
	err   error
	delay time.Duration
	skip  int
	times int // still to come; negative: for ever
}

// Fail makes each call of the command answer err instead of running, wherever it
// comes from: Go, a connection, or a script, where redis.call raises it. The name
// is that of a command, in any case, "SCRIPT LOAD" of a subcommand, or "*" of all.
//
// An err that is a [luastore.Error] is the reply as it is; any other is the
// message of an ERR, and in Go what errors.Is finds. [luastore.Script.Run] calls
// EVALSHA, and then EVAL where that answers [luastore.ErrNoScript].
//
// Of several faults for a command all delays are waited for, and the first error
// counts.
func (s *Store) Fail(command string, err error) *Fault {
	return s.faults.add(&Fault{name: strings.Fields(command), err: err})
}

// Delay makes each call of the command last d longer, by the system's clock, or
// until its context ends, which is then its error. As on a Redis that is busy
// with a slow command, all other callers wait meanwhile.
func (s *Store) Delay(command string, d time.Duration) *Fault {
	return s.faults.add(&Fault{name: strings.Fields(command), delay: d})
}

// Times limits the fault to the next n calls.
func (f *Fault) Times(n int) *Fault {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	f.times = n
	return f
}

// Skip lets the next n calls of the command pass first.
func (f *Fault) Skip(n int) *Fault {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	f.skip = n
	return f
}

// Remove ends the fault.
func (f *Fault) Remove() {
	f.in.mu.Lock()
	defer f.in.mu.Unlock()
	f.in.all = slices.DeleteFunc(f.in.all, func(g *Fault) bool { return g == f })
}

// of says whether the fault is one of the command that args begin with.
func (f *Fault) of(args []string) bool {
	if len(f.name) == 1 && f.name[0] == "*" {
		return true
	}
	return len(f.name) <= len(args) && slices.EqualFunc(f.name, args[:len(f.name)], strings.EqualFold)
}

// happens counts a call, and says whether the fault happens in it.
func (f *Fault) happens() bool {
	switch {
	case f.skip > 0:
		f.skip--
		return false
	case f.times == 0:
		return false
	case f.times > 0:
		f.times--
	}
	return true
}

// faults are those of a Store.
type faults struct {
	next func(ctx context.Context, args []string) error // the test's own Intercept, or nil

	mu  sync.Mutex
	all []*Fault
}

func (fs *faults) add(f *Fault) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.in, f.times = fs, -1
	fs.all = append(fs.all, f)
	return f
}

// unfailing is the context of this package's own calls, in which no fault
// happens.
var unfailing = context.WithValue(context.Background(), unfailingKey{}, true)

type unfailingKey struct{}

// intercept is Options.Intercept.
func (fs *faults) intercept(ctx context.Context, args []string) error {
	if ctx.Value(unfailingKey{}) != nil {
		return nil
	}
	delay, err := fs.happening(args)
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err == nil && fs.next != nil {
		err = fs.next(ctx, args)
	}
	return err
}

// happening returns what happens in a call.
func (fs *faults) happening(args []string) (delay time.Duration, err error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.all {
		if f.of(args) && f.happens() {
			delay += f.delay
			if err == nil {
				err = f.err
			}
		}
	}
	return delay, err
}
