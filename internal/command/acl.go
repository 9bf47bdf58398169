package command

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/luastore/luastore/internal/acl"
)

// ACL: users and what they may do. What the rules mean is in package acl.
var aclCommands = []Row{
	{Name: "acl", Arity: -2},
	{Name: "acl|cat", Arity: -2, Flags: NoScript | Loading | Stale, Run: aclCat},
	{Name: "acl|deluser", Arity: -3, Flags: Admin | NoScript | Loading | Stale, Run: aclDelUser},
	{Name: "acl|dryrun", Arity: -4, Flags: Admin | NoScript | Loading | Stale, Run: aclDryRun},
	{Name: "acl|genpass", Arity: -2, Flags: NoScript | Loading | Stale, Run: aclGenPass},
	{Name: "acl|getuser", Arity: 3, Flags: Admin | NoScript | Loading | Stale, Run: aclGetUser},
	{Name: "acl|help", Arity: 2, Flags: Loading | Stale, Run: aclHelp},
	{Name: "acl|list", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Run: aclList},
	{Name: "acl|load", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Run: aclNoFile},
	{Name: "acl|log", Arity: -2, Flags: Admin | NoScript | Loading | Stale, Run: aclLogCommand},
	{Name: "acl|save", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Run: aclNoFile},
	{Name: "acl|setuser", Arity: -3, Flags: Admin | NoScript | Loading | Stale, Secrets: userSecrets, Run: aclSetUser},
	{Name: "acl|users", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Run: aclUsers},
	{Name: "acl|whoami", Arity: 2, Flags: NoScript | Loading | Stale, Run: aclWhoAmI},
}

func aclCat(c *Call) Reply {
	switch len(c.args) {
	case 2:
		return Bulks(acl.CategoryNames...)
	case 3:
		category := acl.Category(cString(c.arg(2)))
		if category == 0 {
			c.fail(ErrorLine("ERR Unknown category '" + quoted(c.arg(2), 128) + "'"))
		}
		return Bulks(c.db.Users().Catalog().Named(category)...)
	}
	return c.WrongSubcommand()
}

func aclDelUser(c *Call) Reply {
	names := c.args[2:]
	for _, name := range names {
		if name == defaultUser {
			c.fail("ERR The 'default' user cannot be removed")
		}
	}
	c.saveUsers()
	deleted := 0
	for _, name := range names {
		if u := c.db.Users().Delete(name); u != nil {
			deleted++
			c.expel(u)
		}
	}
	return Int(deleted)
}

func aclDryRun(c *Call) Reply {
	u := c.db.Users().Get(c.arg(2))
	if u == nil {
		c.fail(ErrorLine("ERR User '" + cString(c.arg(2)) + "' not found"))
	}
	args := c.args[3:]
	cmd := c.db.Lookup(args)
	switch {
	case cmd == nil:
		c.fail(ErrorLine("ERR Command '" + cString(args[0]) + "' not found"))
	case !cmd.arityOK(len(args)):
		c.fail(errArity(cmd.Name))
	}
	reason, at := u.Check(c.db.aclCall(c.s, cmd, args))
	switch reason {
	case acl.Allowed:
		return OK
	case acl.DeniedCommand:
		return Bulk("This user has no permissions to run the '" + cmd.Name + "' command")
	}
	return Bulk("This user has no permissions to access the '" + cString(args[at]) + "' " + reason.String())
}

func aclGenPass(c *Call) Reply {
	bits := int64(256)
	if len(c.args) > 3 {
		return c.WrongSubcommand()
	}
	if len(c.args) == 3 {
		if bits = c.int(2); bits <= 0 || bits > 4096 {
			c.fail("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096")
		}
	}
	digits := (bits + 3) / 4
	random := make([]byte, (digits+1)/2)
	rand.Read(random)
	return Bulk(hex.EncodeToString(random)[:digits])
}

func aclGetUser(c *Call) Reply {
	u := c.db.Users().Get(c.arg(2))
	if u == nil {
		return Reply{}
	}
	flags := []Reply{}
	for _, name := range u.Flags() {
		flags = append(flags, Bulk(name))
	}
	all := u.Permissions()
	selectors := []Reply{}
	for _, p := range all[1:] {
		selectors = append(selectors, Map(permissions(p)...))
	}
	elems := []Reply{Bulk("flags"), Set(flags...), Bulk("passwords"), Bulks(u.Passwords()...)}
	elems = append(elems, permissions(all[0])...)
	return Map(append(elems, Bulk("selectors"), Array(selectors...))...)
}

func permissions(p acl.Permissions) []Reply {
	return []Reply{Bulk("commands"), Bulk(p.Commands), Bulk("keys"), Bulk(p.Keys), Bulk("channels"), Bulk(p.Channels)}
}

func aclHelp(c *Call) Reply {
	return c.Help(
		"CAT [<category>]",
		"    List all commands that belong to <category>, or all command categories",
		"    when no category is specified.",
		"DELUSER <username> [<username> ...]",
		"    Delete a list of users.",
		"DRYRUN <username> <command> [<arg> ...]",
		"    Returns whether the user can execute the given command without executing the command.",
		"GETUSER <username>",
		"    Get the user's details.",
		"GENPASS [<bits>]",
		"    Generate a secure 256-bit user password. The optional `bits` argument can",
		"    be used to specify a different size.",
		"LIST",
		"    Show users details in config file format.",
		"LOAD",
		"    Reload users from the ACL file.",
		"LOG [<count> | RESET]",
		"    Show the ACL log entries.",
		"SAVE",
		"    Save the current config to the ACL file.",
		"SETUSER <username> <attribute> [<attribute> ...]",
		"    Create or modify a user with the specified attributes.",
		"USERS",
		"    List all the registered usernames.",
		"WHOAMI",
		"    Return the current connection username.",
	)
}

// describeTicks is what it takes to describe a user.
const describeTicks = 10_000

func aclList(c *Call) Reply {
	users := c.db.Users()
	var elems []Reply
	for _, name := range users.Names() {
		c.tick(describeTicks)
		elems = append(elems, Bulk(users.Get(name).String()))
	}
	return Array(elems...)
}

func aclNoFile(c *Call) Reply {
	c.fail("ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the " +
		"ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) " +
		"in order to store users in the Redis configuration.")
	return Reply{}
}

func aclLogCommand(c *Call) Reply {
	count := int64(10)
	switch {
	case len(c.args) > 3:
		return c.WrongSubcommand()
	case len(c.args) == 3 && c.is(2, "reset"):
		c.db.aclLog = nil
		return OK
	case len(c.args) == 3:
		count = max(c.int(2), 0)
	}
	return c.db.aclLog.reply(count, c.now())
}

func aclSetUser(c *Call) Reply {
	c.saveUsers()
	if complaint := c.db.setUser(c.s, c.arg(2), c.args[3:], c.tick); complaint != "" {
		c.fail(ErrorLine("ERR " + complaint))
	}
	return OK
}

func aclUsers(c *Call) Reply { return Bulks(c.db.Users().Names()...) }

func aclWhoAmI(c *Call) Reply { return Bulk(c.s.userName()) }

func userSecrets(args []string) []int { return from(2, args) }
