package luastore

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/luastore/luastore/internal/command"
)

// Whoever kills a script must not wait for the lock that the script holds. A
// script that runs for more than a moment therefore makes itself known, and
// answers then and there who wants to kill it. It also stands aside for who does
// not want to wait for its end, to be told that it is busy.

// An execution is a script or function that has been running for a moment. It
// does not change, but for its channels.
type execution struct {
	function  bool     // else a script, without the following
	name      string   // of the function,
	command   []string // and how it was called
	debugged  bool     // by a connection, for as long as that likes
	began     time.Time
	libraries command.Reply // what FUNCTION STATS says of them

	kills  chan kill
	guests chan chan struct{} // each closed when the guest has left
	over   chan struct{}      // closed when it has ended
}

// A kill is somebody's wish to end an execution.
type kill struct {
	function bool // else a script
	answer   chan command.Reply
}

// ScriptKill stops the script that is running, as SCRIPT KILL does: no pcall
// catches it, and what it has written is undone. It does not wait for the script.
// If none is running the error is [ErrNotBusy], and [ErrBusy] if a function is
// running. Under [RollbackNever] it is [ErrUnkillable] if the script has written.
func (s *Store) ScriptKill(ctx context.Context) error { return s.Do(ctx, "SCRIPT", "KILL").Err() }

// FunctionKill is [Store.ScriptKill] for functions, as FUNCTION KILL does it.
func (s *Store) FunctionKill(ctx context.Context) error { return s.Do(ctx, "FUNCTION", "KILL").Err() }

// listen makes the running program known and answers who wants to kill it; an
// error if it must end.
func (e *engine) listen() error {
	x := e.known()
	select {
	case k := <-x.kills:
		return e.killed(x, k)
	case left := <-x.guests:
		<-left
	default:
	}
	return nil
}

// known makes the running program known.
func (e *engine) known() *execution {
	x := e.store.running.Load()
	if x == nil {
		x = &execution{debugged: e.debugger != nil, began: time.Now(), kills: make(chan kill), guests: make(chan chan struct{}), over: make(chan struct{})}
		if e.program.noun == "function" {
			x.function, x.name, x.command = true, e.program.name, slices.Clone(e.called)
			x.libraries = e.store.library.stats()
		}
		e.store.running.Store(x)
	}
	return x
}

// killed answers who wants to kill x, the running program; an error if it must
// end.
func (e *engine) killed(x *execution, k kill) error {
	switch {
	case e.session.Wrote && e.store.options.Rollback == RollbackNever && !e.debugger.drops():
		k.answer <- command.Err("UNKILLABLE Sorry the script already executed write commands against the dataset. " +
			"You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.")
	case k.function != x.function:
		k.answer <- x.busy()
	default:
		k.answer <- command.OK
		return ErrKilled
	}
	return nil
}

// patience returns how long a script may run, in nanoseconds, before Do does not
// wait for its end any more; 0 is for ever, as long as nobody has said otherwise.
func (s *Store) patience() int64 {
	n := s.db.BusyReply.Load()
	if s.options.BusyReply <= 0 && n == int64(command.DefaultBusyReply) {
		return 0
	}
	return n
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

// end asks x to end, in the words of SCRIPT KILL or FUNCTION KILL.
func (x *execution) end(ctx context.Context, words []string) Reply {
	k := kill{strings.EqualFold(words[0], "FUNCTION"), make(chan command.Reply, 1)}
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

// A guest is a call that runs while a script does, which waits for it and has
// the lock. Most commands are refused then.
type guest struct {
	left chan struct{}   // to be closed
	host context.Context // of the script's call
	end  func()          // to be called before
}

var errOver = errors.New("the script is over")

// visit makes the call the guest of x, unless that is over; it may do what it
// likes if free is set.
func (s *Store) visit(ctx context.Context, x *execution, free bool) error {
	left := make(chan struct{})
	select {
	case x.guests <- left:
		s.guest = guest{left, s.ctx, s.db.Visit()}
		s.ctx = ctx
		if !free {
			s.db.Interrupt(x.busy().Str())
		}
		return nil
	case <-x.over:
		return errOver
	case <-ctx.Done():
		return ctx.Err()
	}
}

// leave ends what enter has begun.
func (s *Store) leave() {
	left := s.guest.left
	if left == nil {
		s.release()
		return
	}
	s.db.Interrupt("")
	s.guest.end()
	s.ctx = s.guest.host
	s.guest = guest{}
	close(left)
}

// enter takes the lock for a command, or visits the script that is running, or
// answers the command at once, if that fails or if it is one that looks for a
// script. Unless it has answered leave must be called. A command is not answered
// BUSY before a script has run for as many nanoseconds as busyAfter says, 0 is
// never.
func (s *Store) enter(ctx context.Context, words []string, busyAfter func() int64) (r Reply, answered bool) {
	if ctx == nil {
		return Reply{err: errNilContext}, true
	}
	s.once.Do(s.init)
	return s.enterAs(ctx, urgency(words), words, busyAfter)
}

// enterAs is enter for what goes about a script as kind says, in an initialised
// store.
func (s *Store) enterAs(ctx context.Context, kind int, words []string, busyAfter func() int64) (r Reply, answered bool) {
	threshold := time.Duration(busyAfter())
	switch {
	case kind == patient && threshold <= 0:
		err := s.acquire(ctx)
		return Reply{err: err}, err != nil
	case ctx.Err() == nil && s.lock.TryAcquire(): // without a timer
		err := s.acquired(ctx)
		return Reply{err: err}, err != nil
	}
	for {
		x := s.running.Load()
		patience := time.Millisecond // until the script, if there is one, makes itself known
		switch {
		case x != nil && kind == killing:
			return x.end(ctx, words), true
		case x != nil && kind == asking:
			return Reply{reply: x.stats()}, true
		case x != nil && (kind == arriving || kind == parting && x.debugged):
			if err := s.visit(ctx, x, true); err != errOver {
				return Reply{err: err}, err != nil
			}
			continue
		case kind == arriving, kind == parting && threshold <= 0:
			patience = 10 * time.Millisecond // until the script, if there is one, is known or debugged
		case kind == patient || kind == parting:
			patience = threshold
			if x != nil {
				patience -= time.Since(x.began)
			}
			if patience > 0 {
				break
			}
			if err := s.visit(ctx, x, false); err != errOver {
				return Reply{err: err}, err != nil
			}
			continue
		}
		attempt, cancel := context.WithTimeout(ctx, patience)
		err := s.acquire(attempt)
		cancel()
		switch {
		case err == nil:
			s.ctx = ctx
			return Reply{}, false
		case ctx.Err() != nil:
			return Reply{err: ctx.Err()}, true
		case err == ErrClosed:
			return Reply{err: err}, true
		}
	}
}

const (
	patient  = iota // waits for a script to end
	killing         // SCRIPT KILL, FUNCTION KILL
	asking          // FUNCTION STATS
	parting         // CLIENT KILL, which a script that is debugged may be waiting for
	arriving        // a connection that begins: it may be there to end the script
)

// urgency says how the command goes about a script that is running.
func urgency(words []string) int {
	if len(words) != 2 {
		if len(words) > 2 && strings.EqualFold(words[0], "CLIENT") && strings.EqualFold(words[1], "KILL") {
			return parting
		}
		return patient
	}
	script, function := strings.EqualFold(words[0], "SCRIPT"), strings.EqualFold(words[0], "FUNCTION")
	switch {
	case (script || function) && strings.EqualFold(words[1], "KILL"):
		return killing
	case function && strings.EqualFold(words[1], "STATS"):
		return asking
	}
	return patient
}
