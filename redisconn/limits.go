package redisconn

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/luastore/luastore/internal/command"
)

// errQuery ends a connection without a word, as Redis does it.
var errQuery = errors.New("redisconn: more of a request waits than client-query-buffer-limit allows")

// errSlow ends a connection whose other end does not read.
var errSlow = errors.New("redisconn: too many replies wait to be read")

// lose ends the connection because of err, and has the store forget it.
func (s *server) lose(err error, cancel context.CancelCauseFunc) {
	cancel(err)
	s.client.Lost()
}

// rest lets the store look at the connection's memory before it waits for requests.
func (s *server) rest() {
	limits := s.client.Limits()
	if limits.Counted() {
		s.in.trim()
		s.client.Changed()
	}
	if limits.Evicts() {
		s.link.Rest()
	}
}

// linger reads, and drops, what comes until the other end closes the connection or
// has sent too much. So Redis treats a connection that is to be closed after a
// reply, if it does not get one: CLIENT REPLY OFF, QUIT.
func (s *server) linger() error {
	s.out.mute()
	q := &s.client.Query
	b := make([]byte, readSize)
	for used := len(s.in.buf) - s.in.pos; ; {
		q.Used.Store(int64(used))
		if used > s.client.Limits().MaxQuery {
			return errQuery
		}
		n, err := s.Read(b)
		switch used += n; {
		case err == io.EOF, errors.Is(err, io.ErrClosedPipe):
			return nil
		case err != nil:
			return err
		}
		q.Read.Store(true)
	}
}

// A meter tells a Query how much is in the buffer of requests.
type meter struct {
	query     *command.Query // nil: it tells nothing
	trimmed   int            // where in the buffer Redis's begins
	argsBytes int            // of the words of the current request that have come

	used, free, argsTold int // that were told
}

// bigArg is from how many bytes on Redis reads an argument into a buffer of its own.
const bigArg = 32 << 10

// trim forgets what was parsed, and tells what is left.
func (r *requests) trim() {
	r.discard()
	r.trimmed = r.pos
	r.tell()
	if args := r.argsBytes; args != r.argsTold && r.query != nil {
		r.argsTold = args
		r.query.Args.Store(int64(args))
		r.query.Words.Store(int64(len(r.spans)))
	}
}

// tell tells the Query how much is in the buffer.
func (r *requests) tell() {
	if r.query == nil {
		return
	}
	if used := len(r.buf) - r.trimmed; used != r.used {
		r.used = used
		r.query.Used.Store(int64(used))
	}
	if free := cap(r.buf) - len(r.buf); free != r.free {
		r.free = free
		r.query.Free.Store(int64(free))
	}
}

// grow makes room for more bytes: for the rest of a large argument, and no more, once
// half of it has come.
func (r *requests) grow() {
	n := max(readSize, min(len(r.buf), maxInput-len(r.buf)))
	if cap(r.buf)-len(r.buf) >= readSize/2 {
		return
	}
	if rest := r.pos + r.bulk + 2 - len(r.buf); r.left > 0 && r.bulk >= bigArg && rest < n {
		if cap(r.buf)-len(r.buf) < rest {
			r.buf = append(slices.Grow([]byte(nil), len(r.buf)+rest), r.buf...)
		}
		return
	}
	r.buf = slices.Grow(r.buf, n)
}

// end ends the connection after the reply to its last request. If there is none for
// the client to hear, and nothing else waits to be written, it lingers.
func (s *server) end() error {
	if s.out.idle() {
		return s.linger()
	}
	return nil
}

// idle reports whether nothing waits to be written, or has since the last flush.
func (o *output) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Len() == 0 && !o.writing && !o.replied && o.err == nil
}

// drainMost is how many bytes of output are written at once, so that what waits is
// known while the other end reads.
const drainMost = 256 << 10

// added ends the connection if there is too much output, or if what was added does
// not fit.
func (o *output) added(fits bool) {
	if !o.box.Holds(o.buf.Len()) || !fits {
		o.lost(errSlow)
		o.fail(errSlow)
	}
}

// recheck is added for limits that have changed, or whose time is over.
func (o *output) recheck() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.added(true)
	}
}

// waiting returns what waits to be read, as Redis counts it.
func (o *output) waiting() command.Waiting {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.box.Waiting()
	w.Writing = o.writing
	return w
}

// mute drops what is pushed from now on.
func (o *output) mute() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.muted = true
}
