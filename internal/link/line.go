package link

import (
	"sync"
	"sync/atomic"
)

// A Line is the order in which the connections of a Store have sent something,
// which is the order in which the Store deals with it, as Redis's event loop does.
// What a connection has sent takes a Place as it arrives, and the connection
// leaves the Place when it has run the commands. The zero Line is empty and ready
// to use. It is safe for concurrent use.
type Line struct {
	mu          sync.Mutex
	first, last *Place
	spare       *Place        // places to be used again, by next
	alarm       chan struct{} // closed by Alarm; nil if there is no waiter
}

// A Place is held by what has sent something and by what deals with it. Whoever
// holds it must leave it, once for each Join and Hold.
type Place struct {
	line       *Line
	prev, next *Place
	holds      int
	queued     bool
	turn       chan struct{} // closed when the place is the first; nil if there is no waiter
	first      atomic.Bool
}

// Join returns a new place at the end of the line, held once.
func (l *Line) Join() *Place {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.spare
	if p != nil {
		l.spare, p.next = p.next, nil
	} else {
		p = &Place{line: l}
	}
	p.holds = 1
	l.push(p)
	return p
}

// Hold holds the place once more, and returns it.
func (p *Place) Hold() *Place {
	p.line.mu.Lock()
	defer p.line.mu.Unlock()
	p.holds++
	return p
}

// Leave ends one hold. The place leaves the line with the last of them.
func (p *Place) Leave() {
	l := p.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.holds--; p.holds > 0 {
		return
	}
	if p.queued {
		l.remove(p)
	}
	p.next, l.spare = l.spare, p
}

// Last reports whether nothing has joined the line after the place.
func (p *Place) Last() bool {
	p.line.mu.Lock()
	defer p.line.mu.Unlock()
	return p.line.last == p
}

// First reports whether it is the place's turn.
func (p *Place) First() bool { return p.first.Load() }

// StepOut gives the turn to the next place. The place has its turn again when
// Turn has put it at the end of the line and the line has come to it.
func (p *Place) StepOut() {
	p.line.mu.Lock()
	defer p.line.mu.Unlock()
	if p.queued {
		p.line.remove(p)
	}
}

// Turn returns a channel that is closed when it is the place's turn, and one that
// is closed by the next Alarm. Only one goroutine at a time may ask for the turn of
// a place.
func (p *Place) Turn() (turn, alarm <-chan struct{}) {
	l := p.line
	l.mu.Lock()
	defer l.mu.Unlock()
	if !p.queued {
		l.push(p)
	}
	if p.turn = make(chan struct{}); l.first == p {
		close(p.turn)
	}
	if l.alarm == nil {
		l.alarm = make(chan struct{})
	}
	return p.turn, l.alarm
}

// Alarm wakes all who wait for their turn, because there may be a reason not to.
func (l *Line) Alarm() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alarm != nil {
		close(l.alarm)
		l.alarm = nil
	}
}

func (l *Line) push(p *Place) {
	p.queued, p.prev = true, l.last
	if l.last == nil {
		l.first = p
		p.first.Store(true)
	} else {
		l.last.next = p
	}
	l.last = p
}

func (l *Line) remove(p *Place) {
	if p.prev == nil {
		l.first = p.next
	} else {
		p.prev.next = p.next
	}
	if p.next == nil {
		l.last = p.prev
	} else {
		p.next.prev = p.prev
	}
	p.queued, p.prev, p.next, p.turn = false, nil, nil, nil
	p.first.Store(false)
	if first := l.first; first != nil && !first.First() {
		first.first.Store(true)
		if first.turn != nil {
			close(first.turn)
		}
	}
}
