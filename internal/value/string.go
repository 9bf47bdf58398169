package value

import (
	"math"
	"math/bits"
	"slices"
	"strconv"
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
)

// String is a byte string in one of three forms, so that neither INCR nor
// APPEND and its like take time linear in the value:
//
//   - an integer, whose text is made when it is asked for;
//   - an immutable text, stored as it came, without a copy if it is long;
//   - a buffer that is owned and edited in place.
//
// The zero String is the empty text. A nil *String reads as the empty text.
type String struct {
	data unsafe.Pointer // &integer or &ownInteger; the text's bytes; or, with n of inBuffer, the *buffer
	n    int64          // the integer, or the text's length
}

// integer is where data of a String that is one leads to, and ownInteger if Redis
// would not share it.
var integer, ownInteger buffer

const inBuffer = -1

// buffer is the editable form. Texts handed out share its bytes: the first
// shared of them are never written again, a later edit there copies first.
// Appending needs no copy.
type buffer struct {
	bytes  []byte // zero from its length to its capacity
	shared int
	log    *journal.Journal // nil: edits are not recorded
	copyOf *byte            // while edits are undone: from where bytes was copied, if at all
}

func (s *String) isInteger() bool {
	return s.data == unsafe.Pointer(&integer) || s.data == unsafe.Pointer(&ownInteger)
}

// sharedIntegers is below which integers Redis shares them.
const sharedIntegers = 10_000

// Shared reports whether the String is an integer that Redis shares among all keys
// that have it.
func (s *String) Shared() bool {
	return s.data == unsafe.Pointer(&integer) && 0 <= s.n && s.n < sharedIntegers
}

// Unshare makes an integer one that Redis does not share, until the String is set.
func (s *String) Unshare() {
	if s.isInteger() {
		s.data = unsafe.Pointer(&ownInteger)
	}
}

// buf returns the buffer; nil if the String has another form.
func (s *String) buf() *buffer {
	if s.n != inBuffer || s.isInteger() {
		return nil
	}
	return (*buffer)(s.data)
}

// setBuffer makes b the buffer.
func (s *String) setBuffer(b *buffer) { s.data, s.n = unsafe.Pointer(b), inBuffer }

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
	case s.isInteger():
		return "int"
	case s.buf() == nil && s.n <= embeddedMax:
		return "embstr"
	}
	return "raw"
}

func (s *String) Len() int {
	switch {
	case s == nil:
		return 0
	case s.isInteger():
		return intLen(s.n)
	case s.n == inBuffer:
		return len(s.buf().bytes)
	}
	return int(s.n)
}

func (s *String) Size() int {
	switch b := s.buf(); {
	case b != nil:
		return sizeOf(s) + sizeOf(b) + Allocated(cap(b.bytes))
	case s.isInteger():
		return sizeOf(s)
	}
	return sizeOf(s) + TextSize(s.view())
}

func (s *String) Clone(w bulk.Checker) Value {
	c := *s
	c.Unshare() // as Redis does
	if b := s.buf(); b != nil {
		c.setBuffer(&buffer{bytes: bulk.Grow(b.bytes, len(b.bytes), w)})
	}
	return &c
}

// String returns the text. It takes constant time and shares the bytes.
func (s *String) String() string {
	text := s.view()
	if s != nil {
		if b := s.buf(); b != nil {
			b.shared = len(text)
		}
	}
	return text
}

// Equal says whether the text is t, in time linear in t.
func (s *String) Equal(t string) bool { return s.Len() == len(t) && s.view() == t }

// Set replaces the value by the text t, stored as an integer where t is the
// canonical text of one, else as a text.
func (s *String) Set(t string) {
	if n, ok := ParseInt(t); ok {
		s.SetInt(n)
	} else {
		s.SetText(t)
	}
}

// SetText is Set, but stores t as a text even where it is an integer's.
func (s *String) SetText(t string) {
	t = Own(t)
	s.data, s.n = unsafe.Pointer(unsafe.StringData(t)), int64(len(t))
}

// SetInt replaces the value by n's decimal text.
func (s *String) SetInt(n int64) { s.data, s.n = unsafe.Pointer(&integer), n }

// Int returns the integer whose canonical text the value is; ok is false
// where it is none. A nil String is 0.
func (s *String) Int() (n int64, ok bool) {
	switch {
	case s == nil:
		return 0, true
	case s.isInteger():
		return s.n, true
	}
	text := s.view()
	return ParseInt(text[:min(len(text), 21)])
}

