// Package acl is Redis's access control: users, what rules say of them, and
// what they may do. It runs no commands, and what it knows of them is told by a
// Catalog.
//
//	acl.go       Users
//	catalog.go   Catalog: commands and their categories
//	user.go      User: the rules of a user
//	list.go      texts without repetition
//	selector.go  selector: the rules of what may be done
//	describe.go  users in the words of rules
//	check.go     whether a user may do something
package acl

import (
	"maps"
	"slices"
	"strings"
)

// DefaultName is the name of the user that a connection has at first. This user
// is always there.
const DefaultName = "default"

// Users are the users of a store. They must not be used concurrently.
type Users struct {
	// Default is the user named default.
	Default *User

	catalog *Catalog
	byName  map[string]*User
}

// NewUsers returns the user default, who may do everything without a password.
func NewUsers(c *Catalog) *Users {
	us := &Users{catalog: c, Default: newUser(DefaultName, c)}
	us.byName = map[string]*User{DefaultName: us.Default}
	for _, rule := range []string{"on", "nopass", "~*", "&*", "+@all"} {
		us.Default.apply(rule, func(int) {})
	}
	us.Default.limit()
	return us
}

// Catalog returns the commands of which the rules speak.
func (us *Users) Catalog() *Catalog { return us.catalog }

// AllChannels says whether new users and selectors may use all channels
// (acl-pubsub-default).
func (us *Users) AllChannels(all bool) { us.catalog.allChannels = all }

// Get returns the user of that name, or nil.
func (us *Users) Get(name string) *User { return us.byName[name] }

// Names returns the names of the users, sorted.
func (us *Users) Names() []string { return slices.Sorted(maps.Keys(us.byName)) }

// Set applies all the rules to the user, made where it is missing, or none of
// them: then it returns why, in Redis's words. Before a user changes, changing is
// called with what the user will be. tick counts the work.
func (us *Users) Set(name string, rules []string, tick func(n int), changing func(u, next *User)) (complaint string) {
	if hasSpace(name) {
		return "Usernames can't contain spaces or null characters"
	}
	rules, unclosed := joinSelectors(rules)
	if unclosed != "" {
		return "Unmatched parenthesis in acl selector starting at '" + cString(unclosed) + "'."
	}
	u := us.byName[name]
	next := newUser(name, us.catalog)
	if u != nil {
		next = u.clone()
	}
	for _, rule := range rules {
		if complaint := next.apply(rule, tick); complaint != "" {
			return "Error in ACL SETUSER modifier '" + cString(rule) + "': " + complaint
		}
	}
	next.limit()
	if u == nil {
		us.byName[name] = next
		return ""
	}
	changing(u, next)
	*u = *next
	return ""
}

// Save returns a function that makes the users again what they are now. It takes
// time linear in their number.
func (us *Users) Save() (restore func()) {
	byName, users := maps.Clone(us.byName), make(map[*User]User, len(us.byName))
	for _, u := range byName {
		users[u] = *u
	}
	return func() {
		us.byName = byName
		for u, was := range users {
			*u = was
		}
	}
}

// Delete removes the user of that name and returns it, without any rights, or
// nil. The user default must stay.
func (us *Users) Delete(name string) *User {
	u := us.byName[name]
	if u != nil {
		*u = User{name: name, root: newSelector(us.catalog)}
		u.root.allChannels = false
		delete(us.byName, name)
	}
	return u
}

// Authenticate returns the user who has that name and that password, or nil.
func (us *Users) Authenticate(name, password string) *User {
	u := us.byName[name]
	if u == nil || !u.enabled || !u.noPassword && !u.knows(password) {
		return nil
	}
	return u
}

// joinSelectors joins the words of each selector, from the last that begins with
// a parenthesis to one that ends with one. What is not closed it returns.
func joinSelectors(words []string) (rules []string, unclosed string) {
	var selector []string
	for _, w := range words {
		ends := strings.HasSuffix(w, ")")
		switch {
		case strings.HasPrefix(w, "(") && !ends:
			selector = []string{w}
		case selector == nil:
			rules = append(rules, w)
		default:
			selector = append(selector, cString(w))
			if ends {
				rules = append(rules, strings.Join(selector, " "))
				selector = nil
			}
		}
	}
	if selector != nil {
		return nil, selector[0]
	}
	return rules, ""
}

// hasSpace says whether there is space in s, or a zero byte.
func hasSpace(s string) bool { return strings.ContainsAny(s, " \t\n\v\f\r\x00") }

// cString returns s up to its first zero byte, where C's strings end.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}
