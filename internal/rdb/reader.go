package rdb

import (
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/value"
)

// The first byte of a length says in its highest bits how long the length is,
// or that it is none but how a text is written.
const (
	length14 = 0x40 // 6 bits of this byte and the next
	length32 = 0x80 // the next 4 bytes, the highest first
	length64 = 0x81
	special  = 0xc0

	textInt8  = special
	textInt16 = special | 1
	textInt32 = special | 2
	textLZF   = special | 3
)

// A reader is what is left to read. What it cannot read fails: a panic with
// ErrFormat, which Restore recovers. It allocates no more than what the bytes
// hold, whatever length they claim, and counts that before: what is compressed
// may hold a hundred times as much as it has bytes.
type reader struct {
	rest   string
	limits *value.Limits
	tick   func(n int) // counts the work
	alloc  func(n int) // counts the memory; nil: nobody asks
}

// About how many bytes things take beside their texts.
const (
	elementSize  = 32  // a text in a list, or to be put elsewhere
	memberSize   = 64  // what is in a hash table beside that
	scoredSize   = 128 // and in a sorted set
	entrySize    = 64  // an entry of a stream
	pendingSize  = 192 // one that is pending
	consumerSize = 256 // a consumer or a group
)

// need counts n bytes that are about to be allocated.
func (r *reader) need(n int) {
	if r.alloc != nil {
		r.alloc(n)
	}
}

// What a text costs in ticks, how many bytes one can read in a tick, and how
// many ticks each byte takes that may be elements.
const (
	textTicks    = 10
	bytesPerTick = 10
	packedTicks  = 2
)

func fail() { panic(ErrFormat) }

// failed returns what fail has panicked with. Any other panic goes on.
func failed(p any) error {
	if p != any(ErrFormat) {
		panic(p)
	}
	return ErrFormat
}

// take returns the next n bytes, which are still those of the payload.
func (r *reader) take(n uint64) string {
	if n > uint64(len(r.rest)) {
		fail()
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) byte() byte { return r.take(1)[0] }

// uint reads an integer of so many bytes, the lowest first.
func (r *reader) uint(size int) (n uint64) {
	for i, b := range []byte(r.take(uint64(size))) {
		n |= uint64(b) << (8 * i)
	}
	return n
}

// bigUint is uint with the highest byte first.
func (r *reader) bigUint(size int) (n uint64) {
	for _, b := range []byte(r.take(uint64(size))) {
		n = n<<8 | uint64(b)
	}
	return n
}

// int reads a signed integer of so many bytes, the lowest first.
func (r *reader) int(size int) int64 { return signed(r.uint(size), 8*size) }

// intText is int for an integer that stands for its decimal text.
func (r *reader) intText(size int) string { return strconv.FormatInt(r.int(size), 10) }

// signed returns the integer that the lowest bits of n are.
func signed(n uint64, bits int) int64 { return int64(n<<(64-bits)) >> (64 - bits) }

// length reads a number of bytes or elements.
func (r *reader) length() uint64 { return r.lengthFrom(r.byte()) }

// lengthFrom is length after its first byte.
func (r *reader) lengthFrom(first byte) uint64 {
	switch {
	case first < length14:
		return uint64(first)
	case first < length32:
		return uint64(first&^length14)<<8 | uint64(r.byte())
	case first == length32:
		return r.bigUint(4)
	case first == length64:
		return r.bigUint(8)
	}
	fail()
	return 0
}

// text reads a text, and copies it: it must not keep the payload alive.
func (r *reader) text() string {
	r.tick(textTicks)
	switch first := r.byte(); first {
	case textInt8:
		return r.intText(1)
	case textInt16:
		return r.intText(2)
	case textInt32:
		return r.intText(4)
	case textLZF:
		size, length := r.length(), r.length()
		return r.decompress(size, length)
	default:
		return r.copied(r.lengthFrom(first))
	}
}

// copied is take for bytes that are kept.
func (r *reader) copied(n uint64) string {
	taken := r.take(n)
	r.tick(len(taken) / bytesPerTick)
	r.need(len(taken))
	return strings.Clone(taken)
}

// part returns a reader of the elements that a text holds.
func (r *reader) part() reader {
	text := r.text()
	r.tick(len(text) * packedTicks)
	return reader{text, r.limits, r.tick, r.alloc}
}

// framed begins to read what says its own size, in bytes and in elements, and
// ends with a byte of 0xff. It returns how many elements it must have: where
// they are too many for 16 bits, any number.
func (r *reader) framed(skip int) (fits func(elems int) bool) {
	all := r.rest
	if r.uint(4) != uint64(len(all)) || all[len(all)-1] != end {
		fail()
	}
	r.take(uint64(skip))
	n := r.uint(2)
	return func(elems int) bool { return n == unknown || n == uint64(elems) }
}

const (
	end     = 0xff   // behind the last element
	unknown = 0xffff // the number of elements
)
