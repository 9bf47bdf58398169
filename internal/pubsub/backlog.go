package pubsub

import "time"

// What waits for a subscriber may take as much as Redis lets it: never more than
// hardLimit bytes, and not for longer than patience more than softLimit.
const (
	hardLimit = 32 << 20
	softLimit = 8 << 20
	patience  = time.Minute
)

// A Backlog watches how much waits for a subscriber.
type Backlog struct {
	full time.Time // since when it is above softLimit
}

// Fits says whether so many bytes may wait from now on.
func (b *Backlog) Fits(size int) bool {
	switch {
	case size > hardLimit:
		return false
	case size <= softLimit:
		b.full = time.Time{}
	case b.full.IsZero():
		b.full = time.Now()
	case time.Since(b.full) > patience:
		return false
	}
	return true
}
