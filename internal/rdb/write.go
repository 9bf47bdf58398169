package rdb

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/value"
)

// Bytes that an element may take beside its text, and a score.
const (
	overhead  = 16
	scoreSize = 32
)

// nodeSize is how many bytes of listpack make a node of a list, if more than
// one element is in it: what Redis allows by default.
const nodeSize = 8192

// Size returns no less than the length of v's payload, in time linear in the
// number of elements, which m counts; nil: nothing does.
func Size(v value.Value, m bulk.Meter) int {
	w := writer{m: m}
	size := footerSize + 2*overhead
	switch v := v.(type) {
	case *value.String:
		size += v.Len()
	case *value.List:
		for text := range v.All() {
			w.tick(1)
			size += len(text) + overhead
		}
	case *value.Set:
		for member := range v.All() {
			w.tick(1)
			size += len(member) + overhead
		}
	case *value.SortedSet:
		for member := range v.All() {
			w.tick(elementTicks)
			size += len(member) + overhead + scoreSize
		}
	case *value.Hash:
		for field, value := range v.All() {
			w.tick(1)
			size += len(field) + len(value) + 2*overhead
		}
	case *value.Stream:
		size += w.streamSize(v)
	}
	return size
}

// elementTicks is what it takes to go on to the next element of a sorted set or a
// stream, in ticks.
const elementTicks = 5

// A writer is the bytes of an object as far as it is written.
type writer struct {
	b []byte
	m bulk.Meter // of the work; nil: none
}

// tick counts work.
func (w *writer) tick(n int) {
	if w.m != nil {
		w.m.Tick(n)
	}
}

// object writes a value, in the form that its encoding calls for.
func (w *writer) object(v value.Value) {
	switch v := v.(type) {
	case *value.String:
		w.byte(typeString)
		w.text(v.String())
	case *value.List:
		w.list(v)
	case *value.Set:
		if v.Encoding() == "intset" {
			w.intset(v)
		} else {
			w.set(v)
		}
	case *value.SortedSet:
		if v.Encoding() == "listpack" {
			w.smallSortedSet(v)
		} else {
			w.sortedSet(v)
		}
	case *value.Hash:
		if v.Encoding() == "listpack" {
			w.smallHash(v)
		} else {
			w.hash(v)
		}
	case *value.Stream:
		w.stream(v)
	}
}

// ListNodes returns how many nodes a list has, or most if it has more.
func ListNodes(l *value.List, most int) int {
	if l.Len() < most {
		most = l.Len()
	}
	n := 1
	node := newListpack()
	for text := range l.All() {
		if n >= most {
			return most
		}
		if node.full(text) {
			node.reset()
			n++
		}
		node.add(text)
	}
	return min(n, most)
}

// full reports whether the text begins another node.
func (l *listpackWriter) full(text string) bool {
	return l.n > 0 && len(l.buf)+len(text)+overhead > nodeSize
}

func (w *writer) list(l *value.List) {
	const packed = 2 // of a node, where 1 is a text as it is
	const headSize = 10
	w.b = append(w.b, make([]byte, headSize)...) // for what is known when the nodes are
	n := 0
	node := newListpack()
	flush := func() {
		w.tick(node.n)
		w.length(packed)
		w.bytes(node.bytes())
		node.reset()
		n++
	}
	for text := range l.All() {
		if node.full(text) {
			flush()
		}
		node.add(text)
	}
	flush()
	head := writer{}
	head.byte(typeListQuicklist2)
	head.length(n)
	w.b = w.b[headSize-copy(w.b[headSize-len(head.b):], head.b):]

}

func (w *writer) intset(s *value.Set) {
	var ints []int64
	size := 2 // bytes of the widest integer, and so of each
	for m := range s.All() {
		n, _ := value.ParseInt(m)
		ints = append(ints, n)
		switch {
		case n != int64(int32(n)):
			size = 8
		case n != int64(int16(n)):
			size = max(size, 4)
		}
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(size))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(ints)))
	for _, n := range ints {
		b = appendInt(b, n, size)
	}
	w.byte(typeSetIntset)
	w.bytes(b)
}

func (w *writer) set(s *value.Set) {
	w.byte(typeSet)
	w.length(s.Len())
	for m := range s.All() {
		w.text(m)
	}
}

func (w *writer) smallSortedSet(z *value.SortedSet) {
	pack := newListpack()
	for member, score := range z.All() {
		pack.add(member)
		pack.add(scoreText(score))
	}
	w.byte(typeZsetListpack)
	w.bytes(pack.bytes())
}

func (w *writer) sortedSet(z *value.SortedSet) {
	w.byte(typeZset2)
	w.length(z.Len())
	for member, score := range z.All() {
		w.text(member)
		w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(score))
	}
}

func (w *writer) smallHash(h *value.Hash) {
	pack := newListpack()
	for field, value := range h.All() {
		pack.add(field)
		pack.add(value)
	}
	w.byte(typeHashListpack)
	w.bytes(pack.bytes())
}

func (w *writer) hash(h *value.Hash) {
	w.byte(typeHash)
	w.length(h.Len())
	for field, value := range h.All() {
		w.text(field)
		w.text(value)
	}
}

// scoreText is a score's text in a listpack: an integer where that says all.
func scoreText(score float64) string {
	if n := int64(score); math.Abs(score) < 1<<52 && float64(n) == score {
		return strconv.FormatInt(n, 10)
	}
	switch {
	case math.IsInf(score, 1):
		return "inf"
	case math.IsInf(score, -1):
		return "-inf"
	}
	return strconv.FormatFloat(score, 'g', 17, 64)
}

func (w *writer) byte(b byte) { w.b = append(w.b, b) }

// length writes a number of bytes or elements, and number any.
func (w *writer) length(n int) { w.number(uint64(n)) }

func (w *writer) number(n uint64) {
	switch {
	case n < 1<<6:
		w.byte(byte(n))
	case n < 1<<14:
		w.b = binary.BigEndian.AppendUint16(w.b, uint16(n)|length14<<8)
	case n <= math.MaxUint32:
		w.b = binary.BigEndian.AppendUint32(append(w.b, length32), uint32(n))
	default:
		w.b = binary.BigEndian.AppendUint64(append(w.b, length64), n)
	}
}

// text writes a text, as an integer of up to 4 bytes where it is one.
func (w *writer) text(t string) {
	w.tick(elementTicks)
	n, ok := value.ParseInt(t)
	switch {
	case ok && n == int64(int8(n)):
		w.b = appendInt(append(w.b, textInt8), n, 1)
	case ok && n == int64(int16(n)):
		w.b = appendInt(append(w.b, textInt16), n, 2)
	case ok && n == int64(int32(n)):
		w.b = appendInt(append(w.b, textInt32), n, 4)
	default:
		w.length(len(t))
		w.raw(bulk.Bytes(t))
	}
}

// bytes is text for what is none.
func (w *writer) bytes(b []byte) {
	w.length(len(b))
	w.raw(b)
}

// raw writes bytes as they are.
func (w *writer) raw(b []byte) {
	const few = 1 << 12
	if len(b) <= few {
		w.b = append(w.b, b...)
		return
	}
	n := len(w.b)
	w.b = slices.Grow(w.b, len(b))[:n+len(b)] // there is room but in a list of libraries
	bulk.Move(w.b[n:], b, w.m)
}

// appendInt appends the lowest bytes of n, size of them, the lowest first.
func appendInt(b []byte, n int64, size int) []byte {
	for range size {
		b = append(b, byte(n))
		n >>= 8
	}
	return b
}
