package value

import "iter"

// The sparse form of a HyperLogLog is a row of runs of registers that have the
// same value:
//
//	00llllll           zeros, l+1 of them
//	01llllll llllllll  zeros, l+1
//	1vvvvvll           l+1 registers of the value v+1
const (
	shortZeros     = 64
	longZeros      = 0x40 // the mark of
	values         = 0x80 // the mark of
	valuesMost     = 4    // registers in a run
	sparseMaxValue = 32
	sparseMaxSize  = 3000                         // of the String, in bytes
	sparseLimit    = headerSize + 2*RegisterCount // what is longer has too many registers
)

// A Run is so many registers of a value, in so many bytes.
type Run struct {
	Value  uint8
	Length int
	Size   int
}

// readRun returns the run that the text, which must not be empty, begins with.
// Of one that is cut off Redis reads the rest as zero.
func readRun(text string) Run {
	switch b := text[0]; {
	case b >= values:
		return Run{b>>2&0x1f + 1, int(b&3) + 1, 1}
	case b < longZeros:
		return Run{0, int(b) + 1, 1}
	default:
		low := 0
		if len(text) > 1 {
			low = int(text[1])
		}
		return Run{0, int(b&0x3f)<<8 + low + 1, 2}
	}
}

// appendRun appends the shortest run of that many registers, none for 0.
func appendRun(bytes []byte, value uint8, length int) []byte {
	switch n := length - 1; {
	case length == 0:
		return bytes
	case value > 0:
		return append(bytes, values|(value-1)<<2|byte(n))
	case length <= shortZeros:
		return append(bytes, byte(n))
	default:
		return append(bytes, longZeros|byte(n>>8), byte(n))
	}
}

// Runs returns the runs of the sparse form. There may be more or fewer than
// those of all registers.
func (h HyperLogLog) Runs() iter.Seq[Run] {
	return func(yield func(Run) bool) {
		for text := h.s.view()[headerSize:]; len(text) > 0; {
			run := readRun(text)
			if !yield(run) {
				return
			}
			text = text[min(run.Size, len(text)):]
		}
	}
}

// raiseSparse is raise in the sparse form, which it leaves where the value or
// the size becomes too large for it.
func (h HyperLogLog) raiseSparse(i int, n uint8) (changed, ok bool) {
	if n > sparseMaxValue {
		return h.raiseDense(i, n)
	}
	text := h.s.view()
	at, before, first := headerSize, headerSize, 0 // of the run, of the one before it
	var run Run
	for ; at < len(text); at += run.Size {
		if run = readRun(text[at:]); i < first+run.Length {
			break
		}
		first += run.Length
		before = at
	}
	switch {
	case at >= len(text) || at+run.Size > len(text):
		return false, false
	case run.Value >= n:
		return false, true
	}

	var room [5]byte
	runs := appendRun(room[:0], run.Value, i-first)
	runs = appendRun(runs, n, 1)
	runs = appendRun(runs, run.Value, first+run.Length-1-i)
	if len(runs) > run.Size && len(text)+len(runs)-run.Size > sparseMaxSize {
		return h.raiseDense(i, n)
	}
	h.s.buf().replace(at, at+run.Size, runs)
	h.joinRuns(before)
	return true, true
}

// raiseDense is raise after a change to the dense form.
func (h HyperLogLog) raiseDense(i int, n uint8) (changed, ok bool) {
	if !h.MakeDense() {
		return false, false
	}
	return h.raise(i, n)
}

// joinRuns makes one run of two that follow each other and have the same value,
// where one can hold them. Like Redis it does so five times at most, or looks at
// the runs from at on, which are as many as a change can touch.
func (h HyperLogLog) joinRuns(at int) {
	for range 5 {
		text := h.s.view()
		if at >= len(text) {
			return
		}
		var next Run
		run := readRun(text[at:])
		if run.Value > 0 && at+1 < len(text) {
			next = readRun(text[at+1:])
		}
		if length := run.Length + next.Length; next.Value > 0 && next.Value == run.Value && length <= valuesMost {
			h.s.buf().replace(at, at+2, appendRun(nil, run.Value, length))
		} else {
			at += run.Size
		}
	}
}
