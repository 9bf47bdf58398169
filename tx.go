package luastore

import (
	"context"
	"errors"

	"github.com/luastore/luastore/internal/arg"
	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/shebang"
)

// A Rollback says when the writes of a script, or of a function of a library, are
// undone: then it leaves no trace in the data, sends no events and messages, and
// serves nobody who waits. Lua is not undone: what a function keeps in variables
// of its library stays.
type Rollback int

const (
	// RollbackOnStop undoes the writes of a script that was stopped: by the
	// context, by a limit of Options, or by ScriptKill and FunctionKill, which can
	// therefore end also what has written. One that ends in an error keeps what it
	// wrote before, as in Redis, unless it asks to be undone by a comment that is
	// its first line, but for a line that begins with #!:
	//
	//	--!rollback
	//
	// In a library such a line is for all its functions. The flag "rollback", after
	// #!lua or of a function, asks for the same; but Redis, for which the line is a
	// comment, refuses what has a flag that it does not know.
	RollbackOnStop Rollback = iota
	// RollbackOnError undoes also the writes of a script that ends in an error,
	// or returns one.
	RollbackOnError
	// RollbackNever undoes nothing: Redis to the letter, where one cannot kill what
	// has written.
	RollbackNever
)

// A Tx runs the commands of an Update or a View. It is only for the function that
// got it, while that runs, and for one goroutine.
type Tx struct {
	store   *Store // nil: it has ended
	session command.Session
	err     error // why nothing of it can be kept
}

// ErrTxDone is the error of a Tx that is used after its function has returned.
var ErrTxDone = errors.New("luastore: the Update or View of this Tx has ended")

// Update calls fn, which works on the data by tx, while nobody else does. If fn
// returns nil, all of its writes are kept; if it returns an error, panics, or the
// context ends before it returns, none is: no key has changed, no event and no
// message is sent. The error is that of fn, or of the context; a panic goes on. If
// fn recovers from the panic of a call of its Tx nothing is kept either.
//
// A script that is undone (see [Rollback]) undoes the whole Update, the error of
// which it then is, if fn has none.
//
// While fn runs the store is locked: fn must not use the store but by tx, or it
// waits for itself for ever, and should not wait for others.
func (s *Store) Update(ctx context.Context, fn func(tx *Tx) error) error {
	return s.transact(ctx, fn, false)
}

// View is [Store.Update] for what only reads: commands that can write are errors,
// in scripts too.
func (s *Store) View(ctx context.Context, fn func(tx *Tx) error) error {
	return s.transact(ctx, fn, true)
}

func (s *Store) transact(ctx context.Context, fn func(tx *Tx) error, readOnly bool) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release() // which undoes what was not kept
	s.db.MakeRoom()
	s.db.Begin()
	tx := &Tx{store: s, session: s.newSession(3)}
	tx.session.Update, tx.session.ReadOnly, tx.session.MayWait = true, readOnly, false
	defer func() { tx.store = nil }()
	if err := fn(tx); err != nil {
		return err
	}
	if tx.err != nil {
		return tx.err
	}
	if err := s.ended(ctx); err != nil {
		return err
	}
	s.db.Keep()
	return nil
}

// Do runs a command, as [Store.Do] does, but SELECT is allowed, for the rest of
// the Tx. Commands that scripts cannot call are errors, but for EVAL, FCALL and
// their like: those that wait (BLPOP, …), and those that are about the store
// rather than the data (CONFIG, SCRIPT LOAD, …), which could not be undone.
func (tx *Tx) Do(args ...any) Reply {
	words, err := arg.Append(nil, args)
	if err == nil && len(words) == 0 {
		err = errNoCommand
	}
	return tx.run(nil, words, err)
}

// Eval runs a script, as [Store.Eval] does.
func (tx *Tx) Eval(script string, keys []string, args ...any) Reply {
	return tx.runProgram(programs().eval, script, keys, args)
}

// EvalSha runs the script that has the SHA-1, as [Store.EvalSha] does.
func (tx *Tx) EvalSha(sha1 string, keys []string, args ...any) Reply {
	return tx.runProgram(programs().evalSHA, sha1, keys, args)
}

// FCall calls a function of a library, as [Store.FCall] does.
func (tx *Tx) FCall(function string, keys []string, args ...any) Reply {
	return tx.runProgram(programs().fcall, function, keys, args)
}

func (tx *Tx) runProgram(c *programCommand, program string, keys []string, args []any) Reply {
	words, err := c.words(nil, program, keys, args)
	return tx.run(c.row, words, err)
}

// run runs a command, whose row is looked up if it is nil. An error of the
// arguments is the reply, but only while the Tx has not ended.
func (tx *Tx) run(cmd *command.Command, words []string, err error) (reply Reply) {
	s := tx.store
	switch {
	case s == nil:
		return Reply{err: ErrTxDone}
	case err != nil:
		return Reply{err: err}
	case cmd == nil:
		cmd = s.db.Lookup(words)
	}
	done := false
	defer func() {
		if !done && tx.err == nil { // what the call has left half done must not be kept
			tx.err = errPanicked
		}
		if err := stoppedBy(recover()); err != nil {
			reply = Reply{err: err}
		}
	}()
	reply.reply = *s.db.Run(&tx.session, cmd, words)
	done = true
	if s.db.Doomed() && tx.err == nil {
		tx.err = reply.Err()
	}
	return reply
}

// errPanicked is the error of an Update of which a part has panicked, if its
// function has recovered and returns nil.
var errPanicked = errors.New("luastore: a call of the Tx has panicked")

// beginUndo makes the program's writes ones that can be undone, and says whether
// they were not before, as they are in Update.
func (e *engine) beginUndo() bool {
	if e.session.ReadOnly || e.store.options.Rollback == RollbackNever || e.store.db.CanUndo() {
		return false
	}
	e.store.db.Begin()
	return true
}

// endUndo undoes the program's writes, or keeps them; if they are a part of
// others they are undone with these.
func (e *engine) endUndo(began, stopped bool, reply command.Reply) {
	s := e.store
	onError := s.options.Rollback == RollbackOnError || e.run.program.flags&shebang.UndoErrors != 0
	undo := stopped || onError && reply.IsError()
	switch {
	case s.options.Rollback == RollbackNever || e.session.ReadOnly:
	case began && undo:
		s.db.Undo()
	case began:
		s.db.Keep()
	case undo:
		s.db.Doom()
	}
}
