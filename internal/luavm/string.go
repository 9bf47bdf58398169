package luavm

import "unsafe"

// A String is the object of a string value. Strings are not unique: equal
// texts may be different objects.
type String struct {
	header
	s string
}

const (
	flagHashed   = 1 << iota // header.id is the hash
	flagConstant             // the String begins a Constant
)

// A Constant is a string that stands in a script's source. Host is for the
// caller of a Machine: what it once found under that name, it can keep here.
type Constant struct {
	String
	Host any
}

// Constant returns the Constant that v is, or nil if v is none.
func (v Value) Constant() *Constant {
	if h := (*header)(v.p); h != nil && h.kind == KindString && h.flags&flagConstant != 0 {
		return (*Constant)(v.p)
	}
	return nil
}

// hash is Lua 5.1's hash of the text, on which the order of tables depends.
func (s *String) hash() uint32 {
	if s.flags&flagHashed == 0 {
		s.id = hashText(s.s)
		s.flags |= flagHashed
	}
	return s.id
}

// hashText samples at most 32 bytes of a text, from its end.
func hashText(s string) uint32 {
	h := uint32(len(s))
	step := len(s)>>5 + 1
	for i := len(s); i >= step; i -= step {
		h ^= h<<5 + h>>2 + uint32(s[i-1])
	}
	return h
}

// The empty string and those of one byte are made once for all machines.
var (
	emptyString = newHashed("", 0)
	byteStrings = func() (all [256]String) {
		for i := range all {
			all[i] = newHashed(string([]byte{byte(i)}), 0)
		}
		return all
	}()
)

func newHashed(s string, flags uint8) String {
	return String{header{kind: KindString, flags: flags | flagHashed, id: hashText(s)}, s}
}

// stringSize is the number of bytes that a string of n bytes is counted as.
func stringSize(n int) int { return n + int(unsafe.Sizeof(String{})) }

// NewString returns the text s as a value. It shares the bytes of s.
func (m *Machine) NewString(s string) Value {
	switch len(s) {
	case 0:
		return emptyString.value()
	case 1:
		return byteStrings[s[0]].value()
	}
	m.Alloc(stringSize(len(s)))
	return (&String{header: header{kind: KindString}, s: s}).value()
}

// NewBytes returns a string value of a copy of b.
func (m *Machine) NewBytes(b []byte) Value {
	if len(b) == 1 {
		return byteStrings[b[0]].value()
	}
	return m.NewString(string(b))
}
