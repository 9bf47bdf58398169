package command

import "strings"

// The checks before a command runs stand in one list, in the order in which
// Redis complains. Each of them can reject a call, that is, answer an error in
// the command's place. Connections, Go callers and scripts go through the same
// list; the callers column says which of them a check concerns.

// A check is one reason to reject a call.
type check struct {
	callers callers
	when    hooks                                                       // the check can reject only if one of these is set; 0 means always
	static  bool                                                        // the answer depends on the call and the session alone, not on the data
	reject  func(db *DB, s *Session, cmd *Command, args []string) Reply // pass, or the error
}

// pass is the answer of a check that does not reject a call.
var pass Reply

// callers are the kinds of callers that a check concerns.
type callers uint8

const (
	scripts  callers = 1 << iota // redis.call and redis.pcall
	updates                      // a Tx of Update and View
	clients                      // connections, Sessions, Store.Do, and what EXEC runs
	everyone = scripts | updates | clients
)

var checks = [...]check{
	{everyone, 0, true, rejectUnknown},
	{everyone, 0, true, rejectArity},
	{scripts, 0, true, rejectInScript},
	{updates, 0, true, rejectInUpdate},
	{clients, 0, false, rejectProtected},
	{clients, hookStranger, false, rejectStranger},
	{clients, hookMulti, false, rejectInMulti},
	{everyone, hookUser, false, rejectDenied},
	{everyone, 0, true, rejectWrite},
	{scripts, hookNoReplicas, false, rejectWithoutReplicas},
	{everyone, hookMaxMemory, false, rejectWithoutMemory},
	{updates | clients, hookNoReplicas, false, rejectWithoutReplicas},
	{clients, hookSubscribed, false, rejectWhileSubscribed},
	{clients, hookBusy, false, rejectWhileBusy},
	{clients, hookClient, false, rejectMonitor},
	{everyone, hookIntercept, false, rejectIntercepted},
}

// check returns the error of a call that must not run, or pass. Most calls pass
// with one look at what could reject them.
func (db *DB) check(s *Session, cmd *Command, args []string) Reply {
	set := db.hooks | s.hooks
	if set&hookChecks == 0 && !s.ReadOnly && cmd != nil && cmd.arityOK(len(args)) &&
		cmd.Flags&Protected == 0 && (cmd.Flags&NoScript == 0 || !s.Script && !s.Update) {
		return pass
	}
	return db.firstReason(s, cmd, args, set, false)
}

// StaticCheck returns the error of a call that the session must not make
// whatever the data are: the command is unknown, has another number of
// arguments, or is not allowed. It returns "" if there is no such reason.
func (db *DB) StaticCheck(s *Session, args []string) (text string) {
	return db.firstReason(s, db.Lookup(args), args, 0, true).Str()
}

func (db *DB) firstReason(s *Session, cmd *Command, args []string, set hooks, static bool) Reply {
	caller := clients
	switch {
	case s.Script:
		caller = scripts
	case s.Update:
		caller = updates
	}
	for i := range checks {
		c := &checks[i]
		if c.callers&caller == 0 || c.when != 0 && c.when&set == 0 || static && !c.static {
			continue
		}
		if r := c.reject(db, s, cmd, args); r.Kind != NilKind {
			return r
		}
	}
	return pass
}

func rejectUnknown(db *DB, s *Session, cmd *Command, args []string) Reply {
	switch {
	case cmd != nil:
		return pass
	case s.Script:
		return Err("ERR Unknown Redis command called from script")
	}
	if s.Client != nil && (equalFold(args[0], "post") || equalFold(args[0], "host:")) {
		s.Client.Kill() // an HTTP request, which a browser was tricked into sending
	}
	if container := named(db.table, args[0]); container != nil {
		return Err(errUnknownSubcommand(container.Name, args[1]))
	}
	return Err(errUnknownCommand(args))
}

func rejectArity(_ *DB, s *Session, cmd *Command, args []string) Reply {
	switch {
	case cmd.arityOK(len(args)):
		return pass
	case s.Script:
		return Err("ERR Wrong number of args calling Redis command from script")
	}
	return Err(errArity(cmd.Name))
}

