package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/luastore/luastore/internal/keyspace"
	"github.com/luastore/luastore/internal/pubsub"
)

// What happens in a turn is told when the turn ends, in its order: events to
// OnEvent and to those who have subscribed to them, and messages to their
// subscribers.

// news is an event, in the words of Redis's keyspace notifications, a message, a
// line of MONITOR, or what one who tracks keys is told.
type news struct {
	name, key string
	ks        *keyspace.Keyspace
	message   pubsub.Publication
	line      string   // of MONITOR
	tracker   *Session // who is told, by the name, that key is not what it was
	do        func()   // what else is to be done
	stays     bool     // it is told even if what the turn has done is undone
}

// newsKept is how many news' room a DB keeps from turn to turn.
const newsKept = 64

// newsSize is what an event takes until the turn ends, in bytes, beside its
// key.
const newsSize = 100

// heard says whether somebody may want to know of events.
func (db *DB) heard() bool { return db.Listens || db.Config.NotifyKeyspaceEvents != 0 }

// tell says that key was changed, made, removed or looked for by what Redis
// calls name.
func (db *DB) tell(ks *keyspace.Keyspace, name, key string) {
	if db.heard() {
		db.news = append(db.news, news{name: name, key: key, ks: ks})
		db.unheld += newsSize + len(key)
	}
}

// missed says, if somebody wants to know, that key i is missing, where the
// command has looked for it in order to read it: once, but for XREAD, which
// tells of both its looks.
func (c *Call) missed(i int) {
	if c.db.Config.NotifyKeyspaceEvents&KeyMissEvents == 0 || !c.reads(i) || slices.Contains(c.missing, i) {
		return
	}
	c.missedKey(c.arg(i))
	if c.cmd.Flags&MissTwice == 0 {
		c.missing = append(c.missing, i)
	}
}

func (c *Call) missedKey(key string) {
	if c.db.Config.NotifyKeyspaceEvents&KeyMissEvents != 0 {
		c.db.tell(c.ks, "keymiss", key)
	}
}

// reads says whether the command reads key i, in Redis's view.
func (c *Call) reads(i int) bool {
	read := RO
	switch {
	case c.cmd.Flags&MissAny != 0:
		return true
	case c.cmd.Flags&MissUpdated != 0:
		read = RW
	case c.cmd.Flags&MissNone != 0:
		return false
	}
	return slices.ContainsFunc(c.cmd.keys(c.args), func(k keyArg) bool { return k.at == i && k.flags&read != 0 })
}

// later does something that cannot be undone when the turn ends, unless the turn
// is undone.
func (db *DB) later(do func()) { db.news = append(db.news, news{do: do}) }

// spread tells the news of the turn. What can still be undone must not be told.
func (db *DB) spread() {
	told := 0
	defer func() { // even if somebody who is told panics, nothing is told twice
		left := copy(db.news, db.news[told:])
		clear(db.news[left:])
		if db.news = db.news[:left]; cap(db.news) > newsKept && left == 0 {
			db.news = nil
		}
		db.unheld = 0
	}()
	for told < len(db.news) {
		n := &db.news[told]
		told++
		switch {
		case n.do != nil:
			n.do()
		case n.tracker != nil:
			n.sendInvalidation()
		case n.line != "":
			db.sendLine(n.line)
		case n.ks == nil:
			n.message.Send()
		default:
			db.sendEvent(n)
		}
	}
}

// dropNews forgets all news but the first n.
func (db *DB) dropNews(n int) {
	if cap(db.news) > newsKept && n == 0 {
		db.news = nil
		return
	}
	clear(db.news[n:])
	db.news = db.news[:n]
}

// sendEvent tells of an event whoever wants to know.
func (db *DB) sendEvent(n *news) {
	number := 0
	for n.ks != &db.spaces[number] {
		number++
	}
	if db.Listens {
		db.Host.Event(number, n.name, n.key)
	}
	notify := db.Config.NotifyKeyspaceEvents
	if notify&eventClass[n.name] == 0 {
		return
	}
	if notify&KeyspaceEvents != 0 {
		db.publish(fmt.Sprintf("__keyspace@%d__:%s", number, n.key), n.name)
	}
	if notify&KeyeventEvents != 0 {
		db.publish(fmt.Sprintf("__keyevent@%d__:%s", number, n.name), n.key)
	}
}

func (db *DB) publish(channel, payload string) {
	db.Broker.Publish(pubsub.Channel, channel, payload, db.matchGlob).Send()
}

// eventClass is the class of each event.
var eventClass = func() map[string]EventClasses {
	classes := map[string]EventClasses{}
	for class, names := range map[EventClasses]string{
		GenericEvents:   "copy_to del expire move_from move_to persist rename_from rename_to restore",
		StringEvents:    "append incrby incrbyfloat pfadd set setbit setrange",
		ListEvents:      "linsert lpop lpush lrem lset ltrim rpop rpush sortstore",
		SetEvents:       "sadd sdiffstore sinterstore spop srem sunionstore",
		HashEvents:      "hdel hexpire hexpired hincrby hincrbyfloat hpersist hset",
		SortedSetEvents: "geosearchstore georadiusstore zadd zdiffstore zincr zinterstore zpopmax zpopmin zrangestore zrem zremrangebylex zremrangebyrank zremrangebyscore zunionstore",
		StreamEvents:    "xadd xdel xgroup-create xgroup-createconsumer xgroup-delconsumer xgroup-destroy xgroup-setid xsetid xtrim",
		ExpiredEvents:   "expired",
		EvictedEvents:   "evicted",
		NewKeyEvents:    "new",
		KeyMissEvents:   "keymiss",
	} {
		for _, name := range strings.Fields(names) {
			classes[name] = class
		}
	}
	return classes
}()
