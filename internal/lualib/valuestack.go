package lualib

import (
	"math/bits"
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/luavm"
)

// A valueStack has the values that were read of tables that are not complete.
// So a table is made in one go, and what a reader has can be counted. All
// libraries of a machine use the same one, a call at a time.
type valueStack struct {
	c      *luavm.Call
	values []luavm.Value
	pushed int // for counting the work
	shapes luavm.Shapes
}

// begin makes the stack that of the call c.
func (s *valueStack) begin(c *luavm.Call) {
	s.c = c
	c.Keep(&s.values)
}

const valueSize = int(unsafe.Sizeof(luavm.Value{}))

// keptValues is the size that the stack keeps from one call to the next.
const keptValues = 256

func (s *valueStack) end() {
	if n := cap(s.values); n > keptValues {
		s.values = nil
		s.c.Hold(-n * valueSize)
		return
	}
	clear(s.values)
	s.values = s.values[:0]
}

func (s *valueStack) push(v luavm.Value) {
	if len(s.values) == cap(s.values) {
		s.grow()
	}
	if s.pushed++; s.pushed%valuesPerTick == 0 {
		s.c.Tick(1)
	}
	s.values = append(s.values, v)
}

func (s *valueStack) grow() {
	old := cap(s.values)
	n := max(16, 2*old)
	s.c.Hold(n * valueSize)
	s.values = bulk.Grow(s.values, n, s.c.Machine())[:old]
	s.c.Hold(-old * valueSize)
}

// popArray takes the values from first on and returns the table of them: as it
// would be if they had been set one by one.
func (s *valueStack) popArray(first int) luavm.Value { return s.popTable(first, s.array) }

// popHash takes the keys, and each with its value, from first on, and returns
// the table of them.
func (s *valueStack) popHash(first int) luavm.Value { return s.popTable(first, s.hash) }

func (s *valueStack) popTable(first int, table func([]luavm.Value) *luavm.Table) luavm.Value {
	values := s.values[first:]
	s.c.Tick(len(values)/valuesPerTick + 1)
	t := table(values)
	s.pop(first)
	return t.Value()
}

func (s *valueStack) array(values []luavm.Value) *luavm.Table {
	m := s.c.Machine()
	if hasNil(values) {
		t := m.NewTable(0, 0)
		for i, v := range values {
			m.SetInt(t, i+1, v)
		}
		return t
	}
	t := m.NewTable(powerOfTwo(len(values)), 0)
	bulk.Move(t.Array(), values, m)
	return t
}

func (s *valueStack) hash(pairs []luavm.Value) *luavm.Table {
	m := s.c.Machine()
	if !hasNil(pairs) {
		return s.shapes.NewTable(m, pairs)
	}
	t := m.NewTable(0, 0)
	for i := 0; i < len(pairs); i += 2 {
		m.Set(t, pairs[i], pairs[i+1])
	}
	return t
}

func hasNil(values []luavm.Value) bool {
	for _, v := range values {
		if v.IsNil() {
			return true
		}
	}
	return false
}

// powerOfTwo returns the least one that is n or more; 0 for 0.
func powerOfTwo(n int) int {
	if n == 0 {
		return 0
	}
	return 1 << bits.Len(uint(n-1))
}

func (s *valueStack) pop(first int) {
	bulk.Clear(s.values[first:], s.c.Machine())
	s.values = s.values[:first]
}