func rejectInScript(db *DB, _ *Session, cmd *Command, _ []string) Reply {
	if cmd.Flags&NoScript == 0 || db.debugged && cmd.Flags&ScriptDebug != 0 {
		return pass
	}
	return Err("ERR This Redis command is not allowed from script")
}

// rejectInUpdate rejects what is about the store rather than its data, and what
// waits: it could not be undone.
func rejectInUpdate(_ *DB, _ *Session, cmd *Command, _ []string) Reply {
	if cmd.Flags&NoScript == 0 || cmd.Flags&RunsScript != 0 {
		return pass
	}
	return Err("ERR " + strings.ToUpper(cmd.Name) + " is not allowed in Update and View")
}

func rejectProtected(_ *DB, _ *Session, cmd *Command, _ []string) Reply {
	if cmd.Flags&Protected == 0 {
		return pass
	}
	return Err(errNoModules)
}

func rejectStranger(_ *DB, s *Session, cmd *Command, _ []string) Reply {
	if cmd.Flags&NoAuth != 0 || !s.Stranger() {
		return pass
	}
	return Err("NOAUTH Authentication required.")
}

func rejectInMulti(_ *DB, _ *Session, cmd *Command, _ []string) Reply {
	if cmd.Flags&NoMulti == 0 {
		return pass
	}
	return Err("ERR Command not allowed inside a transaction")
}

func rejectDenied(db *DB, s *Session, cmd *Command, args []string) Reply {
	if s.user == nil {
		return pass
	}
	if text := db.denied(s, cmd, args); text != "" {
		return Err(text)
	}
	return pass
}

// rejectWrite rejects commands that can write in sessions that only read. In a
// View a script is told so by its own calls.
func rejectWrite(_ *DB, s *Session, cmd *Command, _ []string) Reply {
	switch {
	case !s.ReadOnly || cmd.Flags&(Write|MayReplicate) == 0:
		return pass
	case s.Script:
		return Err("ERR Write commands are not allowed from read-only scripts.")
	}
	return Err("ERR " + strings.ToUpper(cmd.Name) + " can write, which View does not allow")
}

// rejectWithoutReplicas rejects writes if Config asks for replicas, of which
// there are none. A script or a transaction that has begun to write goes on.
func rejectWithoutReplicas(db *DB, s *Session, cmd *Command, args []string) Reply {
	if s.Script && s.Wrote || !s.Script && db.executing != nil || db.flags(s, cmd, args)&Write == 0 {
		return pass
	}
	return Err(NoReplicas)
}

// rejectWithoutMemory makes room, if it can, before each call, and rejects
// commands for which there is none.
func rejectWithoutMemory(db *DB, s *Session, cmd *Command, args []string) Reply {
	if db.fits(s, cmd, args) {
		return pass
	}
	return Err(OutOfMemory)
}

func rejectWhileSubscribed(db *DB, s *Session, cmd *Command, _ []string) Reply {
	if s.RESP == 3 || cmd.Flags&WhileSubscribed != 0 || db.executing == s {
		return pass
	}
	return Err("ERR Can't execute '" + cmd.Name + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context")
}

func rejectWhileBusy(db *DB, _ *Session, cmd *Command, _ []string) Reply {
	if cmd.Flags&AllowBusy != 0 {
		return pass
	}
	return Err(db.busy)
}

// rejectMonitor keeps a connection that has called MONITOR away from the data:
// to Redis it is a kind of replica.
func rejectMonitor(db *DB, s *Session, cmd *Command, args []string) Reply {
	if !s.monitors() || cmd.Flags&Read == 0 && !db.mayReplicate(s, cmd, args) {
		return pass
	}
	return Err("ERR Replica can't interact with the keyspace")
}

// rejectIntercepted asks Options.Intercept, which sees commands when they run,
// not when a transaction queues them.
func rejectIntercepted(db *DB, s *Session, cmd *Command, args []string) Reply {
	if s.queues(cmd) {
		return pass
	}
	return db.Host.Intercept(s, args)
}
