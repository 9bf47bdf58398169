// Package redisconn speaks Redis's protocol, RESP2 and RESP3, for a
// luastore.Store, so that any client of Redis can use it:
//
//	client := redis.NewClient(&redis.Options{Dialer: redisconn.Dialer(store)})
//
// It neither listens nor dials. Dialer's connections are in memory; Serve
// serves a connection that somebody else has made.
//
//	redisconn.go  Serve and Dialer
//	request.go    reads requests
//	input.go      their order, and what comes while a command waits
//	sockets_….go  the order of sockets
//	limits.go     what ends a connection
//	output.go     replies that wait to be read
//	pipe.go       connections in memory
package redisconn

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/link"
)

// Dialer returns a function that connects to the store, in memory, for clients
// that take one: as go-redis's Options.Dialer, whatever the network and the
// address. Each connection has one goroutine, until it is closed; reading,
// writing, deadlines and pipelines of any length work as on a socket, and inside
// of a testing/synctest bubble.
//
// The store deals with what is written to its connections in the order in which it
// is written: a SUBSCRIBE comes before the PUBLISH that is written to another
// connection afterwards. Once a connection is closed no command of it waits any
// more.
func Dialer(store *luastore.Store) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		client, server := newPipe()
		s := newServer(store, server)
		go s.run(context.WithoutCancel(ctx), store)
		return client, nil
	}
}

// Serve answers the requests that come on conn, and closes it in the end. It
// returns nil when the other end closes it or has itself disconnected (QUIT,
// CLIENT KILL), ctx's error if that ends, and else what went wrong.
//
// The store deals with what comes on its connections in the order in which they
// say that it has come; those of net.Dial and net.Listen know it on Linux, where
// Serve asks the system for the order of all sockets that it serves. Other
// connections are read as their goroutines run. Beyond the caller's goroutine a
// connection has one that reads, until Serve returns.
//
// Replies that the other end does not read wait in memory, up to 1 GiB, and for a
// subscriber up to 32 MB, or 8 MB for a minute; after that the connection ends.
// What the other end sends while a command of it waits does so up to 1 GiB. CONFIG
// SET client-output-buffer-limit and client-query-buffer-limit set other limits, as
// in Redis, and so do maxclients, timeout and maxmemory-clients.
func Serve(ctx context.Context, store *luastore.Store, conn net.Conn) error {
	return newServer(store, conn).run(ctx, store)
}

// newServer returns a server for conn, which has its place in the order from now
// on.
func newServer(store *luastore.Store, conn net.Conn) *server {
	line := link.LineOf(store)
	s := &server{conn: conn, out: newOutput(conn)}
	s.in.from, s.answer = s, s.reply
	if p, ok := conn.(*pipeEnd); ok {
		s.from = p.in
	} else {
		s.from = newStream()
		s.pull = func() { s.from.pull(conn) }
	}
	if k, place := newSocket(conn, s.from, line); k != nil {
		s.pull, s.place = k.pull, place
	} else if s.place = place; place == nil {
		s.place = line.Join()
	}
	s.from.attach(line)
	return s
}

// run serves the connection.
func (s *server) run(ctx context.Context, store *luastore.Store) error {
	if s.pull != nil {
		pulled := make(chan struct{})
		go func() {
			defer close(pulled)
			s.pull()
		}()
		defer func() { <-pulled }()
	}
	defer s.from.closeReader()
	defer s.conn.Close()
	defer s.leave()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s.ctx = ctx
	client := &command.Client{
		Push:      func(r command.Reply) { s.out.push(r, s.link.RESP()) },
		Kill:      func() { cancel(errKilled); s.conn.Close() },
		Raw:       s.raw,
		Watch:     s.watchEnd,
		Outbox:    s.out.waiting,
		Recheck:   s.out.recheck,
		Unsent:    s.out.unsent,
		Addr:      address(s.conn.RemoteAddr()),
		LocalAddr: address(s.conn.LocalAddr()),
	}
	s.client, s.in.query = client, &client.Query
	s.out.box = command.NewOutbox(client, s.out.recheck)
	s.out.lost = func(err error) { s.lose(err, cancel) }
	var err error
	if s.link, err = link.Open(ctx, store, s.place, client, s.from.aside); err != nil {
		if err == link.ErrFull {
			io.WriteString(s.conn, "-"+err.Error()+"\r\n")
		}
		return err
	}
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	defer stop()
	err = s.serve()
	if failed := s.finish(); failed != nil {
		err = failed
	}
	s.from.closeReader() // its places would be before this one if finish has stepped out
	s.link.Close(ctx, s.place)
	switch {
	case context.Cause(ctx) == errKilled:
		return nil
	case context.Cause(ctx) == errSlow:
		return errSlow
	case ctx.Err() != nil:
		return ctx.Err()
	case err == io.EOF, errors.Is(err, io.ErrClosedPipe):
		return nil
	}
	return err
}

