package luavm

import (
	"math"
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/libm"
)

// What instructions do where plain values do not suffice: conversions,
// metamethods, and the complaint if there are none.

const maxMetaLoop = 100 // as Lua 5.1 (MAXTAGLOOP)

// callMeta calls the handler f and returns its first result. The values are
// put above the part of the stack in use, which the caller's frame ends.
func (t *Thread) callMeta(f Value, args ...Value) Value {
	at := t.extent()
	t.reserve(at + len(args) + 1)
	t.stack[at] = f
	copy(t.stack[at+1:], args)
	t.call(at, len(args), 1)
	return t.stack[at]
}

// index returns o[k]. The place of o is for the complaint if it has no fields.
func (t *Thread) index(o, k Value, p place) Value {
	for range maxMetaLoop {
		var f Value
		if o.isTable() {
			tab := o.table()
			if v := tab.Get(k); !v.IsNil() {
				return v
			}
			if f = t.m.lookup(tab.meta, metaIndex); f.IsNil() {
				return Nil
			}
		} else if f = t.m.handler(o, metaIndex); f.IsNil() {
			t.m.typeError("index", o, p)
		}
		if f.isFunction() {
			return t.callMeta(f, o, k)
		}
		o, p = f, placeNone
	}
	t.m.errorf("loop in gettable")
	return Nil
}

// setField sets tab[k], k being a string, if there is nothing more to it than
// that, and says whether it did.
func (t *Thread) setField(tab *Table, k, v Value) bool {
	if tab.readOnly {
		return false
	}
	n := tab.findString(k.str())
	if n == nil || n.val.IsNil() && tab.meta != nil {
		return false
	}
	n.val = v
	tab.absent = 0
	return true
}

// setIndex sets o[k] to v.
func (t *Thread) setIndex(o, k, v Value, p place) {
	m := t.m
	for range maxMetaLoop {
		var f Value
		if o.isTable() {
			tab := o.table()
			s := tab.present(k)
			if s != nil && !s.IsNil() {
				f = Nil
			} else {
				f = m.lookup(tab.meta, metaNewIndex)
			}
			if f.IsNil() {
				m.assign(tab, s, k, v)
				return
			}
		} else if f = m.handler(o, metaNewIndex); f.IsNil() {
			m.typeError("index", o, p)
		}
		if f.isFunction() {
			t.callMeta(f, o, k, v)
			return
		}
		o, p = f, placeNone
	}
	m.errorf("loop in settable")
}

// assign sets tab[k], which is at s if that is not nil.
func (m *Machine) assign(tab *Table, s *Value, k, v Value) {
	switch {
	case tab.readOnly:
		m.errorf("Attempt to modify a readonly table")
	case s != nil:
	case k.IsNil():
		m.errorf("table index is nil")
	case k.IsNumber() && math.IsNaN(k.n):
		m.errorf("table index is NaN")
	default:
		s = m.newKey(tab, k)
	}
	tab.absent = 0
	*s = v
}

// arith returns b ∘ c; for the unary minus, c is b.
func (t *Thread) arith(e metaEvent, b, c Value) Value {
	x, ok := t.m.toNumber(b)
	if ok {
		var y float64
		if y, ok = t.m.toNumber(c); ok {
			return Number(compute(e, x, y))
		}
	}
	f := t.m.handler(b, e)
	if f.IsNil() {
		f = t.m.handler(c, e)
	}
	if f.IsNil() {
		if _, ok := t.m.toNumber(b); ok && e != metaUnm {
			t.m.typeError("perform arithmetic on", c, operandC)
		}
		t.m.typeError("perform arithmetic on", b, operandB)
	}
	return t.callMeta(f, b, c)
}

func compute(e metaEvent, x, y float64) float64 {
	switch e {
	case metaAdd:
		return x + y
	case metaSub:
		return x - y
	case metaMul:
		return x * y
	case metaDiv:
		return x / y
	case metaMod:
		return mod(x, y)
	case metaPow:
		return libm.Pow(x, y)
	}
	return -x
}

// length returns #v. Tables have no handler for it in Lua 5.1.
func (t *Thread) length(v Value, p place) Value {
	switch v.Kind() {
	case KindTable:
		return Int(v.table().Len())
	case KindString:
		return Int(len(v.str().s))
	}
	f := t.m.handler(v, metaLen)
	if f.IsNil() {
		t.m.typeError("get length of", v, p)
	}
	return t.callMeta(f, v)
}

// equalTables asks the handler that two different tables have in common.
func (t *Thread) equalTables(b, c Value) bool {
	f := t.m.common(b, c, metaEq)
	return !f.IsNil() && t.callMeta(f, b, c).Truth()
}

// common returns the handler that both b and c have for the event, or nil.
func (m *Machine) common(b, c Value, e metaEvent) Value {
	f := m.handler(b, e)
	if f.IsNil() || !m.RawEqual(f, m.handler(c, e)) {
		return Nil
	}
	return f
}

// equal is ==.
func (t *Thread) equal(b, c Value) bool {
	return t.m.RawEqual(b, c) || b.isTable() && c.isTable() && t.equalTables(b, c)
}

