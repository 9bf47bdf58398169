package command

import "time"

// An Outbox measures what waits to be sent to a client, as Redis does: what fits
// into the reply buffer counts for nothing, the rest as a list of blocks. It must
// not be used concurrently.
type Outbox struct {
	client  *Client
	recheck func() // calls Holds again
	bytes   int    // that wait

	room, peak int       // of the reply buffer: its size, and the most that was in it since reset
	aged       time.Time // up to when the size is that of Redis's buffer
	reset      time.Time

	full time.Time // since when the soft limit is reached; zero: it is not
	due  time.Time // when recheck is called, if it is to be
}

// NewOutbox returns the Outbox of a client. When the time of the soft limit is over
// it calls recheck, which must call Holds with the number of bytes that wait then.
func NewOutbox(c *Client, recheck func()) *Outbox {
	now := time.Now()
	return &Outbox{client: c, recheck: recheck, room: defaultReplyBuffer, peak: defaultReplyBuffer, aged: now}
}

// Sizes of the reply buffer and of the blocks of the list, in bytes.
const (
	defaultReplyBuffer = 16 << 10
	leastReplyBuffer   = 1 << 10
	replyBlock         = 20 << 10 // as Redis's allocator makes them, of which
	replyBlockHead     = 16       // so many bytes hold nothing,
	replyBlockNode     = 24       // and what leads to it
)

// replyBuffers is what DEBUG REPLYBUFFER sets.
type replyBuffers struct {
	fixed     bool          // the size stays as it is
	peakReset time.Duration // how often the peak is forgotten; less than 0: never
}

var defaultReplyBuffers = replyBuffers{peakReset: 5 * time.Second}

// Waiting is what CLIENT LIST shows of an Outbox.
type Waiting struct {
	Room, Peak int  // rbs, rbp
	Buffered   int  // obl: bytes in the reply buffer
	Blocks     int  // oll
	Memory     int  // omem: bytes of the blocks
	Writing    bool // they wait for the other end
}

// Holds notes that so many bytes wait now, and reports whether that is within the
// client's limits.
func (o *Outbox) Holds(bytes int) bool {
	was := o.bytes
	if bytes > o.peak || bytes > o.room {
		o.age()
		o.peak = max(o.peak, min(bytes, o.room))
	}
	o.bytes = bytes
	if bytes <= o.room && was <= o.room {
		return true
	}
	o.client.Changed()
	return o.fits()
}

// fits reports whether what waits is within the limits.
func (o *Outbox) fits() bool {
	_, memory := o.list()
	l := o.client.Limits().output
	over := func(limit uint64) bool { return limit > 0 && memory > 0 && uint64(memory) >= limit }
	switch {
	case over(l.Hard):
		return false
	case !over(l.Soft):
		o.full = time.Time{}
		return true
	}
	now := time.Now()
	if o.full.IsZero() {
		o.full = now
	}
	end := o.full.Add(time.Duration(l.Seconds)*time.Second + time.Millisecond)
	if !now.Before(end) {
		return false
	}
	if !end.Equal(o.due) {
		o.due = end
		time.AfterFunc(end.Sub(now), o.recheck)
	}
	return true
}

// list returns how many blocks the list has, and what they take.
func (o *Outbox) list() (blocks, memory int) {
	rest := max(0, o.bytes-o.room)
	const room = replyBlock - replyBlockHead
	blocks = (rest + room - 1) / room
	return blocks, blocks * (replyBlock + replyBlockNode)
}

// Waiting returns what waits.
func (o *Outbox) Waiting() Waiting {
	o.age()
	blocks, memory := o.list()
	return Waiting{Room: o.room, Peak: o.peak, Buffered: min(o.bytes, o.room), Blocks: blocks, Memory: memory}
}

// replyCron is how often Redis looks at a reply buffer.
const replyCron = 100 * time.Millisecond

// age gives the reply buffer the size that Redis's would have by now: it doubles
// when it was full, and becomes smaller when less than half of it was used.
func (o *Outbox) age() {
	now := time.Now()
	if o.aged.Add(1000 * replyCron).Before(now) { // nothing changes any more after so many
		o.aged = now.Add(-1000 * replyCron)
	}
	how := o.client.Limits().replies
	for ; !o.aged.Add(replyCron).After(now); o.aged = o.aged.Add(replyCron) {
		if how.fixed {
			continue
		}
		switch half, double := o.room/2, o.room*2; {
		case half >= leastReplyBuffer && o.peak < half:
			o.room = max(leastReplyBuffer, o.peak+1)
		case double < 2*defaultReplyBuffer && o.peak == o.room:
			o.room = min(defaultReplyBuffer, double)
		}
		if how.peakReset >= 0 && o.aged.Sub(o.reset) >= how.peakReset {
			o.peak, o.reset = min(o.bytes, o.room), o.aged
		}
	}
}
