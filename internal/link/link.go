// Package link leads from a connection into a Store, past the Store's exported
// methods.
package link

import (
	"context"
	"errors"

	"github.com/luastore/luastore/internal/command"
)

// Open connects a client to a *luastore.Store when it is the turn of the place.
// Aside is called before a command of the client does something that may wait for
// other connections. Package luastore sets Open.
var Open func(ctx context.Context, store any, place *Place, c *command.Client, aside func()) (Conn, error)

// LineOf returns the line of a *luastore.Store's connections. Package luastore
// sets it.
var LineOf func(store any) *Line

// Watched returns how many keys the sessions of a *luastore.Store watch. Package
// luastore sets it.
var Watched func(ctx context.Context, store any) int

// ErrFull is the error of Open where there are maxclients connections.
var ErrFull = errors.New(command.TooManyClients)

// A Conn is a Store as one connection sees it. It must not be used by several
// goroutines at once, but for RESP, which who pushes may ask, and Gone.
type Conn interface {
	// Do runs a command, when it is the turn of the place, and gives the reply to
	// answer, while nobody can push yet what comes after it. The command may keep
	// the words, but not the slice. If the command waits, there is no reply yet:
	// Wait must be called, and whoever brings the reply gives it to answer. A
	// context that ends stops a script. If it has ended, or the store is closed,
	// there may be no answer: the connection is about to end.
	Do(ctx context.Context, place *Place, words []string, answer func(command.Reply)) (waits bool)
	// Wait returns when answer has the reply, or the context ends, or the other
	// end is gone, and reports whether answer has the reply.
	Wait(ctx context.Context, answer func(command.Reply)) (answered bool)
	// Gone says that the other end is gone: when Gone returns, a command that waits
	// is not served any more, or it has been. It may be called while Wait runs, or
	// is about to.
	Gone()
	// RESP returns the version of the protocol that replies are to have.
	RESP() int
	// Limits returns the limits of requests.
	Limits() Limits
	// Rest must be called before the connection waits for more requests, where
	// command.ClientLimits.Evicts reports so: it may be time to evict a connection.
	Rest()
	// Close disconnects the client, when it is the turn of the place.
	Close(ctx context.Context, place *Place)
}

// Limits are how long a request may be.
type Limits struct {
	Bulk     int  // bytes of an argument
	Stranger bool // a password must be given before anything else
}
