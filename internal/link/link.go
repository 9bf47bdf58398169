// Package link leads from a connection into a Store, past the Store's exported
// methods.
package link

import (
	"context"
	"errors"

	"github.com/luastore/luastore/internal/command"
)

// Open connects a client to a *luastore.Store. Package luastore sets it.
var Open func(ctx context.Context, store any, c *command.Client) (Conn, error)

// Watched returns how many keys the sessions of a *luastore.Store watch. Package
// luastore sets it.
var Watched func(ctx context.Context, store any) int

// ErrFull is the error of Open where there are maxclients connections.
var ErrFull = errors.New(command.TooManyClients)

// A Conn is a Store as one connection sees it. It must not be used by several
// goroutines at once, but for RESP, which who pushes may ask.
type Conn interface {
	// Do runs a command and gives the reply to answer, while nobody can push yet
	// what comes after it. The command may keep the words, but not the slice. If
	// the command waits, there is no reply yet: Wait must be called, and whoever
	// brings the reply gives it to answer. A context that ends stops a script. If it
	// has ended, or the store is closed, there may be no answer: the connection
	// is about to end.
	Do(ctx context.Context, words []string, answer func(command.Reply)) (waits bool)
	// Wait returns when answer has the reply, or the context ends.
	Wait(ctx context.Context, answer func(command.Reply))
	// RESP returns the version of the protocol that replies are to have.
	RESP() int
	// Limits returns how many bytes an argument may have, and whether somebody
	// must give a password yet.
	Limits() (maxBulk int, stranger bool)
	// Rest must be called before the connection waits for more requests, where
	// command.ClientLimits.Evicts reports so: it may be time to evict a connection.
	Rest()
	// Close disconnects the client.
	Close()
}
