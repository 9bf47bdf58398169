package redisconn

import (
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luastore/luastore/internal/link"
)

// newPipe returns the two ends of a connection in memory. Unlike those of
// net.Pipe they have buffers: to write waits only where the other end has left
// pipeRoom bytes unread.
func newPipe() (client, server *pipeEnd) {
	n := pipes.Add(1)
	a, b := newStream(), newStream()
	client = &pipeEnd{in: a, out: b, local: pipeAddr(n), remote: pipeAddr(0)}
	server = &pipeEnd{in: b, out: a, local: pipeAddr(0), remote: pipeAddr(n)}
	return client, server
}

const pipeRoom = 256 << 10

var pipes atomic.Int64

// pipeAddr is the number of a pipe, or 0, the address of what serves it.
type pipeAddr int64

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return "pipe:" + strconv.FormatInt(int64(a), 10) }

// A pipeEnd is one end of a pipe, a net.Conn.
type pipeEnd struct {
	in, out       *stream
	local, remote pipeAddr
}

func (p *pipeEnd) Read(b []byte) (int, error)         { return p.in.read(b) }
func (p *pipeEnd) LocalAddr() net.Addr                { return p.local }
func (p *pipeEnd) RemoteAddr() net.Addr               { return p.remote }
func (p *pipeEnd) SetReadDeadline(t time.Time) error  { return p.in.setDeadline(&p.in.reader, t) }
func (p *pipeEnd) SetWriteDeadline(t time.Time) error { return p.out.setDeadline(&p.out.writer, t) }

// Write returns when it has written, and mostly after the other end has dealt with
// it, if that takes microseconds.
func (p *pipeEnd) Write(b []byte) (int, error) {
	n, err := p.out.write(b)
	p.out.yield()
	return n, err
}

func (p *pipeEnd) SetDeadline(t time.Time) error {
	p.SetReadDeadline(t)
	return p.SetWriteDeadline(t)
}

// Close closes the connection. The other end can still read what was written.
func (p *pipeEnd) Close() error {
	p.in.closeReader()
	return p.CloseWrite()
}

// CloseWrite closes the connection in one direction: the other end reads io.EOF
// after what was written.
func (p *pipeEnd) CloseWrite() error {
	p.out.end(io.EOF, nil)
	return nil
}

// tryWrite writes what there is room for, at once. What is written to an end that
// is closed is lost, which is no error: requests that came before are still to be
// dealt with.
func (p *pipeEnd) tryWrite(b []byte) (int, error) {
	n, err := p.out.tryWrite(b, nil)
	if err == io.ErrClosedPipe {
		return len(b), nil
	}
	return n, err
}

// A stream is the bytes on their way from one end to the other.
type stream struct {
	mu             sync.Mutex
	buf            []byte
	start          int // bytes of buf that were read
	reader, writer side
	reason         error // why the writer is closed
	input                // of a stream that leads to a Store
}

// A side is one who waits at a stream: its reader, or its writer.
type side struct {
	changed  sync.Cond
	closed   bool
	waiting  int         // how many do
	deadline time.Time   // zero: none
	timer    *time.Timer // wakes who waits
	fires    time.Time   // when it does; it may be before the deadline
}

func newStream() *stream {
	s := new(stream)
	s.reader.changed.L = &s.mu
	s.writer.changed.L = &s.mu
	return s
}

func (s *stream) read(b []byte) (int, error) {
	n, place, err := s.take(b)
	if place != nil {
		place.Leave()
	}
	return n, err
}

// take is read for a stream that leads to a Store: it reads no more than what
// arrived at one place in the line, and returns that, held for the caller.
func (s *stream) take(b []byte) (n int, place *link.Place, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if err := s.reader.err(); err != nil {
			return 0, nil, err
		}
		if s.loose && s.waiter == nil {
			s.tighten()
		}
		if s.start < len(s.buf) || len(b) == 0 {
			break
		}
		if s.writer.closed {
			return 0, s.lastPlace(), s.reason
		}
		s.reader.wait()
	}
	n, place = s.part(min(len(b), s.unread()))
	copy(b[:n], s.buf[s.start:])
	switch s.start += n; {
	case s.start < len(s.buf):
		s.reader.changed.Signal() // there is something for another
	case cap(s.buf) > 2*pipeRoom:
		s.buf, s.start = nil, 0
	default:
		s.buf, s.start = s.buf[:0], 0
	}
	s.writer.changed.Signal()
	return n, place, nil
}

