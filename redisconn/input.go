package redisconn

import (
	"net"
	"slices"

	"github.com/luastore/luastore/internal/link"
)

// An input is what a stream that leads to a Store knows beyond its bytes: their
// places in the Store's line, and what to do if the other end goes while a command
// waits. It is used with the stream's mu held.
type input struct {
	line   *link.Line  // nil: the stream leads to a client
	parts  []part      // of the unread bytes, in their order
	last   *link.Place // of the end, once that has come
	ahead  bool        // the reader has requests that it has read but not dealt with
	waiter func()      // called when the other end is gone; nil: no command waits
	limit  int         // bytes that may be unread while a command waits
	next   *link.Place // of the requests that the reader has, once the command has its reply
}

// A part is bytes that arrived at one place in the line.
type part struct {
	bytes int
	place *link.Place // held by the part; nil while a command waits
}

// attach makes s lead to the Store whose line it is.
func (s *stream) attach(line *link.Line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = line
	if n := s.unread(); n > 0 {
		s.arrive(n, nil)
	}
	if s.writer.closed {
		s.ended(nil)
	}
}

// arrive gives n bytes, which have just come, their place; nil is the end of the
// line. While a command waits they need none.
func (s *stream) arrive(n int, place *link.Place) {
	if s.line == nil {
		return
	}
	if i := len(s.parts) - 1; i >= 0 {
		switch p := &s.parts[i]; {
		case s.suspended(), place == nil && p.place.Last(), place != nil && place == p.place:
			p.bytes += n
			return
		}
	}
	switch {
	case s.suspended():
	case place == nil:
		place = s.line.Join()
	default:
		place.Hold()
	}
	if s.suspended() {
		place = nil
	}
	s.parts = append(s.parts, part{n, place})
}

// ended gives the end its place, and tells who waits.
func (s *stream) ended(place *link.Place) {
	switch {
	case s.line == nil || s.reader.closed:
		return
	case place == nil:
		s.last = s.line.Join()
	default:
		s.last = place.Hold()
	}
	if s.suspended() {
		s.waiter()
	}
}

// lastPlace returns the place of the end, held for the caller, or nil if it was
// returned before.
func (s *stream) lastPlace() *link.Place {
	place := s.last
	s.last = nil
	return place
}

// part returns how many of n unread bytes belong to the first part, and its place,
// held for the caller.
func (s *stream) part(n int) (int, *link.Place) {
	if s.line == nil || n == 0 {
		return n, nil
	}
	p := &s.parts[0]
	if n < p.bytes {
		p.bytes -= n
		return n, p.place.Hold()
	}
	n, place := p.bytes, p.place
	if len(s.parts) > 1 {
		s.parts = s.parts[1:]
	} else {
		s.parts = s.parts[:0]
	}
	return n, place
}

// abandon leaves all places.
func (s *stream) abandon() {
	for _, p := range s.parts {
		if p.place != nil {
			p.place.Leave()
		}
	}
	s.parts = nil
	for _, p := range []*link.Place{s.lastPlace(), s.next} {
		if p != nil {
			p.Leave()
		}
	}
	s.next = nil
}

// suspended reports whether a command waits, so that nothing is read.
func (s *stream) suspended() bool { return s.waiter != nil }

// suspend begins the wait of a command. Until resume up to limit bytes may come,
// and gone is called when the other end closes the connection or sends more; at
// once, if it has. The reader has requests of its own if ahead is set.
func (s *stream) suspend(gone func(), limit int, ahead bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiter, s.limit, s.ahead = gone, limit, ahead
	if n := s.unread(); n > 0 {
		for _, p := range s.parts {
			p.place.Leave()
		}
		s.parts = slices.Delete(s.parts, 1, len(s.parts))
		s.parts[0] = part{n, nil}
	}
	if s.writer.closed {
		gone()
	}
	s.writer.changed.Broadcast()
}

// resume ends the wait: what has come joins the line. It may be called again.
func (s *stream) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.suspended() {
		return
	}
	s.waiter = nil
	unread := s.unread() > 0
	if !unread && !s.ahead || s.reader.closed {
		return
	}
	place := s.line.Join()
	if s.ahead {
		s.next = place
	}
	if unread {
		if s.ahead {
			place.Hold()
		}
		s.parts[0].place = place
	}
}

// resumed is resume, and returns the place of the requests that the reader has, if
// it has any, held for the caller.
func (s *stream) resumed() *link.Place {
	s.resume()
	s.mu.Lock()
	defer s.mu.Unlock()
	place := s.next
	s.next = nil
	return place
}

// over returns why no more comes, and the place of the end, held for the caller.
func (s *stream) over() (*link.Place, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastPlace(), s.reason
}

// pull writes to s what comes on conn, until no more does.
func (s *stream) pull(conn net.Conn) {
	b := make([]byte, readSize)
	for {
		n, err := conn.Read(b)
		if n > 0 {
			if _, err := s.write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			s.end(err, nil)
			return
		}
	}
}
