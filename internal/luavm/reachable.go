package luavm

import "strings"

// Collect does what a script can see of a garbage collection: weak tables lose
// what nothing else holds. It returns the number of bytes that scripts can
// still reach, as Alloc counts them, and takes time linear in that.
func (m *Machine) Collect() int {
	c := m.census()
	for _, t := range c.weak {
		for i, v := range t.array {
			if c.dead(v) {
				t.array[i] = Nil
			}
		}
		for i := range t.node {
			if n := &t.node[i]; c.dead(n.key) || c.dead(n.val) {
				n.val = Nil
			}
		}
	}
	return c.bytes
}

// objectsPerTick is how many objects a census visits in the time of what counts
// as a piece of work in libraries.
const objectsPerTick = 10

// valuesPerCheck is after how many values a census looks whether the run must end.
const valuesPerCheck = 1 << 13

// census visits all that scripts can reach.
func (m *Machine) census() *census {
	if m.epoch++; m.epoch == 0 { // that of new objects
		m.epoch++
	}
	c := &census{m: m, epoch: m.epoch, mode: m.metaNames[metaMode], bytes: m.held}
	c.calls(m.calls[:m.depth])
	c.table(m.globals)
	c.table(m.stringMeta)
	for t := m.running; t != nil; t = t.resumer {
		c.visit(t.value())
	}
	c.visit(m.main.value())
	c.visit(m.lost.value)
	for seen := 1; len(c.queue) > 0; seen++ {
		if seen%objectsPerTick == 0 {
			m.Tick(1)
		}
		v := c.queue[len(c.queue)-1]
		c.queue = c.queue[:len(c.queue)-1]
		c.parts(v)
	}
	return c
}

// census counts objects, each once: those that it has seen bear its epoch.
type census struct {
	m     *Machine
	epoch uint16
	seen  int     // values
	mode  *String // "__mode"
	queue []Value
	weak  []*Table // tables whose keys or values do not count as held by them
	bytes int
}

func (c *census) table(t *Table) {
	if t != nil {
		c.visit(t.Value())
	}
}

func (c *census) visit(v Value) {
	if c.seen++; c.seen%valuesPerCheck == 0 {
		c.m.Check()
	}
	h := (*header)(v.p)
	switch v.Kind() {
	case KindString:
		if n := len(v.str().s); n > 1 && h.mark != c.epoch { // shorter ones are shared by all machines
			h.mark = c.epoch
			c.bytes += stringSize(n)
		}
	case KindTable, KindFunction, KindGoFunction, KindThread:
		if h.mark != c.epoch {
			h.mark = c.epoch
			c.queue = append(c.queue, v)
		}
	}
}

func (c *census) values(vs []Value) {
	for _, v := range vs {
		c.visit(v)
	}
}

// weakly visits what counts as held by a weak table all the same.
func (c *census) weakly(v Value) {
	if v.isString() {
		c.visit(v)
	}
}

// proto counts a compiled function, with those in it, once.
func (c *census) proto(p *proto) {
	if p.mark == c.epoch {
		return
	}
	p.mark = c.epoch
	c.bytes += p.size()
	for _, inner := range p.protos {
		c.proto(inner)
	}
}

// weakness says what of t its metatable makes weak.
func (c *census) weakness(t *Table) (keys, values bool) {
	if t.meta == nil {
		return false, false
	}
	if mode := t.meta.getString(c.mode); mode.isString() {
		keys, values = strings.Contains(mode.Text(), "k"), strings.Contains(mode.Text(), "v")
	}
	if keys || values {
		c.weak = append(c.weak, t)
	}
	return keys, values
}

// dead says whether v is an object that the census has not found. Strings
// count as values, which never die.
func (c *census) dead(v Value) bool {
	switch v.Kind() {
	case KindTable, KindFunction, KindThread:
		return (*header)(v.p).mark != c.epoch
	case KindGoFunction:
		b := v.builtin()
		return b.flags&flagMade != 0 && b.mark != c.epoch
	}
	return false
}

// parts visits what v holds and counts v itself.
func (c *census) parts(v Value) {
	switch v.Kind() {
	case KindTable:
		t := v.table()
		c.bytes += t.size()
		c.table(t.meta)
		weakKeys, weakValues := c.weakness(t)
		visitKey, visitValue := c.visit, c.visit
		if weakKeys {
			visitKey = c.weakly
		}
		if weakValues {
			visitValue = c.weakly
		}
		for _, v := range t.array {
			visitValue(v)
		}
		for i := range t.node {
			if n := &t.node[i]; !n.val.IsNil() {
				visitKey(n.key)
				visitValue(n.val)
			}
		}
	case KindFunction:
		f := v.closure()
		c.bytes += closureSize(len(f.upvalues))
		c.proto(f.proto)
		for _, u := range f.upvalues {
			c.visit(*u.at)
		}
	case KindGoFunction:
		if b := v.builtin(); b.flags&flagMade != 0 {
			c.bytes += iteratorSize(len(b.holds))
			c.values(b.holds)
		}
	case KindThread:
		t := v.thread()
		c.bytes += t.size()
		c.values(t.stack[:t.extent()])
	}
}
