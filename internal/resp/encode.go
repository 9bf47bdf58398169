// Package resp encodes replies in Redis's protocol, RESP2 and RESP3.
package resp

import (
	"math"
	"strconv"
	"unsafe"

	"github.com/luastore/luastore/internal/command"
)

const (
	// chunkSize is about how many bytes a part has that was encoded.
	chunkSize = 64 << 10
	// sharedSize is how long a text must be to be a part itself, without a copy.
	sharedSize = 64 << 10
)

// A Buffer is encoded replies that wait to be written, in parts. The zero Buffer is
// empty. Long texts are parts of their own that share the reply's bytes, so that a
// reply that has one text many times takes the memory of one.
type Buffer struct {
	parts [][]byte // complete
	tail  []byte   // the part that is being made, after the others,
	start int      // and what of it was written already
	size  int      // bytes in all
	limit int      // what size must not exceed while a reply is added
}

// Len returns how many bytes wait.
func (b *Buffer) Len() int { return b.size }

// Add adds a reply in the version of the protocol. It reports whether all that
// waits then has at most limit bytes; if not, it stops as soon as it is known. A
// reply may be larger than that where nothing else waits.
func (b *Buffer) Add(r command.Reply, version, limit int) bool {
	if b.limit = limit; b.size == 0 {
		b.limit = math.MaxInt
	}
	b.reply(r, version)
	return b.size <= b.limit
}

// AddBytes adds bytes that are no reply.
func (b *Buffer) AddBytes(p []byte) { b.add(append(b.tail, p...)) }

// Next returns the bytes to be written next; none if Len is 0. More may be added
// while they are written.
func (b *Buffer) Next() []byte {
	if len(b.parts) > 0 {
		return b.parts[0]
	}
	return b.tail[b.start:]
}

// Wrote removes the first n of the bytes that Next returned, which were written.
func (b *Buffer) Wrote(n int) {
	b.size -= n
	if len(b.parts) > 0 {
		if b.parts[0] = b.parts[0][n:]; len(b.parts[0]) == 0 {
			b.parts[0] = nil
			b.parts = b.parts[1:]
		}
	} else {
		b.start += n
	}
	if b.size == 0 {
		b.parts, b.tail, b.start = nil, b.tail[:0], 0
	}
}

// add makes tail, to which bytes were appended, the tail.
func (b *Buffer) add(tail []byte) {
	b.size += len(tail) - len(b.tail)
	b.tail = tail
	if len(tail) >= chunkSize {
		b.cut()
		b.tail = make([]byte, 0, chunkSize+chunkSize/8)
	}
}

// cut makes the tail a part.
func (b *Buffer) cut() {
	if len(b.tail) > b.start {
		b.parts = append(b.parts, b.tail[b.start:])
	}
	b.tail, b.start = b.tail[len(b.tail):], 0
}

// reply adds a reply in the version of the protocol, unless it is bound to another
// one. An attribute has no form in RESP2 and is left out.
func (b *Buffer) reply(r command.Reply, version int) {
	version = r.Version(version)
	resp3 := version == 3
	switch r.Kind {
	case command.NilKind:
		if resp3 {
			b.text("_\r\n")
		} else {
			b.text("$-1\r\n")
		}
	case command.NilArrayKind:
		if resp3 {
			b.text("_\r\n")
		} else {
			b.text("*-1\r\n")
		}
	case command.IntKind:
		b.head(':', r.Int())
	case command.BoolKind:
		switch {
		case !resp3:
			b.head(':', r.Int())
		case r.Int() != 0:
			b.text("#t\r\n")
		default:
			b.text("#f\r\n")
		}
	case command.DoubleKind:
		if resp3 {
			b.line(',', r.DoubleText())
		} else {
			b.bulk('$', r.DoubleText())
		}
	case command.BulkKind:
		b.bulk('$', r.Str())
	case command.StatusKind:
		b.line('+', r.Str())
	case command.ErrorKind:
		b.line('-', r.Str())
	case command.BigNumberKind:
		if resp3 {
			b.line('(', r.Str())
		} else {
			b.bulk('$', r.Str())
		}
	case command.VerbatimKind:
		if resp3 {
			b.bulk('=', r.Str())
		} else {
			b.bulk('$', r.VerbatimText())
		}
	case command.AttributeKind:
		if resp3 {
			b.aggregate(r, version)
		}
	default:
		b.aggregate(r, version)
	}
}

// aggregate adds a reply that has elements.
func (b *Buffer) aggregate(r command.Reply, version int) {
	elems := r.Elems()
	n := count(elems)
	if announced := r.Announced(); announced != len(elems) {
		n = int64(announced)
	}
	switch {
	case r.Kind == command.RepliesKind:
	case version != 3 || r.Kind == command.ArrayKind:
		b.head('*', n)
	case r.Kind == command.MapKind:
		b.head('%', n/2)
	case r.Kind == command.AttributeKind:
		b.head('|', n/2)
	case r.Kind == command.SetKind:
		b.head('~', n)
	case r.Kind == command.PushKind:
		b.head('>', n)
	}
	for _, e := range elems {
		if b.size > b.limit {
			return
		}
		b.reply(e, version)
	}
}

// count returns how many elements are announced to the other end. An attribute is
// none; a command's replies in a row, of which there may be none, are one, as EXEC
// has it in Redis.
func count(elems []command.Reply) int64 {
	n := len(elems)
	for _, e := range elems {
		if e.Kind == command.AttributeKind {
			n--
		}
	}
	return int64(n)
}

// text adds a text.
func (b *Buffer) text(s string) {
	if len(s) < sharedSize {
		b.add(append(b.tail, s...))
		return
	}
	b.cut()
	b.parts = append(b.parts, unsafe.Slice(unsafe.StringData(s), len(s)))
	b.size += len(s)
}

// head adds a line of a number.
func (b *Buffer) head(kind byte, n int64) {
	tail := strconv.AppendInt(append(b.tail, kind), n, 10)
	b.add(append(tail, '\r', '\n'))
}

func (b *Buffer) line(kind byte, s string) {
	if len(s) < sharedSize {
		tail := append(append(b.tail, kind), s...)
		b.add(append(tail, '\r', '\n'))
		return
	}
	b.add(append(b.tail, kind))
	b.text(s)
	b.text("\r\n")
}

func (b *Buffer) bulk(kind byte, s string) {
	if len(s) < sharedSize {
		tail := strconv.AppendInt(append(b.tail, kind), int64(len(s)), 10)
		tail = append(append(append(tail, '\r', '\n'), s...), '\r', '\n')
		b.add(tail)
		return
	}
	b.head(kind, int64(len(s)))
	b.text(s)
	b.text("\r\n")
}
