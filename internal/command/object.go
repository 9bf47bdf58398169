package command

import "github.com/luastore/luastore/internal/value"

// OBJECT: how a value is kept.
var objectCommands = []Row{
	{Name: "object", Arity: -2},
	{Name: "object|encoding", Arity: 3, Flags: Read | MissNone, Keys: keyRange(RO, 2, 0, 1), Tips: []string{AnyOutput}, Run: objectEncoding},
	{Name: "object|freq", Arity: 3, Flags: Read | MissNone, Keys: keyRange(RO, 2, 0, 1), Tips: []string{AnyOutput}, Run: objectFreq},
	{Name: "object|help", Arity: 2, Flags: Loading | Stale, Run: objectHelp},
	{Name: "object|idletime", Arity: 3, Flags: Read | MissNone, Keys: keyRange(RO, 2, 0, 1), Tips: []string{AnyOutput}, Run: objectIdleTime},
	{Name: "object|refcount", Arity: 3, Flags: Read | MissNone, Keys: keyRange(RO, 2, 0, 1), Tips: []string{AnyOutput}, Run: objectRefCount},
}

func objectEncoding(c *Call) Reply {
	e := c.peek(2)
	if e == nil {
		return Reply{}
	}
	return Bulk(e.Value.Encoding())
}

// adjust is what Redis says after a complaint about the policy.
const adjust = "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."

func objectFreq(c *Call) Reply {
	e := c.peek(2)
	if e == nil {
		return Reply{}
	}
	f := c.db.eviction.frequency
	if f == nil {
		c.fail("ERR An LFU maxmemory policy is not selected, access frequency not tracked. " + adjust)
	}
	return Int(e.Count(f, c.now()))
}

func objectHelp(c *Call) Reply {
	return c.Help(
		"ENCODING <key>",
		"    Return the kind of internal representation used in order to store the value",
		"    associated with a <key>.",
		"FREQ <key>",
		"    Return the access frequency index of the <key>. The returned integer is",
		"    proportional to the logarithm of the recent access frequency of the key.",
		"IDLETIME <key>",
		"    Return the idle time of the <key>, that is the approximated number of",
		"    seconds elapsed since the last access to the key.",
		"REFCOUNT <key>",
		"    Return the number of references of the value associated with the specified",
		"    <key>.",
	)
}

func objectIdleTime(c *Call) Reply {
	e := c.peek(2)
	if e == nil {
		return Reply{}
	}
	if c.db.eviction.frequency != nil {
		c.fail("ERR An LFU maxmemory policy is selected, idle time not tracked. " + adjust)
	}
	return Int(max(0, c.now()-e.UsedAt()) / 1000)
}

// sharedRefCount is how many references Redis says that a shared integer has.
const sharedRefCount = 1<<31 - 1

func objectRefCount(c *Call) Reply {
	e := c.peek(2)
	if e == nil {
		return Reply{}
	}
	return Int(refCount(e.Value))
}

// refCount returns how many references Redis says that a value has.
func refCount(v value.Value) int {
	if s, ok := v.(*value.String); ok && s.Shared() {
		return sharedRefCount
	}
	return 1
}

// unshare must be called with a string that was set. Redis shares no integers where
// it evicts keys by their use, which is kept with the object.
func (c *Call) unshare(s *value.String) {
	if c.db.Config.MaxMemory == 0 {
		return
	}
	switch c.db.Config.MaxMemoryPolicy {
	case AllKeysLRU, AllKeysLFU, VolatileLRU, VolatileLFU:
		s.Unshare()
	}
}
