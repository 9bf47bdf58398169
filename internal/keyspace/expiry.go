package keyspace

// SetExpiry makes the entry expire after the time at. It takes time
// logarithmic in the number of entries with an expiry where at is sooner than
// before, else constant time.
func (ks *Keyspace) SetExpiry(e *Entry, at int64) {
	e.expireAt = at
	ks.due.add(e)
}

// Persist removes the entry's expiry.
func (ks *Keyspace) Persist(e *Entry) {
	e.expireAt = 0
	ks.due.remove(e)
}

// Volatile returns the number of entries with an expiry.
func (ks *Keyspace) Volatile() int { return len(ks.due.items) }

// NextDue returns a time before which no entry expires, or 0 if none does.
func (ks *Keyspace) NextDue() int64 {
	if len(ks.due.items) == 0 {
		return 0
	}
	return ks.due.items[0].at
}

// Reclaim removes entries that have expired at now, looking at no more than n.
func (ks *Keyspace) Reclaim(now int64, n int) {
	for ; n > 0 && len(ks.due.items) > 0 && now > ks.due.items[0].at; n-- {
		if e := ks.due.items[0].entry; e.expired(now) {
			ks.expire(e)
		} else {
			ks.due.postpone()
		}
	}
}

func (ks *Keyspace) expire(e *Entry) {
	ks.Remove(e)
	ks.Touch(e.key)
	if ks.Expired != nil {
		ks.Expired(e)
	}
}

// dueHeap is a binary heap of the entries with an expiry, soonest first. An
// item's time is never later than its entry's expiry; it is earlier where the
// expiry was postponed, as most are again and again: then the item is moved
// only when its old time has come.
type dueHeap struct {
	items []dueItem
}

type dueItem struct {
	at    int64
	entry *Entry
}

func (h *dueHeap) add(e *Entry) {
	i := int(e.due) - 1
	if i < 0 {
		h.items = append(h.items, dueItem{})
		i = len(h.items) - 1
	} else if h.items[i].at <= e.expireAt {
		return
	}
	h.up(i, dueItem{e.expireAt, e})
}

func (h *dueHeap) remove(e *Entry) {
	i := int(e.due) - 1
	if i < 0 {
		return
	}
	e.due = 0
	last := len(h.items) - 1
	moved := h.items[last]
	h.items[last] = dueItem{}
	h.items = h.items[:last]
	if i < last {
		h.down(h.up(i, moved), moved)
	}
}

// postpone moves the first item to its entry's present expiry.
func (h *dueHeap) postpone() {
	e := h.items[0].entry
	h.down(0, dueItem{e.expireAt, e})
}

// up puts it at i or nearer to the top, and returns where.
func (h *dueHeap) up(i int, it dueItem) int {
	for i > 0 {
		parent := (i - 1) / 2
		if h.items[parent].at <= it.at {
			break
		}
		h.set(i, h.items[parent])
		i = parent
	}
	h.set(i, it)
	return i
}

// down puts it at i or further from the top.
func (h *dueHeap) down(i int, it dueItem) {
	for {
		child := 2*i + 1
		if child+1 < len(h.items) && h.items[child+1].at < h.items[child].at {
			child++
		}
		if child >= len(h.items) || it.at <= h.items[child].at {
			break
		}
		h.set(i, h.items[child])
		i = child
	}
	h.set(i, it)
}

func (h *dueHeap) set(i int, it dueItem) {
	h.items[i] = it
	it.entry.due = int32(i + 1)
}
