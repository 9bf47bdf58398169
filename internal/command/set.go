package command

import (
	"math"

	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/value"
)

// SET, its variants, and GETEX, which has the same options for the expiry.
// MSETEX and the options IFEQ, IFNE, IFDEQ and IFDNE are of Redis 8.4.
var setCommands = []Row{
	{Name: "getex", Arity: -2, Flags: Write | Fast | MissAny, Keys: getExKey, Run: getEx},
	{Name: "getset", Arity: 3, Flags: Write | DenyOOM | Fast | MissAny, Keys: oneKey(RW | Access | Update), Run: getSet},
	{Name: "msetex", Arity: -4, Flags: Write | DenyOOM | MovableKeys, Keys: mSetExKeys, Tips: []string{MultiShard, AllSucceed}, Run: mSetEx},
	{Name: "psetex", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(OW | Update), Run: setEx(afterMillis)},
	{Name: "set", Arity: -3, Flags: Write | DenyOOM | MissUpdated, Keys: setKey, Run: set},
	{Name: "setex", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(OW | Update), Run: setEx(afterSeconds)},
	{Name: "setnx", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(OW | Insert), Run: setNX},
}

var (
	getExKey = []KeySpec{{
		Flags: RW | Access | Update, Begin: 1, Step: 1,
		Note: "RW and UPDATE because it changes the TTL",
	}}
	mSetExKeys = []KeySpec{{Flags: OW | Update, Begin: 1, Step: 2, NumKeys: true}}
	setKey     = []KeySpec{{
		Flags: RW | Access | Update | VariableFlags, Begin: 1, Step: 1,
		Note: "RW and ACCESS due to the optional `GET` argument",
		Vary: func(args []string) KeyFlags {
			for _, a := range args[3:] {
				if equalFold(cString(a), "get") {
					return RW | Access | Update
				}
			}
			return OW | Update
		},
	}}
)

func getEx(c *Call) Reply {
	o := c.getExOptions()
	s := c.string(1)
	if s == nil {
		return Reply{}
	}
	text := s.String()
	c.reserveText(len(text))
	switch {
	case o.expiry != nil:
		at := c.expiry(o.expiryAt, *o.expiry)
		if !o.expiry.relative && at <= c.now() {
			c.removeLazily(1, "del", c.db.Config.LazyFree.Expire)
		} else {
			c.ks.SetExpiry(c.entry(1), at)
			c.event("expire", 1)
		}
	case o.persist && c.entry(1).ExpireAt() != 0:
		c.ks.Persist(c.entry(1))
		c.event("persist", 1)
	}
	return Bulk(text)
}

func getSet(c *Call) Reply {
	old := bulkOrNil(c.string(1))
	c.reserveText(len(old.Str()))
	c.ks.Persist(c.setText(1, c.arg(2)))
	return old
}

func mSetEx(c *Call) Reply {
	n := c.atLeast(1, 1, "ERR invalid numkeys value")
	if n > (len(c.args)-2)/2 {
		c.fail("ERR wrong number of key-value pairs")
	}
	end := 2 + 2*n
	o := c.setOptions(end)
	if o.get || o.match != nil {
		c.fail(errSyntax)
	}
	at := c.setExpiry(&o)
	for i := 2; i < end; i += 2 {
		if exists := c.entry(i) != nil; o.nx && exists || o.xx && !exists {
			return Int(0)
		}
	}
	for i := 2; i < end; i += 2 {
		c.setExpiring(i, &o, at)
	}
	return Int(1)
}

func setEx(f timeForm) func(*Call) Reply {
	return func(c *Call) Reply {
		at := c.expiry(2, f)
		c.ks.SetExpiry(c.setText(1, c.arg(3)), at)
		c.also("expire", 1)
		return OK
	}
}

func set(c *Call) Reply {
	o := c.setOptions(3)
	at := c.setExpiry(&o)
	done, undone := OK, Reply{}
	if o.get {
		done = bulkOrNil(c.string(1))
		c.reserveText(len(done.Str()))
		undone = done
	}
	if exists := c.entry(1) != nil; o.nx && exists || o.xx && !exists {
		return undone
	}
	if o.match != nil && !c.holds(o.match, c.string(1)) {
		return undone
	}
	c.setExpiring(1, &o, at)
	return done
}

