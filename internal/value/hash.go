package value

import (
	"bytes"
	"hash/maphash"
	"iter"
	"slices"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
)

// Hash maps fields to values. A small one keeps its fields in the order in
// which they came, as Redis's listpack does; one that has grown out of the
// limits of that is a hash table, and stays one.
//
// The zero Hash is empty and ready to use; a nil *Hash reads as empty. All
// methods take amortised constant time unless they say otherwise.
type Hash struct {
	table[string]           // without an index while small
	tags          []byte    // while small, of each slot a byte to find its field by
	expiries      *expiries // nil: no field expires
	limits        *Limits
	log           *journal.Journal // nil: changes are not recorded
}

var tagSeed = maphash.MakeSeed()

func tag(field string) byte { return byte(maphash.String(tagSeed, field)) }

func (h *Hash) small() bool { return h.index == nil }

func (h *Hash) Type() string { return "hash" }

func (h *Hash) Encoding() string {
	if h.small() {
		return "listpack"
	}
	return "hashtable"
}

// Len returns the number of fields.
func (h *Hash) Len() int {
	if h == nil {
		return 0
	}
	return len(h.slots)
}

func (h *Hash) Size() int { return sizeOf(h) + h.size() + Allocated(cap(h.tags)) + h.expiries.size() }

func (h *Hash) Clone(w bulk.Checker) Value {
	return &Hash{h.clone(w), slices.Clone(h.tags), h.expiries.clone(w), h.limits, nil}
}

// Within makes l the limits of the Hash, in place of DefaultLimits, and returns
// it.
func (h *Hash) Within(l *Limits) *Hash {
	h.limits = l
	return h
}

// Get returns the value of the field; ok is false where there is none.
func (h *Hash) Get(field string) (value string, ok bool) {
	i := h.find(field)
	if i < 0 {
		return "", false
	}
	return h.slots[i].value, true
}

// Set gives the field the value, and says whether the field is new. One that is
// not keeps its expiry.
func (h *Hash) Set(field, value string) (added bool) {
	i := h.find(field)
	if h.small() && h.outgrown(field, value, i < 0) {
		h.enlarge()
	}
	if i >= 0 && h.slots[i].value == value {
		return false
	}
	value = Own(value)
	if i >= 0 {
		if h.log != nil {
			h.log.Add(journal.Change{Of: h, Op: undoReplace, N: int64(i), Old: h.slots[i].value})
		}
		h.replace(i, value)
		return false
	}
	if h.full() {
		h.reserve(h.log.Checker())
	}
	if h.log != nil {
		h.log.Add(journal.Change{Of: h, Op: undoAdd})
	}
	if h.small() {
		h.tags = append(h.tags, tag(field))
		h.slots = append(h.slots, slot[string]{value, Own(field)})
		h.texts += TextSize(field)
	} else {
		h.add(field, value)
	}
	h.texts += TextSize(value)
	return true
}

// outgrown says whether a small Hash is too large, or will be with the field,
// which is new or not.
func (h *Hash) outgrown(field, value string, added bool) bool {
	l, n := h.limits.orDefault(), len(h.slots)
	if added {
		n++
	}
	return n > l.HashFields || len(field) > l.HashText || len(value) > l.HashText
}

// Delete removes the field, and says whether there was one.
func (h *Hash) Delete(field string) bool {
	i := h.find(field)
	if i < 0 {
		return false
	}
	h.Persist(field)
	if h.log != nil {
		h.log.Add(journal.Change{Of: h, Op: undoRemove, N: int64(i), Text: h.slots[i].key, Old: h.slots[i].value})
		h.log.Keep(TextSize(field))
	}
	h.take(i)
	return true
}

// replace gives field number i the value.
func (h *Hash) replace(i int, value string) {
	h.texts += TextSize(value) - TextSize(h.slots[i].value)
	h.slots[i].value = value
}

// take removes field number i, which does not expire.
func (h *Hash) take(i int) {
	h.texts -= TextSize(h.slots[i].value)
	if h.small() {
		h.texts -= TextSize(h.slots[i].key)
		h.tags = slices.Delete(h.tags, i, i+1)
		h.slots = slices.Delete(h.slots, i, i+1)
	} else {
		h.remove(i)
	}
}

// putBack undoes take.
func (h *Hash) putBack(i int, field, value string) {
	h.texts += TextSize(value)
	if h.small() {
		h.texts += TextSize(field)
		h.tags = slices.Insert(h.tags, i, tag(field))
		h.slots = slices.Insert(h.slots, i, slot[string]{value, field})
	} else {
		h.restore(i, field, value)
	}
}

// At returns field number i, of Len, and its value. The numbers change when
// fields are added or deleted.
func (h *Hash) At(i int) (field, value string) { return h.slots[i].key, h.slots[i].value }

// All yields every field with its value. The Hash must not change meanwhile.
func (h *Hash) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range h.Len() {
			if !yield(h.At(i)) {
				return
			}
		}
	}
}

// Scan visits up to count fields, or all of a small Hash, and returns the
// cursor to go on from: 0 when the iteration, which begins with 0, is
// complete. It takes time linear in what it visits. Every field that is there
// during the whole iteration is visited at least once.
func (h *Hash) Scan(cursor uint64, count int, visit func(field, value string)) (next uint64) {
	if h == nil || h.small() {
		for field, value := range h.All() {
			visit(field, value)
		}
		return 0
	}
	return Scan(len(h.slots), cursor, count, func(i int) { visit(h.At(i)) })
}

// find returns the number of the field, or -1.
func (h *Hash) find(field string) int {
	switch {
	case h == nil:
		return -1
	case !h.small():
		return h.table.find(field)
	}
	t := tag(field)
	for i := 0; ; i++ {
		skipped := bytes.IndexByte(h.tags[i:], t)
		if skipped < 0 {
			return -1
		}
		if i += skipped; h.slots[i].key == field {
			return i
		}
	}
}

// enlarge turns a small Hash into a hash table.
func (h *Hash) enlarge() {
	if h.log != nil {
		tags := h.tags
		h.log.AddFunc(len(tags), func() { h.index, h.tags = nil, tags })
	}
	h.makeIndex()
	h.tags = nil
}
