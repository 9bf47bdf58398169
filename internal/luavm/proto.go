package luavm

import "unsafe"

// proto is a compiled function.
type proto struct {
	code      []instruction
	k         []Value
	protos    []*proto
	upvalues  []upvalueInfo
	params    int
	vararg    bool
	registers int // how many it uses

	mark        uint16 // the census that has counted it
	source      string // as Load was given it
	lineDefined int
	// chunk is go-lua's code, from which code was made, instruction for
	// instruction; what errors say of variables is found there.
	chunk  []chunkInstruction
	lines  []int32 // of each instruction
	locals []localVariable
}

// size returns the number of bytes that p takes, without the functions in it.
func (p *proto) size() int {
	n := int(unsafe.Sizeof(*p)) + len(p.code)*int(unsafe.Sizeof(instruction(0))) + len(p.chunk)*int(unsafe.Sizeof(chunkInstruction(0))) +
		len(p.lines)*4 + len(p.locals)*int(unsafe.Sizeof(localVariable{})) + len(p.upvalues)*int(unsafe.Sizeof(upvalueInfo{}))
	for _, k := range p.k {
		n += int(unsafe.Sizeof(k))
		if k.isString() {
			n += int(unsafe.Sizeof(Constant{})) + len(k.Text())
		}
	}
	return n
}

type upvalueInfo struct {
	name    string
	inStack bool // of the enclosing function's registers, else of its upvalues
	index   uint8
	globals bool // the globals, in truth
}

type localVariable struct {
	name     string
	from, to int32 // instructions where it is alive
}

// A Closure is a function written in Lua, with its upvalues.
type Closure struct {
	header
	proto    *proto
	upvalues []*Upvalue
}

// An Upvalue is a variable that outlives its place in a function's registers.
// While it is open it is a register of a running function.
type Upvalue struct {
	at     *Value
	closed Value
	index  int      // of the register, in the thread's stack, while open
	next   *Upvalue // the next open one, of a lower index
}

func closureSize(upvalues int) int {
	return int(unsafe.Sizeof(Closure{})) + upvalues*int(unsafe.Sizeof(Upvalue{})+unsafe.Sizeof(&Upvalue{}))
}

func (m *Machine) newClosure(p *proto) *Closure {
	m.Alloc(closureSize(len(p.upvalues)))
	return &Closure{header: header{kind: KindFunction, id: m.newID()}, proto: p, upvalues: make([]*Upvalue, len(p.upvalues))}
}

// A Builtin is a function written in Go.
type Builtin struct {
	header
	name  string
	run   func(*Call)
	holds []Value // of an iterator
}

// NewBuiltin returns run as a function; name is for tracebacks.
func (m *Machine) NewBuiltin(name string, run func(*Call)) *Builtin {
	return &Builtin{header: header{kind: KindGoFunction, id: m.newID()}, name: name, run: run}
}

// FunctionValue returns f as a value.
func (m *Machine) FunctionValue(f *Closure) Value { return f.value() }
