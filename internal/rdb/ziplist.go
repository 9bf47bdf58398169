package rdb

import (
	"strconv"
	"strings"
)

// The first byte of a ziplist's element, behind the size of the one before.
const (
	zipText6  = 0x00 // up to 0x3f
	zipText14 = 0x40 // up to 0x7f
	zipText32 = 0x80
	zipInt16  = 0xc0
	zipInt32  = 0xd0
	zipInt64  = 0xe0
	zipInt24  = 0xf0
	zipInt4   = 0xf1 // this is 0; up to 0xfd, which is 12
	zipInt8   = 0xfe
)

// ziplist visits the texts of a ziplist, which has the place of the last one in
// front, between its size and their number.
func ziplist(r reader, visit func(text string)) {
	whole := r
	fits := r.framed(4)
	whole.take(4)
	last, size := whole.uint(4), uint64(len(whole.rest)+8)
	before, at := uint64(0), uint64(10) // the size of the element before, and where it begins
	n := 0
	for ; len(r.rest) > 1; n++ {
		start := len(r.rest)
		at = size - uint64(start)
		if r.shortLength() != before {
			fail()
		}
		r.need(elementSize)
		visit(r.zipped())
		before = uint64(start - len(r.rest))
	}
	if r.rest != "\xff" || !fits(n) || last != at {
		fail()
	}
}

// zipped reads an element of a ziplist.
func (r *reader) zipped() string {
	var length uint64
	switch first := r.byte(); {
	case first < zipText14:
		length = uint64(first)
	case first < zipText32:
		length = uint64(first&^zipText14)<<8 | uint64(r.byte())
	case first == zipText32:
		length = r.bigUint(4)
	case first == zipInt8:
		return r.intText(1)
	case first == zipInt16:
		return r.intText(2)
	case first == zipInt24:
		return r.intText(3)
	case first == zipInt32:
		return r.intText(4)
	case first == zipInt64:
		return r.intText(8)
	case zipInt4 <= first && first < zipInt8:
		return strconv.Itoa(int(first - zipInt4))
	default:
		fail()
	}
	return r.copied(length)
}

// zipmap visits fields and their values in turn. In front is their number, if it
// is small; behind the length of a value is how many bytes after it are unused.
func zipmap(r reader, visit func(text string)) {
	const many = 254
	n := int(r.byte())
	texts := 0
	for !strings.HasPrefix(r.rest, "\xff") {
		field := r.copied(r.shortestLength())
		length := r.shortestLength()
		unused := r.byte()
		r.need(2 * elementSize)
		visit(field)
		visit(r.copied(length))
		texts += 2
		r.take(uint64(unused))
	}
	if r.rest != "\xff" || n != many && 2*n != texts {
		fail()
	}
}

// shortLength reads a length in a byte or in 5.
func (r *reader) shortLength() uint64 {
	switch b := r.byte(); {
	case b < 254:
		return uint64(b)
	case b == end:
		fail()
	}
	return r.uint(4)
}

// shortestLength is shortLength where 5 bytes must not be used for what one can
// say.
func (r *reader) shortestLength() uint64 {
	before := len(r.rest)
	n := r.shortLength()
	if n < 254 && before-len(r.rest) > 1 {
		fail()
	}
	return n
}
