package command

import "github.com/luastore/luastore/internal/acl"

// AUTH: the user of a session.
var authCommands = []Row{
	{Name: "auth", Arity: -2, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, Secrets: authSecrets, Run: auth},
}

func auth(c *Call) Reply {
	name, password := defaultUser, c.arg(len(c.args)-1)
	switch {
	case c.s.Stateless:
		c.fail("ERR AUTH needs a Session: without one every command has all rights")
	case len(c.args) > 3:
		c.fail(errSyntax)
	case len(c.args) == 3:
		name = c.arg(1)
	case c.db.Users().Default.NoPassword():
		c.fail("ERR AUTH <password> called without any password configured for the default user. " +
			"Are you sure your configuration is correct?")
	}
	c.authenticate(name, password)
	return OK
}

const defaultUser = acl.DefaultName

// authenticate makes the session that of the user, or fails the call where the
// password is wrong.
func (c *Call) authenticate(name, password string) {
	c.tick(len(password) / bytesPerTick)
	u := c.db.Users().Authenticate(name, password)
	if u == nil {
		c.db.logDenial(c.s, acl.DeniedAuth, c.arg(0), name)
		c.fail("WRONGPASS invalid username-password pair or user is disabled.")
	}
	c.s.become(u)
	c.s.hooks &^= hookStranger
}

// become makes u the user of the session, who has yet to give a password if one
// is needed.
func (s *Session) become(u *acl.User) {
	s.user = u
	s.hooks |= hookUser
	if u.NeedsPassword() {
		s.hooks |= hookStranger
	} else {
		s.hooks &^= hookStranger
	}
}

// Stranger says whether somebody must give a password before the session may do
// anything.
func (s *Session) Stranger() bool { return s.hooks&hookStranger != 0 && s.user.NeedsPassword() }

// forgetUser makes the session what it was before anybody gave a password.
func (db *DB) forgetUser(s *Session) {
	s.user = nil
	s.hooks &^= hookUser | hookStranger
	if db.users != nil && s.Client != nil {
		s.become(db.users.Default)
	}
}

// OnBehalfOf makes s, of a script, do only what its caller may.
func (s *Session) OnBehalfOf(caller *Session) {
	s.user, s.caller = caller.user, caller
	const shared = hookUser | hookTracking
	s.hooks = s.hooks&^shared | caller.hooks&shared
}

// userName is who ACL WHOAMI says the session is.
func (s *Session) userName() string {
	if s.user == nil {
		return defaultUser
	}
	return s.user.Name()
}

func (db *DB) knowsUser(name string) bool { return db.Users().Get(name) != nil }

// setPassword makes requirepass the password of the user default, if it is
// another than before.
func (db *DB) setPassword() {
	password := db.Config.RequirePass
	if password == db.password {
		return
	}
	db.password = password
	rules := []string{"nopass"}
	if password != "" {
		rules = []string{"resetpass", ">" + password}
	}
	db.setUser(nil, defaultUser, rules, func(int) {})
}

// expel ends the connections of a user who is gone.
func (c *Call) expel(u *acl.User) {
	c.db.killAll(c.s, func(s *Session) bool { return s.user == u })
}

func authSecrets(args []string) []int {
	if len(args) > 3 {
		return nil
	}
	return from(1, args)
}
