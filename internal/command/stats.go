package command

import (
	"strings"
	"time"
)

// stats is what INFO and SLOWLOG tell of what was done. A call costs one
// counter; its time is taken only if it is long (see Session.Working), or if
// SLOWLOG asks for calls so short that this would not find them.
type stats struct {
	calls      []uint64 // by Command.number
	troubles   map[*Command]*trouble
	errors     map[string]uint64 // by code
	errorSum   uint64            // all errors
	errorKnown bool              // the error reply of a script, which is about to end, was counted
	hits       uint64
	misses     uint64
	expired    uint64 // keys
	evicted    uint64

	connections     uint64 // that began
	rejectedClients uint64
	evictedClients  uint64
}

// trouble is what is counted only of some calls of a command.
type trouble struct {
	rejected, failed uint64
	micros           int64      // that the calls took whose time was taken
	durations        *durations // of those; nil: of none
}

// maxErrorCodes is how many codes of errors are counted one by one: a script may
// answer any.
const maxErrorCodes = 128

// maxErrorCode is how many bytes of an error are looked at for its code.
const maxErrorCode = 31

func (db *DB) resetStats() {
	db.stats = stats{
		calls:    make([]uint64, db.table.size()),
		troubles: map[*Command]*trouble{},
		errors:   map[string]uint64{},
	}
}

func (s *stats) of(cmd *Command) *trouble {
	t := s.troubles[cmd]
	if t == nil {
		t = new(trouble)
		s.troubles[cmd] = t
	}
	return t
}

// countRefusal counts a call that cmd, or no command, refused.
func (db *DB) countRefusal(cmd *Command, text string) {
	if cmd != nil {
		db.stats.of(cmd).rejected++
	}
	db.stats.countError(text)
}

// took counts a call whose time was taken, in the histogram too if track is set.
func (t *trouble) took(d time.Duration, track bool) {
	t.micros += d.Microseconds()
	if track {
		if t.durations == nil {
			t.durations = new(durations)
		}
		t.durations.add(d)
	}
}

func (s *stats) countError(text string) {
	s.errorSum++
	code, _, ok := strings.Cut(text[:min(len(text), maxErrorCode)], " ")
	if !ok {
		code = "ERR"
	}
	if _, known := s.errors[code]; known || len(s.errors) < maxErrorCodes {
		s.errors[code]++
	}
}

// countLookup counts a lookup of a key by a command that only reads.
func (s *stats) countLookup(found bool) {
	if found {
		s.hits++
	} else {
		s.misses++
	}
}

// origin is where monotonic counts from.
var origin = time.Now()

// monotonic returns a time of the system's clock, in nanoseconds, which is not 0.
func monotonic() int64 { return int64(time.Since(origin)) + 1 }

// longWork is after how many ticks the time of a call is taken.
const longWork = 1000

// shortestLong is what a call takes, in microseconds, whose time is taken only
// because it is long.
const shortestLong = 1000

// Working says that the session's call has become long: what it takes counts
// from the first time this is said. By then a command has worked for some ten
// microseconds, a script for a tenth of a millisecond.
func (s *Session) Working() {
	if s.call.since == 0 {
		s.call.since = monotonic()
	}
}

// Start begins a call of the session that Finish ends, for those that Run does
// not run.
func (db *DB) Start(s *Session) {
	s.call.work, s.call.since = 0, 0
	if db.timesAll() {
		s.Working()
	}
}

// timesAll says whether the time of every call is taken.
func (db *DB) timesAll() bool {
	n := db.Config.SlowlogSlowerThan
	return n >= 0 && n < shortestLong
}

// Finish counts a call that Start began. args are only called for if SLOWLOG
// shows them.
func (db *DB) Finish(s *Session, cmd *Command, r *Reply, args func() []string) {
	db.stats.calls[cmd.number]++
	if r.Kind == ErrorKind {
		db.countFailure(cmd, r.Str())
	}
	if s.call.since != 0 {
		db.took(s, cmd, time.Duration(monotonic()-s.call.since), args)
	}
}

func (db *DB) countFailure(cmd *Command, text string) {
	if db.stats.errorKnown {
		db.stats.errorKnown = false
		return
	}
	db.stats.of(cmd).failed++
	db.stats.countError(text)
}

// A ScriptError is an error in the reply of a script, which may have several.
type ScriptError struct {
	Text  string
	Told  bool // a command answered it, and it was counted then
	Whole bool // it is the reply, rather than an element
}

// CountScriptError counts an error of a script that cmd runs. As in Redis, cmd
// fails once for all errors of the script's own; again says that there was one.
func (db *DB) CountScriptError(cmd *Command, e ScriptError, again bool) {
	if !e.Told {
		db.stats.countError(e.Text)
	}
	if e.Told || !again {
		db.stats.of(cmd).failed++
	}
	db.stats.errorKnown = e.Whole
}

// took is Finish for what a call took.
func (db *DB) took(s *Session, cmd *Command, d time.Duration, args func() []string) {
	db.stats.of(cmd).took(d, db.Config.LatencyTracking)
	if n := db.Config.SlowlogSlowerThan; n >= 0 && d >= time.Duration(min(n, 1<<53))*time.Microsecond && cmd.Flags&SkipSlowlog == 0 {
		db.slowlog.add(s, db.Now().Unix(), d, redacted(cmd, args()), db.Config.SlowlogMaxLen)
	}
	db.latency.add(cmd, db.Now().Unix(), d, db.Config.LatencyMonitorThreshold)
}
