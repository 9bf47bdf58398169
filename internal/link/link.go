// Package link leads from a connection into a Store, past the Store's exported
// methods.
package link

import (
	"context"

	"github.com/luastore/luastore/internal/command"
)

// Open connects a client to a *luastore.Store. Package luastore sets it.
var Open func(ctx context.Context, store any, c *command.Client) (Conn, error)

// A Conn is a Store as one connection sees it. It must not be used by several
// goroutines at once.
type Conn interface {
	// Do runs a command, waits if the command waits, and gives the reply to
	// answer, while nobody can push yet what comes after it. The command may keep
	// the words, but not the slice. A context that ends cuts a wait or a script
	// short.
	Do(ctx context.Context, words []string, answer func(command.Reply))
	// RESP returns the version of the protocol that the replies are to have.
	RESP() int
	// Close disconnects the client.
	Close()
}
