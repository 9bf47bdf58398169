package command

import (
	"maps"
	"slices"
)

// COMMAND: what the table says of the commands.
var commandCommands = []Row{
	{Name: "command", Arity: -1, Flags: Loading | Stale, Tips: []string{AnyOrder}, Run: commandAll},
	{Name: "command|count", Arity: 2, Flags: Loading | Stale, Run: commandCount},
	{Name: "command|docs", Arity: -2, Flags: Loading | Stale, Tips: []string{AnyOrder}, Run: commandDocs},
	{Name: "command|getkeys", Arity: -4, Flags: Loading | Stale, Run: commandGetKeys},
	{Name: "command|getkeysandflags", Arity: -4, Flags: Loading | Stale, Run: commandGetKeysAndFlags},
	{Name: "command|help", Arity: 2, Flags: Loading | Stale, Run: commandHelp},
	{Name: "command|info", Arity: -2, Flags: Loading | Stale, Tips: []string{AnyOrder}, Run: commandInfo},
	{Name: "command|list", Arity: -2, Flags: Loading | Stale, Tips: []string{AnyOrder}, Run: commandList},
}

func commandAll(c *Call) Reply {
	elems := []Reply{}
	for _, name := range slices.Sorted(maps.Keys(c.db.table)) {
		elems = append(elems, c.db.table[name].info())
	}
	return Array(elems...)
}

func commandCount(c *Call) Reply { return Int(len(c.db.table)) }

func commandDocs(c *Call) Reply {
	names := c.args[2:]
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(c.db.table))
	}
	elems := []Reply{}
	for _, name := range names {
		if cmd := c.db.table.exactly(name); cmd != nil {
			elems = c.putReply(c.put(elems, Bulk(cmd.Name)), cmd.docs())
		}
	}
	return Map(elems...)
}

func commandGetKeys(c *Call) Reply {
	return c.keysOf(func(key string, _ KeyFlags) Reply { return Bulk(key) })
}

func commandGetKeysAndFlags(c *Call) Reply {
	return c.keysOf(func(key string, f KeyFlags) Reply { return Array(Bulk(key), f.reply()) })
}

func commandHelp(c *Call) Reply {
	return c.Help(
		"(no subcommand)",
		"    Return details about all Redis commands.",
		"COUNT",
		"    Return the total number of commands in this Redis server.",
		"LIST",
		"    Return a list of all commands in this Redis server.",
		"INFO [<command-name> ...]",
		"    Return details about multiple Redis commands.",
		"    If no command names are given, documentation details for all",
		"    commands are returned.",
		"DOCS [<command-name> ...]",
		"    Return documentation details about multiple Redis commands.",
		"    If no command names are given, documentation details for all",
		"    commands are returned.",
		"GETKEYS <full-command>",
		"    Return the keys from a full Redis command.",
		"GETKEYSANDFLAGS <full-command>",
		"    Return the keys and the access flags from a full Redis command.",
	)
}

func commandInfo(c *Call) Reply {
	if len(c.args) == 2 {
		return commandAll(c)
	}
	elems := c.room(len(c.args) - 2)[:len(c.args)-2]
	for i := range elems {
		if cmd := c.db.table.exactly(c.arg(i + 2)); cmd != nil {
			elems[i] = cmd.info()
			c.reserveReply(elems[i])
		}
	}
	return Array(elems...)
}

func commandList(c *Call) Reply {
	wanted := func(*Command) bool { return true }
	if len(c.args) > 2 {
		if len(c.args) != 5 || !c.is(2, "filterby") {
			c.fail(errSyntax)
		}
		wanted = c.commandFilter(3)
	}
	elems := []Reply{}
	c.db.table.Walk(func(cmd *Command) {
		if wanted(cmd) {
			elems = append(elems, Bulk(cmd.Name))
		}
	})
	return Array(elems...)
}

// commandFilter reads the kind of a filter at argument i and what it filters by
// after that.
func (c *Call) commandFilter(i int) func(*Command) bool {
	switch {
	case c.is(i, "module"):
		return func(*Command) bool { return false } // there are none
	case c.is(i, "aclcat"):
		is := func(category string) bool { return c.is(i+1, category) }
		return func(cmd *Command) bool { return slices.ContainsFunc(cmd.categories(), is) }
	case c.is(i, "pattern"):
		return func(cmd *Command) bool { return c.glob(c.arg(i+1), cmd.Name, true) }
	}
	c.fail(errSyntax)
	return nil
}

// keysOf answers with the keys in the command that begins at argument 2.
func (c *Call) keysOf(reply func(key string, f KeyFlags) Reply) Reply {
	args := c.args[2:]
	cmd := c.db.Lookup(args)
	switch {
	case cmd == nil:
		c.fail("ERR Invalid command specified")
	case len(cmd.Keys) == 0 || cmd.Keys[0].Flags&NotKey != 0:
		c.fail("ERR The command has no key arguments")
	case !cmd.arityOK(len(args)):
		c.fail("ERR Invalid number of arguments specified for command")
	}
	keys := cmd.keys(args)
	if keys == nil && cmd.Flags&NoMandatoryKeys == 0 {
		c.fail("ERR Invalid arguments specified for command")
	}
	elems := c.room(len(keys))[:len(keys)]
	for i, k := range keys {
		elems[i] = reply(args[k.at], k.flags)
		c.reserveReply(elems[i])
	}
	return Array(elems...)
}

// count counts what a reply that was made takes.
func (c *Call) count(r Reply) {
	c.tick(len(r.Elems()))
	c.alloc(len(r.Elems()) * replySize)
	for _, e := range r.Elems() {
		c.count(e)
	}
}

// Walk visits the commands and their subcommands in order of name.
func (t Table) Walk(visit func(*Command)) {
	for _, name := range slices.Sorted(maps.Keys(t)) {
		visit(t[name])
		t[name].subcommands.Walk(visit)
	}
}
