package keyspace

// dueHeap is a binary heap of the entries with an expiry, of their own or of
// fields, soonest first. An item's time is never later than its entry is due; it
// is earlier where the expiry was postponed, as most are again and again, or
// removed: then the item is moved only when its old time has come.
type dueHeap struct {
	items []dueItem
}

type dueItem struct {
	at    int64
	entry *Entry
}

// add makes sure that the entry is looked at when at has passed.
func (h *dueHeap) add(e *Entry, at int64) {
	i := e.place()
	if i < 0 {
		h.items = append(h.items, dueItem{})
		i = len(h.items) - 1
	} else if h.items[i].at <= at {
		return
	}
	h.up(i, dueItem{at, e})
}

func (h *dueHeap) remove(e *Entry) {
	i := e.place()
	if i < 0 {
		return
	}
	e.setPlace(-1)
	last := len(h.items) - 1
	moved := h.items[last]
	h.items[last] = dueItem{}
	h.items = h.items[:last]
	if i < last {
		h.down(h.up(i, moved), moved)
	}
}

// postpone moves the first item to when its entry is due, if it is at all.
func (h *dueHeap) postpone() {
	e := h.items[0].entry
	if at := e.dueAt(); at != 0 {
		h.down(0, dueItem{at, e})
	} else {
		h.remove(e)
	}
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
	it.entry.setPlace(i)
}

// place returns where in the heap the entry is, -1 if it is not there.
func (e *Entry) place() int { return int(e.due&^added) - 1 }

func (e *Entry) setPlace(i int) { e.due = e.due&added | uint32(i+1) }
