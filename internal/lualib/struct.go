package lualib

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/luastore/luastore/internal/luavm"
)

func openStruct(m *luavm.Machine, room *scratch, stack *valueStack) {
	library(m, "struct", []function{
		{"pack", func(c *luavm.Call) { structPack(c, room) }},
		{"unpack", func(c *luavm.Call) { structUnpack(c, stack) }},
		{"size", structSize},
	})
}

// A layout reads a format: an option at a time, each with its size.
type layout struct {
	c     *luavm.Call
	rest  string // of the format
	order binary.ByteOrder
	align int
}

func newLayout(c *luavm.Call) layout {
	return layout{c: c, rest: cString(c.Text(1)), order: binary.LittleEndian, align: 1}
}

const (
	maxIntSize   = 32
	defaultAlign = 8 // that of a double
)

// next returns the next option and its size; 0 for those that have none.
func (l *layout) next() (option byte, size int) {
	option, l.rest = l.rest[0], l.rest[1:]
	switch option {
	case 'B', 'b', 'x':
		return option, 1
	case 'H', 'h':
		return option, 2
	case 'f':
		return option, 4
	case 'L', 'l', 'T', 'd':
		return option, 8
	case 'c':
		return option, l.number(1)
	case 'i', 'I':
		if size = l.number(4); size > maxIntSize {
			l.c.Errorf("integral size %d is larger than limit of %d", size, maxIntSize)
		}
	}
	return option, size
}

// number reads the number that follows an option, if one does.
func (l *layout) number(otherwise int) int {
	if l.rest == "" || l.rest[0] < '0' || l.rest[0] > '9' {
		return otherwise
	}
	n := 0
	for l.rest != "" && '0' <= l.rest[0] && l.rest[0] <= '9' {
		if n = n*10 + int(l.rest[0]-'0'); n > math.MaxInt32 {
			l.c.Errorf("integral size overflow")
		}
		l.rest = l.rest[1:]
	}
	return n
}

// padding is what an option of that size needs before it at a position.
func (l *layout) padding(option byte, size, at int) int {
	if size == 0 || option == 'c' {
		return 0
	}
	size = min(size, l.align)
	return (size - at&(size-1)) & (size - 1)
}

// control does what an option says that stands for no value.
func (l *layout) control(option byte) {
	switch option {
	case ' ':
	case '>':
		l.order = binary.BigEndian
	case '<':
		l.order = binary.LittleEndian
	case '!':
		n := l.number(defaultAlign)
		if n <= 0 || n&(n-1) != 0 {
			l.c.Errorf("alignment %d is not a power of 2", n)
		}
		l.align = n
	default:
		l.c.ArgError(1, "invalid format option '"+string([]byte{option})+"'")
	}
}

func structPack(c *luavm.Call, room *scratch) {
	l := newLayout(c)
	b := room.buffer(c)
	arg := 1
	next := func() int { // a missing argument is nil, and so of the wrong type
		arg++
		return arg
	}
	for l.rest != "" {
		option, size := l.next()
		b.addRepeated(0, l.padding(option, size, len(b.b)))
		switch option {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			b.addInteger(toUnsigned(numberOrNil(c, next())), size, l.order)
		case 'x':
			b.addByte(0)
		case 'f':
			b.addInteger(uint64(math.Float32bits(float32(numberOrNil(c, next())))), size, l.order)
		case 'd':
			b.addInteger(math.Float64bits(numberOrNil(c, next())), size, l.order)
		case 'c', 's':
			s := textOrNil(c, next())
			if size == 0 {
				size = len(s)
			}
			if len(s) < size {
				c.ArgError(arg+1, "string too short")
			}
			b.add(s[:size])
			if option == 's' {
				b.addByte(0)
			}
		default:
			l.control(option)
		}
		c.Tick(1)
	}
	c.Return(b.value())
}

// numberOrNil is Number, but an argument that is missing is nil.
func numberOrNil(c *luavm.Call, i int) float64 {
	if i > c.Len() {
		c.ArgError(i, "number expected, got nil")
	}
	return c.Number(i)
}

// textOrNil is Text, but an argument that is missing is nil.
func textOrNil(c *luavm.Call, i int) string {
	if i > c.Len() {
		c.ArgError(i, "string expected, got nil")
	}
	return c.Text(i)
}

