package luastore

import (
	"context"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/link"
)

// A connection is a client of package redisconn: a link.Conn.
type connection struct {
	store    *Store
	session  command.Session
	waiter   *command.Waiter // for whose reply Wait waits, or else for a pause:
	paused   time.Duration
	resumed  <-chan struct{}
	words    []string
	maxBulk  int
	stranger bool
}

func init() {
	link.Open = func(ctx context.Context, store any, c *command.Client) (link.Conn, error) {
		return store.(*Store).connect(ctx, c)
	}
}

func (s *Store) connect(ctx context.Context, client *command.Client) (*connection, error) {
	if err := s.acquire(ctx); err != nil {
		return nil, err
	}
	defer s.release()
	c := &connection{store: s, session: command.Session{Selected: s.options.DB, RESP: 2, MayWait: true, Meter: (*meter)(s)}}
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
	if r, answered := s.enter(ctx, words); answered {
		answer(r.shown())
		return false
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case stopped:
			answer(Reply{err: p.err}.shown())
		default:
			s.release()
			panic(p)
		}
		c.look()
		s.release()
	}()
	if c.paused, c.resumed = s.db.Postponed(&c.session, words); c.paused > 0 {
		c.words = words
		return true
	}
	r := s.db.Do(&c.session, words)
	if c.waiter = c.session.Waiter(); c.waiter != nil {
		return true
	}
	answer(c.session.Heard(r))
	return false
}

func (c *connection) Wait(ctx context.Context, answer func(command.Reply)) {
	for c.waiter == nil {
		timer := time.NewTimer(c.paused)
		select {
		case <-timer.C:
		case <-c.resumed:
		case <-ctx.Done():
		}
		timer.Stop()
		if !c.Do(ctx, c.words, answer) {
			return
		}
	}
	answer(c.store.wait(ctx, c.waiter).shown())
	c.waiter = nil
}

// shown is the reply as a connection shows it.
func (r Reply) shown() command.Reply {
	if r.err != nil && !r.reply.IsError() {
		return command.Err(command.ErrorLine("ERR " + r.err.Error()))
	}
	return r.reply
}

func (c *connection) RESP() int           { return c.session.RESP }
func (c *connection) Limits() (int, bool) { return c.maxBulk, c.stranger }

func (c *connection) Close() {
	if c.store.acquire(context.Background()) == nil {
		defer c.store.release()
		c.store.db.Disconnect(&c.session)
	}
}