var errKilled = errors.New("redisconn: killed")

// address is what CLIENT LIST shows.
func address(a net.Addr) string {
	if a == nil {
		return ""
	}
	return a.String()
}

// A server serves one connection.
type server struct {
	ctx    context.Context
	conn   net.Conn
	link   link.Conn
	client *command.Client
	pull   func()  // writes to from what comes on conn; nil if that is a pipe
	from   *stream // what has come
	in     requests
	place  *link.Place // of what is dealt with, or nil
	waits  atomic.Bool // a command waits
	out    *output
	answer func(command.Reply) // s.reply
}

// serve returns why it ends, or nil if the connection is to be closed.
func (s *server) serve() error {
	for !s.client.Closing {
		s.in.Limits, s.in.maxQuery = s.link.Limits(), s.client.Limits().MaxQuery
		words, err := s.in.next()
		switch {
		case err != nil:
			if e, ok := err.(protocolError); ok && !s.client.Silent() {
				s.answer(command.Err(command.ErrorLine("ERR " + e.Error())))
			}
			s.end()
			return err
		case words != nil:
			if answered := s.do(words); !answered {
				s.leave()
				s.place, err = s.from.over()
				return err
			}
			continue
		}
		s.out.flush()
		s.rest()
		if err := s.in.more(); err != nil {
			return err
		}
		s.client.Query.Read.Store(true)
	}
	return s.end()
}

// Read reads what has come, for requests, which have dealt with all that came
// before.
func (s *server) Read(b []byte) (n int, err error) {
	s.leave()
	n, s.place, err = s.from.take(b)
	return n, err
}

// leave leaves the place of what has been dealt with.
func (s *server) leave() {
	leave(s.place)
	s.place = nil
}

func leave(place *link.Place) {
	if place != nil {
		place.Leave()
	}
}

// reply adds a reply to the output.
func (s *server) reply(r command.Reply) {
	s.out.reply(r, s.link.RESP())
	if s.waits.Load() {
		s.from.resume()
	}
}

// do runs a command. It reports false if that has waited and the connection has
// ended.
func (s *server) do(words []string) (answered bool) {
	s.in.tell()
	if waits := s.link.Do(s.ctx, s.place, words, s.answer); !waits {
		return true
	}
	s.out.flush()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	s.waits.Store(true)
	gone := func() {
		cancel()
		s.link.Gone()
	}
	s.from.suspend(gone, s.in.ahead(), s.in.unused() > 0)
	s.leave()
	answered = s.link.Wait(ctx, s.answer)
	s.waits.Store(false)
	s.place = s.from.resumed()
	s.client.Query.Read.Store(true)
	return answered
}

// finish waits until all is written and returns what went wrong. Other connections
// wait as long as that takes, since the client is there until it has its reply,
// but not for a client that does not read.
func (s *server) finish() error {
	s.out.flush()
	if place := s.place; place != nil && s.out.busy() {
		place.Hold()
		late := time.AfterFunc(patience, func() {
			place.StepOut()
			place.Leave()
		})
		defer func() {
			if late.Stop() {
				place.Leave()
			}
		}()
	}
	return s.out.finish()
}

// patience is how long other connections wait for one that ends.
const patience = 10 * time.Millisecond

// watchEnd notices when the other end goes while a command runs for long.
func (s *server) watchEnd() (gone <-chan struct{}, stop func()) {
	var once sync.Once
	ended := make(chan struct{})
	s.from.suspend(func() { once.Do(func() { close(ended) }) }, s.in.ahead(), false)
	return ended, func() {
		s.from.resume()
		s.client.Query.Read.Store(true)
	}
}

// raw is for who speaks another protocol, until the connection ends.
func (s *server) raw() (<-chan []byte, func([]byte)) {
	in := make(chan []byte)
	go func() {
		defer close(in)
		for {
			b := make([]byte, rawSize)
			n, err := s.from.read(b)
			if n > 0 {
				select {
				case in <- b[:n]:
				case <-s.ctx.Done():
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return in, s.out.raw
}

// rawSize is how many bytes raw reads at once, as Redis's debugger does.
const rawSize = 1024
