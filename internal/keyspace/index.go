package keyspace

import (
	"hash/maphash"
	"unsafe"

	"github.com/luastore/luastore/internal/value"
)

// An index finds the entry of a key, by its number in Keyspace.order, in about
// ten bytes a key. It is a hash table that grows by a page at a time, so
// that no key that comes makes the call wait for all the others: the first bits
// of a key's hash say on which page it is, and a page that is full is split by
// one bit more.
type index struct {
	pages []*page // by the first depth bits of the hash; several may be the same
	depth uint8
	n     int // pages that are different
}

const (
	pageSize = 64
	pageMost = 51 // keys on a page
)

// A page is a small hash table of its own, with linear probing.
type page struct {
	tags  [pageSize]uint8  // of the hash; 0: nothing is here
	slots [pageSize]uint32 // numbers in Keyspace.order
	n     uint8
	depth uint8 // how many first bits all its keys have in common
}

// A hash has, from its last bit to the first, the tag, the place on the page
// and, unused ones between, which page it is.
func tag(h uint64) uint8  { return uint8(h) | 0x80 }
func place(h uint64) int  { return int(h>>8) % pageSize }
func after(place int) int { return (place + 1) % pageSize }

var hashSeed = maphash.MakeSeed()

func hash(key string) uint64 { return maphash.String(hashSeed, key) }

// page returns the page of the hash.
func (x *index) page(h uint64) *page { return x.pages[h>>(64-x.depth)] }

// find returns the page of the key and its place there; order is where the
// numbers lead. If the key is not there, the page is nil.
func (x *index) find(key string, order []*Entry) (p *page, at int) {
	if len(order) == 0 {
		return nil, 0
	}
	h := hash(key)
	p = x.page(h)
	for at = place(h); p.tags[at] != 0; at = after(at) {
		if p.tags[at] == tag(h) && order[p.slots[at]].key == key {
			return p, at
		}
	}
	return nil, 0
}

// add adds the key that will be number len(order), and is not there.
func (x *index) add(key string, order []*Entry) {
	if x.pages == nil {
		x.pages, x.n = []*page{new(page)}, 1
	}
	h := hash(key)
	p := x.page(h)
	for p.n == pageMost {
		x.split(p, h, order)
		p = x.page(h)
	}
	p.add(h, uint32(len(order)))
}

// size returns how many bytes the index takes.
func (x *index) size() int {
	const of, pointer = int(unsafe.Sizeof(page{})), int(unsafe.Sizeof(&page{}))
	return x.n*value.Allocated(of) + value.Allocated(cap(x.pages)*pointer)
}

func (p *page) add(h uint64, slot uint32) {
	at := place(h)
	for p.tags[at] != 0 {
		at = after(at)
	}
	p.tags[at], p.slots[at] = tag(h), slot
	p.n++
}

// remove empties the place. What is behind it without a gap, and could be
// nearer to its own place, moves up.
func (p *page) remove(at int, order []*Entry) {
	for i := after(at); p.tags[i] != 0; i = after(i) {
		home := place(hash(order[p.slots[i]].key))
		if (i-home)&(pageSize-1) >= (i-at)&(pageSize-1) {
			p.tags[at], p.slots[at] = p.tags[i], p.slots[i]
			at = i
		}
	}
	p.tags[at] = 0
	p.n--
}

// split makes two pages of p, which is that of the hash h.
func (x *index) split(p *page, h uint64, order []*Entry) {
	if p.depth == x.depth {
		pages := make([]*page, 2*len(x.pages))
		for i := range pages {
			pages[i] = x.pages[i/2]
		}
		x.pages = pages
		x.depth++
	}
	x.n++
	p.depth++
	zeros, ones := &page{depth: p.depth}, &page{depth: p.depth}
	for i, slot := range p.slots {
		if p.tags[i] == 0 {
			continue
		}
		h, half := hash(order[slot].key), zeros
		if h>>(64-p.depth)&1 == 1 {
			half = ones
		}
		half.add(h, slot)
	}
	// Of the places that lead to p, which follow each other, the second half has
	// a one at the bit by which it was split.
	n := 1 << (x.depth - p.depth) // places of each half
	first := int(h>>(64-x.depth)) &^ (2*n - 1)
	for i := range n {
		x.pages[first+i], x.pages[first+n+i] = zeros, ones
	}
}
