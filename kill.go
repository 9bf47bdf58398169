package luastore

import (
	"context"
	"time"

	"github.com/luastore/luastore/internal/command"
)

// Whoever kills a script must not wait for the lock that the script holds. A
// script that runs for more than a moment therefore makes itself known, and
// answers then and there who wants to kill it.

// An execution is a script or function that has been running for a moment. It
// does not change, but for its channels.
type execution struct {
	function  bool     // else a script
	name      string   // of the function,
	command   []string // and how it was called
	began     time.Time
	libraries command.Reply // what FUNCTION STATS says of them

	kills chan kill
	over  chan struct{} // closed when it has ended
}

// A kill is somebody's wish to end an execution.
type kill struct {
	function bool // else a script
	answer   chan command.Reply
}

// ScriptKill stops the script that is running, as SCRIPT KILL does: no pcall
// catches it. It does not wait for the script. If none is running the error is
// [ErrNotBusy], also in the first tenth of a millisecond; [ErrUnkillable] if it
// has written, and [ErrBusy] if a function is running.
func (s *Store) ScriptKill(ctx context.Context) error { return s.Do(ctx, "SCRIPT", "KILL").Err() }

// FunctionKill is [Store.ScriptKill] for functions, as FUNCTION KILL does it.
func (s *Store) FunctionKill(ctx context.Context) error { return s.Do(ctx, "FUNCTION", "KILL").Err() }

// listen makes the running program known and answers who wants to kill it; an
// error if it must end.
func (e *engine) listen() error {
	x := e.store.running.Load()
	if x == nil {
		x = &execution{function: e.program.noun == "function", name: e.program.name, command: append([]string(nil), e.called...),
			began: time.Now(), libraries: e.store.library.stats(), kills: make(chan kill), over: make(chan struct{})}
		e.store.running.Store(x)
	}
	select {
	case k := <-x.kills:
		switch {
		case e.session.Wrote:
			k.answer <- command.Err("UNKILLABLE Sorry the script already executed write commands against the dataset. " +
				"You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.")
		case k.function != x.function:
			k.answer <- x.busy()
		default:
			k.answer <- command.OK
			return ErrKilled
		}
	default:
	}
	return nil
}

// withdraw says that the execution, if there is one, is over.
func (s *Store) withdraw() {
	if x := s.running.Load(); x != nil {
		s.running.Store(nil)
		close(x.over)
	}
}

// busy is the reply to who cannot wait for x.
func (x *execution) busy() command.Reply {
	kind := "SCRIPT"
	if x.function {
		kind = "FUNCTION"
	}
	return command.Err("BUSY Redis is busy running a script. You can only call " + kind + " KILL or SHUTDOWN NOSAVE.")
}

const notBusy = "NOTBUSY No scripts in execution right now."

// nothingToKill is what SCRIPT KILL and FUNCTION KILL answer who has the lock.
func nothingToKill(*command.Call) command.Reply { return command.Err(notBusy) }

// meanwhile answers the commands that do not wait for x to end; ok is false for
// others.
func (s *Store) meanwhile(ctx context.Context, x *execution, words []string) (r Reply, ok bool) {
	cmd := commands.Lookup(words)
	if cmd == nil || len(words) != 2 {
		return r, false
	}
	switch cmd.Name {
	case "script|kill":
		return x.end(ctx, false), true
	case "function|kill":
		return x.end(ctx, true), true
	case "function|stats":
		return Reply{reply: x.stats()}, true
	}
	return r, false
}

// end asks x to end.
func (x *execution) end(ctx context.Context, function bool) Reply {
	if ctx == nil {
		return Reply{err: errNilContext}
	}
	k := kill{function, make(chan command.Reply, 1)}
	select {
	case x.kills <- k:
		return Reply{reply: <-k.answer}
	case <-x.over:
		return Reply{reply: command.Err(notBusy)}
	case <-ctx.Done():
		return Reply{err: ctx.Err()}
	}
}

// stats is what FUNCTION STATS answers while x is running.
func (x *execution) stats() command.Reply {
	if !x.function {
		return x.busy()
	}
	running := command.Map(
		command.Bulk("name"), command.Bulk(x.name),
		command.Bulk("command"), command.Bulks(x.command...),
		command.Bulk("duration_ms"), command.Int(time.Since(x.began).Milliseconds()))
	return command.Map(command.Bulk("running_script"), running, command.Bulk("engines"), x.libraries)
}

// acquireFor is acquire for a command, which Options.BusyReply may end.
func (s *Store) acquireFor(ctx context.Context, words []string) error {
	threshold := s.options.BusyReply
	if threshold <= 0 || ctx == nil {
		return s.acquire(ctx)
	}
	if cmd := commands.Lookup(words); cmd != nil && cmd.Flags&command.AllowBusy != 0 {
		return s.acquire(ctx)
	}
	for {
		patience := threshold
		if x := s.running.Load(); x != nil {
			if patience -= time.Since(x.began); patience <= 0 {
				return newError(x.busy().Str)
			}
		}
		attempt, cancel := context.WithTimeout(ctx, patience)
		err := s.acquire(attempt)
		cancel()
		if err == nil {
			s.ctx = ctx
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
