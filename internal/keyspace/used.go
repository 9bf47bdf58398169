package keyspace

import "math/rand/v2"

// When an entry was used last, or how often it is used: all entries of a
// keyspace know the one or, while it has a Frequency, the other. Entry.used
// holds seconds since 1970, or minutes since then, their last 24 bits, and a
// count of 8 bits, from when it was last changed.

// Frequency says how the use of entries is counted: on a scale from 0 to 255
// that is logarithmic, so that the count goes up the less likely the higher it
// is, and from which time takes something away again.
type Frequency struct {
	LogFactor int        // the higher, the more uses a step takes; 0: one
	DecayTime int        // minutes after which one is taken away; 0: never
	Rand      *rand.Rand // by which it goes up or not
}

const (
	firstCount = 5 // of a new entry, so that it is not the first to go
	maxCount   = 255

	minute  = 60_000
	minutes = 1<<24 - 1
)

// SetFrequency sets how the use of entries is counted; with nil they know when
// they were used instead. To change from the one to the other takes time linear
// in the number of entries.
func (ks *Keyspace) SetFrequency(f *Frequency, now int64) {
	before := ks.frequency
	ks.frequency = f
	for _, e := range ks.order {
		switch {
		case before == nil && f != nil:
			e.SetCount(firstCount, e.UsedAt())
		case before != nil && f == nil:
			e.SetUsedAt(now - e.unchanged(now)*minute)
		default:
			return
		}
	}
}

// UsedAt returns when the entry was last looked up by Get, or made, to the
// second.
func (e *Entry) UsedAt() int64 { return int64(e.used) * 1000 }

// SetUsedAt makes at the time when the entry was last looked up.
func (e *Entry) SetUsedAt(at int64) { e.used = uint32(max(0, at) / 1000) }

// Count returns how often the entry is used.
func (e *Entry) Count(f *Frequency, now int64) int {
	n := int64(e.used & maxCount)
	if f.DecayTime > 0 {
		n = max(0, n-e.unchanged(now)/int64(f.DecayTime))
	}
	return int(n)
}

// SetCount makes n, 0 to 255, the count of how often the entry is used.
func (e *Entry) SetCount(n int, now int64) {
	e.used = uint32(max(0, now)/minute&minutes)<<8 | uint32(n)
}

// unchanged returns for how many minutes the count is what it is; 0 where the
// clock was set back since.
func (e *Entry) unchanged(now int64) int64 {
	n := (now/minute - int64(e.used>>8)) & minutes
	if n > minutes/2 {
		return 0
	}
	return n
}

// UseLike makes the entry as much used as another.
func (e *Entry) UseLike(other *Entry) { e.used = other.used }

// begin says that e is made.
func (ks *Keyspace) begin(e *Entry, now int64) {
	if ks.frequency == nil {
		e.SetUsedAt(now)
	} else {
		e.SetCount(firstCount, now)
	}
}

// use says that e is used.
func (ks *Keyspace) use(e *Entry, now int64) {
	before := e.used
	if ks.frequency == nil {
		e.SetUsedAt(now)
	} else {
		ks.count(e, now)
	}
	if e.used != before && ks.recording(e) {
		ks.record(undoUse, e, int64(before))
	}
}

func (ks *Keyspace) count(e *Entry, now int64) {
	f := ks.frequency
	n := e.Count(f, now)
	if n < maxCount && f.Rand.Float64()*(float64(max(n-firstCount, 0))*float64(f.LogFactor)+1) < 1 {
		n++
	}
	e.SetCount(n, now)
}
