package lualib

import "github.com/luastore/luastore/internal/luavm"

func openTable(m *luavm.Machine, room *scratch) {
	library(m, "table", []function{
		{"concat", func(c *luavm.Call) { concat(c, room) }},
		{"foreach", foreach},
		{"foreachi", foreachi},
		{"getn", getn},
		{"maxn", maxn},
		{"insert", insert},
		{"remove", remove},
		{"setn", setn},
		{"sort", tableSort},
	})
}

// Copying so many values is one piece of work.
const valuesPerTick = 8

func concat(c *luavm.Call, room *scratch) {
	sep := c.OptText(2, "")
	t, from := c.Table(1), optInteger(c, 3, 1)
	last := optLast(c, 4, t)
	b := room.buffer(c)
	b.need(concatSize(c, t, from, last, len(sep)))
	for i := from; i <= last; i++ {
		if i > from {
			b.add(sep)
		}
		if i%valuesPerTick == 0 {
			c.Tick(1)
		}
		switch v := t.GetInt(i); v.Kind() {
		case luavm.KindString:
			b.add(v.Text())
		default:
			b.b = luavm.AppendNumber(b.b, v.Float())
		}
	}
	c.Return(b.value())
}

// concatSize returns the most bytes that the values from…last, with separators
// between them, can take together. All must be strings or numbers.
func concatSize(c *luavm.Call, t *luavm.Table, from, last, sep int) int {
	size := 0
	for i := from; i <= last; i++ {
		if (i-from)%valuesPerTick == 0 {
			c.Tick(valuesPerTick / 2)
		}
		switch v := t.GetInt(i); v.Kind() {
		case luavm.KindString:
			size += len(v.Text()) + sep
		case luavm.KindNumber:
			size += maxNumber + sep
		default:
			c.Errorf("invalid value (%s) at index %d in table for 'concat'", v.TypeName(), i)
		}
	}
	return max(size-sep, 0)
}

// maxNumber is the length of the longest text of a number.
const maxNumber = len("-1.2345678901234e-308")

func foreach(c *luavm.Call) {
	t, f := c.Table(1), c.Function(2)
	var k, v luavm.Value
	for {
		var more, ok bool
		if k, v, more, ok = t.Next(k); !ok {
			c.Fail("invalid key to 'next'")
		}
		if !more {
			return
		}
		if result := c.Call(f, k, v); !result.IsNil() {
			c.Return(result)
			return
		}
	}
}

func foreachi(c *luavm.Call) {
	t := c.Table(1)
	n, f := t.Len(), c.Function(2)
	for i := 1; i <= n; i++ {
		if result := c.Call(f, luavm.Int(i), t.GetInt(i)); !result.IsNil() {
			c.Return(result)
			return
		}
	}
}

func getn(c *luavm.Call) { c.ReturnNumber(float64(c.Table(1).Len())) }

func maxn(c *luavm.Call) {
	t, most := c.Table(1), 0.0
	for k, _, pos := t.At(0); pos > 0; k, _, pos = t.At(pos) {
		if pos%valuesPerTick == 0 {
			c.Tick(1)
		}
		if k.IsNumber() {
			most = max(most, k.Float())
		}
	}
	c.ReturnNumber(most)
}

func insert(c *luavm.Call) {
	m, t := c.Machine(), c.Table(1)
	end := t.Len() + 1
	pos := end
	switch c.Len() {
	case 2:
	case 3:
		pos = integer(c, 2)
	default:
		c.Errorf("wrong number of arguments to 'insert'")
	}
	checkWritable(c, t)
	for i := max(pos, end); i > pos; i-- {
		if a := t.Array(); pos >= 1 && i <= len(a) {
			for to := i; to > pos; { // from the end, as the parts overlap
				from := max(pos, to-piece)
				copy(a[from:to], a[from-1:to-1])
				c.Tick((to - from) / valuesPerTick)
				to = from
			}
			break
		}
		m.SetInt(t, i, t.GetInt(i-1))
		c.Tick(1)
	}
	m.SetInt(t, pos, c.Arg(c.Len()))
}

func remove(c *luavm.Call) {
	m, t := c.Machine(), c.Table(1)
	end := t.Len()
	pos := optInteger(c, 2, end)
	if pos < 1 || pos > end {
		return
	}
	checkWritable(c, t)
	c.Return(t.GetInt(pos))
	if a := t.Array(); end <= len(a) {
		for pos < end {
			to := min(end, pos+piece)
			copy(a[pos-1:to], a[pos:to])
			c.Tick((to - pos) / valuesPerTick)
			pos = to
		}
	}
	for ; pos < end; pos++ {
		m.SetInt(t, pos, t.GetInt(pos+1))
		c.Tick(1)
	}
	m.SetInt(t, end, luavm.Nil)
}

func setn(c *luavm.Call) {
	c.Table(1)
	c.Errorf("'setn' is obsolete")
}
