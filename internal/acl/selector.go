package acl

import (
	"maps"
	"slices"
	"strings"
)

// A selector is one set of permissions: commands, keys and channels that may be
// used together.
type selector struct {
	catalog     *Catalog
	allKeys     bool
	allChannels bool
	allCommands bool // nothing was taken away since all were allowed
	future      bool // what is in no catalog is allowed
	commands    []bool
	firstArgs   map[int]list // of commands that are not allowed, but with these; known by their lower case
	keys        []keyPattern
	keyAt       map[string]int // where in keys a pattern is
	channels    list

	// Patterns that may match anything but themselves.
	globKeys     []int // where they are in keys
	globChannels []string
}

// isGlob reports whether a pattern may match anything but itself.
func isGlob(pattern string) bool { return strings.ContainsAny(pattern, `*?[\`) }

// A keyPattern is what may be done with the keys that it matches.
type keyPattern struct {
	access  Access
	pattern string
}

// Access is what is done with a key.
type Access uint8

const (
	Reads Access = 1 << iota
	Writes
)

func newSelector(c *Catalog) *selector {
	return &selector{catalog: c, commands: make([]bool, len(c.commands)), allChannels: c.allChannels}
}

func (s *selector) clone() *selector {
	clone := *s
	clone.commands = slices.Clone(s.commands)
	clone.firstArgs = maps.Clone(s.firstArgs)
	for i, args := range clone.firstArgs {
		clone.firstArgs[i] = args.clone()
	}
	clone.keys, clone.keyAt = slices.Clone(s.keys), maps.Clone(s.keyAt)
	clone.channels = s.channels.clone()
	clone.globKeys, clone.globChannels = slices.Clone(s.globKeys), slices.Clone(s.globChannels)
	return &clone
}

// apply is User.apply for what a selector can have.
func (s *selector) apply(rule string) (complaint string) {
	switch strings.ToLower(cString(rule)) {
	case "allkeys", "~*":
		s.allKeys, s.keys, s.keyAt, s.globKeys = true, nil, nil, nil
	case "resetkeys":
		s.allKeys, s.keys, s.keyAt, s.globKeys = false, nil, nil, nil
	case "allchannels", "&*":
		s.allChannels, s.channels, s.globChannels = true, list{}, nil
	case "resetchannels":
		s.allChannels, s.channels, s.globChannels = false, list{}, nil
	case "allcommands", "+@all":
		s.allowAll(true)
	case "nocommands", "-@all":
		s.allowAll(false)
	default:
		if rule != "" {
			return s.applyText(rule)
		}
		return badSyntax
	}
	return ""
}

func (s *selector) applyText(rule string) (complaint string) {
	switch sign, text := rule[0], rule[1:]; {
	case sign == '~' || sign == '%':
		return s.addKeys(rule)
	case sign == '&':
		return s.addChannels(text)
	case sign != '+' && sign != '-':
		return badSyntax
	case strings.HasPrefix(text, "@"):
		category := Category(cString(text[1:]))
		if category == 0 {
			return badName
		}
		s.allowIn(category, sign == '+')
	case sign == '+' && strings.Contains(cString(text), "|"):
		return s.allowPart(cString(text))
	default:
		i := s.catalog.index(text)
		if i < 0 {
			return badName
		}
		s.allow(i, sign == '+')
	}
	return ""
}

// addKeys adds a pattern of keys, which may begin with what may be done with
// them: %R~, %W~, %RW~.
func (s *selector) addKeys(rule string) (complaint string) {
	if s.allKeys {
		return anyKey
	}
	p := keyPattern{Reads | Writes, rule[1:]}
	if rule[0] == '%' {
		letters, pattern, _ := strings.Cut(rule[1:], "~")
		p = keyPattern{0, pattern}
		for _, letter := range letters {
			access := accessOf(letter)
			if access == 0 || p.access&access != 0 {
				return badSyntax
			}
			p.access |= access
		}
		if p.access == 0 {
			return badSyntax
		}
	}
	if hasSpace(p.pattern) {
		return badSyntax
	}
	if i, ok := s.keyAt[p.pattern]; ok {
		s.keys[i].access |= p.access
		return ""
	}
	if s.keyAt == nil {
		s.keyAt = make(map[string]int)
	}
	p.pattern = strings.Clone(p.pattern)
	s.keyAt[p.pattern] = len(s.keys)
	if isGlob(p.pattern) {
		s.globKeys = append(s.globKeys, len(s.keys))
	}
	s.keys = append(s.keys, p)
	return ""
}

func accessOf(letter rune) Access {
	switch letter {
	case 'R', 'r':
		return Reads
	case 'W', 'w':
		return Writes
	}
	return 0
}

func (s *selector) addChannels(pattern string) (complaint string) {
	switch {
	case s.allChannels:
		return anyChannel
	case hasSpace(pattern):
		return badSyntax
	}
	if isGlob(pattern) && !s.channels.has(pattern) {
		s.globChannels = append(s.globChannels, strings.Clone(pattern))
	}
	s.channels.add(pattern, pattern)
	return ""
}

// allowPart allows a subcommand, or a command with one first argument.
func (s *selector) allowPart(text string) (complaint string) {
	at := strings.LastIndexByte(text, '|')
	i := s.catalog.index(text[:at])
	switch {
	case i < 0:
		return badName
	case s.catalog.parents[i] >= 0:
		return badFirstArg
	case at+1 == len(text):
		return badSyntax
	case s.catalog.subs[i] == nil:
		s.allowFirstArg(i, text[at+1:])
		return ""
	}
	if i = s.catalog.index(text); i < 0 {
		return badName
	}
	s.allow(i, true)
	return ""
}

func (s *selector) allowFirstArg(i int, arg string) {
	if s.firstArgs == nil {
		s.firstArgs = map[int]list{}
	}
	args := s.firstArgs[i]
	args.add(strings.ToLower(arg), arg)
	s.firstArgs[i] = args
}

func (s *selector) allowIn(category Categories, allowed bool) {
	for i, cmd := range s.catalog.commands {
		if cmd.Categories&category != 0 {
			s.allow(i, allowed)
		}
	}
}

func (s *selector) allowAll(allowed bool) {
	s.allCommands, s.future, s.firstArgs = allowed, allowed, nil
	for i := range s.commands {
		s.commands[i] = allowed
	}
}

// allow allows command i or takes it away, and with it its subcommands.
func (s *selector) allow(i int, allowed bool) {
	s.commands[i] = allowed
	s.allCommands = s.allCommands && allowed
	delete(s.firstArgs, i)
	for _, sub := range s.catalog.subs[i] {
		s.commands[sub] = allowed
	}
}