func setNX(c *Call) Reply {
	if c.entry(1) != nil {
		return Int(0)
	}
	c.setText(1, c.arg(2))
	return Int(1)
}

// setText stores text at key i, whatever was there, and leaves its expiry.
func (c *Call) setText(i int, text string) *keyspace.Entry {
	e := c.entry(i)
	if e == nil {
		e = c.add(i, value.NewString(text))
	} else if s, ok := e.Value.(*value.String); ok {
		s.Set(text)
	} else {
		c.db.freed(e.Value, c.db.Config.LazyFree.ServerDel)
		c.ks.Replace(e, value.NewString(text))
	}
	c.unshare(e.Value.(*value.String))
	c.event("set", i)
	return e
}

// setExpiring stores the text after key i there, and its expiry at or what else
// the options say of that.
func (c *Call) setExpiring(i int, o *setOptions, at int64) {
	e := c.setText(i, c.arg(i+1))
	switch {
	case at != 0:
		c.ks.SetExpiry(e, at)
		c.also("expire", i)
	case !o.keepTTL:
		c.ks.Persist(e)
	}
}

// setOptions are the words after the value of SET or after the key of GETEX.
type setOptions struct {
	nx, xx, get, keepTTL bool        // of SET
	match                *comparison // of SET; nil: none
	persist              bool        // of GETEX
	expiry               *timeForm   // nil: none
	expiryAt             int         // the argument that is its time
}

// expiryWords are the options that say how the word after them is a time.
var expiryWords = [...]struct {
	word string
	form *timeForm
}{
	{"ex", &afterSeconds},
	{"px", &afterMillis},
	{"exat", &atSeconds},
	{"pxat", &atMillis},
}

// setOptions reads the options of SET from argument i on.
func (c *Call) setOptions(i int) (o setOptions) {
	for ; i < len(c.args); i++ {
		switch {
		case c.is(i, "nx") && !o.xx && o.match == nil:
			o.nx = true
		case c.is(i, "xx") && !o.nx && o.match == nil:
			o.xx = true
		case c.is(i, "get"):
			o.get = true
		case c.is(i, "keepttl") && o.expiry == nil:
			o.keepTTL = true
		case !o.nx && !o.xx && o.match == nil && i+1 < len(c.args) && c.isComparison(i):
			o.match = c.comparison(i)
			i++
		default:
			i = c.expiryOption(&o, i)
		}
	}
	return o
}

// getExOptions reads the options of GETEX.
func (c *Call) getExOptions() (o setOptions) {
	for i := 2; i < len(c.args); i++ {
		if c.is(i, "persist") && o.expiry == nil {
			o.persist = true
		} else {
			i = c.expiryOption(&o, i)
		}
	}
	return o
}

// expiryOption reads the option at argument i, which must be one with a time
// after it, and returns that time's position. It may be repeated, and the last
// counts, but nothing else may say what becomes of the expiry.
func (c *Call) expiryOption(o *setOptions, i int) int {
	for _, w := range expiryWords {
		if c.is(i, w.word) && (o.expiry == nil || o.expiry == w.form) && !o.keepTTL && !o.persist && i+1 < len(c.args) {
			o.expiry, o.expiryAt = w.form, i+1
			return i + 1
		}
	}
	c.fail(errSyntax)
	return 0
}

// setExpiry returns the time of the options, in Unix milliseconds; 0: none.
func (c *Call) setExpiry(o *setOptions) int64 {
	if o.expiry == nil {
		return 0
	}
	return c.expiry(o.expiryAt, *o.expiry)
}

// expiry returns the time that argument i says, in Unix milliseconds.
func (c *Call) expiry(i int, f timeForm) int64 {
	at := c.int(i)
	if at <= 0 || at > math.MaxInt64/f.unit {
		c.fail(errExpireTime(c.cmd.Name))
	}
	at *= f.unit
	if f.relative {
		at += c.now()
	}
	if at <= 0 { // the sum overflowed
		c.fail(errExpireTime(c.cmd.Name))
	}
	return at
}
