package luastore

import (
	"context"
	"errors"
	"strings"

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
	s.tx = &Tx{store: s, session: s.newSession(3)}
	s.tx.session.ReadOnly, s.tx.session.MayWait = readOnly, false
	defer s.tx.end()
	if err := fn(s.tx); err != nil {
		return err
	}
	if s.tx.err != nil {
		return s.tx.err
	}
	if err := s.ended(ctx); err != nil {
		return err
	}
	s.db.Keep()
	return nil
}

// end makes the Tx useless.
func (tx *Tx) end() { tx.store.tx, tx.store = nil, nil }

// fail says why nothing can be kept.
func (tx *Tx) fail(err error) {
	if tx.err == nil {
		tx.err = err
	}
}

// Do runs a command, as [Store.Do] does, but SELECT is allowed, for the rest of
// the Tx. Commands that scripts cannot call are errors, but for EVAL, FCALL and
// their like: those that wait (BLPOP, …), and those that are about the store
// rather than the data (CONFIG, SCRIPT LOAD, …), which could not be undone.
func (tx *Tx) Do(args ...any) Reply {
	return tx.run(args, func(words []string) Reply {
		if len(words) == 0 {
			return Reply{err: errNoCommand}
		}
		s := tx.store
		cmd := s.db.Lookup(words)
		if problem := tx.refuse(cmd); problem != "" {
			return Reply{reply: command.Err(problem)}
		}
		r := *s.db.Run(&tx.session, cmd, words)
		return Reply{reply: r, err: s.details(&r)}
	})
}

// refuse says why cmd, nil if it is unknown, must not run, or "".
func (tx *Tx) refuse(cmd *command.Command) string {
	switch {
	case cmd == nil:
	case cmd.Flags&command.NoScript != 0 && cmd.Flags&evalFlags != evalFlags:
		return "ERR " + strings.ToUpper(cmd.Name) + " is not allowed in Update and View"
	case tx.session.MustNotWrite(cmd):
		return "ERR " + strings.ToUpper(cmd.Name) + " can write, which View does not allow"
	}
	return ""
}

// Eval runs a script, as [Store.Eval] does.
func (tx *Tx) Eval(script string, keys []string, args ...any) Reply {
	return tx.eval(bySource, script, keys, args)
}

// EvalSha runs the script that has the SHA-1, as [Store.EvalSha] does.
func (tx *Tx) EvalSha(sha1 string, keys []string, args ...any) Reply {
	return tx.eval(bySHA, sha1, keys, args)
}

func (tx *Tx) eval(kind evalKind, script string, keys []string, args []any) Reply {
	return tx.run(arg.Spread(args), func(argv []string) (reply Reply) {
		tx.store.evalCall(&reply, &tx.session, kind, script, "", keys, argv)
		return reply
	})
}

// FCall calls a function of a library, as [Store.FCall] does.
func (tx *Tx) FCall(function string, keys []string, args ...any) Reply {
	return tx.run(arg.Spread(args), func(argv []string) (reply Reply) {
		tx.store.fcallCall(&reply, &tx.session, 0, function, keys, argv)
		return reply
	})
}

// run runs something with the texts of the arguments.
func (tx *Tx) run(args []any, do func(words []string) Reply) (reply Reply) {
	s := tx.store
	if s == nil {
		return Reply{err: ErrTxDone}
	}
	words, err := arg.Append(nil, args)
	if err != nil {
		return Reply{err: err}
	}
	done := false
	defer func() {
		if !done { // what the call has left half done must not be kept
			tx.fail(errPanicked)
		}
		if err := stoppedBy(recover()); err != nil {
			reply = Reply{err: err}
		}
	}()
	s.failure = nil
	reply = do(words)
	done = true
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
func (e *engine) endUndo(began, stopped bool) {
	s := e.store
	onError := s.options.Rollback == RollbackOnError || e.program.flags&shebang.UndoErrors != 0
	undo := stopped || onError && s.reply.IsError()
	switch {
	case s.options.Rollback == RollbackNever || e.session.ReadOnly:
	case began && undo:
		s.db.Undo()
	case began:
		s.db.Keep()
	case undo && s.tx == nil: // in a transaction
		s.db.Doom()
	case undo:
		s.tx.fail(Reply{reply: s.reply, err: s.details(&s.reply)}.Err())
	}
}
