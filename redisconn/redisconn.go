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
//	output.go     replies that wait to be read
//	pipe.go       connections in memory
package redisconn

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
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
func Dialer(store *luastore.Store) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		client, server := newPipe()
		go Serve(context.WithoutCancel(ctx), store, server)
		return client, nil
	}
}

// Serve answers the requests that come on conn, and closes it in the end. It
// returns nil when the other end closes it or has itself disconnected (QUIT,
// CLIENT KILL), ctx's error if that ends, and else what went wrong.
//
// Replies that the other end does not read wait in memory, up to 1 GiB, and for a
// subscriber up to 32 MB, or 8 MB for a minute; after that the connection ends.
// CONFIG SET client-output-buffer-limit sets other limits, as in Redis, and so do
// maxclients, timeout, client-query-buffer-limit and maxmemory-clients.
func Serve(ctx context.Context, store *luastore.Store, conn net.Conn) error {
	defer conn.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &server{ctx: ctx, conn: conn, out: newOutput(conn), in: requests{from: conn}}
	s.answer = func(r command.Reply) { s.out.reply(r, s.link.RESP()) }
	client := &command.Client{
		Push:      func(r command.Reply) { s.out.push(r, s.link.RESP()) },
		Kill:      func() { cancel(errKilled); conn.Close() },
		Raw:       s.raw,
		Watch:     s.watchEnd,
		Outbox:    s.out.waiting,
		Recheck:   s.out.recheck,
		Unsent:    s.out.unsent,
		Addr:      address(conn.RemoteAddr()),
		LocalAddr: address(conn.LocalAddr()),
	}
	s.client, s.in.query = client, &client.Query
	s.out.box = command.NewOutbox(client, s.out.recheck)
	s.out.lost = func(err error) { s.lose(err, cancel) }
	var err error
	if s.link, err = link.Open(ctx, store, client); err != nil {
		if err == link.ErrFull {
			io.WriteString(conn, "-"+err.Error()+"\r\n")
		}
		return err
	}
	defer s.link.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	err = s.serve()
	switch {
	case context.Cause(ctx) == errKilled:
		return nil
	case context.Cause(ctx) == errSlow:
		return errSlow
	case ctx.Err() != nil:
		return ctx.Err()
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
	in     requests
	out    *output
	answer func(command.Reply) // adds a reply to the output
}

func (s *server) serve() error {
	for !s.client.Closing {
		s.in.maxBulk, s.in.stranger = s.link.Limits()
		s.in.maxQuery = s.client.Limits().MaxQuery
		words, err := s.in.next()
		switch {
		case err != nil:
			if e, ok := err.(protocolError); ok && !s.client.Silent() {
				s.answer(command.Err(command.ErrorLine("ERR " + e.Error())))
			}
			s.end()
			return err
		case words != nil:
			s.do(words)
			continue
		}
		s.out.flush()
		s.rest()
		if err := s.in.more(); err != nil {
			if failed := s.out.finish(); failed != nil {
				err = failed
			}
			if err == io.EOF || errors.Is(err, io.ErrClosedPipe) {
				return nil
			}
			return err
		}
		s.client.Query.Read.Store(true)
	}
	return s.end()
}

// do runs a command.
func (s *server) do(words []string) {
	s.in.tell()
	if waits := s.link.Do(s.ctx, words, s.answer); !waits {
		return
	}
	s.out.flush()
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	done := make(chan struct{})
	go s.watch(cancel, done)
	s.link.Wait(ctx, s.answer)
	s.conn.SetReadDeadline(time.Unix(1, 0))
	<-done
	s.conn.SetReadDeadline(time.Time{})
	s.client.Query.Read.Store(true)
}

// watch reads requests while a command waits, to notice that the other end is
// gone.
func (s *server) watch(gone context.CancelFunc, done chan<- struct{}) {
	defer close(done)
	for len(s.in.buf) < maxAhead {
		switch err := s.in.more(); {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return
		case err != nil:
			gone()
			return
		}
	}
}

// watchEnd is watch for a command that runs for long.
func (s *server) watchEnd() (gone <-chan struct{}, stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go s.watch(func() { close(ended) }, done)
	return ended, func() {
		s.conn.SetReadDeadline(time.Unix(1, 0))
		<-done
		s.conn.SetReadDeadline(time.Time{})
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
			n, err := s.conn.Read(b)
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

// maxAhead is how many bytes are read while a command waits.
const maxAhead = 1 << 20
