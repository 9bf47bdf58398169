package luastore

import (
	"context"

	"github.com/luastore/luastore/internal/command"
)

// A Session is a caller of a Store that has a state of its own: the selected
// database. Make one with [Store.Session]. A Session must not be used by
// several goroutines at once; several Sessions may.
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
func (s *Session) Do(ctx context.Context, args ...any) Reply {
	return s.store.do(ctx, &s.session, args)
}