func (s *stream) write(b []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		m, err := s.put(b[n:], nil)
		if n += m; err != nil || n == len(b) {
			return n, err
		}
		s.writer.wait()
	}
}

// yield lets the reader run. The order of connections does not need it, but a caller
// of the Store itself does, who has written to a connection before: the call is not
// in the line of connections, and would often come before what was written.
func (s *stream) yield() {
	for range yields {
		runtime.Gosched()
		if s.idle() {
			return
		}
	}
}

// yields is how often a writer yields: a reader that takes longer is not awaited.
const yields = 4

// idle says whether the reader has taken all and waits for more.
func (s *stream) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reader.closed || s.waiter != nil || s.unread() == 0 && s.reader.waiting > 0
}

// tryWrite writes what there is room for. It arrives at the place in the line; nil
// is the end of that.
func (s *stream) tryWrite(b []byte, place *link.Place) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(b, place)
}

// put takes as much of b as there is room for.
func (s *stream) put(b []byte, place *link.Place) (int, error) {
	if err := s.writer.err(); err != nil {
		return 0, err
	}
	if s.reader.closed {
		return 0, io.ErrClosedPipe
	}
	room := pipeRoom - s.unread()
	if s.waiter != nil {
		if room = s.limit - s.unread(); room < len(b) {
			s.finish(errTooMuch, place)
			return 0, io.ErrClosedPipe
		}
	}
	n := max(min(len(b), room), 0)
	if n == 0 {
		return 0, nil
	}
	if s.start > len(s.buf)/2 && len(s.buf)+n > cap(s.buf) {
		s.buf, s.start = s.buf[:copy(s.buf, s.buf[s.start:])], 0
	}
	s.buf = append(s.buf, b[:n]...)
	s.arrive(n, place)
	s.reader.changed.Signal()
	return n, nil
}

func (s *stream) unread() int { return len(s.buf) - s.start }

// end closes the writer's side: who reads gets the error after what was written.
func (s *stream) end(reason error, place *link.Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish(reason, place)
}

// finish is end with mu held.
func (s *stream) finish(reason error, place *link.Place) {
	if s.writer.closed {
		return
	}
	s.reason = reason
	s.close(&s.writer)
	s.ended(place)
}

// closeReader closes the reader's side: what is unread is lost.
func (s *stream) closeReader() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close(&s.reader)
	s.abandon()
}

func (s *stream) close(who *side) {
	who.closed = true
	if who.timer != nil {
		who.timer.Stop()
	}
	s.reader.changed.Broadcast()
	s.writer.changed.Broadcast()
}

func (s *stream) setDeadline(who *side, t time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if who.closed {
		return net.ErrClosed
	}
	who.deadline = t
	who.changed.Broadcast()
	return nil
}

// err says why who must not go on.
func (who *side) err() error {
	if who.closed {
		return net.ErrClosed
	}
	if !who.deadline.IsZero() && time.Until(who.deadline) <= 0 {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// wait waits until something has changed, or the deadline may have passed. To
// set a timer takes longer than to read the clock: one that fires before the
// deadline, because it was for another, is as good, as who waits looks again.
func (who *side) wait() {
	if d := who.deadline; !d.IsZero() {
		now := time.Now()
		switch {
		case who.timer == nil:
			who.timer = time.AfterFunc(d.Sub(now), who.wake)
			who.fires = d
		case who.fires.After(d) || !who.fires.After(now):
			who.timer.Reset(d.Sub(now))
			who.fires = d
		}
	}
	who.waiting++
	who.changed.Wait()
	who.waiting--
}

func (who *side) wake() {
	who.changed.L.Lock()
	defer who.changed.L.Unlock()
	who.changed.Broadcast()
}
