package command

import "github.com/luastore/luastore/internal/value"

// Strings that are compared before they are changed. These commands are of
// Redis 8.4, as are the options of SET.
var compareCommands = []Row{
	{"delex", -2, Write | Fast, oneKey(RW | Delete), delEx},
}

func delEx(c *Call) Reply {
	switch len(c.args) {
	case 2:
		return del(c)
	case 4:
	default:
		c.fail(errArity(c.cmd.Name))
	}
	if !c.isComparison(2) {
		c.fail(errSyntax)
	}
	match := c.comparison(2)
	s := c.string(1)
	if s == nil || !match.holds(s) {
		return Int(0)
	}
	c.remove(1, "del")
	return Int(1)
}

// comparison is a condition for the string at a key: that it is the text, or
// that it is not, as a missing one never is.
type comparison struct {
	text  string
	equal bool
}

// holds says whether the condition is met; nil is a missing string.
func (m *comparison) holds(s *value.String) bool { return (s != nil && s.Equal(m.text)) == m.equal }

// isComparison says whether argument i is the name of a condition.
func (c *Call) isComparison(i int) bool { return c.is(i, "ifeq") || c.is(i, "ifne") }

// comparison reads the condition that begins at argument i.
func (c *Call) comparison(i int) *comparison { return &comparison{c.arg(i + 1), c.is(i, "ifeq")} }
