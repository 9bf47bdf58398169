package luavm

import (
	"fmt"
	"unsafe"
)

// A Value is a Lua value. The zero Value is nil. Values are made by Nil, Bool,
// Number, the methods of Machine, and running code; they belong to the Machine
// that made them.
//
// p is nil for nil, the address of a tag for booleans and numbers (so that
// neither is on the heap), else the address of an object. Tags and objects
// both begin with a header that says what they are. n is the number of a
// number and has no meaning otherwise.
type Value struct {
	p unsafe.Pointer
	n float64
}

// A Kind is a basic type of Lua. GoFunction is told from Function, as the type
// of functions written in Go, though Lua calls both "function".
type Kind uint8

const (
	KindNil Kind = iota
	KindBoolean
	KindNumber
	KindString
	KindTable
	KindFunction
	KindGoFunction
	KindUserdata
	KindThread
)

var kindNames = [...]string{"nil", "boolean", "number", "string", "table", "function", "function", "userdata", "thread"}

// String returns Lua's name of the type.
func (k Kind) String() string { return kindNames[k] }

// header is how every object begins.
type header struct {
	kind  Kind
	flags uint8
	mark  uint16 // the census that has counted the object
	id    uint32 // of a string: its hash; else a number that no other object of the machine has
}

var (
	numberTag = header{kind: KindNumber}
	falseTag  = header{kind: KindBoolean}
	trueTag   = header{kind: KindBoolean}
)

// Nil is the value nil.
var Nil Value

// Number returns f as a Value.
func Number(f float64) Value { return Value{unsafe.Pointer(&numberTag), f} }

// Int returns i as a Value.
func Int(i int) Value { return Number(float64(i)) }

// Bool returns b as a Value.
func Bool(b bool) Value {
	if b {
		return Value{p: unsafe.Pointer(&trueTag)}
	}
	return Value{p: unsafe.Pointer(&falseTag)}
}

// Kind returns the value's type.
func (v Value) Kind() Kind {
	if v.p == nil {
		return KindNil
	}
	return (*header)(v.p).kind
}

// IsNil says whether v is nil.
func (v Value) IsNil() bool { return v.p == nil }

// Truth says whether v counts as true: everything but nil and false.
func (v Value) Truth() bool { return v.p != nil && v.p != unsafe.Pointer(&falseTag) }

// IsNumber says whether v is a number; a string is none.
func (v Value) IsNumber() bool { return v.p == unsafe.Pointer(&numberTag) }

// Float returns the number that v, which must be a number, is.
func (v Value) Float() float64 { return v.n }

// Text returns the bytes of v, which must be a string.
func (v Value) Text() string { return v.str().s }

// Table returns v as a table, or nil if it is none.
func (v Value) Table() *Table {
	if v.Kind() == KindTable {
		return (*Table)(v.p)
	}
	return nil
}

// TypeName returns Lua's name of v's type.
func (v Value) TypeName() string { return v.Kind().String() }

func (v Value) isString() bool    { return v.Kind() == KindString }
func (v Value) isTable() bool     { return v.Kind() == KindTable }
func (v Value) isFunction() bool  { k := v.Kind(); return k == KindFunction || k == KindGoFunction }
func (v Value) str() *String      { return (*String)(v.p) }
func (v Value) table() *Table     { return (*Table)(v.p) }
func (v Value) closure() *Closure { return (*Closure)(v.p) }
func (v Value) builtin() *Builtin { return (*Builtin)(v.p) }
func (v Value) thread() *Thread   { return (*Thread)(v.p) }
func (s *String) value() Value    { return Value{p: unsafe.Pointer(s)} }
func (t *Table) Value() Value     { return Value{p: unsafe.Pointer(t)} }
func (c *Closure) value() Value   { return Value{p: unsafe.Pointer(c)} }
func (b *Builtin) Value() Value   { return Value{p: unsafe.Pointer(b)} }
func (t *Thread) value() Value    { return Value{p: unsafe.Pointer(t)} }
func (u *Userdata) Value() Value  { return Value{p: unsafe.Pointer(u)} }
func (v *Value) setNumber(f float64) {
	if v.p != unsafe.Pointer(&numberTag) { // spares the write barrier, most of the time
		v.p = unsafe.Pointer(&numberTag)
	}
	v.n = f
}

// RawEqual compares as Lua's rawequal does.
func (m *Machine) RawEqual(a, b Value) bool {
	if a.p == b.p {
		return a.p != unsafe.Pointer(&numberTag) || a.n == b.n
	}
	return a.isString() && b.isString() && m.equalTexts(a.str().s, b.str().s)
}

// address is how tostring shows an object that has no text. The number that it
// shows stays the same as long as the object lives.
func (v Value) address() string {
	h := (*header)(v.p)
	return fmt.Sprintf("%s: 0x%012x", h.kind, 0x5500_0000_0000+uint64(h.id)*32)
}

// Userdata is an object that means something to Go code alone. Its name is
// what tostring shows.
type Userdata struct {
	header
	name string
}

// NewUserdata returns a userdata that tostring shows as name.
func NewUserdata(name string) *Userdata {
	return &Userdata{header: header{kind: KindUserdata}, name: name}
}
