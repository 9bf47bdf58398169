package keyspace

import "github.com/luastore/luastore/internal/value"

// SetExpiry makes the entry expire after the time at. It takes time
// logarithmic in the number of entries with an expiry where at is sooner than
// before, else constant time.
func (ks *Keyspace) SetExpiry(e *Entry, at int64) {
	if e.expireAt == at {
		return
	}
	ks.recordExpiry(e)
	ks.setExpiry(e, at)
	ks.due.add(e, at)
}

// setExpiry sets when the entry itself expires, 0 for never.
func (ks *Keyspace) setExpiry(e *Entry, at int64) {
	if e.expireAt != 0 {
		ks.volatile--
	}
	if at != 0 {
		ks.volatile++
	}
	e.expireAt = at
}

func (ks *Keyspace) recordExpiry(e *Entry) {
	if ks.recording(e) {
		ks.record(undoExpiry, e, e.expireAt)
	}
}

// Persist removes the entry's expiry.
func (ks *Keyspace) Persist(e *Entry) {
	if e.expireAt != 0 {
		ks.recordExpiry(e)
		ks.setExpiry(e, 0)
	}
	if e.dueAt() == 0 {
		ks.due.remove(e)
	}
}

// SetFieldExpiry makes a field of the hash h, which is the entry's value and
// has that field, expire after the time at.
func (ks *Keyspace) SetFieldExpiry(e *Entry, h *value.Hash, field string, at int64) {
	h.SetExpiry(field, at)
	ks.due.add(e, at)
}

// Volatile returns the number of entries with an expiry of their own.
func (ks *Keyspace) Volatile() int { return ks.volatile }

// Due returns the number of entries that Reclaim may have to look at: those with
// an expiry, and hashes of which fields have one, or had until lately.
func (ks *Keyspace) Due() int { return len(ks.due.items) }

// NextDue returns a time before which no entry and no field expires, or 0 if
// none does.
func (ks *Keyspace) NextDue() int64 {
	if len(ks.due.items) == 0 {
		return 0
	}
	return ks.due.items[0].at
}

// Overdue reports whether Reclaim has something to do.
func (ks *Keyspace) Overdue(now int64) bool {
	return len(ks.due.items) > 0 && now > ks.due.items[0].at
}

// Reclaim removes entries and fields that have expired at now, looking at no
// more than n.
func (ks *Keyspace) Reclaim(now int64, n int) {
	for n > 0 && ks.Overdue(now) {
		e := ks.due.items[0].entry
		if e.expired(now) {
			ks.expire(e)
			n--
			continue
		}
		n -= max(ks.expireFields(e, now, n), 1)
		if e.place() >= 0 {
			ks.due.postpone()
		}
	}
}

// gone says whether the entry has expired at now, and removes it if so. Of a
// hash it removes the fields that have expired.
func (ks *Keyspace) gone(e *Entry, now int64) bool {
	if e.expired(now) {
		ks.expire(e)
		return true
	}
	h, ok := e.Value.(*value.Hash)
	if !ok || !h.Due(now) {
		return false
	}
	ks.expireFields(e, now, h.Volatile())
	return h.Len() == 0
}

func (ks *Keyspace) expire(e *Entry) {
	ks.Remove(e)
	ks.Touch(e.key)
	if ks.Expired != nil {
		ks.Expired(e)
	}
}

// expireFields removes up to n fields that have expired at now, if the entry is
// a hash, and the entry with its last field. It returns how many.
func (ks *Keyspace) expireFields(e *Entry, now int64, n int) (removed int) {
	h, ok := e.Value.(*value.Hash)
	if !ok || !h.Due(now) {
		return 0
	}
	if ks.counting {
		ks.held -= e.Size()
	}
	ks.WillChange(e)
	removed = h.Expire(now, n)
	if ks.counting {
		ks.held += e.Size()
	}
	if h.Len() == 0 {
		ks.Remove(e)
	}
	ks.Touch(e.key)
	if ks.FieldsExpired != nil {
		ks.FieldsExpired(e)
	}
	return removed
}

// dueAt returns when the entry, or the first of its fields, expires, or 0 for
// never.
func (e *Entry) dueAt() int64 {
	h, ok := e.Value.(*value.Hash)
	if !ok {
		return e.expireAt
	}
	switch at := h.NextDue(); {
	case at == 0:
		return e.expireAt
	case e.expireAt == 0:
		return at
	default:
		return min(at, e.expireAt)
	}
}
