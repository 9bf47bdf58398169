package acl

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

// A User is a name, passwords, and what may be done under it. Rules change
// users only through Users.Set.
type User struct {
	name       string
	enabled    bool
	noPassword bool
	sanitize   int  // -1: payloads are not to be checked; 1: they are; 0: nothing is said
	passwords  list // SHA-256, in hexadecimal
	root       *selector
	selectors  []*selector // others, in parentheses
	unlimited  bool        // the root allows everything
}

func newUser(name string, c *Catalog) *User { return &User{name: name, root: newSelector(c)} }

// Name returns the user's name.
func (u *User) Name() string { return u.name }

// NoPassword says whether any password is right.
func (u *User) NoPassword() bool { return u.noPassword }

// NeedsPassword says whether one must authenticate to be the user.
func (u *User) NeedsPassword() bool { return !u.noPassword || !u.enabled }

func (u *User) limit() {
	u.unlimited = u.root.allCommands && u.root.allKeys && u.root.allChannels
}

func (u *User) clone() *User {
	clone := *u
	clone.passwords = u.passwords.clone()
	clone.root = u.root.clone()
	clone.selectors = make([]*selector, len(u.selectors))
	for i, s := range u.selectors {
		clone.selectors[i] = s.clone()
	}
	return &clone
}

// What is wrong with a rule, in Redis's words.
const (
	badSyntax   = "Syntax error"
	badName     = "Unknown command or category name in ACL"
	badFirstArg = "Allowing first-arg of a subcommand is not supported"
	badHash     = "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
	noPassword  = "The password you are trying to remove from the user does not exist"
	anyKey      = "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. " +
		"Try 'resetkeys' to start with an empty list of patterns"
	anyChannel = "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. " +
		"Try 'resetchannels' to start with an empty list of channels"
)

// ruleTicks is what a rule takes, in ticks, beside its length.
const ruleTicks = 10

// apply applies a rule, or says why it does not. A rule that is refused may have
// changed something. tick counts the work.
func (u *User) apply(rule string, tick func(n int)) (complaint string) {
	tick(ruleTicks + len(rule)/10)
	switch strings.ToLower(cString(rule)) {
	case "on":
		u.enabled = true
	case "off":
		u.enabled = false
	case "nopass":
		u.noPassword, u.passwords = true, list{}
	case "resetpass":
		u.noPassword, u.passwords = false, list{}
	case "sanitize-payload":
		u.sanitize = 1
	case "skip-sanitize-payload":
		u.sanitize = -1
	case "clearselectors":
		u.selectors = nil
	case "reset":
		for _, rule := range []string{
			"resetpass", "resetkeys", "resetchannels", "off", "sanitize-payload", "clearselectors", "-@all",
		} {
			u.apply(rule, tick)
		}
		u.root.allChannels = u.root.catalog.allChannels
	default:
		return u.applyText(rule, tick)
	}
	return ""
}

// applyText is apply for a rule that begins with a sign, or is about what may be
// done.
func (u *User) applyText(rule string, tick func(n int)) (complaint string) {
	if rule == "" {
		return ""
	}
	switch sign, text := rule[0], rule[1:]; {
	case sign == '>':
		u.addPassword(hashed(text))
	case sign == '<':
		return u.removePassword(hashed(text))
	case (sign == '#' || sign == '!') && !isHash(text):
		return badHash
	case sign == '#':
		u.addPassword(text)
	case sign == '!':
		return u.removePassword(text)
	case sign == '(' && strings.HasSuffix(rule, ")"):
		s := newSelector(u.root.catalog)
		for _, word := range u.root.catalog.split(cString(rule[1 : len(rule)-1])) {
			tick(ruleTicks)
			if complaint := s.apply(word); complaint != "" {
				return complaint
			}
		}
		u.selectors = append(u.selectors, s)
	default:
		return u.root.apply(rule)
	}
	return ""
}

func (u *User) addPassword(hash string) {
	u.passwords.add(hash, hash)
	u.noPassword = false
}

func (u *User) removePassword(hash string) (complaint string) {
	if !u.passwords.remove(hash) {
		return noPassword
	}
	return ""
}

// knows says whether the password is one of the user's. How long it takes says
// nothing of them.
func (u *User) knows(password string) bool {
	hash, known := []byte(hashed(password)), 0
	for p := range u.passwords.all() {
		known |= subtle.ConstantTimeCompare(hash, []byte(p))
	}
	return known == 1
}

// hashed returns the SHA-256 of a password, in hexadecimal.
func hashed(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

func isHash(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}
