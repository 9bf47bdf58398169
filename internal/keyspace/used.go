package keyspace

import (
	"math"
	"math/rand/v2"
)

// When an entry was used last, or how often it is used: an entry knows one of
// the two. It is the latter for those that are made or used while the keyspace
// has a Frequency.

// Frequency says how the use of entries is counted: on a scale from 0 to 255
// that is logarithmic, so that the count goes up the less likely the higher it
// is, and from which time takes something away again.
type Frequency struct {
	LogFactor int // the higher, the more uses a step takes; 0: one
	DecayTime int // minutes after which one is taken away; 0: never
}

const (
	firstCount = 5 // of a new entry, so that it is not the first to go
	maxCount   = 255

	minute  = 60_000
	counted = math.MinInt64 // marks, in Entry.usedAt, minutes and a count of 8 bits
)

// UsedAt returns when the entry was last looked up by Get, or made.
func (e *Entry) UsedAt() int64 {
	if e.usedAt < 0 {
		return (e.usedAt &^ counted) >> 8 * minute
	}
	return e.usedAt
}

// SetUsedAt makes at the time when the entry was last looked up.
func (e *Entry) SetUsedAt(at int64) { e.usedAt = max(at, 0) }

// Count returns how often the entry is used.
func (e *Entry) Count(f *Frequency, now int64) int {
	n := firstCount
	if e.usedAt < 0 {
		n = int(e.usedAt & maxCount)
	}
	if f.DecayTime > 0 {
		n -= int(min(max(now/minute-e.UsedAt()/minute, 0)/int64(f.DecayTime), int64(n)))
	}
	return n
}

// SetCount makes n, 0 to 255, the count of how often the entry is used.
func (e *Entry) SetCount(n int, now int64) { e.usedAt = counted | now/minute<<8 | int64(n) }

// UseLike makes the entry as much used as another.
func (e *Entry) UseLike(other *Entry) { e.usedAt = other.usedAt }

// begin says that e is made.
func (ks *Keyspace) begin(e *Entry, now int64) {
	if e.usedAt = now; ks.Frequency != nil {
		e.SetCount(firstCount, now)
	}
}

// use says that e is used.
func (ks *Keyspace) use(e *Entry, now int64) {
	f := ks.Frequency
	if f == nil {
		e.usedAt = now
		return
	}
	n := e.Count(f, now)
	if n < maxCount && rand.Float64()*float64(max(n-firstCount, 0)*f.LogFactor+1) < 1 {
		n++
	}
	e.SetCount(n, now)
}
