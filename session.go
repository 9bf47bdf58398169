package luastore

import (
	"context"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/link"
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
	return &Session{store: s, session: s.newSession(3)}
}

func (s *Store) newSession(resp int) command.Session {
	return command.Session{Selected: s.options.DB, RESP: resp, MayWait: true, Meter: (*meter)(s)}
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
// RollbackNever. Nor does it if a script in it is to be undone, or a callback
// panics. What other commands than those of data have done is undone, too: SELECT,
// AUTH, CONFIG SET, SCRIPT LOAD and their like. But connections that it has closed
// stay closed, what was counted for INFO and logged stays, and the transaction is
// over.
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

// A connection is a client of package redisconn: a link.Conn.
type connection struct {
	store    *Store
	session  command.Session
	waiter   *command.Waiter // for whose reply Wait waits, or else
	served   bool            // the waiter has answered
	paused   time.Duration   // for so long at most, 0 is for ever,
	resumed  <-chan struct{} // until CLIENT PAUSE is over, with
	words    []string
	maxBulk  int
	stranger bool
}

func init() {
	link.Open = func(ctx context.Context, store any, c *command.Client) (link.Conn, error) {
		return store.(*Store).connect(ctx, c)
	}
	link.Watched = func(ctx context.Context, store any) int {
		s := store.(*Store)
		if s.acquire(ctx) != nil {
			return 0
		}
		defer s.release()
		return s.db.Watched()
	}
}

func (s *Store) connect(ctx context.Context, client *command.Client) (*connection, error) {
	s.once.Do(s.init)
	if r, answered := s.enterAs(ctx, arriving, nil, s.db.BusyReply.Load); answered {
		return nil, r.err
	}
	defer s.leave()
	if !s.db.Admits() {
		return nil, link.ErrFull
	}
	c := &connection{store: s, session: s.newSession(2)}
	s.db.Connect(&c.session, client)
	c.look()
	return c, nil
}

// look remembers what may be asked without the lock.
func (c *connection) look() {
	c.maxBulk, c.stranger = c.store.db.Config.MaxBulkLength, c.session.Stranger()
}

func (c *connection) Do(ctx context.Context, words []string, answer func(command.Reply)) (waits bool) {
	s := c.store
	if r, answered := s.enter(ctx, words, s.db.BusyReply.Load); answered {
		r.tell(answer)
		return false
	}
	defer s.leave()
	defer func() {
		if err := stoppedBy(recover()); err != nil {
			Reply{err: err}.tell(answer)
		}
		c.look()
	}()
	if err := ctx.Err(); err != nil { // killed while it waited for the lock
		Reply{err: err}.tell(answer)
		return false
	}
	if c.paused, c.resumed = s.db.Postponed(&c.session, words); c.resumed != nil {
		c.words = words
		return true
	}
	r := s.db.Do(&c.session, words)
	if c.waiter = c.session.Waiter(); c.waiter != nil {
		c.served = false
		c.waiter.Answer = func(r command.Reply) {
			answer(c.session.Heard(r))
			c.served = true
		}
		return true
	}
	answer(c.session.Heard(r))
	return false
}

func (c *connection) Wait(ctx context.Context, answer func(command.Reply)) {
	for c.waiter == nil {
		var over <-chan time.Time
		if c.paused > 0 {
			over = c.store.options.After(c.paused)
		}
		select {
		case <-over:
		case <-c.resumed:
		case <-ctx.Done():
		}
		if !c.Do(ctx, c.words, answer) {
			return
		}
	}
	if r := c.store.wait(ctx, c.waiter); !c.served {
		r.tell(func(shown command.Reply) { answer(c.session.Heard(shown)) })
	}
	c.waiter = nil
}

// tell gives answer the reply as a connection shows it; nothing if the store is
// closed or its context has ended, for then the connection ends too.
func (r Reply) tell(answer func(command.Reply)) {
	switch {
	case r.err == ErrClosed, r.err == context.Canceled, r.err == context.DeadlineExceeded:
	case r.err != nil && !r.reply.IsError():
		answer(command.Err(command.ErrorLine("ERR " + r.err.Error())))
	default:
		answer(r.reply)
	}
}

func (c *connection) RESP() int           { return c.session.RESP }
func (c *connection) Limits() (int, bool) { return c.maxBulk, c.stranger }

func (c *connection) Rest() {
	if s := c.store; s.lock.TryAcquire() && s.acquired(context.Background()) == nil {
		s.release()
	}
}

func (c *connection) Close() {
	defer func() {
		if c.waiter != nil { // a callback has panicked
			c.waiter.Leave()
		}
	}()
	if c.store.acquire(context.Background()) == nil {
		defer c.store.release()
		if w := c.session.Waiter(); w != nil {
			c.waiter = w
		}
		c.store.db.Disconnect(&c.session)
	}
}
