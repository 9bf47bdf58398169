package redisconn

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"math"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/link"
	"github.com/luastore/luastore/internal/value"
)

// How long requests may be, in bytes, as Redis has it.
const (
	maxLine  = 64 << 10 // an inline request, or the line that says how long something is
	maxInput = 1 << 30  // all that was read and not used yet, with what it takes to note the words
)

// How long requests may be before somebody has given a password.
const (
	maxStrangerWords = 10
	maxStrangerBulk  = 16384
)

// A protocolError is why no more requests can be read, in Redis's words.
type protocolError string

func (e protocolError) Error() string { return "Protocol error: " + string(e) }

// errTooMuch ends a connection without a word, as Redis does it.
var errTooMuch = errors.New("redisconn: more was sent ahead than client-query-buffer-limit allows")

// requests reads requests. What it keeps grows with what has come, not with
// what is said to come.
type requests struct {
	from io.Reader
	link.Limits
	maxQuery int // bytes that may wait to be parsed; 0: any number

	buf   []byte
	pos   int    // up to where buf is parsed,
	start int    // and where the current request begins
	left  int    // words of it that are still to come,
	bulk  int    // and how many bytes the next of them has; -1: its length is still to come
	spans []span // where in buf its words are
	words []string
	meter
}

// A span is a word in the buffer.
type span struct{ begin, end uint32 }

const (
	wordSize = 32       // what a word takes, about, beside its text
	readSize = 16 << 10 // bytes that are asked for at once
)

// next returns the words of the next request, in room that the next call uses
// again, or nil if it has not come completely.
func (r *requests) next() ([]string, error) {
	for r.pos < len(r.buf) {
		if r.left == 0 {
			r.start = r.pos
			if r.buf[r.pos] != '*' {
				words, complete, err := r.inline()
				if !complete || len(words) > 0 {
					return words, err
				}
				continue
			}
			n, ok, err := r.length("mbulk count")
			if !ok {
				return nil, err
			}
			switch {
			case n > math.MaxInt32:
				return nil, protocolError("invalid multibulk length")
			case n > maxStrangerWords && r.Stranger:
				return nil, protocolError("unauthenticated multibulk length")
			case n <= 0:
				continue
			}
			r.left, r.bulk, r.argsBytes = n, -1, 0
			r.spans = r.spans[:0]
		}
		if complete, err := r.multibulk(); !complete {
			return nil, err
		}
		return r.take(), nil
	}
	return nil, nil
}

// line returns what is up to the byte end, and a line break of size bytes, if
// that has come. Like C's strings lines end at a zero byte: the line never comes.
func (r *requests) line(end byte, size int, what string) (line []byte, ok bool, err error) {
	rest := r.buf[r.pos:]
	i := bytes.IndexByte(rest, end)
	if i >= 0 && bytes.IndexByte(rest[:i], 0) >= 0 {
		i = -1
	}
	if i < 0 && len(rest) > maxLine {
		return nil, false, protocolError("too big " + what)
	}
	if i < 0 || i+size > len(rest) {
		return nil, false, nil
	}
	r.pos += i + size
	return rest[:i], true, nil
}

// inline returns the words of a request that is a line.
func (r *requests) inline() (words []string, complete bool, err error) {
	line, ok, err := r.line('\n', 1, "inline request")
	if !ok {
		return nil, false, err
	}
	split, err := command.SplitWords(string(bytes.TrimSuffix(line, []byte{'\r'})))
	if err != nil {
		return nil, false, protocolError("unbalanced quotes in request")
	}
	r.words = r.words[:0]
	for _, w := range split {
		r.words = append(r.words, w.Text)
	}
	return r.words, true, nil
}

// length returns the number that a line has after its first byte; what is no
// number is math.MaxInt.
func (r *requests) length(what string) (n int, ok bool, err error) {
	if n, size := shortLength(r.buf[r.pos:]); size > 0 {
		r.pos += size
		return n, true, nil
	}
	line, ok, err := r.line('\r', 2, what+" string")
	if !ok {
		return 0, false, err
	}
	number, ok := value.ParseInt(string(line[min(1, len(line)):]))
	if !ok {
		return math.MaxInt, true, nil
	}
	return int(number), true, nil
}

