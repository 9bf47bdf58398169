package luavm

import (
	"encoding/binary"
	"errors"
	"math"
)

// The binary chunk that go-lua's Dump writes, which is Lua 5.2's.

// A chunkInstruction has, from the low bits to the high: 6 of operation, 8 of
// a, 9 of c, 9 of b. Bit 256 of b or c means a constant; bx is b and c
// together, sbx the same with a sign.
type chunkInstruction uint32

const constantBit = 256

func (i chunkInstruction) op() int  { return int(i & 63) }
func (i chunkInstruction) a() int   { return int(i >> 6 & 255) }
func (i chunkInstruction) c() int   { return int(i >> 14 & 511) }
func (i chunkInstruction) b() int   { return int(i >> 23) }
func (i chunkInstruction) bx() int  { return int(i >> 14) }
func (i chunkInstruction) sbx() int { return i.bx() - 131071 }
func (i chunkInstruction) ax() int  { return int(i >> 6) }

func isConstant(rk int) bool { return rk&constantBit != 0 }

const (
	chunkMove = iota
	chunkLoadK
	chunkLoadKX
	chunkLoadBool
	chunkLoadNil
	chunkGetUpval
	chunkGetTabUp
	chunkGetTable
	chunkSetTabUp
	chunkSetUpval
	chunkSetTable
	chunkNewTable
	chunkSelf
	chunkAdd
	chunkSub
	chunkMul
	chunkDiv
	chunkMod
	chunkPow
	chunkUnm
	chunkNot
	chunkLen
	chunkConcat
	chunkJump
	chunkEq
	chunkLt
	chunkLe
	chunkTest
	chunkTestSet
	chunkCall
	chunkTailCall
	chunkReturn
	chunkForLoop
	chunkForPrep
	chunkForCall
	chunkForEachLoop
	chunkSetList
	chunkClosure
	chunkVararg
	chunkExtraArg
	chunkOps
	chunkStep // not go-lua's: what comes next is a step for a debugger
)

// setsA says which operations put a result into register a, apart from those
// that setter knows. (A test sets none, but to Lua 5.1 it does.)
var setsA = [64]bool{chunkMove: true, chunkLoadK: true, chunkLoadKX: true, chunkLoadBool: true, chunkGetUpval: true,
	chunkGetTabUp: true, chunkGetTable: true, chunkNewTable: true, chunkAdd: true, chunkSub: true, chunkMul: true,
	chunkDiv: true, chunkMod: true, chunkPow: true, chunkUnm: true, chunkNot: true, chunkLen: true, chunkConcat: true,
	chunkTest: true, chunkTestSet: true, chunkForEachLoop: true, chunkClosure: true, chunkVararg: true}

// chunkFunction is a function as the chunk has it.
type chunkFunction struct {
	lineDefined int
	params      int
	vararg      bool
	registers   int
	code        []chunkInstruction
	k           []any // nil, bool, float64, string
	functions   []*chunkFunction
	upvalues    []upvalueInfo
	lines       []int32
	locals      []localVariable
}

var errChunk = errors.New("malformed binary chunk")

// chunkHeader is what a chunk begins with, on any machine that Go runs on with
// 64 bits and little endian; go-lua writes the machine's own sizes.
const chunkHeaderSize = 18

// readChunk decodes a chunk. Whatever the bytes, it takes no more time and
// memory than in proportion to their number.
func (m *Machine) readChunk(b []byte) (f *chunkFunction, err error) {
	r := chunkReader{m: m, b: b}
	defer func() {
		if malformed(recover()) {
			f, err = nil, errChunk
		}
	}()
	h := r.bytes(chunkHeaderSize)
	if string(h[:6]) != "\x1bLua\x52\x00" {
		return nil, errChunk
	}
	if r.order = binary.ByteOrder(binary.LittleEndian); h[6] == 0 {
		r.order = binary.BigEndian
	}
	r.pointer = int(h[8])
	if h[7] != 4 || r.pointer != 4 && r.pointer != 8 || h[9] != 4 || h[10] != 8 {
		return nil, errChunk
	}
	f = r.function(0)
	if len(r.b) > 0 {
		return nil, errChunk
	}
	return f, nil
}

// malformed reports whether p, which was recovered, is the panic of a chunk that is
// not what the compiler makes. Any other panic goes on.
func malformed(p any) bool {
	if p != nil && p != any(errChunk) {
		panic(p)
	}
	return p != nil
}

// chunkReader reads b; what does not fit is a panic with errChunk.
type chunkReader struct {
	m       *Machine // which counts the work
	b       []byte
	order   binary.ByteOrder
	pointer int // bytes of a length
}

const maxFunctionDepth = 250 // nested functions; the compiler stops at 200 levels

func (r *chunkReader) function(depth int) *chunkFunction {
	if depth > maxFunctionDepth {
		panic(errChunk)
	}
	f := &chunkFunction{lineDefined: r.int()}
	r.int() // last line
	f.params = int(r.byte())
	f.vararg = r.byte() != 0
	if f.registers = int(r.byte()); f.registers == 0 {
		f.registers = 256 // which has no byte; no function has less than 2
	}
	f.code = make([]chunkInstruction, r.count(4))
	for i := range f.code {
		f.code[i] = chunkInstruction(r.uint32())
	}
	f.k = make([]any, r.count(1))
	for i := range f.k {
		f.k[i] = r.constant()
	}
	f.functions = make([]*chunkFunction, r.count(1))
	for i := range f.functions {
		f.functions[i] = r.function(depth + 1)
	}
	f.upvalues = make([]upvalueInfo, r.count(2))
	for i := range f.upvalues {
		f.upvalues[i] = upvalueInfo{inStack: r.byte() != 0, index: r.byte()}
	}
	r.string() // source
	f.lines = make([]int32, r.count(4))
	for i := range f.lines {
		f.lines[i] = int32(r.int())
	}
	f.locals = make([]localVariable, r.count(12))
	for i := range f.locals {
		f.locals[i] = localVariable{r.string(), int32(r.int()), int32(r.int())}
	}
	if n := r.count(4); n > len(f.upvalues) {
		panic(errChunk)
	} else {
		for i := range n {
			f.upvalues[i].name = r.string()
		}
	}
	return f
}

func (r *chunkReader) constant() any {
	switch r.byte() {
	case 0:
		return nil
	case 1:
		return r.byte() != 0
	case 3:
		return math.Float64frombits(r.order.Uint64(r.bytes(8)))
	case 4:
		return r.string()
	}
	panic(errChunk)
}

func (r *chunkReader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		panic(errChunk)
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

func (r *chunkReader) byte() byte     { return r.bytes(1)[0] }
func (r *chunkReader) uint32() uint32 { return r.order.Uint32(r.bytes(4)) }

func (r *chunkReader) int() int { return int(int32(r.uint32())) }

// count reads the number of items that follow, of at least size bytes each.
func (r *chunkReader) count(size int) int {
	n := r.int()
	if n < 0 || n > len(r.b)/size {
		panic(errChunk)
	}
	r.m.Tick(n)
	return n
}

// string reads a length, with the final NUL, and the bytes.
func (r *chunkReader) string() string {
	n := uint64(r.uint32())
	if r.pointer == 8 {
		hi := uint64(r.uint32())
		if r.order == binary.ByteOrder(binary.BigEndian) {
			n, hi = hi, n
		}
		n |= hi << 32
	}
	if n == 0 {
		return ""
	}
	if n > uint64(len(r.b)) {
		panic(errChunk)
	}
	b := r.bytes(int(n))
	return string(b[:n-1])
}
