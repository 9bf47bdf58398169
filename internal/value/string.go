package value

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"
)

// String is a byte string in one of three forms, so that neither INCR nor
// APPEND and its like take time linear in the value:
//
//   - an integer, whose text is made when it is asked for;
//   - an immutable text, stored as it came, without a copy;
//   - a buffer that is owned and edited in place.
//
// The zero String is the empty text. A nil *String reads as the empty text.
type String struct {
	text string
	n    int64
	buf  *buffer // nil: text; &integer: n; else the buffer
}

// buffer is the editable form. Texts handed out share its bytes: the first
// shared of them are never written again, a later edit there copies first.
// Appending needs no copy.
type buffer struct {
	bytes  []byte
	shared int
}

var integer buffer

// embeddedMax is the longest text, in bytes, that Redis calls embstr.
const embeddedMax = 44

// NewString returns a String of the text t, as Set stores it.
func NewString(t string) *String {
	s := new(String)
	s.Set(t)
	return s
}

func (s *String) Type() string { return "string" }

func (s *String) Encoding() string {
	switch {
	case s.buf == &integer:
		return "int"
	case s.buf == nil && len(s.text) <= embeddedMax:
		return "embstr"
	}
	return "raw"
}

func (s *String) Len() int {
	switch {
	case s == nil:
		return 0
	case s.buf == nil:
		return len(s.text)
	case s.buf == &integer:
		return intLen(s.n)
	}
	return len(s.buf.bytes)
}

func (s *String) Size() int {
	switch {
	case s.buf == nil:
		return sizeOf(s) + TextSize(s.text)
	case s.buf == &integer:
		return sizeOf(s)
	}
	return sizeOf(s) + sizeOf(s.buf) + Allocated(cap(s.buf.bytes))
}

func (s *String) Clone() Value {
	c := *s
	if s.buf != nil && s.buf != &integer {
		c.buf = &buffer{bytes: slices.Clone(s.buf.bytes)}
	}
	return &c
}

// String returns the text. It takes constant time and shares the bytes.
func (s *String) String() string {
	switch {
	case s == nil:
		return ""
	case s.buf == nil:
		return s.text
	case s.buf == &integer:
		return strconv.FormatInt(s.n, 10)
	}
	b := s.buf
	b.shared = len(b.bytes)
	return unsafe.String(unsafe.SliceData(b.bytes), len(b.bytes))
}

// Set replaces the value by the text t, stored as an integer where t is the
// canonical text of one, else without a copy.
func (s *String) Set(t string) {
	if n, ok := ParseInt(t); ok {
		s.SetInt(n)
	} else {
		s.SetText(t)
	}
}

// SetText is Set, but stores t as a text even where it is an integer's.
func (s *String) SetText(t string) { *s = String{text: t} }

// SetInt replaces the value by n's decimal text.
func (s *String) SetInt(n int64) {
	if s.buf != &integer {
		*s = String{buf: &integer}
	}
	s.n = n
}

// Int returns the integer whose canonical text the value is; ok is false
// where it is none. A nil String is 0.
func (s *String) Int() (n int64, ok bool) {
	switch {
	case s == nil:
		return 0, true
	case s.buf == &integer:
		return s.n, true
	case s.buf == nil:
		return ParseInt(s.text)
	}
	return ParseInt(string(s.buf.bytes[:min(len(s.buf.bytes), 21)]))
}

// Append adds t at the end, in amortised time linear in t.
func (s *String) Append(t string) {
	b := s.edit(s.Len() + len(t))
	b.bytes = append(b.bytes, t...)
}

// Overwrite writes t at the byte offset off, growing the value with zero
// bytes where it is shorter than that.
func (s *String) Overwrite(off int, t string) {
	end := off + len(t)
	b := s.edit(end)
	b.grow(end)
	copy(b.from(off), t)
}

// Slice returns the bytes from start up to end. It shares them where they are
// most of the value and copies them where they are less, so that a small part
// keeps no large value alive and makes no later edit copy one.
func (s *String) Slice(start, end int) string {
	switch part := end - start; {
	case part == 0:
		return ""
	case part > s.Len()/2:
		return s.String()[start:end]
	case s.buf != nil && s.buf != &integer:
		return string(s.buf.bytes[start:end])
	}
	return strings.Clone(s.String()[start:end])
}

// edit turns the value into its editable form, with room for n bytes.
func (s *String) edit(n int) *buffer {
	if s.buf == nil || s.buf == &integer {
		text := s.String()
		*s = String{buf: &buffer{bytes: append(make([]byte, 0, max(n, len(text))), text...)}}
	}
	return s.buf
}

// view returns the text for the moment: unlike String it does not share the
// bytes, so that the next edit need not copy them, and changes them.
func (s *String) view() string {
	if s == nil || s.buf == nil || s.buf == &integer {
		return s.String()
	}
	return unsafe.String(unsafe.SliceData(s.buf.bytes), len(s.buf.bytes))
}

// from returns the bytes from off on, to be written to.
func (b *buffer) from(off int) []byte {
	if off < b.shared {
		b.bytes, b.shared = slices.Clone(b.bytes), 0
	}
	return b.bytes[off:]
}

// replace puts other bytes in the place of those from start up to end.
func (b *buffer) replace(start, end int, part []byte) {
	b.from(start)
	b.bytes = slices.Replace(b.bytes, start, end, part...)
}

// grow lengthens b to n bytes with zero bytes.
func (b *buffer) grow(n int) {
	if old := len(b.bytes); n > old {
		b.bytes = slices.Grow(b.bytes, n-old)[:n]
		clear(b.bytes[old:])
	}
}

// intLen is the length of n's decimal text.
func intLen(n int64) int {
	if n == math.MinInt64 {
		return 20
	}
	l := 1
	if n < 0 {
		l, n = 2, -n
	}
	for ; n >= 10; n /= 10 {
		l++
	}
	return l
}
