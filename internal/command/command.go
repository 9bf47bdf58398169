// Package command is Redis's commands: one row of a table and one short
// function each. It knows no Lua and no locks.
//
//	command.go     Row, Command, Table
//	keys.go        where a command's keys are
//	db.go          DB: 16 databases; Do: look up, check, run, settle
//	session.go     Session: who is calling
//	call.go        Call: what a handler works with
//	wait.go        commands that wait for a key
//	size.go        how much memory the data take
//	maxmemory.go   the limit of memory
//	evict.go       which keys go when it is reached
//	client.go      Client: the connection of a session
//	clientkill.go  what one connection does to others
//	access.go      users: who may do what
//	acllog.go      what ACL LOG tells
//	debug.go       DEBUG; its replies, and its RELOAD, in files of their own
//	process.go     its process, file, replicas and modules
//	undo.go        what a turn has done can be undone
//	notify.go      who is told of events and messages
//	reply.go       Reply
//	errors.go      the error texts that several commands share
//	info.go        what COMMAND INFO says of a command
//	docs.go        what COMMAND DOCS says of it: docs.txt, of all commands
//	syntax.go      the notation for syntax in docs.txt
//	stats.go       what was counted, and how long calls took
//	parameter.go   what CONFIG can set
//	setting.go     and what it may be
//	glob.go        Redis's glob patterns
//	pick.go        random elements of collections
//	longdouble.go  the numbers of INCRBYFLOAT
//	double.go      the numbers of scores
//
// and one file for each family of commands. A family file begins with its
// rows; the handlers follow in the same order.
package command

import "strings"

// A Row is a command as the families list it.
type Row struct {
	Name  string // in lower case; of a subcommand "container|name"
	Arity int    // number of words of a call, its name included; -n: n or more
	Flags Flags
	Keys  []KeySpec
	Run   func(*Call) Reply // nil for a container, which has only subcommands

	// Facts that few commands have.

	Channels Channels                  // which arguments are channels that a user must have access to
	Secrets  func(args []string) []int // returns the arguments that others must not see: passwords and the like
	Tips     []string                  // how a client of a cluster spreads the command over nodes, as COMMAND INFO has it
}

// Channels are the arguments from 1 to Last that are channels, or patterns of
// channels. A Last of -1 is the last argument; 0 means that there are none.
type Channels struct {
	Last    int
	Pattern bool
}

// A Command is a row in its place in the table.
type Command struct {
	Row
	number      int    // in the table, counted from 0
	adds        bool   // see Row.mayAdd
	category    string // the family's ACL categories, with spaces between them
	subcommands Table
}

// Flags are what a command does and when it may run.
type Flags uint64

const (
	Write Flags = 1 << iota
	Read
	DenyOOM
	Admin
	PubSub
	NoScript
	Blocking
	Loading
	Stale
	SkipMonitor
	SkipSlowlog
	Asking
	Fast
	NoAuth
	NoMandatoryKeys
	NoAsyncLoading
	NoMulti
	MovableKeys
	AllowBusy
	MayReplicate // COMMAND INFO does not show it
	Protected    // nor this: a server must be started so that it may run, and is not
	Dangerous    // the ACL category, where Admin is not set

	// COMMAND INFO does not show the following.

	NoQueue         // runs at once in a transaction
	EndsQueue       // ends a transaction, and so may run however short memory is
	RunsQueue       // EXEC
	RunsScript      // runs a script or a function
	WhileSubscribed // may run for a subscriber in RESP2
	ScriptDebug     // scripts may call it after DEBUG SET-DISABLE-DENY-SCRIPTS

	// What a call does if a script is running, instead of waiting for its end.

	KillsScript   // ends the script
	KillsFunction // ends the function
	AsksFunction  // says which function is running
	EndsDebugging // runs beside a script that is debugged: it may end the client that debugs
	Connects      // runs beside any script: a connection begins, maybe in order to kill the script

	// Which missing keys a command tells of, if that is not each key that its key
	// specs read: a keymiss event of keyspace notifications.

	MissAny     // also of keys that it writes
	MissUpdated // only of keys that it both reads and writes
	MissNone    // of none
	MissTwice   // at each of its two looks
)

// A Table finds commands by name.
type Table map[string]*Command

// size returns how many commands there are, subcommands included.
func (t Table) size() (n int) {
	for _, cmd := range t {
		n += 1 + len(cmd.subcommands)
	}
	return n
}

