package value

import (
	"encoding/binary"
	"math/bits"

	"github.com/luastore/luastore/internal/bulk"
)

// A HyperLogLog estimates how many different elements were added to it. It is
// a String of a certain form:
//
//	magic       "HYLL"
//	form        1 byte: 0 dense, 1 sparse
//	            3 bytes unused
//	estimate    8 bytes, little-endian; where it has to be made anew the
//	            highest bit is set
//	registers   16,384 numbers below 64
//
// An element's hash chooses a register, which keeps the longest run of zero
// bits, plus one, among the hashes that chose it. The dense form has six bits
// for each register, the sparse one (see sparse.go) runs of equal registers.
//
// After the header may stand anything: a method answers with ok false where it
// finds no registers there, and has then changed nothing.
type HyperLogLog struct {
	s      *String
	limits *Limits
}

const (
	magic      = "HYLL"
	formAt     = len(magic)
	estimateAt = 8
	headerSize = 16
	staleAt    = 15
	stale      = 0x80 // of the byte there, the estimate's highest bit

	indexBits = 14 // of a hash, which choose the register
	denseSize = headerSize + RegisterCount*6/8
)

// RegisterCount is how many registers a HyperLogLog has.
const RegisterCount = 1 << indexBits

const (
	denseForm = iota
	sparseForm
)

// NewHyperLogLog returns the String of an empty HyperLogLog.
func NewHyperLogLog() *String {
	b := &buffer{bytes: make([]byte, headerSize)}
	copy(b.bytes, magic)
	b.bytes[formAt] = sparseForm
	b.bytes = appendRun(b.bytes, 0, RegisterCount)
	s := new(String)
	s.setBuffer(b)
	HyperLogLog{s: s}.outdate()
	return s
}

// HyperLogLog returns the value as a HyperLogLog; ok is false where its header
// or its length says that it is none.
func (s *String) HyperLogLog() (h HyperLogLog, ok bool) {
	text := s.view()
	if len(text) < headerSize || text[:formAt] != magic || text[formAt] > sparseForm {
		return h, false
	}
	return HyperLogLog{s: s}, text[formAt] == sparseForm || len(text) == denseSize
}

// Within returns the HyperLogLog with the limits l in place of DefaultLimits.
func (h HyperLogLog) Within(l *Limits) HyperLogLog {
	h.limits = l
	return h
}

// Dense says whether the HyperLogLog has the dense form.
func (h HyperLogLog) Dense() bool { return h.s.view()[formAt] == denseForm }

// Add adds the elements, and returns how many of them changed a register. Each takes
// constant time in the dense form, and time linear in the sparse one, which
// has some thousand bytes at most.
func (h HyperLogLog) Add(elements []string, w bulk.Checker) (changed int, ok bool) {
	before := *h.s
	if !h.Dense() {
		if h.s.Len() > sparseLimit {
			return 0, false
		}
		before = *h.s.Clone(nil).(*String) // an element can fail after others were added
	}
	h.s.edit(0, nil)
	for _, e := range elements {
		higher, ok := h.raise(place(e, w))
		if !ok {
			*h.s = before
			return 0, false
		}
		if higher {
			changed++
		}
	}
	if changed > 0 {
		h.outdate()
	}
	return changed, true
}

// Merge makes every register at least that of r. The HyperLogLog's own must
// have been read (ReadInto) without failure. It takes time linear in the number
// of registers, in the sparse form times its length.
func (h HyperLogLog) Merge(r *Registers) {
	h.s.edit(0, nil)
	for i, n := range r {
		if n > 0 {
			h.raise(i, n)
		}
	}
	h.outdate()
}

// raise makes register i at least n, and says whether that changed it.
func (h HyperLogLog) raise(i int, n uint8) (changed, ok bool) {
	if !h.Dense() {
		return h.raiseSparse(i, n)
	}
	if readDense(h.s.buf().bytes[headerSize:], i) >= n {
		return false, true
	}
	writeDense(h.s.buf().from(headerSize+i/4*3, 3, nil), i, n)
	return true, true
}

