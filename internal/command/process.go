package command

// A server's process, its file, its replicas and its modules: what a standalone
// server answers where that is true of a store too, which is in the memory of a
// process that is not its own. Else the error says what there is not.
var processCommands = []Row{
	{"bgrewriteaof", 1, Admin | NoScript | NoAsyncLoading, nil, save},
	{"bgsave", -1, Admin | NoScript | NoAsyncLoading, nil, bgSave},
	{"failover", -1, Admin | NoScript | Stale, nil, failover},
	{"lolwut", -1, Read | Fast, nil, lolwut},
	{"module", -2, 0, nil, nil},
	{"module|help", 2, Loading | Stale, nil, moduleHelp},
	{"module|list", 2, Admin | NoScript, nil, moduleList},
	{"module|load", -3, Admin | NoScript | NoAsyncLoading | Protected, nil, noModules},
	{"module|loadex", -3, Admin | NoScript | NoAsyncLoading | Protected, nil, noModules},
	{"module|unload", 3, Admin | NoScript | NoAsyncLoading | Protected, nil, noModules},
	{"psync", -3, Admin | NoScript | NoAsyncLoading | NoMulti, nil, synchronize},
	{"replicaof", 3, Admin | NoScript | Stale | NoAsyncLoading, nil, replicaOf},
	{"save", 1, Admin | NoScript | NoAsyncLoading | NoMulti, nil, save},
	{"shutdown", -1, Admin | NoScript | Loading | Stale | NoMulti | AllowBusy, nil, shutdown},
	{"slaveof", 3, Admin | NoScript | Stale | NoAsyncLoading, nil, replicaOf},
	{"sync", 1, Admin | NoScript | NoAsyncLoading | NoMulti, nil, synchronize},
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