// less is <.
func (t *Thread) less(b, c Value) bool {
	switch kb, kc := b.Kind(), c.Kind(); {
	case kb == KindNumber && kc == KindNumber:
		return b.n < c.n
	case kb == KindString && kc == KindString:
		return t.m.compareTexts(b.str().s, c.str().s) < 0
	case kb.String() == kc.String():
		if f := t.m.common(b, c, metaLt); !f.IsNil() {
			return t.callMeta(f, b, c).Truth()
		}
	}
	t.orderError(b, c)
	return false
}

// lessEqual is <=.
func (t *Thread) lessEqual(b, c Value) bool {
	switch kb, kc := b.Kind(), c.Kind(); {
	case kb == KindNumber && kc == KindNumber:
		return b.n <= c.n
	case kb == KindString && kc == KindString:
		return t.m.compareTexts(b.str().s, c.str().s) <= 0
	case kb.String() == kc.String():
		if f := t.m.common(b, c, metaLe); !f.IsNil() {
			return t.callMeta(f, b, c).Truth()
		}
		if f := t.m.common(c, b, metaLt); !f.IsNil() {
			return !t.callMeta(f, c, b).Truth()
		}
	}
	t.orderError(b, c)
	return false
}

func (t *Thread) orderError(b, c Value) {
	// Lua 5.1 tells types apart by the third letter of their names.
	if nb, nc := b.TypeName(), c.TypeName(); nb[2] == nc[2] {
		t.m.errorf("attempt to compare two %s values", nb)
	} else {
		t.m.errorf("attempt to compare %s with %s", nb, nc)
	}
}

// compare is the comparison op of opCompare.
func (t *Thread) compare(op int, b, c Value) bool {
	switch opcode(op) {
	case opLt:
		return t.less(b, c)
	case opLe:
		return t.lessEqual(b, c)
	}
	return t.equal(b, c)
}

// concat joins the n values at stack[at] on and leaves the result there. As
// many as are strings or numbers are joined at once, from the last backwards.
func (t *Thread) concat(at, n int) {
	m := t.m
	for n > 1 {
		b, c := t.stack[at+n-2], t.stack[at+n-1]
		if !isText(b) || !isText(c) {
			f := m.handler(b, metaConcat)
			if f.IsNil() {
				f = m.handler(c, metaConcat)
			}
			if f.IsNil() {
				if isText(b) {
					m.typeError("concatenate", c, t.place(at+n-1))
				}
				m.typeError("concatenate", b, t.place(at+n-2))
			}
			v := t.callMeta(f, b, c)
			t.stack[at+n-2] = v
			n--
			continue
		}
		first := at + n - 2
		for first > at && isText(t.stack[first-1]) {
			first--
		}
		t.stack[first] = m.join(t.stack[first : at+n])
		n = first - at + 1
	}
}

func isText(v Value) bool { return v.IsNumber() || v.isString() }

// join returns the texts of strings and numbers as one string.
func (m *Machine) join(vs []Value) Value {
	var numbers [64]byte
	size := 0
	for _, v := range vs {
		if v.isString() {
			size += len(v.str().s)
		} else {
			size += len(AppendNumber(numbers[:0], v.n))
		}
	}
	if size > maxString {
		m.errorf("string length overflow")
	}
	if size <= longestShort {
		var b [longestShort]byte
		text := appendTexts(b[:0], vs)
		return m.NewCopy(unsafe.String(unsafe.SliceData(text), len(text)))
	}
	m.Alloc(size)
	m.Tick(size / 64)
	if m.room(vs[0], size) {
		vs = vs[1:]
	}
	for _, v := range vs {
		if v.isString() {
			m.joinMore(bulk.Bytes(v.str().s))
		} else {
			m.joinMore(AppendNumber(numbers[:0], v.n))
		}
	}
	m.Alloc(-size) // NewString counts it
	return m.NewString(unsafe.String(unsafe.SliceData(m.joined), len(m.joined)))
}

// joinMore adds a text, for which there is room, to what is being joined.
func (m *Machine) joinMore(text []byte) {
	n := len(m.joined)
	m.joined = m.joined[:n+len(text)]
	bulk.Move(m.joined[n:], text, m)
}

func appendTexts(b []byte, vs []Value) []byte {
	for _, v := range vs {
		if v.isString() {
			b = append(b, v.str().s...)
		} else {
			b = AppendNumber(b, v.n)
		}
	}
	return b
}

// room makes room to write the texts, of so many bytes, that begin with that of
// first, and reports whether that is already there because this was what join made
// last. Then a string is being built piece by piece, s = s .. x, which would take
// time quadratic in its length if each piece meant a copy; so there is room for
// some more pieces behind it.
func (m *Machine) room(first Value, size int) bool {
	before := m.joined
	switch {
	case len(before) == 0 || !first.isString() || len(first.str().s) != len(before) || unsafe.StringData(first.str().s) != unsafe.SliceData(before):
		m.joined = bulk.Make[byte](size, m)[:0]
		return false
	case cap(before) < size:
		m.Alloc(size / 4)
		m.joined = bulk.Make[byte](size+size/4, m)[:0]
		m.joinMore(before)
	}
	return true
}

// maxString is the longest string that an operation makes.
const maxString = 1<<31 - 1
