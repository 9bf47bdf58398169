package luastore

import "github.com/luastore/luastore/internal/shebang"

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
	// In a library such a line is for all its functions.
	RollbackOnStop Rollback = iota
	// RollbackOnError undoes also the writes of a script that ends in an error,
	// or returns one.
	RollbackOnError
	// RollbackNever undoes nothing: Redis to the letter, where one cannot kill what
	// has written.
	RollbackNever
)

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
