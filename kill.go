package luastore

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/luastore/luastore/internal/busy"
	"github.com/luastore/luastore/internal/command"
)

// A caller that wants to kill a script must not wait for the lock that the
// script holds. A script that runs for more than a moment therefore publishes
// itself on the store's board, and answers there callers that want to kill it.
// It also stands still for callers that do not wait for its end, which are told
// that the store is busy.

// ScriptKill stops the script that is running, as SCRIPT KILL does: no pcall
// catches it, and what it has written is undone. It does not wait for the script.
// If no script is running the error is [ErrNotBusy], and [ErrBusy] if a function
// is running. Under [RollbackNever] it is [ErrUnkillable] if the script has
// written.
func (s *Store) ScriptKill(ctx context.Context) error { return s.Do(ctx, "SCRIPT", "KILL").Err() }

// FunctionKill is [Store.ScriptKill] for functions, as FUNCTION KILL does it.
func (s *Store) FunctionKill(ctx context.Context) error { return s.Do(ctx, "FUNCTION", "KILL").Err() }

// listen publishes the running program and answers callers that want to kill it.
// It returns an error if the program must end.
func (e *engine) listen() error {
	x := e.publish()
	select {
	case k := <-x.Kills():
		return e.killed(x, k)
	case left := <-x.Guests():
		<-left
	default:
	}
	return nil
}

// publish shows the running program on the store's board, once.
func (e *engine) publish() *busy.Script {
	board := &e.store.board
	x := board.Script()
	if x == nil {
		x = &busy.Script{Debugged: e.debugger != nil, Began: time.Now()}
		if e.run.program.noun == "function" {
			x.Function, x.Name, x.Command = true, e.run.program.name, slices.Clone(e.run.call.Args())
			x.Engines = e.store.library.stats()
		}
		board.Publish(x)
		e.store.line.Alarm()
	}
	return x
}

// killed answers a caller that wants to kill x, the running program. It returns
// an error if the program must end.
func (e *engine) killed(x *busy.Script, k busy.Kill) error {
	switch {
	case e.session.Wrote && e.store.options.Rollback == RollbackNever && !e.debugger.drops():
		k.Answer(errUnkillable)
	case k.Function != x.Function:
		k.Answer(newError(busyText(x)))
	default:
		k.Answer(nil)
		return ErrKilled
	}
	return nil
}

var (
	errUnkillable = newError("UNKILLABLE Sorry the script already executed write commands against the dataset. " +
		"You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.")
	errNotBusy = newError("NOTBUSY No scripts in execution right now.")
)

// busyText is the error of calls that do not wait for x.
func busyText(x *busy.Script) string {
	kind := "SCRIPT"
	if x.Function {
		kind = "FUNCTION"
	}
	return "BUSY Redis is busy running a script. You can only call " + kind + " KILL or SHUTDOWN NOSAVE."
}

// nothingToKill is SCRIPT KILL and FUNCTION KILL for a caller that has the lock.
func nothingToKill(*command.Call) command.Reply { return command.Err(errNotBusy.text) }

// kill is SCRIPT KILL or FUNCTION KILL while x is running.
func kill(ctx context.Context, x *busy.Script, function bool) Reply {
	err := x.Kill(ctx, function)
	var refused *Error
	switch {
	case err == nil:
		return Reply{reply: command.OK}
	case err == busy.ErrOver:
		return Reply{reply: command.Err(errNotBusy.text)}
	case errors.As(err, &refused):
		return Reply{reply: command.Err(refused.text)}
	}
	return Reply{err: err}
}

// statsBeside is FUNCTION STATS while x is running.
func statsBeside(x *busy.Script) Reply {
	if !x.Function {
		return Reply{reply: command.Err(busyText(x))}
	}
	running := command.Map(
		command.Bulk("name"), command.Bulk(x.Name),
		command.Bulk("command"), command.Bulks(x.Command...),
		command.Bulk("duration_ms"), command.Int(time.Since(x.Began).Milliseconds()))
	return Reply{reply: command.Map(command.Bulk("running_script"), running, command.Bulk("engines"), x.Engines)}
}

