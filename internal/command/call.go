package command

import (
	"math"
	"strings"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/value"
)

// A Call is one command being run. A handler asks it for arguments and keys by
// the position of the argument, 0 being the command's name. What does not fit
// fails the call: the handler is left at once and the error is the reply, so a
// handler reads all it needs, in Redis's order of complaints, before it
// changes anything.
type Call struct {
	db   *DB
	s    *Session
	cmd  *Command
	args []string
	ks   *keyspace.Keyspace // the selected database

	written []int // the keys, by their arguments, of collections that may have become empty
	missing []int // the keys, by their arguments, that were reported as missing

	found   *keyspace.Entry // the entry that was looked up last, and the
	foundAt int             // argument that is its key; 0: none

	budget   int  // bytes that the reply may have; in a transaction what is left for the rest of it
	reserved int  // bytes of the reply that is being made
	counted  bool // the handler has seen to it that its reply fits

	work    int   // ticks
	since   int64 // from when on the time that it takes counts; 0: not at all
	sampled int64 // when it began, if its time is taken as a sample; 0: it is not

	sizes map[*keyspace.Entry]measured // of the entries that may have changed, if the DB counts
}

// failure is the panic by which a call fails; DB.Run recovers it.
type failure string

func (c *Call) begin(db *DB, s *Session, cmd *Command, args []string) {
	c.db, c.s, c.cmd, c.args = db, s, cmd, args
	s.clearRoom()
	c.ks = &db.spaces[s.Selected]
	c.written = c.written[:0]
	c.missing = c.missing[:0]
	c.found, c.foundAt = nil, 0
	c.reserved, c.counted = 0, false
	if db.executing != s {
		c.budget = db.replyBudget(s)
	}
}

// settle does what every change calls for.
func (c *Call) settle() {
	for _, i := range c.written {
		e := c.find(i)
		if e == nil || e.Value.Len() > 0 {
			continue
		}
		if _, stays := e.Value.(*value.Stream); !stays {
			c.drop(i, "del")
		}
	}
	if n := c.db.unheld; n > 0 {
		c.db.unheld = 0
		c.hold(n)
	}
	if n := c.db.journal.Grown(); n > 0 {
		c.hold(n)
	}
}

// fail ends the call with the error text.
func (c *Call) fail(text string) { panic(failure(text)) }

// How many bytes one can look at, or copy, in one piece of work.
const (
	bytesPerTick  = 10
	copiedPerTick = 100
)

// elementTicks is what adding, removing or finding an element of a collection
// takes, in ticks.
const elementTicks = 10

// tick counts work that may become long. A limit may end the call there, so
// the handler must not have changed anything.
func (c *Call) tick(n int) {
	if c.work += n; c.work >= longWork {
		c.s.Working()
	}
	if c.s.Meter != nil {
		c.s.Meter.Tick(n)
	}
}

// step is tick in the middle of a change, which cannot be left there if it cannot
// be undone: then the change is made as a whole.
func (c *Call) step(n int) {
	if c.db.journal.On() {
		c.tick(n)
	}
}

// ahead is tick for all that a change will count by step, or the journal for it,
// where these do not.
func (c *Call) ahead(n int) {
	if !c.db.journal.On() {
		c.tick(n)
	}
}

// changing returns what can end the call in the middle of a change, as step does,
// or nil.
func (c *Call) changing() bulk.Checker { return c.db.journal.Checker() }

// Check is tick where nothing is to be counted.
func (c *Call) Check() {
	if c.s.Meter != nil {
		c.s.Meter.Check()
	}
}

// Done is closed when Check would end the call, if that can be known so.
func (c *Call) Done() <-chan struct{} {
	if c.s.Meter != nil {
		return c.s.Meter.Done()
	}
	return nil
}

// alloc is tick for bytes that the call needs beside what it stores.
func (c *Call) alloc(n int) {
	if c.s.Meter != nil {
		c.s.Meter.Alloc(n)
	}
}

// hold is alloc for bytes that are kept until the turn ends.
func (c *Call) hold(n int) {
	if c.s.Meter != nil {
		c.s.Meter.Hold(n)
	}
}

// room returns room for the n elements of a reply, which are counted as work and
// must fit into the reply's budget. A script makes its own values of a reply at once,
// so that the room can be used again by its next command.
func (c *Call) room(n int) []Reply {
	c.reserveElems(n)
	c.tick(n)
	s := c.s
	used := len(s.room)
	if !s.Script || used+n > roomKept {
		return bulk.Make[Reply](n, c)[:0]
	}
	if s.room == nil {
		s.room = make([]Reply, 0, roomKept)
	}
	s.room = s.room[:used+n]
	return s.room[used : used : used+n]
}

// put adds an element to those of a reply that may be long. The call may end
// there, so the handler must not have changed anything.
func (c *Call) put(elems []Reply, r Reply) []Reply {
	if len(elems)%putsPerCheck == putsPerCheck-1 {
		c.Check()
	}
	if len(elems) == cap(elems) {
		elems = c.moreRoom(elems)
	}
	c.reserve(r.TextLen())
	return append(elems, r)
}

