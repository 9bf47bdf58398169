package command

import (
	"strings"

	"github.com/luastore/luastore/internal/acl"
	"github.com/luastore/luastore/internal/pubsub"
)

// Who may do what. A session without a user may do everything: that of Go code,
// and that of a connection as long as nobody has asked for users. From then on
// each connection has one.

// Users returns the users, made when somebody asks for the first time.
func (db *DB) Users() *acl.Users {
	if db.users == nil {
		db.users = acl.NewUsers(db.catalog())
		for _, s := range db.clients {
			db.forgetUser(s)
		}
	}
	db.users.AllChannels(db.Config.ACLPubSubDefault == "allchannels")
	return db.users
}

// catalog returns the commands of which the rules of users speak.
func (db *DB) catalog() *acl.Catalog {
	var commands []acl.Command
	db.table.Walk(func(cmd *Command) {
		known := acl.Command{Name: cmd.Name, NoAuth: cmd.Flags&NoAuth != 0, Newer: cmd.newer()}
		for _, name := range cmd.categories() {
			known.Categories |= acl.Category(name)
		}
		commands = append(commands, known)
	})
	return acl.NewCatalog(commands, func(line string) (texts []string) {
		words, _ := SplitWords(line)
		for _, w := range words {
			texts = append(texts, w.Text)
		}
		return texts
	})
}

// saveUsers must be called before a call changes users.
func (c *Call) saveUsers() {
	users := c.db.Users()
	c.UndoingOnce(users, users.Save)
}

// setUser is ACL SETUSER: it says what is wrong with the rules, if something is.
// Who has subscribed to a channel that the user may not use any more is
// disconnected; the caller, if it is a connection, once it has the reply.
func (db *DB) setUser(caller *Session, name string, rules []string, tick func(n int)) (complaint string) {
	return db.Users().Set(name, rules, tick, func(u, next *acl.User) {
		db.killAll(caller, func(s *Session) bool { return s.user == u && !db.maySubscribe(s, next) })
	})
}

// SetUser is ACL SETUSER with a line of rules that begins with the user's name.
func (db *DB) SetUser(line string) (complaint string) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return "no name of a user"
	}
	return db.setUser(nil, words[0], words[1:], func(int) {})
}

// maySubscribe says whether u may use the channels to which the session has
// subscribed.
func (db *DB) maySubscribe(s *Session, u *acl.User) bool {
	for _, k := range []pubsub.Kind{pubsub.Channel, pubsub.Pattern, pubsub.Shard} {
		for _, name := range s.Client.subscriptions.Names(k) {
			if !u.AllowsChannel(name, k == pubsub.Pattern, db.matchGlob) {
				return false
			}
		}
	}
	return true
}

// denied says why the user of the session must not make the call, and logs it;
// "" if there is no reason.
func (db *DB) denied(s *Session, cmd *Command, args []string) string {
	reason, at := s.user.Check(db.aclCall(s, cmd, args))
	if reason == acl.Allowed {
		return ""
	}
	object := cmd.Name
	if reason != acl.DeniedCommand {
		object = args[at]
	}
	db.logDenial(s, reason, object, s.user.Name())
	switch {
	case s.Script:
		return scriptDenials[reason]
	case db.executing == s:
		return "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
			"This command is no longer allowed for the following reason: " + lateDenials[reason]
	}
	if reason == acl.DeniedCommand {
		return "NOPERM this user has no permissions to run the '" + cmd.Name + "' command"
	}
	return denials[reason]
}

var (
	denials = map[acl.Reason]string{
		acl.DeniedKey:     "NOPERM this user has no permissions to access one of the keys used as arguments",
		acl.DeniedChannel: "NOPERM this user has no permissions to access one of the channels used as arguments",
	}
	lateDenials = map[acl.Reason]string{
		acl.DeniedCommand: "no permission to execute the command or subcommand",
		acl.DeniedKey:     "no permission to touch the specified keys",
		acl.DeniedChannel: "no permission to access one of the channels used as arguments",
	}
	scriptDenials = map[acl.Reason]string{
		acl.DeniedCommand: "ERR The user executing the script can't run this command or subcommand",
		acl.DeniedKey:     "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
		acl.DeniedChannel: "ERR The user executing the script can't publish to the channel mentioned in the command",
	}
)

// Permits says whether the user of the session may make the call, whose number
// of arguments may be wrong.
func (db *DB) Permits(s *Session, cmd *Command, args []string) bool {
	if s.user == nil {
		return true
	}
	reason, _ := s.user.Check(db.aclCall(s, cmd, args))
	return reason == acl.Allowed
}

// aclCall returns what package acl wants to know of a call.
func (db *DB) aclCall(s *Session, cmd *Command, args []string) *acl.Call {
	call := &acl.Call{Index: db.users.Catalog().Index(cmd.Name), Args: args, Glob: func(pattern, text string) bool {
		return glob(pattern, text, false, func(n int) bool {
			if s.Meter != nil {
				s.Meter.Tick(n)
			}
			return true
		})
	}}
	for _, k := range cmd.keys(args) {
		if k.flags&NotKey == 0 {
			call.Keys = append(call.Keys, acl.Key{At: k.at, Access: k.flags.access()})
		}
	}
	last := cmd.Channels.Last
	if last < 0 {
		last += len(args)
	}
	for i := 1; i <= min(last, len(args)-1); i++ {
		call.Channels = append(call.Channels, acl.Channel{At: i, Pattern: cmd.Channels.Pattern})
	}
	return call
}

// access returns what permission is needed for a key of which the flags say what
// is done with it.
func (f KeyFlags) access() (access acl.Access) {
	if f&Access != 0 {
		access |= acl.Reads
	}
	if f&(Insert|Delete|Update) != 0 {
		access |= acl.Writes
	}
	return access
}

// readsAnyKey says whether the caller may read keys that are not in the
// arguments.
func (c *Call) readsAnyKey() bool {
	return c.s.user == nil || c.s.user.AllowsAnyKey(c.db.aclCall(c.s, c.cmd, c.args))
}
