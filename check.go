package luastore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
)

// What is wrong with scripts, as far as it can be seen without running them.

// checkScripts returns what is wrong with the scripts, or nil.
func checkScripts(scripts []*Script) error {
	store := &Store{ctx: context.Background()}
	store.once.Do(store.init)
	c := checker{newScriptEngine(store)}
	var all []error
	for _, s := range scripts {
		problems := c.check(s)
		slices.SortFunc(problems, func(a, b problem) int {
			return cmp.Or(cmp.Compare(a.line, b.line), strings.Compare(a.text, b.text))
		})
		for _, p := range slices.Compact(problems) {
			all = append(all, fmt.Errorf("%s:%d: %s", s.name, p.line, p.text))
		}
	}
	return errors.Join(all...)
}

// A checker compiles scripts on an engine, of a store that has no data, and
// asks it what there is.
type checker struct{ *engine }

type problem struct {
	line int
	text string
}

func (c checker) check(s *Script) (problems []problem) {
	flags, body, bad := parseShebang(s.source)
	if bad != "" {
		return []problem{{1, withoutCode(bad)}}
	}
	f, err := c.vm.Load(body, scriptChunk)
	if err != nil {
		var syntax *luavm.SyntaxError
		if errors.As(err, &syntax) {
			return []problem{{syntax.Line, syntax.Message}}
		}
		return []problem{{1, err.Error()}}
	}
	uses, calls := luavm.Inspect(f)
	for _, u := range uses {
		switch {
		case u.Write:
			problems = append(problems, problem{u.Line, "assignment to global '" + u.Name + "': globals are read-only"})
		case c.vm.Globals().Get(c.vm.NewString(u.Name)).IsNil():
			problems = append(problems, problem{u.Line, "undeclared global '" + u.Name + "'"})
		}
	}
	session := command.Session{Script: true, ReadOnly: flags&noWrites != 0}
	for _, call := range calls {
		if call.Global != "redis" || call.Field != "call" && call.Field != "pcall" {
			continue
		}
		if text := c.checkCall(&session, call); text != "" {
			name := ""
			if len(call.Args) > 0 && call.Args[0].Known {
				name = "'" + luavm.Display(call.Args[0].Value) + "'"
			}
			problems = append(problems, problem{call.Line, "redis." + call.Field + "(" + name + "): " + withoutCode(text)})
		}
	}
	return problems
}

// checkCall returns the error that the call of a command will raise, if that
// is certain.
func (c checker) checkCall(s *command.Session, call luavm.FieldCall) string {
	var words []string
	for _, arg := range call.Args {
		text, ok := luavm.TextOf(arg.Value)
		if arg.Known && !ok {
			return badArgument
		}
		words = append(words, text) // "" for what is not known
	}
	switch {
	case len(words) == 0 && call.Open:
		return ""
	case len(words) == 0:
		return noArguments
	case !call.Args[0].Known:
		return ""
	}
	db := c.store.db
	if cmd := db.Lookup(words[:1]); cmd != nil && !cmd.Simple() {
		if len(words) == 1 && call.Open || len(words) > 1 && !call.Args[1].Known {
			return "" // which subcommand it is, is not known
		}
	}
	if cmd := db.Lookup(words); cmd != nil && call.Open {
		for len(words) < max(cmd.Arity, -cmd.Arity) {
			words = append(words, "")
		}
	}
	return db.Refusal(s, words)
}

func withoutCode(text string) string { return strings.TrimPrefix(text, "ERR ") }