// putChanging is put in the middle of a change: the reply has been reserved before.
func (c *Call) putChanging(elems []Reply, r Reply) []Reply { return appendOne(elems, r, c.changing()) }

// appendOne is append, which w may end where s must grow.
func appendOne[E any](s []E, e E, w bulk.Checker) []E {
	if len(s) == cap(s) {
		s = bulk.Room(s, w)
	}
	return append(s, e)
}

// moreRoom returns elements with room for as many more.
func (c *Call) moreRoom(elems []Reply) []Reply {
	const least = 8
	more := max(len(elems), least)
	c.reserveElems(more)
	return bulk.Grow(elems, len(elems)+more, c)[:len(elems)]
}

const putsPerCheck = 1 << 12

// roomKept is the number of elements for which a script's session keeps room.
const roomKept = 2048

// DB, Session, Command, Args, Tick, Room and Glob are for handlers outside of this
// package.
func (c *Call) DB() *DB            { return c.db }
func (c *Call) Session() *Session  { return c.s }
func (c *Call) Command() *Command  { return c.cmd }
func (c *Call) Args() []string     { return c.args }
func (c *Call) Tick(n int)         { c.tick(n) }
func (c *Call) Room(n int) []Reply { return c.room(n) }

// Glob says whether s matches the pattern; the case of letters makes no
// difference.
func (c *Call) Glob(pattern, s string) bool { return c.glob(pattern, s, true) }

// now is the time of the turn, in Unix milliseconds.
func (c *Call) now() int64 { return c.db.Millis() }

// arg returns argument i.
func (c *Call) arg(i int) string { return c.args[i] }

// is says whether argument i is the word, in any case. Like Redis it looks at
// options no further than a zero byte.
func (c *Call) is(i int, word string) bool { return equalFold(cString(c.args[i]), word) }

// int returns argument i as an integer.
func (c *Call) int(i int) int64 { return c.intOr(i, errNotInt) }

// intOr is int with another complaint.
func (c *Call) intOr(i int, complaint string) int64 {
	n, ok := value.ParseInt(c.args[i])
	if !ok {
		c.fail(complaint)
	}
	return n
}

// int32Or is intOr for an integer of 32 bits, with a complaint about others.
func (c *Call) int32Or(i int, complaint, outOfRange string) int {
	n := c.intOr(i, complaint)
	if n < math.MinInt32 || n > math.MaxInt32 {
		c.fail(outOfRange)
	}
	return int(n)
}

// atLeast returns argument i as an integer, with a complaint about others than
// those from least on.
func (c *Call) atLeast(i int, least int64, complaint string) int {
	n := c.intOr(i, complaint)
	if n < least {
		c.fail(complaint)
	}
	return int(min(n, math.MaxInt))
}

// entry returns what is kept under the key that is argument i, or nil, and
// marks it as used.
func (c *Call) entry(i int) *keyspace.Entry {
	if c.foundAt != i && c.find(i) == nil {
		c.missed(i)
	}
	return c.found
}

// find is entry where it does not matter to others that there is none.
func (c *Call) find(i int) *keyspace.Entry {
	if c.foundAt != i {
		if c.s.hooks&hookNoTouch == 0 {
			c.found = c.ks.Get(c.args[i], c.now())
		} else {
			c.found = c.ks.Peek(c.args[i], c.now())
		}
		c.foundAt = i
		if c.cmd.Flags&Write == 0 {
			c.db.stats.countLookup(c.found != nil)
		}
		if c.found != nil && c.cmd.Flags&(Write|MayReplicate) != 0 {
			c.willChange(c.found)
		}
	}
	return c.found
}

// willChange must be called before what is at the entry, which a call has looked
// up, is changed.
func (c *Call) willChange(e *keyspace.Entry) {
	if c.db.counting {
		c.measure(c.ks, e)
	}
	c.ks.WillChange(e)
}

// peek is entry without the mark.
func (c *Call) peek(i int) *keyspace.Entry {
	e := c.ks.Peek(c.args[i], c.now())
	if c.cmd.Flags&Write == 0 {
		c.db.stats.countLookup(e != nil)
	}
	if e == nil {
		c.missed(i)
	}
	return e
}

// string returns the string at key i; nil, which reads as empty, if there is
// no such key.
func (c *Call) string(i int) *value.String {
	e := c.entry(i)
	if e == nil {
		return nil
	}
	s, ok := e.Value.(*value.String)
	if !ok {
		c.fail(errWrongType)
	}
	return s
}

// makeString is string, but makes a missing key with the empty string.
func (c *Call) makeString(i int) *value.String {
	s := c.string(i)
	if s == nil {
		s = new(value.String)
		c.add(i, s)
	}
	return s
}