// Append adds t at the end, in amortised time linear in t. This and what else
// takes a Checker may be ended by it, if it is not nil, in the middle of a change,
// of which that much is recorded as was made.
func (s *String) Append(t string, w bulk.Checker) {
	n := s.Len()
	b := s.edit(n+len(t), w)
	b.grow(n+len(t), w)
	bulk.Move(b.bytes[n:], bulk.Bytes(t), w)
}

// Overwrite writes t at the byte offset off, growing the value with zero
// bytes where it is shorter than that.
func (s *String) Overwrite(off int, t string, w bulk.Checker) {
	b := s.edit(off+len(t), w)
	b.grow(off+len(t), w)
	const part = 1 << 18 // bytes
	for len(t) > part {
		b.overwrite(off, t[:part], w)
		off, t = off+part, t[part:]
		if w != nil {
			w.Check()
		}
	}
	b.overwrite(off, t, w)
}

func (b *buffer) overwrite(off int, t string, w bulk.Checker) {
	bulk.Copy(b.from(off, len(t), w), bulk.Bytes(t))
}

// Slice returns the bytes from start up to end. It shares them where they are
// most of the value and copies them where they are less, so that a small part
// keeps no large value alive and makes no later edit copy one.
func (s *String) Slice(start, end int, w bulk.Checker) string {
	switch part := end - start; {
	case part == 0:
		return ""
	case part > s.Len()/2:
		return s.String()[start:end]
	}
	return bulk.Concat(w, s.view()[start:end])
}

// edit turns the value into its editable form, with room for n bytes.
func (s *String) edit(n int, w bulk.Checker) *buffer {
	b := s.buf()
	if b == nil {
		text := s.view()
		b = &buffer{bytes: bulk.Grow(bulk.Bytes(text), max(n, len(text)), w)[:len(text)]}
		s.setBuffer(b)
	}
	return b
}

// view returns the text for the moment: unlike String it does not share the
// bytes, so that the next edit need not copy them, and changes them.
func (s *String) view() string {
	switch {
	case s == nil:
		return ""
	case s.isInteger():
		return strconv.FormatInt(s.n, 10)
	case s.n == inBuffer:
		b := s.buf()
		return unsafe.String(unsafe.SliceData(b.bytes), len(b.bytes))
	}
	return unsafe.String((*byte)(s.data), s.n)
}

// from returns the n bytes from off on, to be written to.
func (b *buffer) from(off, n int, w bulk.Checker) []byte {
	if off < b.shared {
		b.record()
		old := b.bytes
		b.unshare(w)
		b.moved(old)
	}
	if b.log.On() {
		b.recordBytes(off, n)
	}
	return b.bytes[off : off+n]
}

// unshare makes b's bytes those of b alone.
func (b *buffer) unshare(w bulk.Checker) {
	if b.log != nil && !b.log.On() {
		b.copyOf = unsafe.SliceData(b.bytes)
	}
	b.bytes, b.shared = bulk.Grow(b.bytes, cap(b.bytes), w)[:len(b.bytes)], 0
}

// replace puts other bytes in the place of those from start up to end.
func (b *buffer) replace(start, end int, part []byte) {
	b.from(start, len(b.bytes)-start, nil)
	b.record()
	b.reserve(len(b.bytes)+max(0, len(part)-(end-start)), nil)
	b.bytes = slices.Replace(b.bytes, start, end, part...)
}

// reserve makes room for size bytes. What has grown to millions of bytes gets
// room for as much again: with less it would be copied so often that this takes
// longer than all else.
func (b *buffer) reserve(size int, w bulk.Checker) {
	const large, mostSpare = 1 << 20, 256 << 20
	switch {
	case size <= cap(b.bytes):
		return
	case size <= large:
		size = max(size, 2*cap(b.bytes))
	default:
		size = min(1<<bits.Len(uint(size+size/2)), size+mostSpare)
	}
	old := b.bytes
	b.bytes = bulk.Grow(old, size, w)[:len(old)]
	b.moved(old)
}

// grow lengthens b to n bytes with zero bytes: those behind b are zero, and to
// write that again would make them take memory.
func (b *buffer) grow(n int, w bulk.Checker) {
	if n > len(b.bytes) {
		b.record()
		b.reserve(n, w)
		b.bytes = b.bytes[:n]
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
