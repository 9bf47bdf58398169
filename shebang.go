package luastore

import (
	"strings"

	"github.com/luastore/luastore/internal/command"
)

// The first line of a script may say how it wants to be run, and that of a
// library must say what it is called.

// scriptFlags are what a script, or a function of a library, says of itself.
type scriptFlags uint8

const (
	noWrites scriptFlags = 1 << iota
	allowOOM
	allowStale
	noCluster
	allowCrossSlotKeys
	declared   // there is something that says it: else it may do what it wants
	undoErrors // what it has written is undone if it ends in an error
)

// scriptFlagNames are the names of the flags, in Redis's order. Those without a
// meaning here open gates that no Store has.
var scriptFlagNames = [...]string{"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"}

// flagNamed returns the flag with the name, or 0.
func flagNamed(name string) scriptFlags {
	for i, n := range scriptFlagNames {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// gate says why what has the flags must not run as it was called, or "".
func (s *Store) gate(f scriptFlags, kind evalKind) string {
	if f&declared != 0 && f&(allowOOM|noWrites) == 0 && !s.db.MakeRoom() {
		return command.OutOfMemory
	}
	if kind&readOnly != 0 && f&declared != 0 && f&noWrites == 0 {
		return "ERR Can not execute a script with write flag using *_ro command."
	}
	return ""
}

// parseShebang reads a first line such as "#!lua flags=no-writes" and returns
// the script without it; its line break stays, so that lines keep their
// numbers.
func parseShebang(source string) (flags scriptFlags, body, problem string) {
	if !strings.HasPrefix(source, "#!") {
		return rollbackLine(source), source, ""
	}
	line, _, ok := strings.Cut(source, "\n")
	if !ok {
		return flags, "", "ERR Invalid script shebang"
	}
	words, err := command.SplitWords(line)
	if err != nil {
		return flags, "", "ERR Invalid engine in script shebang"
	}
	if words[0].Text != "#!lua" {
		return flags, "", "ERR Unexpected engine in script shebang: " + words[0].Text
	}
	flags = declared
	for _, word := range words[1:] {
		list, ok := strings.CutPrefix(word.Text, "flags=")
		if !ok {
			return flags, "", "ERR Unknown lua shebang option: " + word.Text
		}
		if list == "" {
			continue
		}
		for _, name := range strings.Split(list, ",") {
			flag := flagNamed(name)
			if flag == 0 {
				return flags, "", "ERR Unexpected flag in script shebang: " + name
			}
			flags |= flag
		}
	}
	body = source[len(line):]
	return flags | rollbackLine(body[1:]), body, ""
}

// rollbackLine returns undoErrors if the source begins with the line that asks
// for it, which for Redis is a comment.
func rollbackLine(source string) scriptFlags {
	line, _, _ := strings.Cut(source, "\n")
	if strings.TrimRight(line, " \t\r") == "--!rollback" {
		return undoErrors
	}
	return 0
}

// parseLibrary is parseShebang for a library, whose first line is such as
// "#!lua name=mylib".
func parseLibrary(source string) (engine, name, body, problem string) {
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
	case !goodName(name):
		return "", "", "", badName
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

const badName = "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"

// goodName says whether a library or function may be called so.
func goodName(name string) bool {
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_':
		default:
			return false
		}
	}
	return name != ""
}
