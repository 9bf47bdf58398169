package value

import (
	"cmp"
	"math"
	"strconv"
)

// A StreamID orders the entries of a stream: Unix milliseconds, as a rule, and
// a number that tells apart what has the same.
type StreamID struct{ Millis, Seq uint64 }

// MaxStreamID is the last ID; the zero StreamID is the first, and no entry's.
var MaxStreamID = StreamID{math.MaxUint64, math.MaxUint64}

// String returns the ID as "millis-seq".
func (id StreamID) String() string {
	text := append(strconv.AppendUint(make([]byte, 0, 41), id.Millis, 10), '-')
	return string(strconv.AppendUint(text, id.Seq, 10))
}

// Compare returns a number below zero, zero or above as id is before other, the
// same or after it.
func (id StreamID) Compare(other StreamID) int {
	return cmp.Or(cmp.Compare(id.Millis, other.Millis), cmp.Compare(id.Seq, other.Seq))
}

// Next returns the ID after id; of the last one, the zero StreamID.
func (id StreamID) Next() StreamID {
	if id.Seq++; id.Seq == 0 {
		id.Millis++
	}
	return id
}

// Prev returns the ID before id; of the zero StreamID, the last one.
func (id StreamID) Prev() StreamID {
	if id.Seq--; id.Seq == math.MaxUint64 {
		id.Millis--
	}
	return id
}
