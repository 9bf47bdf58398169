package command

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/value"
)

// HyperLogLogs: strings that estimate how many different elements they have
// seen.
var hyperLogLogCommands = []Row{
	{Name: "pfadd", Arity: -2, Flags: Write | DenyOOM | Fast, Keys: oneKey(RW | Insert), Run: pfAdd},
	{Name: "pfcount", Arity: -2, Flags: Read | MayReplicate | MissAny, Keys: pfCountKeys, Run: pfCount},
	{Name: "pfdebug", Arity: 3, Flags: Write | DenyOOM | Admin, Keys: keyRange(RW|Access, 2, 0, 1), Run: pfDebug},
	{Name: "pfmerge", Arity: -2, Flags: Write | DenyOOM | MissAny, Keys: append(oneKey(RW|Access|Insert), keyRange(RO|Access, 2, -1, 1)...), Run: pfMerge},
	{Name: "pfselftest", Arity: 1, Flags: Admin, Run: pfSelfTest},
}

var pfCountKeys = []KeySpec{{
	Flags: RW | Access, Begin: 1, Last: -1, Step: 1,
	Note: "RW because it may change the internal representation of the key, and propagate to replicas",
}}

const errCorrupted = "INVALIDOBJ Corrupted HLL object detected"

// registersPerTick is how many registers one can look at in one piece of work.
const registersPerTick = 10

func pfAdd(c *Call) Reply {
	elements := c.args[2:]
	if h, ok := c.hyperLogLog(1); ok && !h.Dense() {
		c.tick(len(elements) * c.string(1).Len() / bytesPerTick)
	}
	c.tick(len(elements))
	h, made := c.makeHyperLogLog(1)
	changed, ok := h.Add(elements, c.changing())
	if !ok {
		c.fail(errCorrupted)
	}
	if made {
		changed++
	}
	c.changed(changed, "pfadd", 1)
	return flag(changed > 0)
}

func pfCount(c *Call) Reply {
	if len(c.args) > 2 {
		r, _ := c.registers()
		return Int(r.Estimate())
	}
	h, ok := c.hyperLogLog(1)
	if !ok {
		return Int(0)
	}
	n, ok := h.Kept()
	if !ok {
		r, _ := c.registers()
		n = r.Estimate()
		c.ks.Touch(c.arg(1)) // keeping the estimate is a change without an event
		c.Count(1)
	}
	h.Keep(n)
	return Int(n)
}

func pfDebug(c *Call) Reply {
	h, ok := c.hyperLogLog(2)
	if !ok {
		c.fail("ERR The specified key does not exist")
	}
	c.tick(value.RegisterCount / registersPerTick)
	switch {
	case c.is(1, "getreg"):
		var r value.Registers
		sparse := !h.Dense()
		if !h.ReadInto(&r) || !h.MakeDense() {
			c.fail(errCorrupted)
		}
		if sparse {
			c.Count(1)
		}
		elems := make([]Reply, len(r))
		for i, n := range r {
			elems[i] = Int(int(n))
		}
		return Array(elems...)
	case c.is(1, "decode"):
		if h.Dense() {
			c.fail("ERR HLL encoding is not sparse")
		}
		return Bulk(c.decodeRuns(h))
	case c.is(1, "encoding"):
		if h.Dense() {
			return Status("dense")
		}
		return Status("sparse")
	case c.is(1, "todense"):
		sparse := !h.Dense()
		if !h.MakeDense() {
			c.fail(errCorrupted)
		}
		if sparse {
			c.Count(1)
		}
		return flag(sparse)
	}
	c.fail(ErrorLine("ERR Unknown PFDEBUG subcommand '" + cString(c.arg(1)) + "'"))
	return Reply{}
}

func pfMerge(c *Call) Reply {
	r, dense := c.registers()
	h, _ := c.makeHyperLogLog(1)
	if dense {
		h.MakeDense()
	}
	h.Merge(r)
	c.event("pfadd", 1)
	return OK
}

// pfSelfTest looks whether estimates are as good as they should be: the
// standard error is 0.8 %.
func pfSelfTest(c *Call) Reply {
	const most = 100_000
	c.tick(10 * most)
	h, _ := value.NewHyperLogLog().HyperLogLog()
	h = h.Within(c.limits())
	checkpoint := 1
	for n := 1; n <= most; n++ {
		h.Add([]string{strconv.Itoa(n)}, nil)
		if n == checkpoint {
			if h.Dense() && n < c.limits().SparseBytes/2 {
				c.fail("ERR TESTFAILED sparse encoding not used")
			}
			checkpoint *= 10
		}
		if n%(most/10) == 0 {
			var r value.Registers
			h.ReadInto(&r)
			if off := math.Abs(float64(r.Estimate())/float64(n) - 1); off > 0.04 {
				c.fail(fmt.Sprintf("ERR TESTFAILED the estimate of %d elements is %d", n, r.Estimate()))
			}
		}
	}
	return OK
}

// decodeRuns describes the runs of registers: of zeros (z, or Z where they take
// two bytes) and of values (v).
func (c *Call) decodeRuns(h value.HyperLogLog) string {
	var b strings.Builder
	for run := range h.Runs() {
		c.tick(10)
		switch {
		case run.Value > 0:
			fmt.Fprintf(&b, "v:%d,%d ", run.Value, run.Length)
		case run.Size > 1:
			fmt.Fprintf(&b, "Z:%d ", run.Length)
		default:
			fmt.Fprintf(&b, "z:%d ", run.Length)
		}
	}
	return strings.TrimSuffix(b.String(), " ")
}

// hyperLogLog returns the HyperLogLog at key i; ok is false if there is no such
// key.
func (c *Call) hyperLogLog(i int) (h value.HyperLogLog, ok bool) {
	s := c.string(i)
	if s == nil {
		return h, false
	}
	if h, ok = s.HyperLogLog(); !ok {
		c.fail("WRONGTYPE Key is not a valid HyperLogLog string value.")
	}
	return h.Within(c.limits()), true
}

// makeHyperLogLog is hyperLogLog, but makes a missing key, and says so.
func (c *Call) makeHyperLogLog(i int) (h value.HyperLogLog, made bool) {
	h, ok := c.hyperLogLog(i)
	if !ok {
		s := value.NewHyperLogLog()
		c.add(i, s)
		h, _ = s.HyperLogLog()
	}
	return h.Within(c.limits()), !ok
}

// registers returns the registers of all HyperLogLogs at the keys, which the
// arguments are, put together, and whether one of these is dense.
func (c *Call) registers() (r *value.Registers, dense bool) {
	r = new(value.Registers)
	for i := 1; i < len(c.args); i++ {
		c.tick(value.RegisterCount / registersPerTick)
		h, ok := c.hyperLogLog(i)
		if ok && !h.ReadInto(r) {
			c.fail(errCorrupted)
		}
		dense = dense || ok && h.Dense()
	}
	return r, dense
}
