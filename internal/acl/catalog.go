package acl

import (
	"slices"
	"strings"
)

// CategoryNames are the categories of commands, in Redis's order.
var CategoryNames = []string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo",
	"stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

// Categories is a set of categories: bit i is CategoryNames[i].
type Categories uint32

// Category returns the category of that name, in any case; 0 if there is none.
func Category(name string) Categories {
	i := slices.IndexFunc(CategoryNames, func(n string) bool { return strings.EqualFold(n, name) })
	if i < 0 {
		return 0
	}
	return 1 << i
}

// A Command is what rules know of a command.
type Command struct {
	Name       string // of a subcommand "container|name"
	Categories Categories
	NoAuth     bool // everybody may run it
	// Newer says that Redis 7.0.15 does not have it: it makes no difference to the
	// categories by which users are described.
	Newer bool
}

// A Catalog is the commands of which rules speak.
type Catalog struct {
	commands []Command // sorted by name; what follows is by index
	parents  []int     // of a subcommand its container, else -1
	subs     [][]int   // of a container its subcommands
	indexes  map[string]int
	split    func(line string) []string

	allChannels bool // new selectors begin with these
}

// NewCatalog returns the catalog of the commands, with each container among
// them whose subcommands are. split splits the line in a selector's parentheses
// into words.
func NewCatalog(commands []Command, split func(line string) []string) *Catalog {
	c := &Catalog{commands: slices.Clone(commands), indexes: map[string]int{}, split: split}
	slices.SortFunc(c.commands, func(a, b Command) int { return strings.Compare(a.Name, b.Name) })
	c.parents, c.subs = make([]int, len(commands)), make([][]int, len(commands))
	for i, cmd := range c.commands {
		c.indexes[cmd.Name] = i
	}
	for i, cmd := range c.commands {
		c.parents[i] = -1
		if container, _, ok := strings.Cut(cmd.Name, "|"); ok {
			parent := c.indexes[container]
			c.parents[i] = parent
			c.subs[parent] = append(c.subs[parent], i)
		}
	}
	return c
}

// Index returns the place of the command of that name, in lower case, or -1.
func (c *Catalog) Index(name string) int {
	if i, ok := c.indexes[name]; ok {
		return i
	}
	return -1
}

// index is Index for a word of a rule, which may be in any case.
func (c *Catalog) index(word string) int { return c.Index(strings.ToLower(cString(word))) }

// Named returns the names of the commands in a category, sorted.
func (c *Catalog) Named(in Categories) (names []string) {
	for _, cmd := range c.commands {
		if cmd.Categories&in != 0 {
			names = append(names, cmd.Name)
		}
	}
	return names
}
