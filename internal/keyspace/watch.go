package keyspace

import "github.com/luastore/luastore/internal/journal"

// watch counts the changes of a key while somebody watches it.
type watch struct {
	watchers int
	version  uint64
}

// Watch makes Version count the changes of key until as many calls of Unwatch.
// A key that has expired at now is removed before the count begins.
func (ks *Keyspace) Watch(key string, now int64) {
	ks.Peek(key, now)
	w := ks.watched[key]
	if w == nil {
		if ks.watched == nil {
			ks.watched = make(map[string]*watch)
		}
		w = new(watch)
		ks.watched[key] = w
	}
	w.watchers++
}

// Unwatch ends one Watch of key.
func (ks *Keyspace) Unwatch(key string) {
	w := ks.watched[key]
	if w.watchers--; w.watchers == 0 {
		delete(ks.watched, key)
	}
}

// Watched returns how many keys are being watched.
func (ks *Keyspace) Watched() int { return len(ks.watched) }

// Version returns the version of a key that is being watched: it differs
// whenever the key was changed, made, removed, replaced or has expired in
// between, even where the key is then as it was before.
func (ks *Keyspace) Version(key string, now int64) uint64 {
	ks.Peek(key, now)
	return ks.watched[key].version
}

// Touch says that key was changed, made or removed. Expiry, Clear and Swap say
// so themselves.
func (ks *Keyspace) Touch(key string) {
	if w := ks.watched[key]; w != nil {
		ks.touch(w)
	}
}

// touchPresent touches every key that there is. It takes time linear in the
// number of watched keys.
func (ks *Keyspace) touchPresent() {
	for key, w := range ks.watched {
		if p, _ := ks.index.find(key, ks.order); p != nil {
			ks.touch(w)
		}
	}
}

func (ks *Keyspace) touch(w *watch) {
	if ks.journal.On() {
		ks.journal.Add(journal.Change{Of: w, N: int64(w.version)})
	}
	ks.versions++
	w.version = ks.versions // none that was there before, even if that is undone
}

// Undo brings a version back.
func (w *watch) Undo(c *journal.Change) { w.version = uint64(c.N) }
