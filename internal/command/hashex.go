package command

import "github.com/luastore/luastore/internal/value"

// Hashes: fields read or set together with something else about them.
var hashExCommands = []Row{
	{Name: "hgetdel", Arity: -5, Flags: Write | Fast, Keys: oneKey(RW | Access | Delete), Run: hGetDel},
	{Name: "hgetex", Arity: -5, Flags: Write | Fast, Keys: getExKey, Run: hGetEx},
	{Name: "hsetex", Arity: -6, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Update), Run: hSetEx},
}

func hGetDel(c *Call) Reply {
	h, deleted := c.hash(1), false
	c.reserveFields(h, c.args[min(4, len(c.args)):])
	r := c.eachField(2, errFieldCount, func(field string) Reply {
		r := bulkIf(h.Get(field))
		deleted = h.Delete(field) || deleted
		return r
	})
	c.eventIf(deleted, "hdel", 1)
	return r
}

// reserveFields reserves the values of fields, which the command is about to answer
// and change.
func (c *Call) reserveFields(h *value.Hash, fields []string) {
	for _, field := range fields {
		text, _ := h.Get(field)
		c.reserve(len(text))
	}
}

func hGetEx(c *Call) Reply {
	o := c.fieldOptions("PERSIST", 1)
	h, persisted, found := c.hash(1), false, false
	elems := c.room(len(o.fields))[:len(o.fields)]
	c.reserveFields(h, o.fields)
	for i, field := range o.fields {
		text, ok := h.Get(field)
		elems[i] = bulkIf(text, ok)
		switch {
		case !ok:
		case o.keep:
			persisted = h.Persist(field) || persisted
		case o.expires:
			found = true
			c.expireField(h, field, o.at)
		}
	}
	c.eventIf(persisted, "hpersist", 1)
	c.eventIf(found, c.expiryEvent(o.at), 1)
	return Array(elems...)
}

func hSetEx(c *Call) Reply {
	o := c.fieldOptions("KEEPTTL", 2)
	h := c.hash(1)
	for i := 0; i < len(o.fields); i += 2 {
		if _, exists := h.Get(o.fields[i]); o.fnx && exists || o.fxx && !exists {
			return Int(0)
		}
	}
	h = c.makeHash(1)
	for i := 0; i < len(o.fields); i += 2 {
		h.Set(o.fields[i], o.fields[i+1])
		if !o.keep {
			h.Persist(o.fields[i])
		}
	}
	c.event("hset", 1)
	if o.expires {
		for i := 0; i < len(o.fields); i += 2 {
			c.expireField(h, o.fields[i], o.at)
		}
		c.event(c.expiryEvent(o.at), 1)
		c.written = append(c.written, 1) // where the expiry has passed a new hash is empty too
	}
	return Int(1)
}

// expireField makes the field of the hash at key 1 expire after the time at, or
// deletes it where that has passed. expiryEvent is what Redis calls that.
func (c *Call) expireField(h *value.Hash, field string, at int64) {
	if at <= c.now() {
		h.Delete(field)
	} else {
		c.ks.SetFieldExpiry(c.entry(1), h, field, at)
	}
}

func (c *Call) expiryEvent(at int64) string {
	if at <= c.now() {
		return "hdel"
	}
	return "hexpire"
}

// fieldOptions are the words after the key of HGETEX or HSETEX.
type fieldOptions struct {
	fnx, fxx bool     // of HSETEX
	keep     bool     // PERSIST of HGETEX or KEEPTTL of HSETEX
	expires  bool     // at the time at
	at       int64    // in Unix milliseconds
	fields   []string // and values in turn of HSETEX
}

// fieldOptions reads the options: of those about the expiry keep is one, and
// each of the fields is so many arguments.
func (c *Call) fieldOptions(keep string, perField int) (o fieldOptions) {
	for i := 2; i < len(c.args); i++ {
		switch {
		case c.is(i, "fields"):
			o.fields = c.fieldArgs(i+1, perField)
			return o
		case perField == 2 && (c.is(i, "fnx") || c.is(i, "fxx")):
			if o.fnx || o.fxx {
				c.fail("ERR Only one of FXX or FNX arguments can be specified")
			}
			o.fnx, o.fxx = c.is(i, "fnx"), c.is(i, "fxx")
		default:
			i = c.fieldExpiryOption(&o, i, keep)
		}
	}
	c.fail("ERR missing FIELDS argument")
	return o
}

// fieldExpiryOption reads the option at argument i and returns where it ends.
func (c *Call) fieldExpiryOption(o *fieldOptions, i int, keep string) (end int) {
	first := func() {
		if o.keep || o.expires {
			c.fail("ERR Only one of EX, PX, EXAT, PXAT or " + keep + " arguments can be specified")
		}
	}
	if c.is(i, keep) {
		first()
		o.keep = true
		return i
	}
	for _, w := range expiryWords {
		if c.is(i, w.word) {
			first()
			if i+1 == len(c.args) {
				c.fail("ERR missing expire time")
			}
			o.expires, o.at = true, c.fieldExpiry(i+1, *w.form)
			return i + 1
		}
	}
	c.fail(ErrorLine("ERR unknown argument: " + c.arg(i)))
	return i
}

// fieldArgs returns the arguments after the number at argument i, which is that
// of the fields, each of so many arguments.
func (c *Call) fieldArgs(i, perField int) []string {
	const complaint = "ERR wrong number of arguments"
	if i == len(c.args) {
		c.fail(complaint)
	}
	n, fields := c.atLeast(i, 1, "ERR invalid number of fields"), c.args[i+1:]
	if len(fields)%perField != 0 || n != len(fields)/perField {
		c.fail(complaint)
	}
	return fields
}
