package rdb

import (
	"encoding/binary"
	"strconv"

	"github.com/luastore/luastore/internal/value"
)

// A listpack is texts one after the other: each begins with what it is and how
// long, and ends with its size, so that it can be read backwards. In front are
// the size of all, in 4 bytes, and the number of texts, in 2.
type listpackWriter struct {
	buf []byte
	n   int
}

// The first byte of an element; the bits behind are the integer's or the
// length's highest.
const (
	packUint7    = 0x00 // up to 0x7f
	packText6    = 0x80 // up to 0xbf
	packInt13    = 0xc0 // up to 0xdf
	packText12   = 0xe0 // up to 0xef
	packText32   = 0xf0
	packInt16    = 0xf1
	packInt24    = 0xf2
	packInt32    = 0xf3
	packInt64    = 0xf4
	packHeadSize = 6
)

func newListpack() *listpackWriter { return &listpackWriter{buf: make([]byte, packHeadSize)} }

// add adds a text, as an integer where it is one.
func (l *listpackWriter) add(text string) {
	start := len(l.buf)
	if n, ok := value.ParseInt(text); ok {
		l.buf = appendPackedInt(l.buf, n)
	} else {
		l.buf = append(appendPackedLength(l.buf, len(text)), text...)
	}
	l.end(start)
}

func (l *listpackWriter) addInt(n int64) {
	start := len(l.buf)
	l.buf = appendPackedInt(l.buf, n)
	l.end(start)
}

// end ends the element that begins at start.
func (l *listpackWriter) end(start int) {
	l.buf = appendBackLength(l.buf, len(l.buf)-start)
	l.n++
}

// bytes returns the listpack, to which nothing can be added before a reset.
func (l *listpackWriter) bytes() []byte {
	b := append(l.buf, end)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	binary.LittleEndian.PutUint16(b[4:], uint16(min(l.n, unknown)))
	return b
}

// reset makes the listpack empty, in the room that it has.
func (l *listpackWriter) reset() { l.buf, l.n = l.buf[:packHeadSize], 0 }

func appendPackedInt(b []byte, n int64) []byte {
	switch {
	case 0 <= n && n < 1<<7:
		return append(b, packUint7|byte(n))
	case -1<<12 <= n && n < 1<<12:
		return append(b, packInt13|byte(n>>8)&0x1f, byte(n))
	case n == int64(int16(n)):
		return appendInt(append(b, packInt16), n, 2)
	case -1<<23 <= n && n < 1<<23:
		return appendInt(append(b, packInt24), n, 3)
	case n == int64(int32(n)):
		return appendInt(append(b, packInt32), n, 4)
	}
	return appendInt(append(b, packInt64), n, 8)
}

func appendPackedLength(b []byte, n int) []byte {
	switch {
	case n < 1<<6:
		return append(b, packText6|byte(n))
	case n < 1<<12:
		return append(b, packText12|byte(n>>8), byte(n))
	}
	return appendInt(append(b, packText32), int64(n), 4)
}

// appendBackLength appends an element's size: 7 bits a byte, the highest first,
// with a mark on all but the first. That the largest number of each length but
// one has a byte too many is Redis's way.
func appendBackLength(b []byte, n int) []byte {
	groups := 1
	for most := 1<<7 - 1; n > most || groups > 1 && n == most; most = most<<7 | 0x7f {
		groups++
	}
	for i := groups - 1; i >= 0; i-- {
		group := byte(n>>(7*i)) & 0x7f
		if i < groups-1 {
			group |= 0x80
		}
		b = append(b, group)
	}
	return b
}

// listpack visits the texts of a listpack.
func listpack(r reader, visit func(text string)) {
	fits := r.framed(0)
	r.need(elementSize * r.countPacked())
	var back [5]byte
	n := 0
	for ; len(r.rest) > 1; n++ {
		start := len(r.rest)
		visit(r.packed())
		want := appendBackLength(back[:0], start-len(r.rest))
		if r.take(uint64(len(want))) != string(want) {
			fail()
		}
	}
	if r.rest != "\xff" || !fits(n) {
		fail()
	}
}

// countPacked returns how many elements the rest of a listpack has, if it is right.
func (r reader) countPacked() (n int) {
	for rest := r.rest; len(rest) > 1; n++ {
		size := 1 // of the element
		switch first := rest[0]; {
		case first < packText6:
		case first < packInt13:
			size += int(first &^ packText6)
		case first < packText12:
			size = 2
		case first < packText32:
			size = 2 + int(first&0x0f)<<8 + int(rest[1])
		case first == packText32 && len(rest) > 4:
			size = 5 + int(binary.LittleEndian.Uint32([]byte(rest[1:5])))
		case first <= packInt32:
			size = 1 + int(first-packInt16) + 2
		case first == packInt64:
			size = 9
		}
		if size >= 1<<7 {
			size += len(appendBackLength(nil, size)) - 1
		}
		if size++; size < 0 || size > len(rest) {
			return n
		}
		rest = rest[size:]
	}
	return n
}

// packed reads an element of a listpack, without its size behind.
func (r *reader) packed() string {
	var length uint64
	switch first := r.byte(); {
	case first < packText6:
		return strconv.Itoa(int(first))
	case first < packInt13:
		length = uint64(first &^ packText6)
	case first < packText12:
		n := uint64(first&0x1f)<<8 | uint64(r.byte())
		return strconv.FormatInt(signed(n, 13), 10)
	case first < packText32:
		length = uint64(first&0x0f)<<8 | uint64(r.byte())
	case first == packText32:
		length = r.uint(4)
	case first == packInt16:
		return r.intText(2)
	case first == packInt24:
		return r.intText(3)
	case first == packInt32:
		return r.intText(4)
	case first == packInt64:
		return r.intText(8)
	default:
		fail()
	}
	return r.copied(length)
}
