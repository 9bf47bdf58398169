package command

import (
	"maps"
	"slices"
	"strings"
)

// trackers are those who want to know what changes, and of which keys.
type trackers struct {
	count   int                // clients that track keys
	keys    map[string][]int64 // the numbers of the clients that have read the key, in order; of all databases
	items   int                // how many these are
	current *Client            // whose command the turn is; nil: no client's

	prefixes map[string]*prefix
	lengths  []int       // of the prefixes, in order
	changed  []broadcast // keys with a prefix that have changed in this turn
	known    map[string]bool
}

// A prefix is that of keys of whose changes some want to know.
type prefix struct {
	text     string
	sessions []*Session
	changed  []broadcast // in this turn
}

// A broadcast is a key that has changed, and who did it first.
type broadcast struct {
	key string
	by  *Client // nil: a script, or nobody
}

// ExpiryMatters says whether somebody may want to hear at once that a key has
// expired: who tracks keys, or has, or subscribes to such events.
func (db *DB) ExpiryMatters() bool {
	return db.hooks&hookTracked != 0 || db.Config.NotifyKeyspaceEvents&ExpiredEvents != 0 && db.Broker.Busy()
}

// track makes the session's client one that tracks keys.
func (db *DB) track(s *Session, t *tracking) {
	db.untrack(s)
	s.Client.tracking = t
	s.hooks |= hookTracking
	db.hooks |= hookTracked
	db.trackers.count++
	for _, text := range t.prefixes {
		p := db.trackers.prefixes[text]
		if p == nil {
			if db.trackers.prefixes == nil {
				db.trackers.prefixes = make(map[string]*prefix)
			}
			p = &prefix{text: text}
			db.trackers.prefixes[text] = p
		}
		p.sessions = append(p.sessions, s)
	}
	db.trackers.measure()
}

// stopTracking is CLIENT TRACKING OFF. What the client has read stays known, as
// in Redis, in case it tracks again.
func (db *DB) stopTracking(s *Session) {
	db.untrack(s)
	db.trackers.measure()
}

func (db *DB) untrack(s *Session) {
	t := s.Client.tracking
	if t == nil {
		return
	}
	s.Client.tracking = nil
	s.hooks &^= hookTracking
	db.trackers.count--
	for _, text := range t.prefixes {
		p := db.trackers.prefixes[text]
		if p.sessions = slices.DeleteFunc(p.sessions, func(other *Session) bool { return other == s }); len(p.sessions) == 0 {
			delete(db.trackers.prefixes, text)
		}
	}
}

// forgetTracking is stopTracking for a client that is gone. When nobody tracks
// keys any more nothing is known.
func (db *DB) forgetTracking(s *Session) {
	db.stopTracking(s)
	if db.trackers.count == 0 {
		db.trackers.keys, db.trackers.items = nil, 0
	}
}

// measure finds the lengths of the prefixes.
func (t *trackers) measure() {
	lengths := map[int]bool{}
	for text := range t.prefixes {
		lengths[len(text)] = true
	}
	t.lengths = slices.Sorted(maps.Keys(lengths))
}

// of returns the prefixes of key that somebody wants to know of.
func (t *trackers) of(key string) (found []*prefix) {
	for _, n := range t.lengths {
		if n > len(key) {
			break
		}
		if p := t.prefixes[key[:n]]; p != nil {
			found = append(found, p)
		}
	}
	return found
}

// remember notes the keys that a command of the session, or of its script, has
// read.
func (db *DB) remember(s *Session, cmd *Command, args []string) {
	reader := s
	if s.Script {
		reader = s.caller
	}
	t := reader.Client.tracking
	if t == nil || t.broadcast || t.optIn && !t.caching || t.optOut && t.caching || cmd.Flags&Read == 0 || cmd.Flags&RunsScript != 0 {
		return
	}
	db.rememberKeys(reader, cmd, args)
	if s.Script { // to Redis what is read are the keys that the script was given
		db.rememberKeys(reader, reader.call.cmd, reader.call.args)
	}
}

func (db *DB) rememberKeys(reader *Session, cmd *Command, args []string) {
	for _, k := range cmd.keys(args) {
		db.rememberKey(args[k.at], reader.Client.id)
	}
}

func (db *DB) rememberKey(key string, id int64) {
	t := &db.trackers
	ids, known := t.keys[key]
	at, found := slices.BinarySearch(ids, id)
	if found {
		return
	}
	if !known {
		if t.keys == nil {
			t.keys = make(map[string][]int64)
		}
		key = strings.Clone(key)
	}
	ids = slices.Insert(ids, at, id)
	t.items++
	if len(ids) > 2*len(db.clients) { // most are gone
		before := len(ids)
		ids = slices.DeleteFunc(ids, func(id int64) bool { _, ok := db.findClient(id); return !ok })
		t.items -= before - len(ids)
	}
	t.keys[key] = ids
}

// endCaching ends what CLIENT CACHING has said of the command after it.
func (db *DB) endCaching(s *Session, cmd *Command) {
	if s.Client == nil || s.Client.tracking == nil || s.queueing() || db.executing == s {
		return
	}
	if cmd == nil || !strings.HasPrefix(cmd.Name, "client|") {
		s.Client.tracking.caching = false
	}
}