// ReadInto makes every register of r at least that of the HyperLogLog, in time
// linear in their number. Where it fails r is of no more use.
func (h HyperLogLog) ReadInto(r *Registers) (ok bool) {
	if !h.Dense() {
		rest := r[:]
		for run := range h.Runs() {
			if run.Length > len(rest) {
				return false
			}
			for i := range run.Length {
				rest[i] = max(rest[i], run.Value)
			}
			rest = rest[run.Length:]
		}
		return len(rest) == 0
	}
	dense := h.s.view()[headerSize:]
	for i := range r {
		r[i] = max(r[i], readDense(dense, i))
	}
	return true
}

// MakeDense gives the HyperLogLog the dense form.
func (h HyperLogLog) MakeDense() (ok bool) {
	var r Registers
	if h.Dense() {
		return true
	}
	if !h.ReadInto(&r) {
		return false
	}
	bytes := make([]byte, denseSize)
	copy(bytes[:headerSize], h.s.view())
	bytes[formAt] = denseForm
	for i, n := range r {
		writeDense(bytes[headerSize+i/4*3:], i, n)
	}
	h.s.setBuffer(&buffer{bytes: bytes})
	return true
}

// Kept returns the estimate that was kept; ok is false where the registers have
// changed since.
func (h HyperLogLog) Kept() (n int64, ok bool) {
	var estimate [8]byte
	copy(estimate[:], h.s.view()[estimateAt:])
	u := binary.LittleEndian.Uint64(estimate[:])
	return int64(u), int64(u) >= 0
}

// Keep keeps an estimate of the registers as they are.
func (h HyperLogLog) Keep(n int64) {
	h.s.edit(0, nil)
	if kept, ok := h.Kept(); ok && kept == n {
		return
	}
	binary.LittleEndian.PutUint64(h.s.buf().from(estimateAt, 8, nil), uint64(n))
}

// outdate says that the kept estimate is not that of the registers any more.
func (h HyperLogLog) outdate() { h.s.buf().from(staleAt, 1, nil)[0] |= stale }

// readDense returns register i of the dense form: four have three bytes, the
// first one their lowest bits.
func readDense[T string | []byte](dense T, i int) uint8 {
	return uint8(quad(dense[i/4*3:])>>(i%4*6)) & 0x3f
}

// writeDense makes n register i, which is in the first three bytes of part.
func writeDense(part []byte, i int, n uint8) {
	shift := i % 4 * 6
	four := quad(part)&^(0x3f<<shift) | uint32(n)<<shift
	part[0], part[1], part[2] = byte(four), byte(four>>8), byte(four>>16)
}

func quad[T string | []byte](part T) uint32 {
	return uint32(part[0]) | uint32(part[1])<<8 | uint32(part[2])<<16
}

// place returns the register that an element belongs to and the number that it
// raises it to.
func place(element string, w bulk.Checker) (i int, n uint8) {
	h := murmur(element, w)
	return int(h % RegisterCount), uint8(bits.TrailingZeros64(h>>indexBits|1<<(64-indexBits)) + 1)
}

// murmur is the 64-bit variant A of MurmurHash2.
func murmur(text string, w bulk.Checker) uint64 {
	const seed, m, r = 0xadc83b19, 0xc6a4a7935bd1e995, 47
	h := seed ^ uint64(len(text))*m
	for len(text) >= 8 {
		const most = 1 << 16 // bytes
		part := text[:min(len(text)&^7, most)]
		text = text[len(part):]
		for ; len(part) > 0; part = part[8:] {
			k := uint64At(part) * m
			h = (h ^ (k^k>>r)*m) * m
		}
		if len(text) >= most && w != nil {
			w.Check()
		}
	}
	if len(text) > 0 {
		for i := range len(text) {
			h ^= uint64(text[i]) << (8 * i)
		}
		h *= m
	}
	h = (h ^ h>>r) * m
	return h ^ h>>r
}
