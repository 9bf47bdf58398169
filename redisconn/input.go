package redisconn

import (
	"net"

	"github.com/luastore/luastore/internal/link"
)

// An input is what a stream that leads to a Store knows beyond its bytes: their
// places in the Store's line, and what to do if the other end goes while a command
// waits. It is used with the stream's mu held.
type input struct {
	line *link.Line  // nil if the stream leads to a client
	last *link.Place // of the end, once that has come

	// parts of the unread bytes, in their order. If they are loose they are one
	// part without a place.
	parts []part
	loose bool

	// A command that waits.
	waiter func()      // called when the other end is gone; nil if no command waits
	limit  int         // bytes that may be unread meanwhile
	ahead  bool        // the reader has requests that it has read but not dealt with
	next   *link.Place // of these, once the command has its reply
}

// A part is bytes that arrived at one place in the line.
type part struct {
	bytes int
	place *link.Place // held by the part
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
// line.
func (s *stream) arrive(n int, place *link.Place) {
	if s.line == nil {
		return
	}
	if i := len(s.parts) - 1; i >= 0 {
		if p := &s.parts[i]; s.loose || place == nil && p.place.Last() || place != nil && place == p.place {
			p.bytes += n
			return
		}
	}
	switch {
	case s.loose:
		place = nil
	case place == nil:
		place = s.line.Join()
	default:
		place.Hold()
	}
	s.parts = append(s.parts, part{n, place})
}

// ended gives the end its place, and tells the command that waits.
func (s *stream) ended(place *link.Place) {
	if s.line == nil || s.reader.closed {
		return
	}
	if s.loose && s.waiter == nil {
		return // with the bytes before it
	}
	if place == nil {
		s.last = s.line.Join()
	} else {
		s.last = place.Hold()
	}
	if s.waiter != nil {
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
	s.loosen()
	leave(s.lastPlace())
	leave(s.next)
	s.next = nil
}

// loosen makes what is unread, and what will come, leave the line until tighten.
func (s *stream) loosen() {
	for _, p := range s.parts {
		leave(p.place)
	}
	s.parts, s.loose = s.parts[:0], true
	if n := s.unread(); n > 0 && s.line != nil {
		s.parts = append(s.parts, part{n, nil})
	}
}

// tighten makes what has come join the line.
func (s *stream) tighten() {
	s.loose = false
	if s.reader.closed {
		return
	}
	place := s.last
	switch unread := s.unread() > 0; {
	case place != nil:
		place.Hold()
	case unread || s.ahead || s.writer.closed:
		place = s.line.Join()
	default:
		return
	}
	if s.unread() > 0 {
		s.parts[0].place = place.Hold()
	}
	if s.ahead {
		s.next = place.Hold()
	}
	if s.writer.closed && s.last == nil {
		s.last = place.Hold()
	}
	place.Leave()
}

// aside makes others go on while the reader does something else than commands.
func (s *stream) aside() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loosen()
	leave(s.lastPlace())
}

// suspend begins the wait of a command. Until resume up to limit bytes may come,
// and gone is called when the other end closes the connection or sends more; at
// once, if it has. The reader has requests of its own if ahead is set.
func (s *stream) suspend(gone func(), limit int, ahead bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiter, s.limit, s.ahead = gone, limit, ahead
	s.loosen()
	if s.writer.closed {
		gone()
	}
	s.writer.changed.Broadcast()
}

// resume ends the wait: what has come joins the line. It may be called again.
func (s *stream) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiter == nil {
		return
	}
	s.waiter = nil
	s.tighten()
	s.ahead = false
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
