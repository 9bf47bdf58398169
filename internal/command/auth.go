package command

import "crypto/subtle"

// Passwords: there is one user, default, whose password requirepass sets.
var authCommands = []Row{
	{"auth", -2, NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, nil, auth},
}

func auth(c *Call) Reply {
	name, password := defaultUser, c.arg(len(c.args)-1)
	switch {
	case len(c.args) > 3:
		c.fail(errSyntax)
	case len(c.args) == 3:
		name = c.arg(1)
	case c.db.Config.RequirePass == "":
		c.fail("ERR AUTH <password> called without any password configured for the default user. " +
			"Are you sure your configuration is correct?")
	}
	c.authenticate(name, password)
	return OK
}

const defaultUser = "default"

// authenticate makes the session that of the user, or fails the call where the
// password is wrong.
func (c *Call) authenticate(name, password string) {
	c.tick(len(password) / bytesPerTick)
	right := c.db.Config.RequirePass
	if name != defaultUser || right != "" && subtle.ConstantTimeCompare([]byte(password), []byte(right)) == 0 {
		c.fail("WRONGPASS invalid username-password pair or user is disabled.")
	}
	c.s.hooks &^= hookStranger
}

// Stranger says whether somebody must give a password before the session may do
// anything.
func (s *Session) Stranger() bool { return s.hooks&hookStranger != 0 }

// forgetUser makes the session what it was before anybody gave a password.
func (db *DB) forgetUser(s *Session) {
	s.hooks &^= hookStranger
	if db.Config.RequirePass != "" {
		s.hooks |= hookStranger
	}
}

func (s *Session) userName() string { return defaultUser }

func (db *DB) knowsUser(name string) bool { return name == defaultUser }
