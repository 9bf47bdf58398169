package command

import (
	"math"
	"math/big"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/value"
)

// Some commands take something from the first of their keys that has it, and
// wait where none has. Such a command leaves a Waiter with its session and has
// ended; when one of the keys is made, or a stream among them grows, the turn
// in which that was serves those who wait for it before it ends, in the order in
// which they came.

// A Waiter is a command that waits for one of its keys, or, if it has none, for
// nothing but its time.
type Waiter struct {
	// Timeout is how long it wants to wait; 0 is for ever. When that is over, its
	// reply is None.
	Timeout time.Duration
	None    Reply
	// Reply gets its reply when it is served. It has room for it.
	Reply chan Reply
	// Answer, if it is not nil, is called with the reply before, while nobody can
	// tell the caller yet what comes after it.
	Answer func(Reply)

	claimed atomic.Int32 // to serve it or to leave, whichever was first
	ending  bool         // CLIENT UNBLOCK ends the wait when the turn ends

	db      *DB
	session Session // like that of the caller
	cmd     *Command
	args    []string
	queues  []*queue
	gone    bool // from its queues

	first int // the argument that is the first key
	keys  int
	wants func(v value.Value, i int) bool // whether it is served with what is at key i
	take  func(c *Call, i int) Reply      // from key i
	// group says that it waits as one of a group, in streams that are there: if
	// one of them goes it is served, and take fails.
	group bool
}

// What a Waiter is claimed for; 0 is nothing yet.
const (
	claimedToServe = iota + 1
	claimedToLeave
)

// claim claims w, and reports whether nothing has before.
func (w *Waiter) claim(what int32) bool { return w.claimed.CompareAndSwap(0, what) }

// place is a key of a database.
type place struct {
	ks  *keyspace.Keyspace
	key string
}

// queue is those who wait for a key.
type queue struct {
	place
	waiters []*Waiter
	gone    int  // waiters that are only still there
	groups  int  // waiters that wait as one of a group
	ready   bool // something happened to the key in this turn,
	arrived bool // and it was made, or grew
}