// collection returns the collection at key i, which must be a T; the zero T,
// which reads as empty, if there is no such key. What a write leaves empty is
// removed when the call settles, but for a stream.
func collection[T value.Value](c *Call, i int) (v T) {
	e := c.entry(i)
	if e == nil {
		return v
	}
	v, ok := e.Value.(T)
	if !ok {
		c.fail(errWrongType)
	}
	if c.cmd.Flags&Write != 0 {
		c.written = append(c.written, i)
	}
	return v
}

// makeCollection is collection, but makes a missing key with a fresh one, to
// which something must be added if it is no stream.
func makeCollection[T value.Value](c *Call, i int, fresh func() T) T {
	v := collection[T](c, i)
	if c.found == nil {
		v = fresh()
		c.add(i, v)
	}
	return v
}

// limits are those of the values that the call makes.
func (c *Call) limits() *value.Limits { return &c.db.Config.Limits }

// add stores v at key i, which must not exist.
func (c *Call) add(i int, v value.Value) *keyspace.Entry {
	c.found, c.foundAt = c.addTo(c.ks, i, v), i
	return c.found
}

// addTo is add in the database ks.
func (c *Call) addTo(ks *keyspace.Keyspace, i int, v value.Value) *keyspace.Entry {
	c.db.tell(ks, "new", c.args[i])
	c.db.arrived(place{ks, c.args[i]})
	e := ks.Add(c.args[i], v, c.now())
	if c.db.counting {
		c.measure(ks, e)
	}
	return e
}

// store stores at key i the collection that the command has computed, whatever
// was there, and sends the event; where it is empty it removes the key. It
// answers how many elements there are.
func (c *Call) store(i int, v value.Value, event string) Reply {
	e := c.entry(i)
	if v.Len() > 0 {
		c.stores(v.Size())
	}
	switch {
	case v.Len() == 0:
		if e != nil {
			c.remove(i, "del")
		}
		return Int(0)
	case e == nil:
		c.add(i, v)
	default:
		c.db.freed(e.Value, c.db.Config.LazyFree.ServerDel)
		c.ks.Replace(e, v)
		c.ks.Persist(e)
	}
	c.event(event, i)
	return Int(v.Len())
}

// remove removes key i, which must exist, and sends the event.
func (c *Call) remove(i int, name string) {
	c.Count(1)
	c.drop(i, name)
}

// removeLazily is remove where lazy decides whether a thread frees the value, rather
// than lazyfree-lazy-server-del.
func (c *Call) removeLazily(i int, name string, lazy bool) {
	c.Count(1)
	c.dropLazily(i, name, lazy)
}

// drop is remove where that is a part of a change that is counted already.
func (c *Call) drop(i int, name string) { c.dropLazily(i, name, c.db.Config.LazyFree.ServerDel) }

func (c *Call) dropLazily(i int, name string, lazy bool) {
	e := c.entry(i)
	c.db.freed(e.Value, lazy)
	c.ks.Remove(e)
	c.found = nil
	c.also(name, i)
}

// event sends the event that Redis calls name: key i was changed, made or removed.
// It counts as one change.
func (c *Call) event(name string, i int) { c.changed(1, name, i) }

// eventIf is event where something was changed.
func (c *Call) eventIf(changed bool, name string, i int) {
	if changed {
		c.event(name, i)
	}
}

// changed is event where n, of elements mostly, were changed. It counts as so many
// changes.
func (c *Call) changed(n int, name string, i int) {
	if n > 0 {
		c.Count(n)
		c.also(name, i)
	}
}

// also is event for a further effect of a change that is counted already.
func (c *Call) also(name string, i int) { c.alsoIn(c.ks, name, i) }

// alsoIn is also in the database ks.
func (c *Call) alsoIn(ks *keyspace.Keyspace, name string, i int) {
	c.touch(ks, i)
	c.db.tell(ks, name, c.args[i])
}

// Count counts n changes, of which Redis counts some that have no event.
func (c *Call) Count(n int) { c.db.changes += uint64(n) }

// touch says that key i in the database ks was changed: what event does for
// those who watch it or keep a copy of it.
func (c *Call) touch(ks *keyspace.Keyspace, i int) {
	ks.Touch(c.args[i])
	c.db.modified(place{ks, c.args[i]}, c.s)
}

// groupEvent is event for a change of a group of the stream at key i, which Redis
// does not take for one of the stream: neither WATCH nor tracking hears of it.
func (c *Call) groupEvent(name string, i int) {
	c.Count(1)
	c.db.tell(c.ks, name, c.args[i])
}

// Help answers the HELP of a container.
func (c *Call) Help(lines ...string) Reply {
	elems := []Reply{Status(strings.ToUpper(c.arg(0)) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")}
	for _, l := range append(lines, "HELP", "    Prints this help.") {
		elems = append(elems, Status(l))
	}
	return Array(elems...)
}

// WrongSubcommand complains about arguments that the subcommand does not have.
func (c *Call) WrongSubcommand() Reply { return Err(errSubcommand(c.arg(0), c.arg(1))) }

// equalFold says whether two texts are the same but for the case of ASCII
// letters, at least one being of these only.
func equalFold(s, t string) bool { return len(s) == len(t) && strings.EqualFold(s, t) }
