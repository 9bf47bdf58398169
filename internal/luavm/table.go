package luavm

import (
	"math"
	"math/bits"
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
)

// A Table is Lua 5.1's table, by its own algorithm, since scripts see it: the
// order of pairs and the border that # finds depend on it. Values at 1…n are
// in an array; all else is in nodes, a hash table with chaining inside: a key
// that collides is put in a free node and linked from the one where it
// belongs (its main position). When no node is free the table is laid out
// anew, with the largest array that is more than half full.
//
// Get and set take constant time, amortised where a key is new.
type Table struct {
	header
	readOnly bool
	absent   uint8 // as a metatable: a bit for each metamethod known to be absent
	free     int32 // no node from here on is free
	m        *Machine
	array    []Value
	node     []node // a power of two of them, or noNodes
	meta     *Table
}

type node struct {
	key, val Value
	next     int32 // the next in the chain, as a distance; 0: none
}

// noNodes is the node part of a table without one.
var noNodes = make([]node, 1)

const (
	maxArray = 1 << 26
	maxNodes = 1 << 26
)

// NewTable returns a table with room for narray values at 1… and nhash others.
func (m *Machine) NewTable(narray, nhash int) *Table {
	m.Alloc(int(unsafe.Sizeof(Table{})))
	t := m.smallTable(narray, nhash)
	t.header, t.m = header{kind: KindTable, id: m.newID()}, m
	if len(t.array) < narray || t.nodes() < nhash {
		m.resize(t, min(narray, maxArray), nhash)
	} else {
		m.Alloc(t.size() - int(unsafe.Sizeof(Table{})))
	}
	return t
}

// size returns the number of bytes that t takes.
func (t *Table) size() int {
	return int(unsafe.Sizeof(*t)) + len(t.array)*int(unsafe.Sizeof(Value{})) + t.nodes()*int(unsafe.Sizeof(node{}))
}

// smallTable returns a table that has room for a few nodes or a few values in
// one piece with it, which spares an allocation.
func (m *Machine) smallTable(narray, nhash int) *Table {
	switch {
	case narray > 0 && nhash > 0 || narray > 4 || nhash > 4:
	case nhash == 1:
		t := new(struct {
			Table
			nodes [1]node
		})
		t.node, t.free = t.nodes[:], 1
		return &t.Table
	case nhash == 2:
		t := new(struct {
			Table
			nodes [2]node
		})
		t.node, t.free = t.nodes[:], 2
		return &t.Table
	case nhash > 2:
		t := new(struct {
			Table
			nodes [4]node
		})
		t.node, t.free = t.nodes[:], 4
		return &t.Table
	case narray > 0:
		t := new(struct {
			Table
			values [4]Value
		})
		t.node, t.array = noNodes, t.values[:narray:narray]
		return &t.Table
	}
	return &Table{node: noNodes}
}

// SetReadOnly makes scripts unable to change t, or able again.
func (t *Table) SetReadOnly(on bool) { t.readOnly = on }

// ReadOnly says whether scripts cannot change t.
func (t *Table) ReadOnly() bool { return t.readOnly }

// Meta returns the table's metatable, or nil.
func (t *Table) Meta() *Table { return t.meta }

// SetMeta sets the table's metatable; nil removes it.
func (t *Table) SetMeta(meta *Table) { t.meta = meta }

// Get returns the value at key k, without metamethods.
func (t *Table) Get(k Value) Value {
	switch k.Kind() {
	case KindNil:
		return Nil
	case KindString:
		return t.getString(k.str())
	case KindNumber:
		if i := int(k.n); float64(i) == k.n {
			return t.GetInt(i)
		}
	}
	if n := t.find(k); n != nil {
		return n.val
	}
	return Nil
}

// GetInt is Get of the key i.
func (t *Table) GetInt(i int) Value {
	if uint(i-1) < uint(len(t.array)) {
		return t.array[i-1]
	}
	return t.getNumber(float64(i))
}

