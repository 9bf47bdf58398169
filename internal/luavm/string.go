package luavm

import (
	"strings"
	"unsafe"
)

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

// hash is the text's hash, on which the order of tables depends.
func (s *String) hash() uint32 {
	if s.flags&flagHashed == 0 {
		s.id = hashText(s.s)
		s.flags |= flagHashed
	}
	return s.id
}

// hashedPerInstruction is how many bytes to hash count as an instruction.
const hashedPerInstruction = 64

// hashText is Lua 5.1's hash of a text, but of all its bytes, as in Redis: Lua
// itself takes at most 32 of them.
func hashText(s string) uint32 { return hashMore(uint32(len(s)), s) }

// hashMore goes on with the hash h of what follows s.
func hashMore(h uint32, s string) uint32 {
	for i := len(s) - 1; i >= 0; i-- {
		h ^= h<<5 + h>>2 + uint32(s[i])
	}
	return h
}

// hashLong is hash for a text for which that is work.
func (m *Machine) hashLong(s *String) {
	h, rest := uint32(len(s.s)), s.s
	for len(rest) > hashedAtOnce {
		h = hashMore(h, rest[len(rest)-hashedAtOnce:])
		rest = rest[:len(rest)-hashedAtOnce]
		m.Tick(hashedAtOnce / hashedPerInstruction)
	}
	m.Tick(len(rest) / hashedPerInstruction)
	s.id = hashMore(h, rest)
	s.flags |= flagHashed
}

// hashedAtOnce is how many bytes are hashed until one looks whether the run must end.
const hashedAtOnce = 1 << 18

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

// equalTexts says whether two texts are equal. For long ones that is work.
func (m *Machine) equalTexts(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for len(a) > comparedAtOnce {
		if a[:comparedAtOnce] != b[:comparedAtOnce] {
			return false
		}
		a, b = a[comparedAtOnce:], b[comparedAtOnce:]
		m.Tick(comparedAtOnce / bytesPerInstruction)
		m.Check()
	}
	if n := len(a) / bytesPerInstruction; n > 0 {
		m.Tick(n)
	}
	return a == b
}

// comparedAtOnce is how many bytes are compared until one looks whether the run must
// end.
const comparedAtOnce = 1 << 22

// compareTexts is strings.Compare, counted like equalTexts.
func (m *Machine) compareTexts(a, b string) int {
	for min(len(a), len(b)) > comparedAtOnce {
		if c := strings.Compare(a[:comparedAtOnce], b[:comparedAtOnce]); c != 0 {
			return c
		}
		a, b = a[comparedAtOnce:], b[comparedAtOnce:]
		m.Tick(comparedAtOnce / bytesPerInstruction)
		m.Check()
	}
	if n := min(len(a), len(b)) / bytesPerInstruction; n > 0 {
		m.Tick(n)
	}
	return strings.Compare(a, b)
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
