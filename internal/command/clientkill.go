package command

import (
	"math"
	"slices"
	"time"
)

// What one connection does to others: CLIENT KILL, PAUSE and UNBLOCK.

func clientKill(c *Call) Reply {
	if len(c.args) == 3 {
		if c.db.killAll(c.s, func(s *Session) bool { return s.Client.Addr == c.arg(2) }) == 0 {
			c.fail("ERR No such client")
		}
		return OK
	}
	skipMe := true
	filters := map[string]func(*Session) bool{} // by their names: of one kind the last holds
	for i := 2; i < len(c.args); i += 2 {
		if i+1 == len(c.args) {
			c.fail(errSyntax)
		}
		name, value := lower(c.arg(i)), c.arg(i+1)
		switch {
		case c.is(i, "id"):
			id := c.atLeast(i+1, 1, "ERR client-id should be greater than 0")
			filters[name] = func(s *Session) bool { return s.Client.id == int64(id) }
		case c.is(i, "type"):
			class := c.clientClass(i + 1)
			filters[name] = func(s *Session) bool { return s.class() == class }
		case c.is(i, "addr"):
			filters[name] = func(s *Session) bool { return s.Client.Addr == value }
		case c.is(i, "laddr"):
			filters[name] = func(s *Session) bool { return s.Client.LocalAddr == value }
		case c.is(i, "user"):
			if !c.db.knowsUser(value) {
				c.fail(ErrorLine("ERR No such user '" + cString(value) + "'"))
			}
			filters[name] = func(s *Session) bool { return s.userName() == value }
		case c.is(i, "skipme") && c.is(i+1, "yes"):
			skipMe = true
		case c.is(i, "skipme") && c.is(i+1, "no"):
			skipMe = false
		default:
			c.fail(errSyntax)
		}
	}
	return Int(c.db.killAll(c.s, func(s *Session) bool {
		for _, fits := range filters {
			if !fits(s) {
				return false
			}
		}
		return s != c.s || !skipMe
	}))
}

// killAll ends the connections that which wants, and returns how many these are.
// If the caller's own is one, it has its reply first.
func (db *DB) killAll(caller *Session, which func(*Session) bool) (n int) {
	for _, s := range slices.Clone(db.clients) {
		switch {
		case !which(s):
			continue
		case s == caller:
			s.Client.Closing = true
		default:
			s.Client.Kill()
			db.Disconnect(s)
		}
		n++
	}
	return n
}

// DisconnectAll ends all connections.
func (db *DB) DisconnectAll() { db.killAll(nil, func(*Session) bool { return true }) }

// A pause makes commands of connections wait.
type pause struct {
	until  int64 // Unix milliseconds
	writes bool  // only those that may write
	over   chan struct{}
	holds  map[*Client]bool // up
}

func clientPause(c *Call) Reply {
	if len(c.args) > 4 {
		return c.WrongSubcommand()
	}
	writes := len(c.args) == 4 && c.is(3, "write")
	if len(c.args) == 4 && !writes && !c.is(3, "all") {
		c.fail("ERR CLIENT PAUSE mode must be WRITE or ALL")
	}
	ms := c.intOr(2, "ERR timeout is not an integer or out of range")
	if ms < 0 {
		c.fail("ERR timeout is negative")
	}
	if ms > math.MaxInt64-c.now() { // Redis's integer overflows
		return OK
	}
	p := pause{until: c.now() + ms, writes: writes, over: make(chan struct{}), holds: map[*Client]bool{}}
	if was := c.db.pause; c.db.paused() { // the longer and the stricter hold
		p = pause{max(p.until, was.until), p.writes && was.writes, was.over, was.holds}
	}
	undoable(c, &c.db.pause)
	c.db.pause = p
	return OK
}

func clientUnpause(c *Call) Reply {
	if c.db.paused() {
		over := c.db.pause.over
		c.db.later(func() { close(over) })
	}
	undoable(c, &c.db.pause)
	c.db.pause = pause{}
	return OK
}

func (db *DB) paused() bool { return db.pause.until != 0 && db.Millis() < db.pause.until }

// held returns how many clients CLIENT PAUSE holds up.
func (db *DB) held() int {
	if !db.paused() {
		return 0
	}
	return len(db.pause.holds)
}

// Postponed says for how long at most the session of a connection must wait
// before the command may run, and what is closed when it may earlier; nil: it
// need not wait. What would be refused is so at once.
func (db *DB) Postponed(s *Session, args []string) (most time.Duration, over <-chan struct{}) {
	if db.pause.until == 0 {
		return 0, nil
	}
	cmd := db.Lookup(args)
	switch {
	case !db.paused() || s.monitors() || cmd == nil || !cmd.arityOK(len(args)) || cmd.Flags&Protected != 0:
	case db.busy != "" && cmd.Flags&AllowBusy == 0:
	case s.Stranger() && cmd.Flags&NoAuth == 0 || !db.Permits(s, cmd, args):
	case db.pause.writes && !db.mayReplicate(s, cmd, args):
	default:
		db.pause.holds[s.Client] = true
		return milliseconds(db.pause.until - db.Millis()), db.pause.over
	}
	delete(db.pause.holds, s.Client)
	return 0, nil
}

// mayReplicate says whether CLIENT PAUSE WRITE holds the call up.
func (db *DB) mayReplicate(s *Session, cmd *Command, args []string) bool {
	return db.flags(s, cmd, args)&(Write|MayReplicate) != 0
}

func clientUnblock(c *Call) Reply {
	if len(c.args) > 4 {
		return c.WrongSubcommand()
	}
	fails := len(c.args) == 4 && c.is(3, "error")
	if len(c.args) == 4 && !fails && !c.is(3, "timeout") {
		c.fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
	}
	at, ok := c.db.findClient(c.intOr(2, errNotInt))
	if !ok {
		return Int(0)
	}
	w := c.db.clients[at].Client.waiter
	switch {
	case w == nil:
		return Int(0)
	case fails:
		done := c.db.unblock(w, Err("UNBLOCKED client unblocked via CLIENT UNBLOCK"))
		if done { // to Redis, which looks whether the number of errors has grown, this command fails too
			c.db.stats.of(c.cmd).failed++
		}
		return flag(done)
	}
	return flag(c.db.unblock(w, w.None))
}

// unblock gives w the reply when the turn ends, unless it is served or has left.
func (db *DB) unblock(w *Waiter, r Reply) bool {
	if !w.waits() {
		return false
	}
	db.unblocked(w, r)
	w.ending = true
	db.journal.AddFunc(0, func() { w.ending = false })
	db.later(func() {
		if !w.claim(claimedToServe) {
			return
		}
		db.drop(w)
		w.give(r)
	})
	return true
}

// waiting says whether the client's last command waits.
func (c *Client) waiting() bool { return c.waiter != nil && c.waiter.waits() }