// addInteger adds the low bytes of n, as many as size, zeros beyond the 8.
func (b *buffer) addInteger(n uint64, size int, order binary.ByteOrder) {
	var bytes [maxIntSize]byte
	if order == binary.LittleEndian {
		binary.LittleEndian.PutUint64(bytes[:], n)
		b.addBytes(bytes[:size])
	} else {
		binary.BigEndian.PutUint64(bytes[maxIntSize-8:], n)
		b.addBytes(bytes[maxIntSize-size:])
	}
}

func structUnpack(c *luavm.Call, stack *valueStack) {
	l := newLayout(c)
	data, at := c.Text(2), c.OptInt(3, 1)
	if at == 0 {
		c.ArgError(3, "offset must be 1 or greater")
	}
	at-- // a negative one is beyond all data, as C's has no sign
	stack.begin(c)
	defer stack.end()
	for l.rest != "" {
		option, size := l.next()
		at += l.padding(option, size, at)
		checkData(c, data, at, size)
		if c.Len()+len(stack.values)+2 > maxResults {
			c.Errorf("stack overflow (too many results)")
		}
		v := luavm.Nil
		switch option {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			v = luavm.Number(unpackInteger(data[at:at+size], l.order, 'a' <= option && option <= 'z'))
		case 'x':
		case 'f':
			n := l.order.Uint32([]byte(data[at : at+size]))
			v = luavm.Number(float64(math.Float32frombits(n)))
		case 'd':
			n := l.order.Uint64([]byte(data[at : at+size]))
			v = luavm.Number(math.Float64frombits(n))
		case 'c':
			if size == 0 {
				size = stack.popSize()
				checkData(c, data, at, size)
			}
			v = slice(c, data, at, at+size)
		case 's':
			n := strings.IndexByte(data[at:], 0)
			if n < 0 {
				c.Tick((len(data) - at) / 100)
				c.Errorf("unfinished string in data")
			}
			v = slice(c, data, at, at+n)
			size = n + 1
		default:
			l.control(option)
		}
		if !v.IsNil() {
			stack.push(v)
		}
		at += size
		c.Tick(1 + size/100)
	}
	results := c.Results(len(stack.values) + 1)
	copy(results, stack.values)
	results[len(stack.values)] = luavm.Int(at + 1)
}

// checkData complains if data does not have size bytes at a position.
func checkData(c *luavm.Call, data string, at, size int) {
	if size < 0 || size > len(data) || at < 0 || at > len(data)-size {
		c.ArgError(2, "data string too short")
	}
}

// popSize takes the last value, which is the size of what follows it.
func (s *valueStack) popSize() int {
	if last := len(s.values) - 1; last >= 0 {
		if f, ok := s.c.ToNumber(s.values[last]); ok {
			s.pop(last)
			return int(toUnsigned(f))
		}
	}
	s.c.Errorf("format 'c0' needs a previous size")
	return 0
}

// unpackInteger returns the number that the bytes are, or the last 8 of them.
func unpackInteger(bytes string, order binary.ByteOrder, signed bool) float64 {
	var n uint64
	for i := range len(bytes) {
		b := bytes[i]
		if order == binary.LittleEndian {
			b = bytes[len(bytes)-1-i]
		}
		n = n<<8 | uint64(b)
	}
	if !signed {
		return float64(n)
	}
	// The sign is where C finds it: beyond 64 bits, shifts wrap around.
	if mask := ^uint64(0) << ((len(bytes)*8 - 1) & 63); n&mask != 0 {
		n |= mask
	}
	return float64(int64(n))
}

func structSize(c *luavm.Call) {
	l := newLayout(c)
	at := 0
	for n := 1; l.rest != ""; n++ {
		if n%10 == 0 {
			c.Tick(1)
		}
		option, size := l.next()
		at += l.padding(option, size, at) + size
		switch {
		case option == 's':
			c.ArgError(1, "option 's' has no fixed size")
		case option == 'c' && size == 0:
			c.ArgError(1, "option 'c0' has no fixed size")
		case digit(option) == 36: // neither letter nor digit
			l.control(option)
		}
	}
	c.ReturnNumber(float64(at))
}