// getNumber looks among the nodes.
func (t *Table) getNumber(f float64) Value {
	n := &t.node[hashNumber(f, len(t.node))]
	for steps := 0; ; steps++ {
		if n.key.p == unsafe.Pointer(&numberTag) && n.key.n == f {
			t.walked(steps)
			return n.val
		}
		if n.next == 0 {
			t.walked(steps)
			return Nil
		}
		n = n.after()
	}
}

// GetText is Get of the string s.
func (t *Table) GetText(s string) Value {
	str := String{header: header{kind: KindString}, s: s}
	return t.getString(&str)
}

func (t *Table) getString(s *String) Value {
	if n := t.findString(s); n != nil {
		return n.val
	}
	return Nil
}

// hash is s.hash. For a long text that is work, but once.
func (t *Table) hash(s *String) uint32 {
	if s.flags&flagHashed == 0 && len(s.s) >= hashedPerInstruction {
		t.m.hashLong(s)
	}
	return s.hash()
}

func (t *Table) findString(s *String) *node {
	n := &t.node[t.hash(s)&uint32(len(t.node)-1)]
	for steps := 0; ; steps++ {
		if n.key.p == unsafe.Pointer(s) {
			t.walked(steps)
			return n
		}
		if k := (*String)(n.key.p); k != nil && k.kind == KindString && k.id == s.id && t.m.equalTexts(k.s, s.s) {
			t.walked(steps)
			return n
		}
		if n.next == 0 {
			t.walked(steps)
			return nil
		}
		n = n.after()
	}
}

// walked counts steps from node to node, of which there are few unless keys
// were chosen to collide, or values removed on purpose.
func (t *Table) walked(steps int) {
	if steps >= stepsPerTick {
		t.m.Tick(steps / stepsPerTick)
	}
}

// Going through so many nodes is one instruction.
const stepsPerTick = 16

// find returns the node of key k, or nil.
func (t *Table) find(k Value) *node {
	if k.isString() {
		return t.findString(k.str())
	}
	n := t.mainPosition(k)
	for steps := 0; ; steps++ {
		if t.m.RawEqual(n.key, k) {
			t.walked(steps)
			return n
		}
		if n.next == 0 {
			t.walked(steps)
			return nil
		}
		n = n.after()
	}
}

// after returns the next node in the chain; there must be one.
func (n *node) after() *node {
	return (*node)(unsafe.Add(unsafe.Pointer(n), int(n.next)*int(unsafe.Sizeof(node{}))))
}

// link makes to the next node after n.
func (n *node) link(to *node) {
	n.next = int32(n.distance(to))
}

func (n *node) distance(to *node) int {
	return (int(uintptr(unsafe.Pointer(to))) - int(uintptr(unsafe.Pointer(n)))) / int(unsafe.Sizeof(node{}))
}

// mainPosition returns the node where key k belongs.
func (t *Table) mainPosition(k Value) *node {
	switch k.Kind() {
	case KindNumber:
		return &t.node[hashNumber(k.n, len(t.node))]
	case KindString:
		return &t.node[k.str().hash()&uint32(len(t.node)-1)]
	case KindBoolean:
		if k.Truth() {
			return &t.node[1&(len(t.node)-1)]
		}
		return &t.node[0]
	}
	return &t.node[hashMod((*header)(k.p).id, len(t.node))]
}

func hashNumber(f float64, size int) int {
	if f == 0 {
		return 0
	}
	b := math.Float64bits(f)
	return hashMod(uint32(b)+uint32(b>>32), size)
}

func hashMod(h uint32, size int) int { return int(h % (uint32(size-1) | 1)) }

// Set sets the value at key k, without metamethods, whether or not the table
// is read-only. The key must be neither nil nor NaN.
func (m *Machine) Set(t *Table, k, v Value) { *m.slot(t, k) = v }

// SetInt is Set of the key i.
func (m *Machine) SetInt(t *Table, i int, v Value) {
	if uint(i-1) < uint(len(t.array)) {
		t.array[i-1] = v
		return
	}
	*m.slot(t, Int(i)) = v
}

// slot returns where the value at key k is kept, making the key if need be. It
// is valid until the next key is made.
func (m *Machine) slot(t *Table, k Value) *Value {
	t.absent = 0
	if s := t.present(k); s != nil {
		return s
	}
	return m.newKey(t, k)
}

