package value

import (
	"encoding/binary"
	"math/bits"

	"github.com/luastore/luastore/internal/bulk"
)

// The bits of a String are numbered from the highest of its first byte.

// Grow makes the value at least n bytes long, with zero bytes at its end, and
// turns it into the form that is edited in place.
func (s *String) Grow(n int, w bulk.Checker) { s.edit(n, w).grow(n, w) }

// Bits returns width bits from bit off on as a number, the first the highest.
// Bits after the end are zero. It takes time linear in width, 64 at most.
func (s *String) Bits(off, width int) (n uint64) {
	text := s.view()
	for width > 0 {
		b := byte(0)
		if off/8 < len(text) {
			b = text[off/8]
		}
		part := min(8-off%8, width) // of the byte's bits
		n = n<<part | uint64(b<<(off%8)>>(8-part))
		off, width = off+part, width-part
	}
	return n
}

// SetBits stores the lowest width bits of n at bit off, growing the value to
// hold them.
func (s *String) SetBits(off, width int, n uint64, w bulk.Checker) {
	s.Grow((off+width+7)/8, w)
	bytes := s.buf().from(off/8, (off%8+width+7)/8, w)
	for off %= 8; width > 0; off = 0 {
		part := min(8-off, width)
		width -= part
		shift := 8 - off - part
		mask := byte(0xff) >> (8 - part) << shift
		bytes[0] = bytes[0]&^mask | byte(n>>width)<<shift&mask
		bytes = bytes[1:]
	}
}

// CountBits returns how many of the bits from one up to another, which must
// not be after the end, are set. It takes time linear in their number.
func (s *String) CountBits(from, to int) (n int) {
	text := s.view()
	for ; from < to && from%8 != 0; from++ {
		n += bitAt(text, from)
	}
	for ; from < to && to%8 != 0; to-- {
		n += bitAt(text, to-1)
	}
	part := text[from/8 : to/8]
	for ; len(part) >= 8; part = part[8:] {
		n += bits.OnesCount64(uint64At(part))
	}
	for i := range len(part) {
		n += bits.OnesCount8(part[i])
	}
	return n
}

// FindBit returns the first of the bits from one up to another, which must not
// be after the end, that is set, or that is clear where set is false; -1 if
// there is none. It takes time linear in their number.
func (s *String) FindBit(set bool, from, to int) int {
	text := s.view()
	want, skip := 0, ^uint64(0) // the bit, and eight bytes without one
	if set {
		want, skip = 1, 0
	}
	for from < to {
		switch {
		case from%8 == 0 && to-from >= 64 && uint64At(text[from/8:]) == skip:
			from += 64
		case from%8 == 0 && to-from >= 8 && text[from/8] == byte(skip):
			from += 8
		case bitAt(text, from) == want:
			return from
		default:
			from++
		}
	}
	return -1
}

// bitAt returns bit i of the text, which must be there.
func bitAt(text string, i int) int { return int(text[i/8]>>(7-i%8)) & 1 }

// uint64At returns the first eight bytes of the text.
func uint64At(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// And keeps of the value the bits that are set in t too. This, Or, Xor and Not
// take time linear in both; of two lengths the result has the longer.
func (s *String) And(t *String, w bulk.Checker) {
	s.combine(t, func(a, b uint64) uint64 { return a & b }, w)
	rest := s.Len() - t.Len()
	bulk.Clear(s.buf().from(t.Len(), rest, w), w)
}

// Or sets the bits that are set in t.
func (s *String) Or(t *String, w bulk.Checker) {
	s.combine(t, func(a, b uint64) uint64 { return a | b }, w)
}

// Xor changes the bits that are set in t.
func (s *String) Xor(t *String, w bulk.Checker) {
	s.combine(t, func(a, b uint64) uint64 { return a ^ b }, w)
}

// Not changes every bit.
func (s *String) Not(w bulk.Checker) { s.combine(s, func(a, _ uint64) uint64 { return ^a }, w) }

// combine replaces the bits of the value, made as long as t, by op of them and
// those of t, as far as t goes.
func (s *String) combine(t *String, op func(a, b uint64) uint64, w bulk.Checker) {
	const part = 1 << 16 // bytes
	s.Grow(t.Len(), w)
	dst, src := s.buf().from(0, s.Len(), w), t.view()
	for ; len(src) > part; dst, src = dst[part:], src[part:] {
		combineBytes(dst, src[:part], op)
		if w != nil {
			w.Check()
		}
	}
	combineBytes(dst, src, op)
}

func combineBytes(dst []byte, src string, op func(a, b uint64) uint64) {
	for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
		binary.LittleEndian.PutUint64(dst, op(binary.LittleEndian.Uint64(dst), uint64At(src)))
	}
	for i := range len(src) {
		dst[i] = byte(op(uint64(dst[i]), uint64(src[i])))
	}
}
