package command

import (
	"iter"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/value"
)

// Strings as bits, the first of which is the highest of the first byte. Numbers
// of some bits are in bitfield.go.
var bitCommands = []Row{
	{Name: "bitcount", Arity: -2, Flags: Read, Keys: oneKey(RO | Access), Run: bitCount},
	{Name: "bitop", Arity: -4, Flags: Write | DenyOOM, Keys: bitOpKeys, Run: bitOp},
	{Name: "bitpos", Arity: -3, Flags: Read, Keys: oneKey(RO | Access), Run: bitPos},
	{Name: "getbit", Arity: 3, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: getBit},
	{Name: "setbit", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(RW | Access | Update), Run: setBit},
}

var bitOpKeys = append(keyRange(OW|Update, 2, 0, 1), keyRange(RO|Access, 3, -1, 1)...)

func bitCount(c *Call) Reply {
	s := c.string(1)
	if s == nil {
		return Int(0)
	}
	start, end, unit := int64(0), int64(-1), 8
	switch len(c.args) {
	case 2:
	case 4, 5:
		start, end = c.int(2), c.int(3)
		if reversed(start, end) {
			return Int(0)
		}
		unit = c.bitUnit(4)
	default:
		c.fail(errSyntax)
	}
	from, to := textSpan(start, end, int64(s.Len()*8/unit))
	n := 0
	for from, end := range c.bitParts(from*unit, to*unit, copiedPerTick) {
		n += s.CountBits(from, end)
	}
	return Int(n)
}

func bitOp(c *Call) Reply {
	combine := c.bitOperation(1)
	for i := 3; i < len(c.args); i++ {
		c.string(i)
	}
	result, op := new(value.String), (*value.String).Or // the first is copied
	for i := 3; i < len(c.args); i++ {
		s := c.string(i)
		c.tick(max(s.Len(), result.Len()) / bytesPerTick)
		op(result, s, c)
		op = combine
	}
	if combine == nil {
		result.Not(c)
	}
	switch {
	case result.Len() > 0:
		e := c.entry(2)
		c.stores(result.Len())
		if e == nil {
			c.add(2, result)
		} else {
			c.db.freed(e.Value, c.db.Config.LazyFree.ServerDel)
			c.ks.Replace(e, result)
			c.ks.Persist(e)
		}
		c.event("set", 2)
	case c.entry(2) != nil:
		c.remove(2, "del")
	}
	return Int(result.Len())
}

func bitPos(c *Call) Reply {
	bit := c.int(2)
	if bit != 0 && bit != 1 {
		c.fail("ERR The bit argument must be 1 or 0.")
	}
	s := c.string(1)
	if s == nil {
		return Int(-bit) // it is all zeros, without an end
	}
	start, end, unit := int64(0), int64(-1), 8
	if len(c.args) > 6 {
		c.fail(errSyntax)
	}
	if len(c.args) > 3 {
		start, unit = c.int(3), c.bitUnit(5)
	}
	if len(c.args) > 4 {
		end = c.int(4)
	}
	from, to := textSpan(start, end, int64(s.Len()*8/unit))
	if from == to {
		return Int(-1)
	}
	pos := -1
	for from, end := range c.bitParts(from*unit, to*unit, bytesPerTick) {
		if pos = s.FindBit(bit == 1, from, end); pos >= 0 {
			break
		}
	}
	if pos < 0 && bit == 0 && len(c.args) < 5 {
		pos = to * unit // zeros follow the string
	}
	return Int(pos)
}

func getBit(c *Call) Reply {
	off := c.bitOffset(2, 0)
	return Int(int64(c.string(1).Bits(off, 1)))
}

func setBit(c *Call) Reply {
	const errBit = "ERR bit is not an integer or out of range"
	off, bit := c.bitOffset(2, 0), c.intOr(3, errBit)
	if bit != 0 && bit != 1 {
		c.fail(errBit)
	}
	s, changed := c.makeBits(1, off+1)
	old := int64(s.Bits(off, 1))
	if old != bit {
		s.SetBits(off, 1, uint64(bit), c.changing())
		changed = true
	}
	if changed {
		c.event("setbit", 1)
	}
	return Int(old)
}

// bitParts yields the bits from one up to another in parts, each from one up to
// another, and counts the work of looking at so many bytes per tick.
func (c *Call) bitParts(from, to, perTick int) iter.Seq2[int, int] {
	const part = 1 << 16 // bytes
	return func(yield func(int, int) bool) {
		for from < to {
			end := min(from+8*part-from%8, to)
			c.tick((end - from) / 8 / perTick)
			if !yield(from, end) {
				return
			}
			from = end
		}
	}
}

// bitOperation returns what the word at argument i does to one string by
// another; nothing if it is NOT, which has only the one.
func (c *Call) bitOperation(i int) func(s, t *value.String, w bulk.Checker) {
	switch {
	case c.is(i, "and"):
		return (*value.String).And
	case c.is(i, "or"):
		return (*value.String).Or
	case c.is(i, "xor"):
		return (*value.String).Xor
	case !c.is(i, "not"):
		c.fail(errSyntax)
	case len(c.args) != 4:
		c.fail("ERR BITOP NOT must be called with a single source key.")
	}
	return nil
}

// bitUnit returns how many bits the unit is that argument i, if there is one,
// says positions are in.
func (c *Call) bitUnit(i int) int {
	switch {
	case i >= len(c.args) || c.is(i, "byte"):
		return 8
	case !c.is(i, "bit"):
		c.fail(errSyntax)
	}
	return 1
}

// bitOffset returns the number of a bit that argument i says. Where width is
// not 0 it may be a # and the number of a field of that width.
func (c *Call) bitOffset(i, width int) int {
	const errOffset = "ERR bit offset is not an integer or out of range"
	text, unit := c.arg(i), int64(1)
	if width > 0 && text != "" && text[0] == '#' {
		text, unit = text[1:], int64(width)
	}
	n, ok := value.ParseInt(text)
	n *= unit // where that overflows Redis goes on with what is left
	if !ok || n < 0 || n/8 >= int64(c.maxString()) {
		c.fail(errOffset)
	}
	return int(n)
}

// makeBits returns the string at key i, made or grown so that it has so many
// bits, and whether that took a change.
func (c *Call) makeBits(i, bits int) (s *value.String, grown bool) {
	s = c.string(i)
	size := (bits + 7) / 8
	missing := size - s.Len()
	c.stores(missing)
	s = c.makeString(i)
	s.Grow(size, c.changing())
	return s, missing > 0
}
