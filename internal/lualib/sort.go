package lualib

import "github.com/luastore/luastore/internal/luavm"

func tableSort(c *luavm.Call) {
	t := c.Table(1)
	n := t.Len()
	var f luavm.Value
	if !c.Arg(2).IsNil() {
		f = c.Function(2)
	}
	s := sorter{c: c, m: c.Machine(), t: t, f: f}
	s.sort(1, n)
}

// A sorter sorts a table by Lua 5.1's own quicksort, for scripts can tell: from
// the calls of their function, from the order of equal values, and from what
// happens if the function is inconsistent.
type sorter struct {
	c *luavm.Call
	m *luavm.Machine
	t *luavm.Table
	f luavm.Value // nil: the operator <
}

func (s *sorter) less(a, b luavm.Value) bool {
	switch {
	case !s.f.IsNil():
		return s.c.Call(s.f, a, b).Truth()
	case a.Kind() == luavm.KindString && b.Kind() == luavm.KindString:
		x, y := a.Text(), b.Text()
		if n := min(len(x), len(y)); n > 100 {
			s.c.Tick(n / 100)
		}
		return x < y
	}
	return s.c.Less(a, b)
}

func (s *sorter) set(i int, a luavm.Value, j int, b luavm.Value) {
	checkWritable(s.c, s.t)
	s.m.SetInt(s.t, i, a)
	s.m.SetInt(s.t, j, b)
}

// order sorts the values at i < j and returns that at i.
func (s *sorter) order(i, j int) luavm.Value {
	a, b := s.t.GetInt(i), s.t.GetInt(j)
	if s.less(b, a) {
		s.set(i, b, j, a)
		return b
	}
	return a
}

// sort sorts the values at lo…hi.
func (s *sorter) sort(lo, hi int) {
	for lo < hi {
		s.c.Tick(1)
		s.order(lo, hi)
		if hi-lo == 1 {
			return
		}
		mid := (lo + hi) / 2
		pivot, first := s.t.GetInt(mid), s.t.GetInt(lo)
		if s.less(pivot, first) {
			s.set(mid, first, lo, pivot)
		} else {
			s.order(mid, hi)
		}
		if hi-lo == 2 {
			return
		}
		pivot = s.t.GetInt(mid)
		s.set(mid, s.t.GetInt(hi-1), hi-1, pivot)
		i := s.partition(lo, hi, pivot)
		s.set(hi-1, s.t.GetInt(i), i, s.t.GetInt(hi-1))
		// The smaller part is sorted first, so that there are few calls in one
		// another.
		if i-lo < hi-i {
			s.sort(lo, i-1)
			lo = i + 1
		} else {
			s.sort(i+1, hi)
			hi = i - 1
		}
	}
}

// partition moves what is less than pivot, which is at hi-1, before what is
// greater, and returns where the latter begins.
func (s *sorter) partition(lo, hi int, pivot luavm.Value) int {
	i, j := lo, hi-1
	for {
		var a, b luavm.Value
		for i++; ; i++ {
			if a = s.t.GetInt(i); !s.less(a, pivot) {
				break
			}
			if i > hi {
				s.c.Errorf("invalid order function for sorting")
			}
			if i%valuesPerTick == 0 {
				s.c.Tick(1)
			}
		}
		for j--; ; j-- {
			if b = s.t.GetInt(j); !s.less(pivot, b) {
				break
			}
			if j < lo {
				s.c.Errorf("invalid order function for sorting")
			}
			if j%valuesPerTick == 0 {
				s.c.Tick(1)
			}
		}
		if j < i {
			return i
		}
		s.set(i, b, j, a)
	}
}
