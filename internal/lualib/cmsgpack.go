package lualib

import (
	"encoding/binary"
	"math"

	"github.com/luastore/luastore/internal/luavm"
)

func openMsgpack(m *luavm.Machine, room *scratch, stack *valueStack) {
	t := m.NewTable(0, 0)
	fill(m, t, []function{
		{"pack", func(c *luavm.Call) { msgpackPack(c, room) }},
		{"unpack", func(c *luavm.Call) { msgpackUnpack(c, stack, 0, 0, c.Len()) }},
		{"unpack_one", func(c *luavm.Call) { msgpackUnpack(c, stack, 1, c.OptInt(2, 0), 1) }},
		{"unpack_limit", func(c *luavm.Call) {
			limit := c.Int(2)
			msgpackUnpack(c, stack, limit, c.OptInt(3, 0), 1)
		}},
	})
	m.Set(t, m.Name("_NAME"), m.Name("cmsgpack"))
	m.Set(t, m.Name("_VERSION"), m.Name("lua-cmsgpack 0.4.0"))
	m.Set(t, m.Name("_COPYRIGHT"), m.Name("Copyright (C) 2012, Salvatore Sanfilippo"))
	m.Set(t, m.Name("_DESCRIPTION"), m.Name("MessagePack C implementation for Lua"))
	register(m, "cmsgpack", t)
}

// The first bytes of MessagePack's values. Those of one byte alone, and of
// strings, arrays and maps with few items, have the rest of the byte range.
const (
	msgNil     = 0xC0
	msgFalse   = 0xC2
	msgTrue    = 0xC3
	msgFloat32 = 0xCA
	msgFloat64 = 0xCB
	msgUint8   = 0xCC // 16, 32 and 64 follow
	msgInt8    = 0xD0 // 16, 32 and 64 follow
	msgText8   = 0xD9 // 16 and 32 follow
	msgArray16 = 0xDC // 32 follows
	msgMap16   = 0xDE // 32 follows

	msgFewMap   = 0x80 // up to 15
	msgFewArray = 0x90
	msgFewText  = 0xA0 // up to 31
)

// maxPacked is the depth from which on tables are packed as nil.
const maxPacked = 16

func msgpackPack(c *luavm.Call, room *scratch) {
	switch {
	case c.Len() == 0:
		c.ArgError(0, "MessagePack pack needs input.")
	case 2*c.Len() > maxResults:
		c.ArgError(0, "Too many arguments for MessagePack pack.")
	}
	p := packer{room.buffer(c)}
	for _, v := range c.Args() {
		p.value(v, 0)
	}
	c.Return(p.buffer.value())
}

// packer writes values as MessagePack.
type packer struct{ buffer }

func (p *packer) value(v luavm.Value, depth int) {
	switch v.Kind() {
	case luavm.KindString:
		s := v.Text()
		p.head(len(s), 31, msgFewText, msgText8)
		p.add(s)
	case luavm.KindBoolean:
		if v.Truth() {
			p.addByte(msgTrue)
		} else {
			p.addByte(msgFalse)
		}
	case luavm.KindNumber:
		p.number(v.Float())
	case luavm.KindTable:
		if depth < maxPacked {
			p.table(v.Table(), depth+1)
			return
		}
		p.addByte(msgNil)
	default:
		p.addByte(msgNil)
	}
}

// head writes how many bytes or items follow: few of them in the first byte
// itself, else after one that says how long the number is.
func (p *packer) head(n, most int, few, many byte) {
	p.need(5)
	switch {
	case n <= most:
		p.b = append(p.b, few|byte(n))
	case n <= math.MaxUint8 && many == msgText8:
		p.b = append(p.b, many, byte(n))
	case n <= math.MaxUint16:
		if many == msgText8 {
			many++
		}
		p.b = binary.BigEndian.AppendUint16(append(p.b, many), uint16(n))
	default:
		if many == msgText8 {
			many++
		}
		p.b = binary.BigEndian.AppendUint32(append(p.b, many+1), uint32(n))
	}
}

func (p *packer) number(f float64) {
	p.need(9)
	if n := int64(f); float64(n) == f && f < 1<<63 {
		p.integer(n)
	} else if single := float32(f); float64(single) == f {
		p.b = binary.BigEndian.AppendUint32(append(p.b, msgFloat32), math.Float32bits(single))
	} else {
		p.b = binary.BigEndian.AppendUint64(append(p.b, msgFloat64), math.Float64bits(f))
	}
}

func (p *packer) integer(n int64) {
	size, head := byte(0), byte(msgUint8)
	switch {
	case -32 <= n && n <= 127:
		p.b = append(p.b, byte(n))
		return
	case n < 0:
		head = msgInt8
		for bits := 7; n < -1<<bits; bits = 8<<size - 1 {
			size++
		}
	default:
		for bits := 8; bits < 64 && n >= 1<<bits; bits = 8 << size {
			size++
		}
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	p.b = append(append(p.b, head+size), b[8-1<<size:]...)
}

// table writes an array if the keys are 1…n, else a map.
func (p *packer) table(t *luavm.Table, depth int) {
	items, isArray := p.count(t)
	p.c.Tick(1)
	if isArray {
		p.head(items, 15, msgFewArray, msgArray16)
		for i := 1; i <= items; i++ {
			p.value(t.GetInt(i), depth)
			if i%2 == 0 {
				p.c.Tick(1)
			}
		}
		return
	}
	p.head(items, 15, msgFewMap, msgMap16)
	for k, v, pos := t.At(0); pos > 0; k, v, pos = t.At(pos) {
		p.value(k, depth)
		p.value(v, depth)
		p.c.Tick(1)
	}
}

// count returns the number of items, and whether their keys are 1…n.
func (p *packer) count(t *luavm.Table) (items int, isArray bool) {
	last := 0.0
	isArray = true
	for k, _, pos := t.At(0); pos > 0; k, _, pos = t.At(pos) {
		if items++; items%valuesPerTick == 0 {
			p.c.Tick(1)
		}
		if f := k.Float(); k.IsNumber() && f >= 1 && f <= math.MaxInt32 && f == math.Trunc(f) {
			last = max(last, f)
		} else {
			isArray = false
		}
	}
	return items, isArray && int(last) == items
}