// leavers are those who have left without the lock and are still in queues.
type leavers struct {
	n       atomic.Int32
	lock    sync.Mutex
	waiters []*Waiter
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

// Leave ends the wait of w, unless w is being served: then it says so, and Reply
// has the reply or will have it in a moment. Unlike all else it may be called
// while another uses the DB, who forgets w when the turn ends, or in Forget. It
// may be called again.
func (w *Waiter) Leave() (served bool) {
	if !w.claim(claimedToLeave) {
		return w.claimed.Load() == claimedToServe
	}
	left := &w.db.left
	left.lock.Lock()
	defer left.lock.Unlock()
	left.waiters = append(left.waiters, w)
	left.n.Store(int32(len(left.waiters)))
	return false
}

// Forget forgets those who have left.
func (db *DB) Forget() {
	db.left.lock.Lock()
	waiters := db.left.waiters
	db.left.waiters = nil
	db.left.n.Store(0)
	db.left.lock.Unlock()
	for _, w := range waiters {
		db.drop(w)
	}
}

// EndTurn ends a turn: it serves who waits for the keys to which something
// happened in it, and tells those who listen what happened.
func (db *DB) EndTurn() {
	if db.partly {
		db.endCounting()
	}
	if db.left.n.Load() > 0 {
		db.Forget()
	}
	if db.unsettled.n.Load() > 0 {
		db.settleClients()
	}
	if db.hooks&hookTracked != 0 {
		db.limitTracking()
	}
	if len(db.news) > 0 {
		db.spread()
	}
	if len(db.ready) > 0 && !db.restoring {
		db.serveReady()
		db.spread()
	}
	if db.hooks&hookTracked != 0 {
		db.endTracking()
	}
}

func (db *DB) serveReady() {
	for i := 0; i < len(db.ready); i++ { // to serve one may make more keys
		if db.clock.ask == nil {
			db.clock.asked = false // the key may have expired while the turn went on
		}
		db.serveQueue(db.ready[i])
	}
	clear(db.ready)
	db.ready = db.ready[:0]
}

// serveQueue serves those who wait for the key of q. If Answer panics the others
// are served when the next turn ends.
func (db *DB) serveQueue(q *queue) {
	arrived, done := q.arrived, false
	q.ready, q.arrived = false, false
	db.serving = q
	defer func() {
		db.serving = nil
		db.compact(q)
		if !done {
			q.arrived = q.arrived || arrived
			db.markReady(q)
		}
	}()
	for _, w := range q.waiters {
		var v value.Value
		if e := q.ks.Peek(q.key, db.Millis()); e != nil {
			v = e.Value
		} else if q.groups == 0 {
			break
		}
		i := w.first + slices.Index(w.args[w.first:], q.key)
		_, stream := v.(*value.Stream)
		if w.group && !stream || arrived && w.wants(v, i) {
			db.serve(w, i)
		}
	}
	done = true
}

// serve gives w its reply, which it takes from key i, unless it has left.
func (db *DB) serve(w *Waiter, i int) {
	if w.claim(claimedToServe) {
		db.drop(w)
		db.trackers.current = w.session.Client
		db.resume(w)
		db.perform(&w.session, w.cmd, w.args, func(c *Call) Reply { return w.take(c, i) })
		w.give(w.session.reply)
	}
}

// give is the end of the wait, which w has been claimed for.
func (w *Waiter) give(r Reply) {
	defer func() { w.Reply <- r }() // even if Answer panics
	if w.Answer != nil {
		w.Answer(r)
	}
}

// waits says whether w is not served yet, nor has left, nor is about to.
func (w *Waiter) waits() bool { return !w.ending && w.claimed.Load() == 0 }

// drop removes w from its queues.
func (db *DB) drop(w *Waiter) {
	w.gone = true
	for _, q := range w.queues {
		q.gone++
		db.compact(q)
	}
}

// compact removes those who are gone from the queue once they are half of it,
// so that it takes constant time for each of them.
func (db *DB) compact(q *queue) {
	if q == db.serving || 2*q.gone < len(q.waiters) {
		return
	}
	q.gone, q.groups = 0, 0
	q.waiters = slices.DeleteFunc(q.waiters, func(w *Waiter) bool {
		if w.group && !w.gone {
			q.groups++
		}
		return w.gone
	})
	if len(q.waiters) == 0 && db.waiting[q.place] == q {
		delete(db.waiting, q.place)
	}
}

// wait makes w, of which Timeout, None and the fields from first on are set, wait
// if the session may.
func (c *Call) wait(w *Waiter) {
	if !c.s.MayWait {
		return
	}
	w.Reply = make(chan Reply, 1)
	w.db, w.cmd, w.args = c.db, c.cmd, slices.Clone(c.args)
	w.session = Session{Selected: c.s.Selected, RESP: c.s.RESP, Client: c.s.Client}
	c.s.waiter = w
	if c.s.Client != nil {
		c.s.Client.waiter = w
	}
	for _, key := range w.args[w.first:][:w.keys] {
		w.join(c.db.queue(place{c.ks, key}))
	}
	if w.keys == 0 {
		w.join(&c.db.idle)
	}
}

// join adds w to a queue, once.
func (w *Waiter) join(q *queue) {
	if n := len(q.waiters); n > 0 && q.waiters[n-1] == w {
		return // a key may be named twice
	}
	q.waiters = append(q.waiters, w)
	w.queues = append(w.queues, q)
	if w.group {
		q.groups++
	}
}

// queue returns the queue of a key, made where it is missing.
func (db *DB) queue(p place) *queue {
	q := db.waiting[p]
	if q == nil {
		if db.waiting == nil {
			db.waiting = make(map[place]*queue)
		}
		q = &queue{place: p}
		db.waiting[p] = q
	}
	return q
}

// arrived says that the key was made, or that the stream at it grew or lost a
// group.
func (db *DB) arrived(p place) {
	if len(db.waiting) > 0 {
		if q := db.waiting[p]; q != nil {
			q.arrived = true
			db.markReady(q)
		}
	}
}

// changed says that something happened to the key: it may be gone.
func (db *DB) changed(p place) {
	if len(db.waiting) > 0 {
		if q := db.waiting[p]; q != nil && q.groups > 0 {
			db.markReady(q)
		}
	}
}

func (db *DB) markReady(q *queue) {
	if !q.ready {
		q.ready = true
		db.ready = append(db.ready, q)
	}
}

// modified says to all that want to know that the key was changed, made or
// removed; by a command of s, if it is not nil.
func (db *DB) modified(p place, s *Session) {
	db.changed(p)
	if db.hooks&hookTracked != 0 {
		db.invalidate(p.key, s)
	}
}

// arrivedAll says that any keys may have been made, and changedAll that any may
// be gone.
func (db *DB) arrivedAll() {
	for p := range db.waiting {
		db.arrived(p)
	}
}

func (db *DB) changedAll() {
	for p := range db.waiting {
		db.changed(p)
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
	c.wait(&Waiter{
		Timeout: timeout,
		None:    NilArray(),
		first:   i,
		keys:    keys,
		wants:   func(v value.Value, _ int) bool { _, ok := v.(T); return ok },
		take:    take,
	})
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
	return milliseconds(ms)
}

// milliseconds returns a time to wait, which is for ever where it is longer
// than a Duration.
func milliseconds(ms int64) time.Duration {
	if ms > math.MaxInt64/int64(time.Millisecond) {
		return 0
	}
	return time.Duration(ms) * time.Millisecond
}

// blocked returns how many commands wait, and how many CLIENT PAUSE holds up.
func (db *DB) blocked() int {
	return db.waiters(func(*Waiter) bool { return true }) + db.held()
}

// timed returns how many commands wait for so long only.
func (db *DB) timed() int { return db.waiters(func(w *Waiter) bool { return w.Timeout > 0 }) }

// waiters returns how many of those commands wait that are counted.
func (db *DB) waiters(counts func(*Waiter) bool) int {
	waiters := map[*Waiter]bool{}
	count := func(q *queue) {
		for _, w := range q.waiters {
			if w.waits() && counts(w) {
				waiters[w] = true
			}
		}
	}
	for _, q := range db.waiting {
		count(q)
	}
	count(&db.idle)
	return len(waiters)
}
