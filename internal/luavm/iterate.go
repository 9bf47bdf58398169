package luavm

// The flags of functions written in Go. Those that for-in loops know run
// without a call.
const (
	flagNext   = 1 << iota // next
	flagIpairs             // what ipairs returns
	flagMade               // made by a script, see NewIterator
)

// NewNext returns the function next.
func (m *Machine) NewNext() *Builtin {
	b := m.NewBuiltin("next", func(c *Call) {
		k, v, more, ok := c.Table(1).Next(c.Arg(2))
		if !ok {
			c.Fail("invalid key to 'next'")
		}
		if more {
			c.Return(k, v)
		} else {
			c.Return(Nil)
		}
	})
	b.flags |= flagNext
	return b
}

// NewIpairs returns the function that steps through 1… for ipairs.
func (m *Machine) NewIpairs() *Builtin {
	b := m.NewBuiltin("(for generator)", func(c *Call) {
		i := c.Int(2) + 1
		if v := c.Table(1).GetInt(i); !v.IsNil() {
			c.Return(Int(i), v)
		}
	})
	b.flags |= flagIpairs
	return b
}

// forEach calls the generator of a for-in loop, which with its state and
// control value stands at stack[at], and puts want results behind those.
func (t *Thread) forEach(at, want int) {
	s := t.stack[at : at+3+max(want, 3)]
	if s[0].Kind() == KindGoFunction && s[1].isTable() {
		switch s[0].builtin().flags {
		case flagNext:
			if k, v, ok := step(&s[1], s[2]); ok {
				results(s[3:3+want], k, v)
				return
			}
		case flagIpairs:
			if s[2].IsNumber() {
				i := int(s[2].n) + 1
				if v := s[1].table().GetInt(i); v.IsNil() {
					results(s[3:3+want], Nil, Nil)
				} else {
					results(s[3:3+want], Int(i), v)
				}
				return
			}
		}
	}
	copy(s[3:6], s[:3])
	t.call(at+3, 2, want)
}

// results makes k and v, and then nils, the values of s.
func results(s []Value, k, v Value) {
	s[0] = k
	if len(s) > 1 {
		s[1] = v
		clear(s[2:])
	}
}

// step returns the key after k in the table that state is, and its value. The
// state is seen by nobody else: its unused number keeps the position of k.
func step(state *Value, k Value) (key, val Value, ok bool) {
	t := state.table()
	pos := int(state.n)
	if k.IsNil() || !t.hasAt(pos, k) {
		if pos, ok = t.position(k); !ok {
			return Nil, Nil, false
		}
	}
	key, val, pos = t.at(pos)
	state.n = float64(pos)
	return key, val, true
}

// hasAt says whether k is the key at the position.
func (t *Table) hasAt(pos int, k Value) bool {
	if pos <= len(t.array) {
		return pos > 0 && k.IsNumber() && k.n == float64(pos)
	}
	pos -= len(t.array)
	return pos <= len(t.node) && t.node[pos-1].key == k
}
