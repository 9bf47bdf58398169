package luastore

import (
	"context"

	"github.com/luastore/luastore/internal/command"
)

// A Session is a caller of a Store that has a state of its own: the selected
// database, its user, and a transaction with the keys that it watches. Make one
// with [Store.Session]. A Session must not be used by several goroutines at once;
// several Sessions may.
type Session struct {
	store   *Store
	session command.Session
}

// Session returns a new Session, with the database of Options.DB selected.
func (s *Store) Session() *Session {
	return &Session{store: s, session: command.Session{Selected: s.options.DB, RESP: 3, MayWait: true, Meter: (*meter)(s)}}
}

// Do is [Store.Do] in the session: after SELECT, the commands of the session
// work on that database, EVAL among them.
//
// A transaction is Redis's: after MULTI each command answers QUEUED, and EXEC runs
// them all at once and answers what each of them did, an error as an *[Error]
// among the elements of [Reply.Slice]. If a key that was given to WATCH has changed
// since, it does nothing and answers [ErrNil]. Where the error of one command must
// undo the others use [Store.Update], which needs no WATCH either.
//
// EXEC that is stopped by its context does nothing, unless [Options].Rollback is
// RollbackNever. Nor does it if a script in it is to be undone.
func (s *Session) Do(ctx context.Context, args ...any) Reply {
	return s.store.do(ctx, &s.session, args)
}

// Close ends the session's transaction, and with it what the store keeps of the
// keys that it watches. Only a session that has called WATCH, and EXEC, DISCARD or
// UNWATCH not since, needs it. It may be used on, as if nothing had been queued
// or watched.
func (s *Session) Close() {
	if s.store.acquire(context.Background()) == nil {
		defer s.store.release()
		s.session.EndTransaction()
	}
}
