// Package busy lets callers deal with a script that holds a store's lock: end
// it, ask about it, or run while it stands still.
//
// A script that runs for more than a moment publishes itself on the store's
// Board. Callers that find it there talk to it through channels, which the
// script looks at whenever it looks at its context.
package busy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luastore/luastore/internal/command"
)

// A Script is a script or function that has been running for a moment. Its
// fields do not change.
type Script struct {
	Function bool          // a function of a library, not a script
	Name     string        // of a function
	Command  []string      // how a function was called
	Engines  command.Reply // of a function: what FUNCTION STATS says of the libraries
	Debugged bool          // a client debugs it, for as long as that takes
	Began    time.Time

	kills  chan Kill
	guests chan chan struct{} // each closed when the guest has left
	over   chan struct{}      // closed when the script has ended
}

// A Kill is a caller's wish to end a Script.
type Kill struct {
	Function bool // by FUNCTION KILL, not SCRIPT KILL
	answer   chan error
}

// Answer tells the caller what has become of its wish. It must be called once.
func (k Kill) Answer(err error) { k.answer <- err }

// ErrOver is the error of a caller that comes when the script has ended.
var ErrOver = errors.New("the script has ended")

// Kill asks s to end and returns its answer.
func (s *Script) Kill(ctx context.Context, function bool) error {
	k := Kill{function, make(chan error, 1)}
	select {
	case s.kills <- k:
		return <-k.answer
	case <-s.over:
		return ErrOver
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Visit makes s stand still until the caller closes left.
func (s *Script) Visit(ctx context.Context) (left chan<- struct{}, err error) {
	c := make(chan struct{})
	select {
	case s.guests <- c:
		return c, nil
	case <-s.over:
		return nil, ErrOver
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Kills returns the channel of those who want to end s.
func (s *Script) Kills() <-chan Kill { return s.kills }

// Guests returns the channel of visitors. The script must stand still until the
// channel that it receives is closed.
func (s *Script) Guests() <-chan chan struct{} { return s.guests }

// A Board shows the script that is running. The zero Board is empty.
type Board struct {
	script atomic.Pointer[Script]

	mu        sync.Mutex
	published chan struct{} // closed by Publish; nil if nobody waits for that
}

// Publish shows s, which has just been made, until Withdraw.
func (b *Board) Publish(s *Script) {
	s.kills, s.guests, s.over = make(chan Kill), make(chan chan struct{}), make(chan struct{})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.script.Store(s)
	if b.published != nil {
		close(b.published)
		b.published = nil
	}
}

// Withdraw ends what Publish began. Without a script it does nothing.
func (b *Board) Withdraw() {
	if s := b.script.Load(); s != nil {
		b.script.Store(nil)
		close(s.over)
	}
}

// Script returns the script that is shown, or nil.
func (b *Board) Script() *Script { return b.script.Load() }

// Await returns the script that is shown or, if there is none, a channel that
// is closed when there is one.
func (b *Board) Await() (s *Script, published <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s = b.script.Load(); s != nil {
		return s, nil
	}
	if b.published == nil {
		b.published = make(chan struct{})
	}
	return nil, b.published
}
