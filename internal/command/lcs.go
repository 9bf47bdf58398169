package command

import (
	"math"

	"github.com/luastore/luastore/internal/value"
)

// LCS: the longest common subsequence of two strings.
var lcsCommands = []Row{
	{Name: "lcs", Arity: -3, Flags: Read, Keys: keyRange(RO|Access, 1, 1, 1), Run: lcs},
}

func lcs(c *Call) Reply {
	a, b := c.lcsText(1), c.lcsText(2)
	var length, index, withLength bool
	minLength := int64(0)
	for i := 3; i < len(c.args); i++ {
		switch {
		case c.is(i, "idx"):
			index = true
		case c.is(i, "len"):
			length = true
		case c.is(i, "withmatchlen"):
			withLength = true
		case c.is(i, "minmatchlen") && i+1 < len(c.args):
			i++
			minLength = c.int(i)
		default:
			c.fail(errSyntax)
		}
	}
	if length && index {
		c.fail("ERR If you want both the length and indexes, please just use IDX.")
	}
	if len(a) >= math.MaxUint32-1 || len(b) >= math.MaxUint32-1 {
		c.fail("ERR String too long for LCS")
	}
	if (len(a)+1)*(len(b)+1) > c.maxString()/4 { // Redis's table has 4 bytes a cell
		c.fail("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
	}

	if length {
		return Int(int64(c.lcsLength(a, b)))
	}
	common, matches := c.lcsMatches(a, b)
	if !index {
		return Bulk(common)
	}
	elems := []Reply{}
	for _, m := range matches {
		if int64(m.length) < minLength {
			continue
		}
		match := []Reply{m.span(m.a), m.span(m.b)}
		if withLength {
			match = append(match, Int(m.length))
		}
		elems = c.putReply(elems, Array(match...))
	}
	return Map(Bulk("matches"), Array(elems...), Bulk("len"), Int(len(common)))
}

// lcsText returns the string at key i. LCS has a complaint of its own about
// other types.
func (c *Call) lcsText(i int) string {
	e := c.entry(i)
	if e == nil {
		return ""
	}
	s, ok := e.Value.(*value.String)
	if !ok {
		c.fail("ERR The specified keys must contain string values")
	}
	return s.String()
}

// lcsLength returns the length of the longest common subsequence of a and b,
// in the memory of one row of lcsMatches's table.
func (c *Call) lcsLength(a, b string) uint32 {
	row := make([]uint32, len(b)+1)
	for i := range len(a) {
		c.tick(len(b)/bytesPerTick + 1)
		diagonal := uint32(0) // what row[j] was in the row before
		for j := range len(b) {
			above := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

// lcsMatch is a part that both strings have: length bytes from a on in the one
// and from b on in the other.
type lcsMatch struct{ a, b, length int }

// span is the first and the last position of the match in a string where it
// begins at start.
func (m lcsMatch) span(start int) Reply {
	return Array(Int(start), Int(start+m.length-1))
}

// lcsMatches returns the longest common subsequence of a and b, and the parts
// that it consists of, the last first. Of several that are the longest it is
// the one that Redis finds: it goes back from the end and where it can leave
// out a byte of either string leaves out b's.
func (c *Call) lcsMatches(a, b string) (common string, matches []lcsMatch) {
	width := len(b) + 1
	c.alloc((len(a) + 1) * width * 4)
	table := make([]uint32, (len(a)+1)*width) // at i*width+j of a[:i] and b[:j]
	for i := 1; i <= len(a); i++ {
		c.tick(len(b)/bytesPerTick + 1)
		above, row := table[(i-1)*width:][:width], table[i*width:][:width]
		for j := 1; j <= len(b); j++ {
			if a[i-1] == b[j-1] {
				row[j] = above[j-1] + 1
			} else {
				row[j] = max(above[j], row[j-1])
			}
		}
	}

	text := make([]byte, table[len(a)*width+len(b)])
	n := len(text)
	for i, j := len(a), len(b); i > 0 && j > 0; {
		if a[i-1] != b[j-1] {
			if table[(i-1)*width+j] > table[i*width+j-1] {
				i--
			} else {
				j--
			}
			continue
		}
		n, i, j = n-1, i-1, j-1
		text[n] = a[i]
		if last := len(matches) - 1; last >= 0 && matches[last].a == i+1 && matches[last].b == j+1 {
			matches[last] = lcsMatch{i, j, matches[last].length + 1}
		} else {
			matches = append(matches, lcsMatch{i, j, 1})
		}
	}
	return string(text), matches
}
