package command

import (
	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/rdb"
	"github.com/luastore/luastore/internal/value"
)

// DUMP and RESTORE: values as bytes, to move or to keep elsewhere. MIGRATE, which
// moves them itself, has nowhere to go.
var dumpCommands = []Row{
	{Name: "dump", Arity: 2, Flags: Read, Keys: oneKey(RO | Access), Tips: []string{AnyOutput}, Run: dump},
	{Name: "migrate", Arity: -6, Flags: Write | MovableKeys | Dangerous | MissAny, Keys: migrateKeys, Secrets: migrateSecrets, Tips: []string{AnyOutput}, Run: migrate},
	{Name: "restore", Arity: -4, Flags: Write | DenyOOM | Dangerous, Keys: oneKey(OW | Update), Run: restore},
	{Name: "restore-asking", Arity: -4, Flags: Write | DenyOOM | Asking | Dangerous, Keys: oneKey(OW | Update), Run: restore},
}

func dump(c *Call) Reply {
	e := c.entry(1)
	if e == nil {
		return Reply{}
	}
	return Bulk(c.dump(e))
}

// dump returns the payload of the entry's value.
func (c *Call) dump(e *keyspace.Entry) string {
	c.tickCopy(e.Value)
	size := rdb.Size(e.Value, c)
	c.tick(size / bytesPerTick)
	c.alloc(size)
	if h, ok := e.Value.(*value.Hash); ok && h.Volatile() > 0 {
		c.fail("ERR DUMP does not know fields that expire")
	}
	return rdb.Dump(e.Value, c)
}

// migrateKeys is the key, or the keys after KEYS, which is a word that may stand
// for something else.
var migrateKeys = []KeySpec{
	{Flags: popKey, Begin: 3, Step: 1},
	{Flags: popKey | Incomplete, Begin: -2, Last: -1, Step: 1, Keyword: "KEYS", Whole: keysToMigrate},
}

// migrateOptions returns where the word KEYS is, 0 if it is nowhere, and which
// arguments are secret.
func migrateOptions(args []string) (word int, secrets []int) {
	for i := 6; i < len(args); i++ {
		switch option := cString(args[i]); {
		case equalFold(option, "auth"):
			secrets = append(secrets, i+1)
			i++
		case equalFold(option, "auth2"):
			secrets = append(secrets, i+1, i+2)
			i += 2
		case equalFold(option, "keys"):
			return i, secrets
		}
	}
	return 0, secrets
}

// keysToMigrate returns the keys of a call of MIGRATE, none where KEYS does not
// fit.
func keysToMigrate(args []string) (keys []keyArg) {
	word, _ := migrateOptions(args)
	if word == 0 {
		return []keyArg{{3, popKey}}
	}
	for i := word + 1; i < len(args) && args[3] == ""; i++ {
		keys = append(keys, keyArg{i, popKey})
	}
	return keys
}

// migrate answers that there is nothing to move, or what Redis does where it
// cannot reach the other server: a store reaches none.
func migrate(c *Call) Reply {
options:
	for i := 6; i < len(c.args); i++ {
		switch more := len(c.args) - 1 - i; {
		case c.is(i, "copy"), c.is(i, "replace"):
		case c.is(i, "auth") && more >= 1:
			i++
		case c.is(i, "auth2") && more >= 2:
			i += 2
		case c.is(i, "keys"):
			if c.arg(3) != "" {
				c.fail("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string")
			}
			break options
		default:
			c.fail(errSyntax)
		}
	}
	c.int(5)
	c.int(4)
	found := false
	for _, k := range keysToMigrate(c.args) {
		if c.entry(k.at) != nil {
			found = true
		}
	}
	if found {
		c.fail("IOERR error or timeout writing to target instance")
	}
	return Status("NOKEY")
}

func restore(c *Call) Reply {
	o := c.restoreOptions()
	old := c.entry(1)
	if old != nil && !o.replace {
		c.fail("BUSYKEY Target key name already exists.")
	}
	at := c.int(2)
	if at < 0 {
		c.fail("ERR Invalid TTL value, must be >= 0")
	}
	if at != 0 && !o.absolute {
		at += c.now() // past the largest it is negative, and has passed
	}
	v, err := rdb.Restore(c.arg(3), c.limits(), c.tick, c.Restoring(len(c.arg(3))))
	switch err {
	case rdb.ErrChecksum:
		c.fail("ERR DUMP payload version or checksum are wrong")
	case rdb.ErrFormat:
		c.fail("ERR Bad data format")
	}
	expired := at != 0 && at <= c.now()
	switch {
	case old != nil && expired:
		c.remove(1, "del")
	case old != nil:
		c.db.freed(old.Value, c.db.Config.LazyFree.ServerDel)
		c.ks.Remove(old)
	}
	if expired {
		return OK
	}
	if s, ok := v.(*value.String); ok {
		c.unshare(s)
	}
	e := c.add(1, v)
	if at != 0 {
		c.ks.SetExpiry(e, at)
	}
	c.setUse(e, o.use)
	c.event("restore", 1)
	return OK
}

// What a payload stands for may take so many bytes, or that many times its own
// length. Only what is compressed, and says the same again and again, takes more.
const (
	restoredLeast   = 512 << 20
	restoredPerByte = 32
)

// Restoring returns what counts, before it is allocated, the memory of what a
// payload of that length stands for: it fails the call if that is too much, for
// the length, for maxmemory, or for a script.
func (c *Call) Restoring(length int) (alloc func(n int)) {
	most := max(restoredLeast, restoredPerByte*length)
	all, counted := 0, 0
	const atOnce = 4096
	return func(n int) {
		if all += n; all-counted < atOnce {
			return
		}
		switch limit := c.db.Config.MaxMemory; {
		case all > most:
			c.fail("ERR The payload is of a value that takes too much memory for the length of the payload")
		case limit > 0 && uint64(all) > limit:
			c.fail(OutOfMemory)
		}
		c.stores(all - counted)
		counted = all
	}
}

// A use is how many seconds ago a key was used, and how often it is; -1: not said.
type use struct{ idle, freq int }

// setUse sets what a use says of the entry, if the policy looks at that.
func (c *Call) setUse(e *keyspace.Entry, u use) {
	switch counts := c.db.eviction.frequency != nil; {
	case counts && u.freq >= 0:
		e.SetCount(u.freq, c.now())
	case !counts && u.idle >= 0:
		e.SetUsedAt(c.now() - int64(u.idle)*1000)
	}
}

// restoreOptions are the words after the payload.
type restoreOptions struct {
	replace, absolute bool
	use
}

// restoreOptions reads the options.
func (c *Call) restoreOptions() (o restoreOptions) {
	const none = -1
	idle, freq := int64(none), int64(none)
	for i := 4; i < len(c.args); i++ {
		more := i+1 < len(c.args)
		switch {
		case c.is(i, "replace"):
			o.replace = true
		case c.is(i, "absttl"):
			o.absolute = true
		case c.is(i, "idletime") && more && freq == none:
			i++
			if idle = c.int(i); idle < 0 {
				c.fail("ERR Invalid IDLETIME value, must be >= 0")
			}
		case c.is(i, "freq") && more && idle == none:
			i++
			if freq = c.int(i); freq < 0 || freq > 255 {
				c.fail("ERR Invalid FREQ value, must be >= 0 and <= 255")
			}
		default:
			c.fail(errSyntax)
		}
	}
	o.use = use{int(idle % (1 << 24)), int(freq)} // Redis's clock of uses has 24 bits of seconds
	return o
}

func migrateSecrets(args []string) []int {
	_, secrets := migrateOptions(args)
	return secrets
}
