package command

import (
	"strings"
	"time"
)

// stats is what INFO and SLOWLOG tell of what was done. A call costs one
// counter; its time is taken only if it is long (see Session.Working), if SLOWLOG
// asks for calls so short that this would not find them, or as a sample.
type stats struct {
	calls      []uint64 // by Command.number
	untracked  []uint64 // of these, those that no histogram counts, see tracked
	tracking   bool     // latency-tracking
	troubles   map[*Command]*trouble
	errors     map[string]uint64 // by code
	errorSum   uint64            // all errors
	errorKnown bool              // the error reply of a script, which is about to end, was counted
	hits       uint64
	misses     uint64
	expired    uint64 // keys
	evicted    uint64
	lazyFreed  uint64 // objects, see lazyfree.go

	connections     uint64 // that began
	rejectedClients uint64
	evictedClients  uint64
}

// trouble is what is counted only of some calls of a command.
type trouble struct {
	rejected, failed uint64
	micros           int64      // that the calls took whose time was taken
	durations        *durations // of the calls; nil if no time was taken
}

// maxErrorCodes is how many codes of errors are counted one by one: a script may
// answer any.
const maxErrorCodes = 128

// maxErrorCode is how many bytes of an error are looked at for its code.
const maxErrorCode = 31

func (db *DB) resetStats() {
	db.stats = stats{
		calls:     make([]uint64, db.table.size()),
		untracked: make([]uint64, db.table.size()),
		tracking:  db.Config.LatencyTracking,
		troubles:  map[*Command]*trouble{},
		errors:    map[string]uint64{},
	}
}

// track begins or ends to count calls in histograms.
func (s *stats) track(on bool) {
	if on == s.tracking {
		return
	}
	s.tracking = on
	for i, n := range s.calls { // modulo 2^64
		if on {
			s.untracked[i] += n
		} else {
			s.untracked[i] -= n
		}
	}
}

// tracked returns how many calls of the command its histogram counts.
func (s *stats) tracked(cmd *Command) uint64 {
	if s.tracking {
		return s.calls[cmd.number] - s.untracked[cmd.number]
	}
	return -s.untracked[cmd.number]
}

// samples reports whether the time of the next call of the command is taken as a
// sample: that of few calls, but of most of the first ones. A sample stands for
// the calls since the one before.
func (s *stats) samples(cmd *Command) bool {
	n := s.calls[cmd.number]
	return (n&(n-1) == 0 || n%sampleEvery == 0) && s.tracking
}

const sampleEvery = 256

func (s *stats) of(cmd *Command) *trouble {
	t := s.troubles[cmd]
	if t == nil {
		t = new(trouble)
		s.troubles[cmd] = t
	}
	return t
}

// countRejection counts a call of cmd, or of an unknown command, that a check
// rejected.
func (db *DB) countRejection(cmd *Command, text string) {
	if cmd != nil {
		db.stats.of(cmd).rejected++
	}
	db.stats.countError(text)
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
func (db *DB) Start(s *Session, cmd *Command) {
	s.call.work, s.call.since, s.call.sampled = 0, 0, 0
	if db.timesAll() {
		s.Working()
	} else if db.stats.samples(cmd) {
		s.call.sampled = monotonic()
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
	switch {
	case s.waiter != nil:
		db.began(s, cmd)
	case s.call.since != 0:
		db.took(s, cmd, time.Duration(monotonic()-s.call.since), args)
	case s.call.sampled != 0:
		db.stats.sampled(cmd, time.Duration(monotonic()-s.call.sampled))
	}
}

// began is Finish for a call that has begun to wait: SLOWLOG and histograms have
// it when it is served, and not at all otherwise.
func (db *DB) began(s *Session, cmd *Command) {
	if db.stats.tracking {
		db.stats.untracked[cmd.number]++
	}
	if s.call.since != 0 {
		d := time.Duration(monotonic() - s.call.since)
		db.stats.of(cmd).micros += d.Microseconds()
		db.latency.add(commandEvent(cmd), db.Now().Unix(), d, db.Config.LatencyMonitorThreshold)
	}
}

// resume makes the call of w, which has waited, go on, so that Finish counts it.
func (db *DB) resume(w *Waiter) {
	db.stats.calls[w.cmd.number]-- // it was counted when it began to wait
	if db.stats.tracking {
		db.stats.untracked[w.cmd.number]--
	}
}

// unblocked counts a call that CLIENT UNBLOCK has ended with the reply. To Redis it
// has failed whatever the reply is, and its arguments are no longer there.
func (db *DB) unblocked(w *Waiter, r Reply) {
	db.stats.of(w.cmd).failed++
	if r.IsError() {
		db.stats.countError(r.Str())
	}
	if db.stats.tracking {
		db.stats.untracked[w.cmd.number]--
	}
	if db.Config.SlowlogSlowerThan == 0 {
		db.slowlog.add(&w.session, db.Now().Unix(), 0, nil, db.Config.SlowlogMaxLen)
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
	db.stats.took(cmd, d)
	if n := db.Config.SlowlogSlowerThan; n >= 0 && d >= time.Duration(min(n, 1<<53))*time.Microsecond && cmd.Flags&SkipSlowlog == 0 {
		db.slowlog.add(s, db.Now().Unix(), d, redacted(cmd, args()), db.Config.SlowlogMaxLen)
	}
	event := commandEvent(cmd)
	if db.serving != nil {
		event = "command-unblocking"
	}
	db.latency.add(event, db.Now().Unix(), d, db.Config.LatencyMonitorThreshold)
}

// commandEvent is what LATENCY calls a long call of the command.
func commandEvent(cmd *Command) string {
	if cmd.Flags&Fast != 0 {
		return "fast-command"
	}
	return "command"
}

// took counts a call whose time was taken.
func (s *stats) took(cmd *Command, d time.Duration) {
	t := s.of(cmd)
	t.micros += d.Microseconds()
	if s.tracking {
		t.histogram().add(d, 1)
	}
}

// sampled is took for a sample, which stands for all calls that are not in the
// histogram yet.
func (s *stats) sampled(cmd *Command, d time.Duration) {
	t := s.of(cmd)
	t.micros += d.Microseconds()
	if h := t.histogram(); s.tracking {
		h.last = h.bucket(d)
		h.add(d, s.tracked(cmd)-h.count)
	}
}

func (t *trouble) histogram() *durations {
	if t.durations == nil {
		t.durations = new(durations)
	}
	return t.durations
}

// histogram returns how long the calls of the command took that histograms count,
// those after the last sample being as long as that; nil if there are none.
func (s *stats) histogram(cmd *Command) *durations {
	n := s.tracked(cmd)
	if n == 0 {
		return nil
	}
	var h durations
	if t := s.troubles[cmd]; t != nil && t.durations != nil {
		h = *t.durations
	}
	h.calls[h.last] += n - h.count
	h.count = n
	return &h
}
