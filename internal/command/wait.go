package command

import (
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/value"
)

// Some commands take something from the first of their keys that has it, and
// wait where none has. Such a command leaves a Waiter with its session and has
// ended; when one of the keys is made, the turn that made it serves those who
// wait for it before it ends, in the order in which they came.

// A Waiter is a command that waits for one of its keys.
type Waiter struct {
	// Timeout is how long it wants to wait; 0 is for ever. When that is over, its
	// reply is NilArray.
	Timeout time.Duration
	// Reply gets its reply when it is served. It has room for it.
	Reply chan Reply

	session Session // like that of the caller
	cmd     *Command
	args    []string
	first   int // the argument that is the first key
	keys    int
	wants   func(value.Value) bool
	take    func(c *Call, i int) Reply // from key i
}

// place is a key of a database.
type place struct {
	ks  *keyspace.Keyspace
	key string
}

// queue is those who wait for a key.
type queue struct {
	place
	waiters []*Waiter
	ready   bool // the key was made in this turn
}

// Waiter returns what waits since the session's last command, or nil. Whoever
// asks must have the session MayWait, and ask after each command.
func (s *Session) Waiter() *Waiter {
	w := s.waiter
	s.waiter = nil
	return w
}

// Waiting returns how many keys somebody waits for.
func (db *DB) Waiting() int { return len(db.waiting) }

// EndTurn ends a turn: it serves who waits for the keys that were made in it,
// and tells those who listen what happened.
func (db *DB) EndTurn() {
	if len(db.ready) > 0 {
		db.serveReady()
	}
	if len(db.news) > 0 {
		db.spread()
	}
}

func (db *DB) serveReady() {
	for i := 0; i < len(db.ready); i++ { // to serve one may make more keys
		q := db.ready[i]
		q.ready = false
		for _, w := range slices.Clone(q.waiters) {
			e := q.ks.Peek(q.key, db.Millis())
			if e == nil {
				break
			}
			if w.wants(e.Value) {
				db.serve(w, q.key)
			}
		}
	}
	clear(db.ready)
	db.ready = db.ready[:0]
}

// serve gives w its reply, which it takes from key.
func (db *DB) serve(w *Waiter, key string) {
	db.Leave(w)
	i := w.first + slices.Index(w.args[w.first:], key)
	w.Reply <- db.perform(&w.session, w.cmd, w.args, func(c *Call) Reply { return w.take(c, i) })
}

// Leave ends the wait of w, if w was not served before. It takes time linear in
// the number of those who wait for the same keys.
func (db *DB) Leave(w *Waiter) {
	for _, p := range w.places(db) {
		if q := db.waiting[p]; q != nil {
			q.waiters = slices.DeleteFunc(q.waiters, func(other *Waiter) bool { return other == w })
			if len(q.waiters) == 0 {
				delete(db.waiting, p)
			}
		}
	}
}

// join makes w wait.
func (db *DB) join(w *Waiter) {
	for _, p := range w.places(db) {
		q := db.waiting[p]
		if q == nil {
			if db.waiting == nil {
				db.waiting = make(map[place]*queue)
			}
			q = &queue{place: p}
			db.waiting[p] = q
		}
		if !slices.Contains(q.waiters, w) { // a key may be named twice
			q.waiters = append(q.waiters, w)
		}
	}
}

// places returns the keys that w waits for.
func (w *Waiter) places(db *DB) []place {
	var places []place
	for _, key := range w.args[w.first:][:w.keys] {
		places = append(places, place{&db.spaces[w.session.Selected], key})
	}
	return places
}

// arrived says that the key was made.
func (db *DB) arrived(p place) {
	if len(db.waiting) == 0 {
		return
	}
	if q := db.waiting[p]; q != nil && !q.ready {
		q.ready = true
		db.ready = append(db.ready, q)
	}
}

// arrivedAll says that any keys may have been made.
func (db *DB) arrivedAll() {
	for p := range db.waiting {
		db.arrived(p)
	}
}

// firstOf returns the argument that is the first of the keys from argument i on
// at which there is a T, or 0.
func firstOf[T value.Value](c *Call, i, keys int) int {
	for end := i + keys; i < end; i++ {
		if collection[T](c, i); c.found != nil {
			return i
		}
	}
	return 0
}

// takeOrWait answers what take gives for the first of the keys from argument i
// on at which there is a T. If there is none, it waits, or answers none where
// the session may not wait.
func takeOrWait[T value.Value](c *Call, i, keys int, timeout time.Duration, none Reply, take func(c *Call, i int) Reply) Reply {
	if i := firstOf[T](c, i, keys); i > 0 {
		return take(c, i)
	}
	if c.s.MayWait {
		c.s.waiter = &Waiter{
			Timeout: timeout,
			Reply:   make(chan Reply, 1),
			session: Session{Selected: c.s.Selected, RESP: c.s.RESP},
			cmd:     c.cmd,
			args:    slices.Clone(c.args),
			first:   i,
			keys:    keys,
			wants:   func(v value.Value) bool { _, ok := v.(T); return ok },
			take:    take,
		}
		c.db.join(c.s.waiter)
	}
	return none
}

// timeout returns how long argument i, a number of seconds, lets the call wait;
// 0 is for ever, and so is what is longer than a Duration.
func (c *Call) timeout(i int) time.Duration {
	seconds, ok := parseLongDouble(c.arg(i))
	if !ok {
		c.fail("ERR timeout is not a float or out of range")
	}
	ms, accuracy := new(big.Float).Mul(seconds, big.NewFloat(1000)).Int64()
	if accuracy == big.Below && ms < math.MaxInt64 {
		ms++ // a part of a millisecond counts as one
	}
	if ms < 0 || ms == math.MaxInt64 { // Redis's integer overflows
		c.fail("ERR timeout is negative")
	}
	if ms > math.MaxInt64/int64(time.Millisecond) {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}