// invalidate says that key has changed, by a command of the session if it is not
// nil, to those who want to know when the turn ends.
func (db *DB) invalidate(key string, s *Session) {
	t := &db.trackers
	if len(t.lengths) > 0 && !t.known[key] && len(t.of(key)) > 0 {
		if t.known == nil {
			t.known = make(map[string]bool)
		}
		b := broadcast{key: strings.Clone(key)}
		if s != nil {
			b.by = s.Client
		}
		t.changed = append(t.changed, b)
		t.known[b.key] = true
		db.unheld += newsSize + len(key)
	}
	ids := t.keys[key]
	if ids == nil {
		return
	}
	delete(t.keys, key)
	t.items -= len(ids)
	db.journal.AddFunc(8*len(ids), func() {
		for _, id := range ids {
			db.rememberKey(key, id)
		}
	})
	for _, id := range ids {
		at, ok := db.findClient(id)
		if !ok {
			continue
		}
		c := db.clients[at].Client
		if c.tracking == nil || c.tracking.broadcast || c.tracking.noLoop && c == t.current {
			continue
		}
		db.tellTracker(db.clients[at], invalidation, key)
	}
}

// invalidateAll says that any key may have changed.
func (db *DB) invalidateAll() {
	if db.hooks&hookTracked == 0 {
		return
	}
	t := &db.trackers
	keys, items := t.keys, t.items
	t.keys, t.items = nil, 0
	db.journal.AddFunc(0, func() { t.keys, t.items = keys, items })
	for _, s := range db.clients {
		if s.Client.tracking != nil {
			db.tellTracker(s, invalidationOfAll, "")
		}
	}
}

// What trackers are told, in news of which they are the receivers.
const (
	invalidation      = "invalidate"
	invalidationOfAll = "invalidate all"
	brokenRedirect    = "tracking-redir-broken"
)

// tellTracker tells the client of the session, or another one in its place.
func (db *DB) tellTracker(s *Session, name, key string) {
	to := db.receiver(s)
	switch {
	case to == nil:
		s.Client.tracking.broken = true
		to, name = s, brokenRedirect
	case to.deaf(s):
		return
	}
	db.news = append(db.news, news{name: name, key: key, tracker: to})
	db.unheld += newsSize + len(key)
}

// receiver returns the session that hears in the place of s, nil if it is gone.
func (db *DB) receiver(s *Session) *Session {
	id := s.Client.tracking.redirect
	if id == 0 {
		return s
	}
	if at, ok := db.findClient(id); ok {
		return db.clients[at]
	}
	return nil
}

// sendInvalidation sends the news to its receiver.
func (n *news) sendInvalidation() {
	switch n.name {
	case invalidation:
		n.tracker.pushInvalid(Bulks(n.key))
	case invalidationOfAll:
		n.tracker.pushInvalid(Reply{})
	case brokenRedirect:
		if n.tracker.RESP == 3 {
			n.tracker.Client.Push(Push(Bulk(brokenRedirect), Int(n.tracker.Client.redirect())))
		}
	}
}

// deaf says that the client cannot be told what by tracks. Version 2 of the
// protocol has nothing but messages for it: these are for a subscriber to whom
// tracking was redirected.
func (s *Session) deaf(by *Session) bool {
	return s.RESP != 3 && (by.Client.tracking.redirect == 0 || s.hooks&hookSubscribed == 0)
}

// pushInvalid sends the keys to the client.
func (s *Session) pushInvalid(keys Reply) {
	if s.RESP == 3 {
		s.Client.Push(Push(Bulk(invalidation), keys))
	} else {
		s.Client.Push(Push(Bulk("message"), Bulk("__redis__:invalidate"), keys))
	}
}

// limitTracking forgets keys, which are as good as changed then, by nobody, where
// too many are known.
func (db *DB) limitTracking() {
	most := db.Config.TrackingTableMaxKeys
	if most == 0 || len(db.trackers.keys) <= most {
		return
	}
	db.trackers.current = nil
	for key := range db.trackers.keys { // in no order
		if len(db.trackers.keys) <= most {
			break
		}
		db.invalidate(key, nil)
	}
}

// forget forgets the keys that have changed since there were n.
func (t *trackers) forget(n int) {
	for _, b := range t.changed[n:] {
		delete(t.known, b.key)
	}
	t.changed = t.changed[:n]
}

// sendBroadcasts sends the keys that have changed in the turn, in order, to those
// who want to know of all with their prefixes.
func (db *DB) sendBroadcasts() {
	t := &db.trackers
	t.current = nil
	if len(t.changed) == 0 {
		return
	}
	slices.SortFunc(t.changed, func(a, b broadcast) int { return strings.Compare(a.key, b.key) })
	var prefixes []*prefix
	for _, b := range t.changed {
		for _, p := range t.of(b.key) {
			if p.changed == nil {
				prefixes = append(prefixes, p)
			}
			p.changed = append(p.changed, b)
		}
	}
	slices.SortFunc(prefixes, func(a, b *prefix) int { return strings.Compare(a.text, b.text) })
	for _, p := range prefixes {
		for _, s := range p.sessions {
			db.broadcast(s, p.changed)
		}
		p.changed = nil
	}
	t.changed, t.known = nil, nil
}

// endTracking ends the turn for those who track keys, if somebody does.
func (db *DB) endTracking() {
	db.sendBroadcasts()
	if db.trackers.count == 0 && len(db.trackers.keys) == 0 {
		db.trackers = trackers{}
		db.hooks &^= hookTracked
	}
}

// broadcast tells the client of the session of keys that have changed.
func (db *DB) broadcast(s *Session, changed []broadcast) {
	var keys []string
	for _, b := range changed {
		if !s.Client.tracking.noLoop || b.by != s.Client {
			keys = append(keys, b.key)
		}
	}
	if len(keys) == 0 {
		return
	}
	switch to := db.receiver(s); {
	case to == nil:
		s.Client.tracking.broken = true
		(&news{name: brokenRedirect, tracker: s}).sendInvalidation()
	case !to.deaf(s):
		to.pushInvalid(Bulks(keys...))
	}
}
