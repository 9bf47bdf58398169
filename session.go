package luastore

import (
	"context"
	"sync"
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
	store   *Store
	session command.Session
	words   []string
	limits  link.Limits
	place   *link.Place // of the command that runs, or nil
	aside   func()

	// CLIENT PAUSE.
	paused  time.Duration   // upper bound on the pause; 0 means no bound
	resumed <-chan struct{} // closed when the pause is over

	// A blocked command.
	waiter *command.Waiter // nil if none; written with mu held
	served bool            // waiter has answered
	mu     sync.Mutex
	gone   bool // the other end is
}

func init() {
	link.Open = func(ctx context.Context, store any, place *link.Place, c *command.Client, aside func()) (link.Conn, error) {
		return store.(*Store).connect(ctx, place, c, aside)
	}
	link.Watched = func(ctx context.Context, store any) int {
		s := store.(*Store)
		if s.acquire(ctx) != nil {
			return 0
		}
		defer s.release()
		return s.db.Watched()
	}
	link.LineOf = func(store any) *link.Line { return &store.(*Store).line }
}

func (s *Store) connect(ctx context.Context, place *link.Place, client *command.Client, aside func()) (*connection, error) {
	s.once.Do(s.init)
	if err := s.await(ctx, place, command.Connects); err != nil {
		return nil, err
	}
	if r, answered := s.enter(ctx, command.Connects, s.db.BusyReply.Load); answered {
		return nil, r.err
	}
	defer s.leave()
	if !s.db.Admits() {
		return nil, link.ErrFull
	}
	c := &connection{store: s, session: s.newSession(2), aside: aside}
	s.db.Connect(&c.session, client)
	c.look()
	return c, nil
}

// await waits until it is the turn of the place; a nil place has it. A connection
// whose next command has the flags does not wait for a script that runs if that
// command would not.
func (s *Store) await(ctx context.Context, p *link.Place, flags command.Flags) error {
	for p != nil && !p.First() {
		turn, alarm := p.Turn()
		var busy <-chan time.Time
		if x := s.board.Script(); x != nil {
			threshold := time.Duration(s.db.BusyReply.Load())
			patience := threshold - time.Since(x.Began)
			switch {
			case goesBeside(flags, x), threshold > 0 && patience <= 0:
				return nil
			case threshold > 0:
				timer := time.NewTimer(patience)
				defer timer.Stop()
				busy = timer.C
			}
		}
		select {
		case <-turn:
		case <-alarm:
		case <-busy:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// stepOut gives the turn to others.
func (c *connection) stepOut() {
	if c.place != nil {
		c.place.StepOut()
	}
	c.aside()
}

// look remembers what may be asked without the lock.
func (c *connection) look() {
	config := &c.store.db.Config
	c.limits = link.Limits{Bulk: config.MaxBulkLength, Stranger: c.session.Stranger()}
}

func (c *connection) Do(ctx context.Context, place *link.Place, words []string, answer func(command.Reply)) (waits bool) {
	s := c.store
	cmd := s.db.Lookup(words)
	if place != nil && !place.First() {
		if err := s.await(ctx, place, cmd.Has()); err != nil {
			Reply{err: err}.tell(answer)
			return false
		}
	}
	if r, answered := s.enter(ctx, cmd.Has(), s.db.BusyReply.Load); answered {
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
	if s.guest.left == nil {
		c.place, s.active = place, c
	}
	if c.paused, c.resumed = s.db.Postponed(&c.session, words); c.resumed != nil {
		c.words = words
		return true
	}
	r := s.db.Do(&c.session, words)
	if w := c.session.Waiter(); w != nil {
		c.wait(w, answer)
		return true
	}
	answer(c.session.Heard(r))
	return false
}

// wait makes w the waiter, which gives its reply to answer.
func (c *connection) wait(w *command.Waiter, answer func(command.Reply)) {
	c.served = false
	w.Answer = func(r command.Reply) {
		answer(c.session.Heard(r))
		c.served = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiter = w; c.gone {
		w.Leave()
	}
}

func (c *connection) Gone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone = true; c.waiter != nil {
		c.waiter.Leave()
	}
}

func (c *connection) Wait(ctx context.Context, answer func(command.Reply)) (answered bool) {
	for c.waiter == nil {
		if !c.unpaused(ctx, answer) {
			return ctx.Err() == nil
		}
	}
	r := c.store.wait(ctx, c.waiter)
	c.mu.Lock()
	gone := c.gone
	c.waiter = nil
	c.mu.Unlock()
	switch {
	case c.served:
		return true
	case gone:
		return false
	}
	return r.tell(func(shown command.Reply) { answer(c.session.Heard(shown)) })
}

// unpaused waits until CLIENT PAUSE is over and runs the command that it has held
// up, and reports whether that waits, too.
func (c *connection) unpaused(ctx context.Context, answer func(command.Reply)) (waits bool) {
	var over <-chan time.Time
	if c.paused > 0 {
		over = c.store.options.After(c.paused)
	}
	select {
	case <-over:
	case <-c.resumed:
	case <-ctx.Done():
		return false
	}
	place := c.store.line.Join()
	defer place.Leave()
	return c.Do(ctx, place, c.words, answer)
}

// tell gives answer the reply as a connection shows it, and reports whether it
// did: if the store is closed or its context has ended, the connection ends too.
func (r Reply) tell(answer func(command.Reply)) bool {
	switch {
	case r.err == ErrClosed, r.err == context.Canceled, r.err == context.DeadlineExceeded:
		return false
	case r.err != nil && !r.reply.IsError():
		answer(command.Err(command.ErrorLine("ERR " + r.err.Error())))
	default:
		answer(r.reply)
	}
	return true
}

func (c *connection) RESP() int           { return c.session.RESP }
func (c *connection) Limits() link.Limits { return c.limits }

func (c *connection) Rest() {
	if s := c.store; s.lock.TryAcquire() && s.acquired(context.Background()) == nil {
		s.release()
	}
}

func (c *connection) Close(ctx context.Context, place *link.Place) {
	defer func() {
		if c.waiter != nil { // a callback has panicked
			c.waiter.Leave()
		}
	}()
	c.store.await(ctx, place, 0) // or the context ends, and the turn does not matter
	if c.store.acquire(context.Background()) == nil {
		defer c.store.release()
		if w := c.session.Waiter(); w != nil {
			c.waiter = w
		}
		c.place, c.store.active = place, c
		c.store.db.Disconnect(&c.session)
	}
}
