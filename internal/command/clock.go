package command

import "time"

// A clock tells the time of a turn. It is asked when the turn first wants to
// know; until the next turn time stands still.
//
// To ask the system what time has passed takes half as long as to ask what time
// it is, so that is done once in a second, in case somebody sets its clock.
type clock struct {
	ask    func() time.Time // who knows; nil: the system
	asked  bool             // in this turn
	base   time.Time        // what time it was,
	nanos  int64            // and the same in Unix nanoseconds, of the system's clock,
	passed time.Duration    // and what has passed since then
	millis int64            // the time in Unix milliseconds
}

func (c *clock) read() {
	c.asked = true
	if c.ask != nil {
		c.base = c.ask()
		c.millis = c.base.UnixMilli()
		return
	}
	if c.passed = time.Since(c.base); c.passed >= time.Second {
		c.base, c.passed = time.Now(), 0
		c.nanos = c.base.UnixNano()
	}
	c.millis = (c.nanos + int64(c.passed)) / int64(time.Millisecond)
}

// Now returns the time of the turn.
func (db *DB) Now() time.Time {
	db.Millis()
	return db.clock.base.Add(db.clock.passed)
}

// Millis is Now in Unix milliseconds.
func (db *DB) Millis() int64 {
	if !db.clock.asked {
		db.clock.read()
	}
	return db.clock.millis
}
