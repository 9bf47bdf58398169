package command

// A server's process, its file, its replicas and its modules: what a standalone
// server answers where that is true of a store too, which is in the memory of a
// process that is not its own. Else the error says what there is not.
var processCommands = []Row{
	{Name: "bgrewriteaof", Arity: 1, Flags: Admin | NoScript | NoAsyncLoading, Run: save},
	{Name: "bgsave", Arity: -1, Flags: Admin | NoScript | NoAsyncLoading, Run: bgSave},
	{Name: "failover", Arity: -1, Flags: Admin | NoScript | Stale, Run: failover},
	{Name: "lolwut", Arity: -1, Flags: Read | Fast, Run: lolwut},
	{Name: "module", Arity: -2},
	{Name: "module|help", Arity: 2, Flags: Loading | Stale, Run: moduleHelp},
	{Name: "module|list", Arity: 2, Flags: Admin | NoScript, Tips: []string{AnyOrder}, Run: moduleList},
	{Name: "module|load", Arity: -3, Flags: Admin | NoScript | NoAsyncLoading | Protected, Run: noModules},
	{Name: "module|loadex", Arity: -3, Flags: Admin | NoScript | NoAsyncLoading | Protected, Run: noModules},
	{Name: "module|unload", Arity: 3, Flags: Admin | NoScript | NoAsyncLoading | Protected, Run: noModules},
	{Name: "psync", Arity: -3, Flags: Admin | NoScript | NoAsyncLoading | NoMulti, Run: synchronize},
	{Name: "replicaof", Arity: 3, Flags: Admin | NoScript | Stale | NoAsyncLoading, Run: replicaOf},
	{Name: "save", Arity: 1, Flags: Admin | NoScript | NoAsyncLoading | NoMulti, Run: save},
	{Name: "shutdown", Arity: -1, Flags: Admin | NoScript | Loading | Stale | NoMulti | AllowBusy, Run: shutdown},
	{Name: "slaveof", Arity: 3, Flags: Admin | NoScript | Stale | NoAsyncLoading, Run: replicaOf},
	{Name: "sync", Arity: 1, Flags: Admin | NoScript | NoAsyncLoading | NoMulti, Run: synchronize},
}

const memoryOnly = "ERR The data are in the memory of the process only: "

func save(*Call) Reply { return Err(memoryOnly + "there is no file") }

func bgSave(c *Call) Reply {
	if len(c.args) > 2 || len(c.args) == 2 && !c.is(1, "schedule") {
		c.fail(errSyntax)
	}
	return save(c)
}

// failover always fails: there are no replicas to take over.
func failover(c *Call) Reply {
	var to, force, timeout bool
	abort := len(c.args) == 2 && c.is(1, "abort")
	for i := 1; i < len(c.args) && !abort; i++ {
		switch {
		case c.is(i, "timeout") && i+1 < len(c.args) && !timeout:
			if i++; c.int(i) <= 0 {
				c.fail("ERR FAILOVER timeout must be greater than 0")
			}
			timeout = true
		case c.is(i, "to") && i+2 < len(c.args) && !to:
			i += 2
			c.int(i)
			to = true
		case c.is(i, "force") && !force:
			force = true
		default:
			c.fail(errSyntax)
		}
	}
	if abort {
		return Err("ERR No failover in progress.")
	}
	return Err("ERR FAILOVER requires connected replicas.")
}

func moduleHelp(c *Call) Reply {
	return c.Help(
		"LIST",
		"    Return a list of loaded modules.",
		"LOAD <path> [<arg> ...]",
		"    Load a module library from <path>, passing to it any optional arguments.",
		"LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
		"    Load a module library from <path>, while passing it module configurations and optional arguments.",
		"UNLOAD <name>",
		"    Unload a module.",
	)
}

func moduleList(*Call) Reply { return Array() }

// noModules answers those for whom there is no refusal before.
func noModules(*Call) Reply { return Err(errNoModules) }

const errNoModules = `ERR MODULE command not allowed. If the enable-module-command option is set to "local", ` +
	"you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server."

func replicaOf(c *Call) Reply {
	if c.is(1, "no") && c.is(2, "one") {
		return OK
	}
	const badPort = "ERR Invalid master port"
	if port := c.intOr(2, badPort); port < 0 || port > 65535 {
		c.fail(badPort)
	}
	return Err(memoryOnly + "they cannot be a replica")
}

func shutdown(c *Call) Reply {
	var abort, saves, noSave, other bool
	for i := 1; i < len(c.args); i++ {
		switch {
		case c.is(i, "abort"):
			abort = true
		case c.is(i, "save"):
			saves = true
		case c.is(i, "nosave"):
			noSave = true
		case c.is(i, "now"), c.is(i, "force"):
			other = true
		default:
			c.fail(errSyntax)
		}
	}
	switch {
	case saves && noSave, abort && (saves || noSave || other):
		c.fail(errSyntax)
	case abort:
		return Err("ERR No shutdown in progress.")
	case c.db.busy != "" && !noSave:
		return Err(c.db.busy)
	}
	return Err("ERR Errors trying to SHUTDOWN. Check logs.")
}

func synchronize(*Call) Reply { return Err(memoryOnly + "they have no replicas") }
