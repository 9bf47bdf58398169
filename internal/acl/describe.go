package acl

import (
	"slices"
	"strings"
)

// Permissions are those of a selector, in the words of rules.
type Permissions struct{ Commands, Keys, Channels string }

// Flags returns what is said of the user besides passwords and permissions.
func (u *User) Flags() []string {
	flags := []string{"off"}
	if u.enabled {
		flags[0] = "on"
	}
	if u.noPassword {
		flags = append(flags, "nopass")
	}
	switch u.sanitize {
	case -1:
		flags = append(flags, "skip-sanitize-payload")
	case 1:
		flags = append(flags, "sanitize-payload")
	}
	return flags
}

// Passwords returns the SHA-256 of each password, in hexadecimal.
func (u *User) Passwords() []string { return slices.Collect(u.passwords.all()) }

// Permissions returns those of the user, and then those of each selector.
func (u *User) Permissions() []Permissions {
	all := []Permissions{u.root.permissions()}
	for _, s := range u.selectors {
		all = append(all, s.permissions())
	}
	return all
}

// String returns the rules by which the user would be made anew, as ACL LIST
// shows them.
func (u *User) String() string {
	words := append([]string{"user", u.name}, u.Flags()...)
	for p := range u.passwords.all() {
		words = append(words, "#"+p)
	}
	words = append(words, u.root.describe())
	for _, s := range u.selectors {
		words = append(words, "("+s.describe()+")")
	}
	return strings.Join(words, " ")
}

func (s *selector) permissions() Permissions {
	channels := s.describeChannels()
	if !s.allChannels {
		channels = channels[1:] // without the rule that there are no others
	}
	return Permissions{s.describeCommands(), strings.Join(s.describeKeys(), " "), strings.Join(channels, " ")}
}

func (s *selector) describe() string {
	words := append(s.describeKeys(), s.describeChannels()...)
	return strings.Join(append(words, s.describeCommands()), " ")
}

func (s *selector) describeKeys() (words []string) {
	if s.allKeys {
		return []string{"~*"}
	}
	sign := map[Access]string{Reads: "%R~", Writes: "%W~", Reads | Writes: "~"}
	for _, k := range s.keys {
		words = append(words, sign[k.access]+k.pattern)
	}
	return words
}

func (s *selector) describeChannels() []string {
	if s.allChannels {
		return []string{"&*"}
	}
	words := []string{"resetchannels"}
	for c := range s.channels.all() {
		words = append(words, "&"+c)
	}
	return words
}

// describeCommands returns rules that give the commands of s, as Redis finds
// them: everything or nothing; the categories that fit best, one after the
// other, of which more is to be changed than not; and then single commands.
func (s *selector) describeCommands() string {
	like := newSelector(s.catalog) // what the rules have given so far
	like.allowAll(s.future)
	words := []string{sign(s.future) + "@all"}
	rest := s.clone() // in which what the rules have given is undone
	used := Categories(0)
	for {
		best := rest.bestCategory(!s.future, used)
		if best < 0 {
			break
		}
		category := Categories(1) << best
		used |= category
		words = append(words, sign(!s.future)+"@"+CategoryNames[best])
		like.allowIn(category, !s.future)
		rest.allowIn(category, s.future)
	}
	for i, cmd := range s.catalog.commands {
		if s.commands[i] != like.commands[i] {
			words = append(words, sign(s.commands[i])+cmd.Name)
			like.allow(i, s.commands[i])
		}
		if !s.commands[i] {
			args := s.firstArgs[i]
			for arg := range args.all() {
				words = append(words, "+"+cmd.Name+"|"+arg)
			}
		}
	}
	return strings.Join(words, " ")
}

func sign(allowed bool) string {
	if allowed {
		return "+"
	}
	return "-"
}

// bestCategory returns the category, not one of those used, of which most
// commands are allowed, or not, as wanted says, and fewest are otherwise; -1 if
// more are otherwise in each.
func (s *selector) bestCategory(wanted bool, used Categories) int {
	best, leastOther, mostSame := -1, 0, 0
	for category := range CategoryNames {
		if used&(1<<category) != 0 {
			continue
		}
		same, other := 0, 0
		for i, cmd := range s.catalog.commands {
			switch {
			case cmd.Newer || cmd.Categories&(1<<category) == 0:
			case s.commands[i] == wanted:
				same++
			default:
				other++
			}
		}
		if same > other && (best < 0 || other < leastOther || other == leastOther && same > mostSame) {
			best, leastOther, mostSame = category, other, same
		}
	}
	return best
}
