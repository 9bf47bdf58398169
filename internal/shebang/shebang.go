// Package shebang reads the first lines of scripts and function libraries, which
// say how they want to be run, and what a library is called.
package shebang

import (
	"strings"

	"github.com/luastore/luastore/internal/command"
)

// Flags are what a script, or a function of a library, says of itself.
type Flags uint8

const (
	NoWrites Flags = 1 << iota
	AllowOOM
	AllowStale
	NoCluster
	AllowCrossSlotKeys
	Declared   // there is something that says it: else it may do what it wants
	UndoErrors // what it has written is undone if it ends in an error
)

// names are the names of the flags, in Redis's order. Those without a meaning
// here open gates that no Store has.
var names = [...]string{"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"}

// Flag returns the flag with the name, or 0. That of UndoErrors is none of Redis's,
// which refuses it.
func Flag(name string) Flags {
	if name == "rollback" {
		return UndoErrors
	}
	for i, n := range names {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// Names returns the names of those flags that Redis has, in its order.
func (f Flags) Names() (all []string) {
	for i, n := range names {
		if f&(1<<i) != 0 {
			all = append(all, n)
		}
	}
	return all
}

// Script reads a first line such as "#!lua flags=no-writes" and returns
// the script without it; its line break stays, so that lines keep their
// numbers.
func Script(source string) (flags Flags, body, problem string) {
	if !strings.HasPrefix(source, "#!") {
		return Rollback(source), source, ""
	}
	line, _, ok := strings.Cut(source, "\n")
	if !ok || strings.IndexByte(line, 0) >= 0 {
		return flags, "", "ERR Invalid script shebang"
	}
	words, err := command.SplitWords(line)
	if err != nil {
		return flags, "", "ERR Invalid engine in script shebang"
	}
	if words[0].Text != "#!lua" {
		return flags, "", "ERR Unexpected engine in script shebang: " + words[0].Text
	}
	flags = Declared
	for _, word := range words[1:] {
		list, ok := strings.CutPrefix(word.Text, "flags=")
		if !ok {
			return flags, "", "ERR Unknown lua shebang option: " + word.Text
		}
		if list == "" {
			continue
		}
		for _, name := range strings.Split(list, ",") {
			flag := Flag(name)
			if flag == 0 {
				return flags, "", "ERR Unexpected flag in script shebang: " + name
			}
			flags |= flag
		}
	}
	body = source[len(line):]
	return flags | Rollback(body[1:]), body, ""
}

// Rollback returns UndoErrors if the source begins with the line that asks
// for it, which for Redis is a comment.
func Rollback(source string) Flags {
	line, _, _ := strings.Cut(source, "\n")
	if strings.TrimRight(line, " \t\r") == "--!rollback" {
		return UndoErrors
	}
	return 0
}

// Library is Script for a library, whose first line is such as
// "#!lua name=mylib".
func Library(source string) (engine, name, body, problem string) {
	if !strings.HasPrefix(source, "#!") {
		return "", "", "", "ERR Missing library metadata"
	}
	line, _, ok := strings.Cut(source, "\n")
	if !ok || strings.IndexByte(line, 0) >= 0 {
		return "", "", "", "ERR Invalid library metadata"
	}
	words, err := command.SplitWords(line)
	if err != nil {
		return "", "", "", "ERR Invalid library metadata"
	}
	named := false
	for _, word := range words[1:] {
		value, ok := cutFold(word.Text, "name=")
		switch {
		case !ok:
			return "", "", "", "ERR Invalid metadata value given: " + word.Text
		case named:
			return "", "", "", "ERR Invalid metadata value, name argument was given multiple times"
		}
		name, named = value, true
	}
	switch {
	case !named:
		return "", "", "", "ERR Library name was not given"
	case !GoodName(name):
		return "", "", "", BadName
	}
	return words[0].Text[len("#!"):], name, source[len(line):], ""
}

// cutFold is strings.CutPrefix where the case of letters makes no difference.
func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// BadName is the complaint about a name that is no GoodName.
const BadName = "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"

// GoodName says whether a library or function may be called so.
func GoodName(name string) bool {
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		default:
			return false
		}
	}
	return name != ""
}
