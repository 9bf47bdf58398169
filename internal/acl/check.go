package acl

import (
	"slices"
	"strings"
)

// A Call is a command that somebody wants to run.
type Call struct {
	Index    int // of the command in the Catalog; -1: it is not there
	Args     []string
	Keys     []Key
	Channels []Channel
	// Glob says whether s matches a pattern.
	Glob func(pattern, s string) bool
}

// A Key is an argument that is a key, and what is done with it.
type Key struct {
	At     int
	Access Access
}

// A Channel is an argument that is a channel, or a pattern of channels.
type Channel struct {
	At      int
	Pattern bool
}

// A Reason is why a call is denied; the higher, the closer it was to being
// allowed.
type Reason uint8

const (
	Allowed Reason = iota
	DeniedCommand
	DeniedKey
	DeniedAuth // for the log: somebody could not authenticate
	DeniedChannel
)

// String returns the reason as ACL LOG has it.
func (r Reason) String() string {
	return [...]string{"", "command", "key", "auth", "channel"}[r]
}

// Check returns why the user must not make the call and, where that is a key or
// a channel, which argument. One selector must allow all of it.
func (u *User) Check(c *Call) (reason Reason, at int) {
	if u.unlimited {
		return Allowed, 0
	}
	for s := range u.all {
		r, i := s.check(c)
		if r == Allowed {
			return Allowed, 0
		}
		if r > reason || r == reason && i > at {
			reason, at = r, i
		}
	}
	return reason, at
}

// all visits the selectors.
func (u *User) all(visit func(*selector) bool) {
	if visit(u.root) {
		slices.Values(u.selectors)(visit)
	}
}

func (s *selector) check(c *Call) (reason Reason, at int) {
	if !s.allowsCommand(c) {
		return DeniedCommand, 0
	}
	for _, k := range c.Keys {
		if !s.allowsKey(c.Args[k.At], k.Access, c.Glob) {
			return DeniedKey, k.At
		}
	}
	for _, ch := range c.Channels {
		if !s.allowsChannel(c.Args[ch.At], ch.Pattern, c.Glob) {
			return DeniedChannel, ch.At
		}
	}
	return Allowed, 0
}

func (s *selector) allowsCommand(c *Call) bool {
	if c.Index < 0 {
		return s.future
	}
	if s.allCommands || s.catalog.commands[c.Index].NoAuth || s.commands[c.Index] {
		return true
	}
	args := s.firstArgs[c.Index]
	return len(c.Args) > 1 && args.has(strings.ToLower(cString(c.Args[1])))
}

func (s *selector) allowsKey(key string, access Access, glob func(pattern, s string) bool) bool {
	if s.allKeys {
		return true
	}
	if i, ok := s.keyAt[key]; ok && !isGlob(key) && s.keys[i].access&access == access {
		return true
	}
	return slices.ContainsFunc(s.globKeys, func(i int) bool {
		k := s.keys[i]
		return k.access&access == access && glob(k.pattern, key)
	})
}

// allowsChannel allows a pattern only where it is the same as that of a rule.
func (s *selector) allowsChannel(channel string, pattern bool, glob func(pattern, s string) bool) bool {
	if s.allChannels || s.channels.has(channel) && (pattern || !isGlob(channel)) {
		return true
	}
	return !pattern && slices.ContainsFunc(s.globChannels, func(allowed string) bool { return glob(allowed, channel) })
}

// AllowsChannel says whether the user may use the channel, or pattern of
// channels, by any command.
func (u *User) AllowsChannel(channel string, pattern bool, glob func(pattern, s string) bool) bool {
	for s := range u.all {
		if s.allowsChannel(channel, pattern, glob) {
			return true
		}
	}
	return false
}

// AllowsAnyKey says whether the user may make the call and read, beside its keys,
// any others.
func (u *User) AllowsAnyKey(c *Call) bool {
	for s := range u.all {
		if reason, _ := s.check(c); reason == Allowed && s.readsAnyKey() {
			return true
		}
	}
	return false
}

func (s *selector) readsAnyKey() bool {
	return s.allKeys || slices.ContainsFunc(s.keys, func(k keyPattern) bool { return k.access&Reads != 0 && k.pattern == "*" })
}