// shortLength returns the number of a line that has one of a few digits, as most
// have, and the size of that line; 0 of any other.
func shortLength(b []byte) (n, size int) {
	const digits = 7
	for i := 1; i < min(len(b)-1, digits+2); i++ {
		switch c := b[i]; {
		case '0' <= c && c <= '9' && (n > 0 || i == 1):
			n = 10*n + int(c-'0')
		case c == '\r' && i > 1:
			return n, i + 2
		default:
			return 0, 0
		}
	}
	return 0, 0
}

// multibulk goes on with a request that is an array, and says whether all of it
// has come.
func (r *requests) multibulk() (complete bool, err error) {
	for r.left > 0 {
		if r.bulk < 0 {
			at := r.pos
			n, ok, err := r.length("bulk count")
			switch {
			case !ok:
				return false, err
			case r.buf[at] != '$':
				return false, protocolError("expected '$', got '" + string(r.buf[at:at+1]) + "'")
			case n < 0 || n > r.Bulk:
				return false, protocolError("invalid bulk length")
			case n > maxStrangerBulk && r.Stranger:
				return false, protocolError("unauthenticated bulk length")
			}
			r.bulk = n
			if n >= bigArg && len(r.buf)-r.pos <= n+2 {
				r.trimmed = r.pos
			}
		}
		if len(r.buf)-r.pos-2 < r.bulk {
			return false, nil
		}
		r.spans = append(r.spans, span{uint32(r.pos), uint32(r.pos + r.bulk)})
		alone := r.bulk >= bigArg && r.trimmed == r.pos && len(r.buf) == r.pos+r.bulk+2
		r.pos += r.bulk + 2 // and a line break, whatever that be
		r.argsBytes += r.bulk
		if alone {
			r.trimmed = r.pos // the buffer has become the argument
		}
		r.left--
		r.bulk = -1
	}
	return true, nil
}

// maxShared is up to which length a request's words are cut out of one string.
const maxShared = 1024

// take returns the words at r.spans.
func (r *requests) take() []string {
	r.words = r.words[:0]
	if r.pos-r.start > maxShared {
		for _, s := range r.spans {
			r.words = append(r.words, string(r.buf[s.begin:s.end]))
		}
		return r.words
	}
	first := r.spans[0].begin
	text := string(r.buf[first:r.pos])
	for _, s := range r.spans {
		r.words = append(r.words, text[s.begin-first:s.end-first])
	}
	return r.words
}

// more waits for more bytes.
func (r *requests) more() error {
	r.trim()
	if len(r.buf)+wordSize*len(r.spans) > maxInput {
		return errTooMuch
	}
	r.grow()
	r.tell()
	n, err := r.from.Read(r.buf[len(r.buf):cap(r.buf)])
	r.buf = r.buf[:len(r.buf)+n]
	r.tell()
	if r.maxQuery > 0 && len(r.buf)-r.trimmed > r.maxQuery {
		return errQuery
	}
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// ahead returns how many bytes may come while a command waits.
func (r *requests) ahead() int { return min(cmp.Or(r.maxQuery, maxInput), math.MaxInt32) - r.unused() }

// unused returns how many bytes have been read and not used yet.
func (r *requests) unused() int { return len(r.buf) - r.pos }

// discard forgets the bytes of requests that were taken, and room beyond what
// most requests need.
func (r *requests) discard() {
	if r.left == 0 {
		r.spans = r.spans[:0]
		r.start = r.pos
		r.argsBytes = 0
	}
	if r.start == 0 {
		return
	}
	n := copy(r.buf, r.buf[r.start:])
	r.buf = r.buf[:n]
	for i := range r.spans {
		r.spans[i].begin -= uint32(r.start)
		r.spans[i].end -= uint32(r.start)
	}
	r.pos -= r.start
	r.start = 0
	if n == 0 && cap(r.buf) > 16*readSize {
		r.buf = nil
	}
	if len(r.spans) == 0 && cap(r.spans) > readSize {
		r.spans, r.words = nil, nil
	}
}
