package command

import "github.com/luastore/luastore/internal/acl"

// A Session is who is calling: a connection, a script, or Go code. It belongs
// to one DB and, like that, must not be used concurrently.
type Session struct {
	// Selected is the number of the database that the commands work on.
	Selected int
	// RESP is the protocol version of the caller: 3, else 2. Only the commands
	// whose replies differ in more than kind look at it.
	RESP int
	// Script marks the session of a running script: rows flagged NoScript are
	// refused, and refusals have the texts that scripts get.
	Script bool
	// Update marks the session of a Tx, which commands that scripts cannot call
	// must not use, but for those that run scripts.
	Update bool
	// ReadOnly refuses commands that can write, also those of its scripts.
	ReadOnly bool
	// MayWait lets commands wait that are made for it: instead of answering that
	// there is nothing they leave a Waiter.
	MayWait bool
	// Meter counts the work of long commands, if it is not nil. It may end them
	// by a panic of its own.
	Meter Meter
	// Stateless refuses the commands that change the session (SELECT, MULTI).
	Stateless bool
	// Wrote says that a command that can write has run. Whoever wants to know
	// sets it to false before.
	Wrote bool

	// File is the name of the file of the script that the call runs, or "".
	File string
	// Given returns how many bytes of arguments the session's script was given: it
	// may store as much that does not count as its memory. It is set where what a
	// script stores is counted.
	Given func() int

	// Client is the connection whose session it is; nil: it is none's.
	Client *Client

	hooks  hooks
	user   *acl.User // nil: who may do everything
	caller *Session  // of a script: who runs it
	call   Call      // reused by each command of the session
	reply  Reply     // of the last command
	room   []Reply   // of a script: the elements of its last command's reply
	script scriptMemory
	waiter *Waiter

	transaction *transaction // nil: no key is watched, and MULTI was not called
	running     *transaction // by EXEC; nil: none
}

// Forget lets go of the last reply, which must not be used any more.
func (s *Session) Forget() {
	s.reply = Reply{}
	s.clearRoom()
}

// clearRoom lets go of the last reply's elements.
func (s *Session) clearRoom() {
	if len(s.room) > 0 {
		clear(s.room)
		s.room = s.room[:0]
	}
}

// A Meter counts work and memory, which somebody may have limited.
type Meter interface {
	// Tick counts n pieces of work, of some ten nanoseconds each.
	Tick(n int)
	// Alloc counts n bytes that are about to be allocated.
	Alloc(n int)
	// Hold counts n bytes that are kept until the turn ends.
	Hold(n int)
	// Check is Tick where nothing is to be counted.
	Check()
	// Done is closed when Check would end the call, if that can be known so.
	Done() <-chan struct{}
}
