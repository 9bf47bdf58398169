package luastore

import (
	"context"
	"errors"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/link"
)

// A connection is a client of package redisconn: a link.Conn.
type connection struct {
	store   *Store
	session command.Session
}

func init() {
	link.Open = func(ctx context.Context, store any, c *command.Client) (link.Conn, error) {
		return store.(*Store).connect(ctx, c)
	}
}

func (s *Store) connect(ctx context.Context, c *command.Client) (*connection, error) {
	if err := s.acquire(ctx); err != nil {
		return nil, err
	}
	defer s.release()
	conn := &connection{store: s, session: command.Session{Selected: s.options.DB, RESP: 2, MayWait: true, Meter: (*meter)(s)}}
	s.db.Connect(&conn.session, c)
	return conn, nil
}

func (c *connection) Do(ctx context.Context, words []string, answer func(command.Reply)) {
	r, w := c.run(ctx, words, answer)
	if w != nil {
		r = c.store.wait(ctx, w)
	} else if r.err == nil {
		return
	}
	var known *Error
	if r.err != nil && !errors.As(r.err, &known) {
		r.reply = command.Err(command.ErrorLine("ERR " + r.err.Error()))
	}
	answer(r.reply)
}

// run is Store.run that answers under the lock. Where it did, both results are
// zero.
func (c *connection) run(ctx context.Context, words []string, answer func(command.Reply)) (reply Reply, w *command.Waiter) {
	s := c.store
	if r, answered := s.enter(ctx, words); answered {
		if r.err == nil {
			answer(r.reply)
		}
		return r, nil
	}
	defer func() {
		s.release()
		switch p := recover().(type) {
		case nil:
		case stopped:
			reply = Reply{err: p.err}
		default:
			panic(p)
		}
	}()
	r := s.db.Do(&c.session, words)
	if w = c.session.Waiter(); w == nil {
		answer(r)
	}
	return Reply{}, w
}

func (c *connection) RESP() int { return c.session.RESP }

func (c *connection) Close() {
	if c.store.acquire(context.Background()) == nil {
		defer c.store.release()
		c.store.db.Disconnect(&c.session)
	}
}