// present returns where the value at key k is kept, or nil.
func (t *Table) present(k Value) *Value {
	switch k.Kind() {
	case KindString:
		if n := t.findString(k.str()); n != nil {
			return &n.val
		}
		return nil
	case KindNumber:
		if i := int(k.n); float64(i) == k.n && uint(i-1) < uint(len(t.array)) {
			return &t.array[i-1]
		}
	case KindNil:
		return nil
	}
	if n := t.find(k); n != nil {
		return &n.val
	}
	return nil
}

// newKey makes the key k, which t does not have.
func (m *Machine) newKey(t *Table, k Value) *Value {
	n := t.mainPosition(k)
	if !n.val.IsNil() || &t.node[0] == &noNodes[0] {
		free := t.freeNode()
		if free == nil {
			m.rehash(t, k)
			return m.slot(t, k)
		}
		if other := t.mainPosition(n.key); other != n {
			// The node is taken by a key that belongs elsewhere: that one moves.
			before, steps := other, 0
			for ; before.after() != n; steps++ {
				before = before.after()
			}
			t.walked(steps)
			before.link(free)
			free.key, free.val, free.next = n.key, n.val, 0
			if n.next != 0 {
				free.link(n.after())
				n.next = 0
			}
			n.val = Nil
		} else {
			if free.next = 0; n.next != 0 {
				free.link(n.after())
			}
			n.link(free)
			n = free
		}
	}
	n.key = k
	return &n.val
}

// freeNode returns a node that never had a key, or nil.
func (t *Table) freeNode() *node {
	for t.free > 0 {
		t.free--
		if n := &t.node[t.free]; n.key.IsNil() {
			return n
		}
	}
	return nil
}

// rehash lays the table out anew, with room for the key extra.
func (m *Machine) rehash(t *Table, extra Value) {
	m.Tick((len(t.array) + len(t.node)) / stepsPerTick)
	var byLog [27]int // integer keys in (2^(i-1), 2^i]
	arrayKeys := 0
	for i := range t.array {
		if !t.array[i].IsNil() {
			byLog[bits.Len(uint(i))]++
			arrayKeys++
		}
	}
	all := arrayKeys + 1
	for i := range t.node {
		if n := &t.node[i]; !n.val.IsNil() {
			all++
			arrayKeys += countArrayKey(n.key, &byLog)
		}
	}
	arrayKeys += countArrayKey(extra, &byLog)
	size, used := arraySize(&byLog, arrayKeys)
	m.resize(t, size, all-used)
}

func countArrayKey(k Value, byLog *[27]int) int {
	i, ok := arrayIndex(k)
	if !ok {
		return 0
	}
	byLog[bits.Len(uint(i-1))]++
	return 1
}

// arrayIndex returns k as an index that an array may have.
func arrayIndex(k Value) (int, bool) {
	if !k.IsNumber() {
		return 0, false
	}
	i := int(k.n)
	return i, float64(i) == k.n && 0 < i && i <= maxArray
}

// arraySize returns the largest n, a power of two, such that more than half of
// 1…n are keys, and how many of them are.
func arraySize(byLog *[27]int, keys int) (size, used int) {
	sum := 0
	for i, n := 0, 1; n/2 < keys; i, n = i+1, n*2 {
		if byLog[i] > 0 {
			if sum += byLog[i]; sum > n/2 {
				size, used = n, sum
			}
		}
		if sum == keys {
			break
		}
	}
	return size, used
}

// resize gives t an array of narray values and room for nhash other keys.
func (m *Machine) resize(t *Table, narray, nhash int) {
	if nhash <= manyNodes {
		m.move(t, narray, nhash)
		return
	}
	array, nodes, free, moved := t.array, t.node, t.free, false
	defer func() {
		if !moved { // the run is stopped
			t.array, t.node, t.free = array, nodes, free
		}
	}()
	m.move(t, narray, nhash)
	moved = true
}

