package command

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/luastore/luastore/internal/keyspace"
)

// The limit of memory. Before each command, and before a script, keys are
// evicted while the data take more; where that does not help, commands that may
// need more memory are refused. Within a script or a transaction nothing is
// evicted, so that what it has found stays, and like Redis a script that has begun
// to write, and a transaction, go on; but only so far.

// Configured must be called when the Config was changed. Where that changes
// what is known of the use of keys it takes time linear in their number.
func (db *DB) Configured() {
	db.setPassword()
	db.stats.track(db.Config.LatencyTracking)
	db.limitClients()
	db.BusyReply.Store(int64(min(time.Duration(db.Config.BusyReplyThreshold), math.MaxInt64/time.Millisecond) * time.Millisecond))
	if db.LacksReplicas() {
		db.hooks |= hookNoReplicas
	} else {
		db.hooks &^= hookNoReplicas
	}
	if db.Config.MaxMemory > 0 {
		db.hooks |= hookMaxMemory
	} else {
		db.hooks &^= hookMaxMemory
	}
	c, v := &db.Config, &db.eviction
	counted := v.frequency != nil
	v.best, v.left, v.frequency = nil, 0, nil
	if c.MaxMemoryPolicy.counts() {
		// It has random numbers of its own: a DB's Rand may panic, and keys are looked
		// up in the midst of commands.
		v.frequency = &keyspace.Frequency{LogFactor: c.LFULogFactor, DecayTime: c.LFUDecayTime, Rand: rand.New(rand.NewPCG(1, 2))}
	} else if !counted {
		return
	}
	for i := range db.spaces {
		db.spaces[i].SetFrequency(v.frequency, db.Millis())
	}
}

// evictMost is how many keys are evicted at most before one command.
const evictMost = 400

// MakeRoom evicts keys until the data are within the limit, but not for long,
// and says whether there is room for more. Where there is still much to evict
// there is, as long as from command to command less is left. As long as the turn
// can be undone nothing is evicted.
func (db *DB) MakeRoom() bool {
	limit := db.Config.MaxMemory
	if limit == 0 {
		return true
	}
	if db.executing != nil {
		return !db.executing.script.short
	}
	used := uint64(db.Memory() + db.buffered())
	if db.CanUndo() {
		return used <= limit
	}
	if used > limit {
		defer db.watched("eviction-cycle", db.watch())
	}
	for n := 0; used > limit; n++ {
		if n == evictMost {
			if left := db.eviction.left; left > 0 && used >= left {
				return false
			}
			db.eviction.left = used
			return true
		}
		if !db.evict() {
			return false
		}
		used = uint64(db.Memory() + db.buffered())
	}
	db.eviction.left = 0
	return true
}

// fits says whether there is room for the command.
func (db *DB) fits(s *Session, cmd *Command, args []string) bool {
	if db.interrupted { // all that may run then needs none, and nothing is evicted within a script
		return true
	}
	if !s.Script && db.executing == nil {
		needs := s.needsRoom(cmd, db.flags(s, cmd, args))
		room := db.MakeRoom()
		if len(db.news) > 0 && !db.CanUndo() {
			db.spread() // who has read what was evicted hears of it before the reply
		}
		return room || !needs
	}
	m, needs := &s.script, s.needsRoom(cmd, cmd.Flags)
	switch {
	case needs && m.short && !s.Wrote:
		return false
	case (needs || cmd.adds) && db.Memory() > m.most:
		return false
	}
	return true
}

// mayAdd says whether the command writes to a key in order to do something else
// than to remove from it. Redis lets some such commands run where memory is
// short, of which each adds little.
func (r *Row) mayAdd() bool {
	return r.Flags&Write != 0 &&
		slices.ContainsFunc(r.Keys, func(k KeySpec) bool { return k.Flags&(RM|Delete) == 0 })
}

// scriptMemory is what is known of the memory in a script.
type scriptMemory struct {
	short bool // there was no room when it began
	most  int  // bytes that the data may take

	stored storedMemory
}

// scriptExcess is how many bytes more than the limit, or than there were when
// it began, a script may make the data take.
const scriptExcess = 1 << 20

// BeginScript makes room for a script, which is about to run in s. With allow
// the script may write even if there is none.
func (db *DB) BeginScript(s *Session, allow bool) {
	s.script = scriptMemory{most: math.MaxInt}
	s.script.stored.begin(db.ScriptMemory)
	if limit := db.Config.MaxMemory; limit > 0 {
		s.script.short = !db.MakeRoom() && !allow
		s.script.most = max(db.Memory(), int(min(limit, math.MaxInt/2))) + scriptExcess
	}
}
