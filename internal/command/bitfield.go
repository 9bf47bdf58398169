package command

import (
	"strings"

	"github.com/luastore/luastore/internal/value"
)

// Strings as numbers of some bits each.
var bitFieldCommands = []Row{
	{Name: "bitfield", Arity: -2, Flags: Write | DenyOOM, Keys: bitFieldKey, Run: bitField},
	{Name: "bitfield_ro", Arity: -2, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: bitFieldRO},
}

var bitFieldKey = []KeySpec{{
	Flags: RW | Access | Update | VariableFlags, Begin: 1, Step: 1,
	Note: "This command allows both access and modification of the key",
	Vary: func(args []string) KeyFlags {
		for i := 2; i < len(args); i++ {
			word, rest := cString(args[i]), len(args)-1-i
			switch {
			case equalFold(word, "get") && rest >= 2:
				i += 2
			case equalFold(word, "overflow") && rest >= 1:
				i++
			default:
				return RW | Access | Update
			}
		}
		return RO | Access
	},
}}

func bitField(c *Call) Reply {
	ops, end := c.fieldOps()
	if end == 0 {
		return getFields(c, ops)
	}
	elems := c.room(len(ops))[:len(ops)]
	s, grown := c.makeBits(1, end)
	changed := 0
	for i, op := range ops {
		old := op.get(s)
		n, ok := op.run(old)
		switch {
		case !ok:
			continue // the reply is nil
		case op.kind == fieldIncrBy:
			elems[i] = Int(n)
		default:
			elems[i] = Int(old)
		}
		if op.kind != fieldGet && (grown || n != old) {
			s.SetBits(op.off, op.width, uint64(n), c.changing())
			changed++
		}
	}
	c.changed(changed, "setbit", 1)
	return Array(elems...)
}

func bitFieldRO(c *Call) Reply {
	ops, end := c.fieldOps()
	if end > 0 {
		c.fail("ERR BITFIELD_RO only supports the GET subcommand")
	}
	return getFields(c, ops)
}

// getFields runs operations none of which writes.
func getFields(c *Call, ops []fieldOp) Reply {
	s := c.string(1)
	elems := c.room(len(ops))[:len(ops)]
	for i, op := range ops {
		elems[i] = Int(op.get(s))
	}
	return Array(elems...)
}

// A field is a number in a string: so many bits from the bit off on.
type field struct {
	off, width int
	signed     bool
}

// get returns the number.
func (f field) get(s *value.String) int64 { return f.wrap(int64(s.Bits(f.off, f.width))) }

// wrap returns the number that the lowest bits of n are.
func (f field) wrap(n int64) int64 {
	unused := 64 - f.width
	if f.signed {
		return n << unused >> unused
	}
	return int64(uint64(n) << unused >> unused)
}

// A fieldOp is one operation of BITFIELD.
type fieldOp struct {
	field
	kind     fieldKind
	n        int64 // what SET stores or INCRBY adds
	overflow overflow
}

type fieldKind uint8

const (
	fieldGet fieldKind = iota
	fieldSet
	fieldIncrBy
)

// overflow says what becomes of a number that the field cannot hold.
type overflow uint8

const (
	overflowWrap overflow = iota
	overflowSat
	overflowFail
)

// run returns what the field holds after the operation; ok is false where it
// fails.
func (op *fieldOp) run(old int64) (n int64, ok bool) {
	switch op.kind {
	case fieldSet:
		return op.add(op.n, 0)
	case fieldIncrBy:
		return op.add(old, op.n)
	}
	return old, true
}

// add returns n + by as the field can hold it; ok is false where it cannot and
// an overflow fails. The differences may overflow themselves where n, being
// SET's, is far outside: which bound is then the nearer one is as in Redis.
func (op *fieldOp) add(n, by int64) (sum int64, ok bool) {
	low, high := int64(0), int64(1)<<op.width-1
	if op.signed {
		high = int64(1)<<(op.width-1) - 1
		low = ^high
	}
	above := n > high || n < 0 && !op.signed || (op.width < 64 || n >= 0) && by > high-n
	below := n < low || (op.width < 64 || n < 0) && by < low-n
	switch {
	case !above && !below || op.overflow == overflowWrap:
		return op.wrap(n + by), true
	case op.overflow == overflowFail:
		return 0, false
	case above:
		return high, true
	}
	return low, true
}

// fieldOps reads the operations, and returns also the end of the last bit that
// one of them writes, 0 if none does.
func (c *Call) fieldOps() (ops []fieldOp, end int) {
	var overflow overflow
	for i := 2; i < len(c.args); {
		op, rest := fieldOp{overflow: overflow}, len(c.args)-1-i
		switch {
		case c.is(i, "get") && rest >= 2:
			op.kind = fieldGet
		case c.is(i, "set") && rest >= 3:
			op.kind = fieldSet
		case c.is(i, "incrby") && rest >= 3:
			op.kind = fieldIncrBy
		case c.is(i, "overflow") && rest >= 1:
			overflow = c.overflow(i + 1)
			i += 2
			continue
		default:
			c.fail(errSyntax)
		}
		op.width, op.signed = c.fieldType(i + 1)
		op.off = c.bitOffset(i+2, op.width)
		i += 3
		if op.kind != fieldGet {
			op.n = c.int(i)
			end = max(end, op.off+op.width)
			i++
		}
		ops = append(ops, op)
	}
	return ops, end
}

// overflow reads argument i as the word after OVERFLOW.
func (c *Call) overflow(i int) overflow {
	switch {
	case c.is(i, "wrap"):
		return overflowWrap
	case c.is(i, "sat"):
		return overflowSat
	case !c.is(i, "fail"):
		c.fail("ERR Invalid OVERFLOW type specified")
	}
	return overflowFail
}

// fieldType reads argument i as the type of a field, such as i16 or u8.
func (c *Call) fieldType(i int) (width int, signed bool) {
	text, most := cString(c.arg(i)), int64(63)
	if strings.HasPrefix(text, "i") {
		signed, most = true, 64
	} else if !strings.HasPrefix(text, "u") {
		text = "" // no type
	}
	n, ok := value.ParseInt(text[min(1, len(text)):])
	if !ok || n < 1 || n > most {
		c.fail("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")
	}
	return int(n), signed
}