// patience returns how long a script may run, in nanoseconds, before Do does not
// wait for its end any more; 0 means for ever, which holds unless CONFIG SET or
// Options.BusyReply say otherwise.
func (s *Store) patience() int64 {
	n := s.db.BusyReply.Load()
	if s.options.BusyReply <= 0 && n == int64(command.DefaultBusyReply) {
		return 0
	}
	return n
}

// A guest is a call that runs while a script stands still for it. Most commands
// are rejected then.
type guest struct {
	left chan<- struct{} // to be closed
	host context.Context // of the script's call
}

// visit makes the call the guest of x, unless x is over. Unless the guest is
// free to run any command, those that may not run beside a script are rejected.
func (s *Store) visit(ctx context.Context, x *busy.Script, free bool) error {
	left, err := x.Visit(ctx)
	if err != nil {
		return err
	}
	s.guest = guest{left, s.ctx}
	s.ctx = ctx
	text := ""
	if !free {
		text = busyText(x)
	}
	s.db.Interrupt(text)
	return nil
}

// leave ends what enter has begun.
func (s *Store) leave() {
	left := s.guest.left
	if left == nil {
		s.release()
		return
	}
	s.db.Resume()
	s.ctx = s.guest.host
	s.guest = guest{}
	close(left)
}

// enter takes the lock for a call of a command that has the flags, or makes the
// call the guest of the script that is running. It answers the call itself if
// that fails, or if the call is about the script: then leave must not be called.
// A call is not told BUSY before a script has run for as many nanoseconds as
// busyAfter returns; 0 means never.
func (s *Store) enter(ctx context.Context, flags command.Flags, busyAfter func() int64) (r Reply, answered bool) {
	if ctx == nil {
		return Reply{err: errNilContext}, true
	}
	s.once.Do(s.init)
	err := ctx.Err()
	switch {
	case err != nil:
	case s.lock.TryAcquire():
		err = s.acquired(ctx)
	default:
		return s.enterBeside(ctx, flags, time.Duration(busyAfter()))
	}
	return Reply{err: err}, err != nil
}

// goesBeside reports whether a call of a command that has the flags does not wait
// for the end of x in any case.
func goesBeside(flags command.Flags, x *busy.Script) bool {
	const asks = command.KillsScript | command.KillsFunction | command.AsksFunction | command.Connects
	return flags&asks != 0 || flags&command.EndsDebugging != 0 && x.Debugged
}

// enterBeside is enter for a call that does not get the lock at once: a script
// may be running.
func (s *Store) enterBeside(ctx context.Context, flags command.Flags, threshold time.Duration) (r Reply, answered bool) {
	for {
		x, published := s.board.Await()
		visits, free := false, false
		wait := time.Duration(0) // no bound
		switch {
		case x == nil:
		case flags&(command.KillsScript|command.KillsFunction) != 0:
			return kill(ctx, x, flags&command.KillsFunction != 0), true
		case flags&command.AsksFunction != 0:
			return statsBeside(x), true
		case goesBeside(flags, x):
			visits, free = true, true
		case threshold > 0:
			wait = threshold - time.Since(x.Began)
			visits = wait <= 0
		}
		var err error
		if visits {
			err = s.visit(ctx, x, free)
		} else if err = s.acquireWithin(ctx, published, wait); err == nil {
			err = s.acquired(ctx)
		}
		if err == nil || err == ErrClosed {
			return Reply{err: err}, err != nil
		}
		if err := ctx.Err(); err != nil {
			return Reply{err: err}, true
		}
	}
}

// acquireWithin takes the lock. It gives up when a script is published, and after the
// time to wait, if that is not 0.
func (s *Store) acquireWithin(ctx context.Context, published <-chan struct{}, wait time.Duration) error {
	if wait > 0 {
		var cancel func()
		ctx, cancel = context.WithTimeout(ctx, wait)
		defer cancel()
	}
	return s.lock.AcquireUnless(ctx, published)
}