// move is resize, but what stops it leaves t without a part of its values.
func (m *Machine) move(t *Table, narray, nhash int) {
	oldArray, oldNodes := t.array, t.node
	nodes := noNodes
	if nhash > 0 {
		size := 1 << bits.Len(uint(nhash-1))
		if size > maxNodes {
			m.errorf("table overflow")
		}
		m.Alloc(size * int(unsafe.Sizeof(node{})))
		nodes = bulk.Make[node](size, m)
	}
	if narray != len(oldArray) {
		m.Alloc(narray * int(unsafe.Sizeof(Value{})))
		t.array = bulk.Grow(oldArray, narray, m)
	}
	t.node, t.free = nodes, int32(len(nodes))
	if nhash == 0 {
		t.free = 0
	}
	for i := narray; i < len(oldArray); i++ { // the array shrank
		if i%manyNodes == manyNodes-1 {
			m.Check()
		}
		if v := oldArray[i]; !v.IsNil() {
			m.SetInt(t, i+1, v)
		}
	}
	if &oldNodes[0] == &noNodes[0] {
		return
	}
	for i := len(oldNodes) - 1; i >= 0; i-- {
		if i%manyNodes == manyNodes-1 {
			m.Check()
		}
		if n := &oldNodes[i]; !n.val.IsNil() {
			m.Set(t, n.key, n.val)
		}
	}
}

// manyNodes is how many nodes are moved until one looks whether the run must end.
const manyNodes = 1 << 13

// Resize makes room for the values at 1…n.
func (m *Machine) Resize(t *Table, n int) {
	if n > len(t.array) {
		m.resize(t, min(n, maxArray), t.nodes())
	}
}

func (t *Table) nodes() int {
	if &t.node[0] == &noNodes[0] {
		return 0
	}
	return len(t.node)
}

// Len returns a border: an n such that the value at n is not nil, unless n is
// 0, and that at n+1 is nil. It takes time logarithmic in n.
func (t *Table) Len() int {
	n := len(t.array)
	if n > 0 && t.array[n-1].IsNil() {
		lo := 0
		for n-lo > 1 {
			if mid := (lo + n) / 2; t.array[mid-1].IsNil() {
				n = mid
			} else {
				lo = mid
			}
		}
		return lo
	}
	if &t.node[0] == &noNodes[0] {
		return n
	}
	lo, hi := n, n+1
	for !t.GetInt(hi).IsNil() {
		lo = hi
		if hi *= 2; hi > math.MaxInt32 { // built on purpose to mislead the search
			for lo = 1; !t.GetInt(lo).IsNil(); lo++ {
				if lo%stepsPerTick == 0 {
					t.m.Tick(1)
				}
			}
			return lo - 1
		}
	}
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; t.GetInt(mid).IsNil() {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}

// Next returns the key after k in the order of the table, k nil being before
// the first, and its value; more is false after the last. ok is false if t has
// no such key.
func (t *Table) Next(k Value) (key, val Value, more, ok bool) {
	i, ok := t.position(k)
	if !ok {
		return Nil, Nil, false, false
	}
	key, val, i = t.at(i)
	return key, val, i > 0, true
}

// position returns the number of key k in the order of the table, from 1; that
// of nil is 0.
func (t *Table) position(k Value) (int, bool) {
	if k.IsNil() {
		return 0, true
	}
	if i, ok := arrayIndex(k); ok && i <= len(t.array) {
		return i, true
	}
	n := t.find(k)
	if n == nil {
		return 0, false
	}
	return len(t.array) + t.node[0].distance(n) + 1, true
}

// at returns the first key after position i that has a value, the value, and
// the key's own position; 0 if there is none.
func (t *Table) at(i int) (key, val Value, pos int) {
	from := i
	for ; i < len(t.array); i++ {
		if v := t.array[i]; !v.IsNil() {
			t.walked(i - from)
			return Int(i + 1), v, i + 1
		}
	}
	for j := i - len(t.array); j < len(t.node); j++ {
		if n := &t.node[j]; !n.val.IsNil() {
			t.walked(len(t.array) + j - from)
			return n.key, n.val, len(t.array) + j + 1
		}
	}
	t.walked(len(t.array) + len(t.node) - from)
	return Nil, Nil, 0
}
