package command

// What a script stores counts as its memory, beyond what it was given and what is
// small: by how much the data have grown since it began. To measure that costs more
// than most commands take, so at first a script only counts at most how much each
// command may add; when that comes to more than a part of its limit, each change of
// an entry's size is measured until the turn ends, as for maxmemory. What is added
// is counted before, so that a script is stopped before it exceeds its limit.

// storedMemory is what is known of how much a script has stored.
type storedMemory struct {
	unmeasured int   // bytes that it may still store until that is measured
	measured   bool  // it is,
	free       int64 // but for so many bytes,
	told       int   // and the Meter was told of so many
	unsettled  int   // of which so many may not be true
}

const (
	// storedPerWord is what a word of a command adds at most, about, in bytes,
	// beside itself.
	storedPerWord = 100
	// freePerWord is how many bytes a script may store with each word of a command
	// without counting them: what stores no more takes work for what it stores.
	freePerWord = 256
	// mostUnsettled is how many bytes the Meter may be wrong by between two commands.
	mostUnsettled = 8192
	// freeMost is how many times its limit a script may store so.
	freeMost = 8
)

// begin begins to count what a script stores, whose limit is so many bytes.
func (m *storedMemory) begin(limit int) { *m = storedMemory{unmeasured: min(limit/16, 1<<20)} }

// willStore counts, before it runs, what a command of a script may store.
func (db *DB) willStore(s *Session, args []string) {
	n := len(args) * storedPerWord
	for _, a := range args {
		n += len(a)
	}
	m := &s.script.stored
	m.free += int64(len(args) * freePerWord)
	if m.unmeasured -= n; m.unmeasured < 0 {
		db.store(s, n)
	}
}

// store counts n bytes that a script is about to store, when it may store no more
// unmeasured.
func (db *DB) store(s *Session, n int) {
	m := &s.script.stored
	if !m.measured {
		m.measured = true
		if !db.counting {
			db.counting, db.partly = true, true
			for i := range db.spaces {
				db.spaces[i].CountChanges()
			}
		}
		var unmeasured storedMemory
		unmeasured.begin(db.ScriptMemory)
		db.storedBase = db.memory() - (unmeasured.unmeasured - m.unmeasured - n)
		db.storedBase += s.Given()
	}
	m.told += n
	m.unsettled += n
	s.Meter.Hold(n)
}

// settleStored tells the Meter what a script has really stored.
func (db *DB) settleStored(s *Session) {
	m := &s.script.stored
	m.unsettled = 0
	free := min(m.free, freeMost*int64(db.ScriptMemory))
	if more := int(max(0, int64(db.memory()-db.storedBase)-free)) - m.told; more != 0 {
		m.told += more
		s.Meter.Hold(more)
	}
}

// stores is tick for n bytes that the call is about to add to the data, if that may
// be much more than its arguments have, and n is more than 0. It must be called
// before anything is changed, and what is changed must be what was looked up last,
// or new.
func (c *Call) stores(n int) {
	if n <= 0 {
		return
	}
	c.tick(n / copiedPerTick)
	if m := &c.s.script.stored; c.db.countsStored(c.s) {
		if m.unmeasured -= n; m.unmeasured < 0 {
			c.db.store(c.s, n)
			if c.found != nil {
				c.measure(c.ks, c.found)
			}
		}
	}
}

// countsStored reports whether what the session stores is counted.
func (db *DB) countsStored(s *Session) bool { return s.Script && db.ScriptMemory > 0 }
