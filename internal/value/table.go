package value

import "github.com/luastore/luastore/internal/bulk"

// table is a hash table whose elements are in a row, so that each can be had
// by its number: a random one, or the next one of a scan.
type table[V any] struct {
	slots []slot[V]
	index map[string]int32 // in which slot a key is
	texts int              // bytes of the keys and of values that are texts
}

type slot[V any] struct {
	value V
	key   string
}

// find returns the number of the key's slot, or -1.
func (t *table[V]) find(key string) int {
	if i, ok := t.index[key]; ok {
		return int(i)
	}
	return -1
}

// reserve makes room for one more key, which w may end.
func (t *table[V]) reserve(w bulk.Checker) { t.slots = bulk.Room(t.slots, w) }

// full reports whether adding a key moves the others.
func (t *table[V]) full() bool { return len(t.slots) == cap(t.slots) }

// add adds a key that is not there.
func (t *table[V]) add(key string, v V) {
	key = Own(key)
	t.index[key] = int32(len(t.slots))
	t.slots = append(t.slots, slot[V]{v, key})
	t.texts += TextSize(key)
}

// remove empties slot i, which the last one then fills.
func (t *table[V]) remove(i int) {
	delete(t.index, t.slots[i].key)
	t.texts -= TextSize(t.slots[i].key)
	last := len(t.slots) - 1
	if i < last {
		t.slots[i] = t.slots[last]
		t.index[t.slots[i].key] = int32(i)
	}
	t.slots[last] = slot[V]{}
	t.slots = t.slots[:last]
}

// restore undoes remove.
func (t *table[V]) restore(i int, key string, v V) {
	last := len(t.slots)
	t.add(key, v)
	if i < last {
		t.slots[i], t.slots[last] = t.slots[last], t.slots[i]
		t.index[key], t.index[t.slots[last].key] = int32(i), int32(last)
	}
}

// makeIndex makes the index of the keys that are in the slots.
func (t *table[V]) makeIndex() {
	t.index = make(map[string]int32, len(t.slots))
	for i := range t.slots {
		t.index[t.slots[i].key] = int32(i)
	}
}

// size returns how many bytes the table takes beside itself.
func (t *table[V]) size() int {
	n := sliceSize(t.slots) + t.texts
	if t.index != nil {
		n += IndexSize(Most(t.slots))
	}
	return n
}

func (t *table[V]) clone(w bulk.Checker) table[V] {
	c := table[V]{slots: bulk.Grow(t.slots, len(t.slots), w), texts: t.texts}
	if t.index != nil {
		c.index = bulk.MakeMap[string, int32](len(t.slots), w)
		for i := range c.slots {
			c.index[c.slots[i].key] = int32(i)
			check(w, i)
		}
	}
	return c
}

// check lets w, if it is not nil, end the call once in so many elements, after
// the one of that number.
func check(w bulk.Checker, i int) {
	if i%checkEvery == checkEvery-1 && w != nil {
		w.Check()
	}
}

// checkEvery is a few microseconds where an element takes no longer than one to
// be put into a map, a hundred where the garbage collector is behind.
const checkEvery = 256

// Scan visits the numbers of up to count slots of n, and returns the cursor to
// go on from: 0 when the iteration is complete. It begins with cursor 0. What
// is there during the whole iteration is visited at least once, whatever is
// added or removed meanwhile: the scan goes from the last slot to the first,
// and a removal moves elements only downwards, so that none can move from ahead
// of the cursor to behind it.
func Scan(n int, cursor uint64, count int, visit func(i int)) (next uint64) {
	i := n
	if cursor != 0 && cursor < uint64(i) {
		i = int(cursor)
	}
	for ; i > 0 && count > 0; count-- {
		i--
		visit(i)
	}
	return uint64(i)
}