// NewTable returns a table of this package's commands, to which more can be
// added. A table must not change once a DB uses it.
func NewTable() Table {
	t := Table{}
	t.Add("string", stringCommands)
	t.Add("string", setCommands)
	t.Add("string", compareCommands)
	t.Add("string", incrementCommands)
	t.Add("string", lcsCommands)
	t.Add("hash", hashCommands)
	t.Add("hash", hashExpiryCommands)
	t.Add("hash", hashExCommands)
	t.Add("set", setsCommands)
	t.Add("set", setAlgebraCommands)
	t.Add("list", listCommands)
	t.Add("list", listPopCommands)
	t.Add("set sortedset list", sortCommands)
	t.Add("sortedset", sortedSetCommands)
	t.Add("sortedset", sortedSetPopCommands)
	t.Add("sortedset", sortedSetRangeCommands)
	t.Add("sortedset", sortedSetUnionCommands)
	t.Add("geo", geoCommands)
	t.Add("geo", geoSearchCommands)
	t.Add("bitmap", bitCommands)
	t.Add("bitmap", bitFieldCommands)
	t.Add("hyperloglog", hyperLogLogCommands)
	t.Add("stream", streamCommands)
	t.Add("stream", streamDeleteCommands)
	t.Add("stream", streamReadCommands)
	t.Add("stream", streamInfoCommands)
	t.Add("stream", groupCommands)
	t.Add("stream", pendingCommands)
	t.Add("keyspace", genericCommands)
	t.Add("keyspace", expiryCommands)
	t.Add("keyspace", objectCommands)
	t.Add("keyspace", scanCommands)
	t.Add("keyspace", dumpCommands)
	t.Add("", memoryCommands)
	t.Add("transaction", transactionCommands)
	t.Add("", pubSubCommands)
	t.Add("connection", authCommands)
	t.Add("connection", clientCommands)
	t.Add("", clusterCommands)
	t.Add("", monitorCommands)
	t.Add("admin", replicationCommands)
	t.Add("connection", waitCommands)
	t.Add("connection", connectionCommands)
	t.Add("connection", commandCommands)
	t.Add("", serverCommands)
	t.Add("", infoCommands)
	t.Add("", configCommands)
	t.Add("", debugCommands)
	t.Add("", slowlogCommands)
	t.Add("", latencyCommands)
	t.Add("", processCommands)
	t.Add("", aclCommands)
	return t
}

// Add adds the rows, which belong to the ACL category, or to several ("set
// list") or none (""). The row of a container comes before those of its
// subcommands.
func (t Table) Add(category string, rows []Row) {
	number := t.size()
	for _, row := range rows {
		cmd := &Command{Row: row, number: number, adds: row.mayAdd(), category: category}
		number++
		container, sub, ok := strings.Cut(row.Name, "|")
		if !ok {
			if row.Run == nil {
				cmd.category = "" // what is only a container is in no category
			}
			t[row.Name] = cmd
			continue
		}
		c := t[container]
		if c.subcommands == nil {
			c.subcommands = Table{}
		}
		c.subcommands[sub] = cmd
	}
}

// Lookup returns the command that args begin with, in any case, or nil. Of a
// container it is the subcommand, or the container itself where args end with
// its name.
func (t Table) Lookup(args []string) *Command {
	cmd := named(t, args[0])
	if cmd == nil || cmd.subcommands == nil || len(args) == 1 {
		return cmd
	}
	return named(cmd.subcommands, args[1])
}

// named finds name in any case; the usual spellings cost no allocation.
func named(m Table, name string) *Command {
	var lower [32]byte
	if len(name) > len(lower) { // longer than any, and maybe much
		return nil
	}
	if cmd := m[name]; cmd != nil {
		return cmd
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	return m[string(lower[:len(name)])]
}

// exactly returns the command of that name, of a subcommand "container|name",
// in any case, or nil.
func (t Table) exactly(name string) *Command {
	container, sub, ok := strings.Cut(name, "|")
	cmd := named(t, container)
	if cmd == nil || !ok {
		return cmd
	}
	return named(cmd.subcommands, sub)
}

// Simple says whether the first word of a call alone decides that it is cmd:
// cmd neither has subcommands nor is one.
func (cmd *Command) Simple() bool {
	return cmd.subcommands == nil && strings.IndexByte(cmd.Name, '|') < 0
}

// Has returns the flags of the row; those of an unknown command, which is nil, are
// none.
func (cmd *Command) Has() Flags {
	if cmd == nil {
		return 0
	}
	return cmd.Flags
}

// arityOK says whether a call of n words, the name included, fits the row.
func (cmd *Command) arityOK(n int) bool { return arityOK(cmd.Arity, n) }

func arityOK(arity, n int) bool { return n == arity || arity < 0 && n >= -arity }
