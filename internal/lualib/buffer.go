package lualib

import (
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/luavm"
)

// A buffer collects the bytes of a result. They are counted before they are
// allocated, and until the call is over.
type buffer struct {
	c       *luavm.Call
	b       []byte
	held    int      // bytes that are counted
	scratch *scratch // where the buffer began
}

// maxString is the longest string that a library makes.
const maxString = 1<<31 - 1

// need makes room for n more bytes.
func (b *buffer) need(n int) {
	if cap(b.b)-len(b.b) < n {
		b.grow(n)
	}
}

func (b *buffer) grow(n int) {
	if n > maxString-len(b.b) {
		b.c.Fail("not enough memory")
	}
	size := max(min(2*cap(b.b), maxString), len(b.b)+n)
	b.c.Hold(size)
	b.c.Tick(size / 100)
	grown := bulk.Make[byte](size, b.c.Machine())[:len(b.b)]
	bulk.Move(grown, b.b, b.c.Machine())
	b.c.Hold(-b.held)
	b.b, b.held = grown, size
}

// extend makes the buffer n bytes longer and returns those.
func (b *buffer) extend(n int) []byte {
	b.need(n)
	from := len(b.b)
	b.b = b.b[:from+n]
	return b.b[from:]
}

// add adds s.
func (b *buffer) add(s string) {
	if len(s) < piece {
		b.need(len(s))
		b.b = append(b.b, s...)
		return
	}
	b.addBytes(bulk.Bytes(s))
}

// addBytes adds s.
func (b *buffer) addBytes(s []byte) { bulk.Move(b.extend(len(s)), s, b.c.Machine()) }

// addByte adds c.
func (b *buffer) addByte(c byte) {
	b.need(1)
	b.b = append(b.b, c)
}

// addRepeated adds n times c.
func (b *buffer) addRepeated(c byte, n int) {
	b.need(n)
	for range n {
		b.b = append(b.b, c)
	}
}

// value returns what was collected as a string value. The buffer must not be
// used any more: a full one becomes the string.
func (b *buffer) value() luavm.Value {
	m := b.c.Machine()
	b.c.Tick(len(b.b) / 100)
	b.c.Hold(-b.held)
	if len(b.b) == cap(b.b) && cap(b.b) > keptScratch {
		return m.NewString(unsafe.String(&b.b[0], len(b.b)))
	}
	if cap(b.b) <= keptScratch {
		b.scratch.b = b.b[:0]
	}
	return newBytes(m, b.b)
}

// newBytes returns a string value of a copy of b.
func newBytes(m *luavm.Machine, b []byte) luavm.Value {
	return m.NewCopy(unsafe.String(unsafe.SliceData(b), len(b)))
}

// scratch is room for short results that is used again and again, by all
// libraries of a machine.
type scratch struct{ b []byte }

// What scratch begins with, and the most that it keeps.
const (
	firstScratch = 512
	keptScratch  = 4096
)

// buffer returns a buffer that begins in s. While it is in use, others that s
// gives have room of their own.
func (s *scratch) buffer(c *luavm.Call) buffer {
	b := s.b
	if s.b = nil; b == nil {
		b = make([]byte, 0, firstScratch)
	}
	return buffer{c: c, b: b, scratch: s}
}
