package luavm

import (
	"math/bits"
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
)

// What the libraries need beyond what any function written in Go does.

// ToNumber converts v as arithmetic does: numbers and strings that read as one.
func (c *Call) ToNumber(v Value) (f float64, ok bool) { return c.t.m.toNumber(v) }

// Value returns the coroutine as a value.
func (t *Thread) Value() Value { return t.value() }

// stacks is what a thread has of its own.
type stacks struct {
	stack  []Value
	frames []frame
}

const maxBuried = 16

// Bury takes from a coroutine that is dead, and whose results have been read,
// what others can use.
func (m *Machine) Bury(t *Thread) {
	if t.status != dead {
		return
	}
	if len(t.stack) == 2*window && cap(t.frames) <= 64 && len(m.buried) < maxBuried {
		clear(t.stack[:t.high])
		clear(t.frames[:cap(t.frames)])
		m.buried = append(m.buried, stacks{t.stack, t.frames[:0]})
	}
	t.stack, t.frames, t.top, t.high = nil, nil, 0, 0
}

// Array returns the first values of t, those at 1 and on that it has in an
// array, nil where there is none. They may be changed, if t is not read-only,
// until t gets a new key.
func (t *Table) Array() []Value { return t.array }

// At returns the first key after position pos in the order of the table that
// has a value, the value, and its position; 0 if there is none. The positions
// up to the length of Array are its indices. They are valid until t gets a new
// key.
func (t *Table) At(pos int) (key, val Value, next int) { return t.at(pos) }

// Results makes the call return n values and returns where to put them. They
// stand where the function and its arguments do.
func (c *Call) Results(n int) []Value {
	c.t.reserve(c.at + n)
	c.results = n
	return c.t.stack[c.at : c.at+n]
}

// Result returns result i, from 1, as it has been set so far.
func (c *Call) Result(i int) Value { return c.t.stack[c.at+i-1] }

// Index is o[k].
func (c *Call) Index(o, k Value) Value {
	c.operate()
	v := c.t.index(o, k, placeNone)
	c.leave()
	return v
}

// Try is Call for a function that may fail: then v is the error's value.
func (c *Call) Try(f Value, args ...Value) (v Value, ok bool) {
	c.enter()
	t := c.t
	at := t.extent()
	t.reserve(at + len(args) + 1)
	t.stack[at] = f
	n, ok := t.try(at+copy(t.stack[at+1:], args)-len(args), len(args), nil)
	if n > 0 {
		v = t.stack[at]
	}
	c.leave()
	return v, ok
}

// Hold counts n bytes that the running call has besides values: a census of
// what is reachable finds them until the call is over, or they are given back
// with a negative n.
func (c *Call) Hold(n int) {
	if n > 0 {
		c.t.m.Alloc(n)
	} else {
		c.t.m.budget.memory -= n
	}
	c.held += n
}

// Keep makes a census find the values in *list too, until the call is over.
func (c *Call) Keep(list *[]Value) { c.kept = list }

// calls counts what the running functions written in Go have.
func (c *census) calls(running []*Call) {
	for _, r := range running {
		c.bytes += r.held
		c.values(r.args)
		if r.kept != nil {
			c.values(*r.kept)
		}
	}
}

// NewIterator is NewBuiltin for a function of a script's own making, that
// keeps the values holds.
func (m *Machine) NewIterator(name string, run func(*Call), holds ...Value) *Builtin {
	m.Alloc(iteratorSize(len(holds)))
	b := m.NewBuiltin(name, run)
	b.flags, b.holds = flagMade, holds
	return b
}

// iteratorSize counts the function that such a Builtin runs as a hundred bytes.
func iteratorSize(holds int) int {
	return int(unsafe.Sizeof(Builtin{})) + holds*int(unsafe.Sizeof(Value{})) + 100
}

// InUse returns the number of bytes that scripts can reach. It takes time
// linear in that.
func (m *Machine) InUse() int { return m.census().bytes }

// NewCopy returns a string value of a copy of s. It is quicker than NewString
// of a copy if s is short: then the object has the bytes in itself, or it is
// one that was made before, for the same few texts come again and again.
func (m *Machine) NewCopy(s string) Value {
	switch n := len(s); {
	case n == 0:
		return emptyString.value()
	case n == 1:
		return byteStrings[s[0]].value()
	case n <= longestRecent:
		recent := &m.recent[quickHash(s)%recentTexts]
		if *recent == nil || (*recent).s != s {
			m.Alloc(stringSize(n))
			*recent = newShort(s)
		}
		return (*recent).value()
	case n <= longestShort:
		m.Alloc(stringSize(n))
		return newShort(s).value()
	}
	return m.NewString(bulk.Concat(m, s))
}

const (
	recentTexts   = 256
	longestRecent = 24
	longestShort  = 72
)

// quickHash is a hash of a text of 2 to 24 bytes.
func quickHash(s string) uint64 {
	var h uint64
	switch n := len(s); {
	case n >= 8:
		h = load64(s, 0) ^ bits.RotateLeft64(load64(s, n-8), 29) ^ load64(s, n/2-4)
	case n >= 4:
		h = uint64(load32(s, 0))<<32 | uint64(load32(s, n-4))
	default:
		h = uint64(s[0])<<16 | uint64(s[n/2])<<8 | uint64(s[n-1])
	}
	return (h ^ uint64(len(s))) * 0x9E37_79B9_7F4A_7C15 >> 56
}

func load64(s string, i int) uint64 {
	return uint64(load32(s, i)) | uint64(load32(s, i+4))<<32
}

func load32(s string, i int) uint32 {
	return uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24
}

// newShort returns an object that has its bytes in itself.
func newShort(s string) *String {
	switch n := len(s); {
	case n <= 8:
		o := new(struct {
			String
			b [8]byte
		})
		return o.fill(o.b[:], s)
	case n <= 24:
		o := new(struct {
			String
			b [24]byte
		})
		return o.fill(o.b[:], s)
	case n <= 40:
		o := new(struct {
			String
			b [40]byte
		})
		return o.fill(o.b[:], s)
	}
	o := new(struct {
		String
		b [longestShort]byte
	})
	return o.fill(o.b[:], s)
}

// fill makes s the text, in the bytes b of the same object.
func (s *String) fill(b []byte, text string) *String {
	s.kind = KindString
	s.s = unsafe.String(&b[0], copy(b, text))
	return s
}
