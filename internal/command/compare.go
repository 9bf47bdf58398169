package command

import (
	"fmt"

	"github.com/luastore/luastore/internal/value"
	"github.com/luastore/luastore/internal/xxh3"
)

// Strings that are compared before they are changed. These commands are of
// Redis 8.4, as are the options of SET.
var compareCommands = []Row{
	{Name: "delex", Arity: -2, Flags: Write | Fast, Keys: oneKey(RW | Delete), Run: delEx},
	{Name: "digest", Arity: 2, Flags: Read | Fast, Keys: oneKey(RO | Access), Run: digest},
}

func delEx(c *Call) Reply {
	switch len(c.args) {
	case 2:
		return del(c)
	case 4:
	default:
		c.fail(errArity(c.cmd.Name))
	}
	s := c.string(1)
	switch { // what there is comes before what is asked of it
	case s == nil:
		return Int(0)
	case !c.isComparison(2):
		c.fail(errSyntax)
	case !c.holds(c.comparison(2), s):
		return Int(0)
	}
	c.removeLazily(1, "del", c.db.Config.LazyFree.UserDel)
	return Int(1)
}

func digest(c *Call) Reply {
	s := c.string(1)
	if s == nil {
		return Reply{}
	}
	return Bulk(c.digest(s))
}

// comparison is a condition for the string at a key: that it is the text, or
// has it for its digest, or that it does not, as a missing one never does.
type comparison struct {
	text          string
	digest, equal bool
}

// isComparison says whether argument i is the name of a condition.
func (c *Call) isComparison(i int) bool {
	return c.is(i, "ifeq") || c.is(i, "ifne") || c.is(i, "ifdeq") || c.is(i, "ifdne")
}

// comparison reads the condition that begins at argument i.
func (c *Call) comparison(i int) *comparison {
	return &comparison{
		text:   c.arg(i + 1),
		digest: c.is(i, "ifdeq") || c.is(i, "ifdne"),
		equal:  c.is(i, "ifeq") || c.is(i, "ifdeq"),
	}
}

// holds says whether s, nil being a missing string, meets the condition.
func (c *Call) holds(m *comparison, s *value.String) bool {
	switch {
	case s == nil:
		return !m.equal
	case m.digest:
		return equalFold(c.digest(s), m.text) == m.equal
	}
	return s.Equal(m.text) == m.equal
}

// digest returns what DIGEST answers of s.
func (c *Call) digest(s *value.String) string {
	c.tick(s.Len() / bytesPerTick)
	return fmt.Sprintf("%016x", xxh3.Sum64(s.String(), c))
}
