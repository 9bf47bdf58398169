package luastore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
	"github.com/luastore/luastore/internal/shebang"
)

// A Bundle is the scripts of a program, each by the name of its file. It may be
// used by any number of goroutines.
type Bundle struct {
	fsys     fs.FS
	patterns []string

	reloading sync.Mutex
	scripts   atomic.Pointer[map[string]*Script] // by name; the map does not change
}

// LoadFS returns the scripts in the files of fsys, such as an embed.FS,
// whose names match one of the patterns of [path.Match]. It finds out without
// running them what is wrong with them:
//
//   - syntax errors, and first lines that are no shebang of a script;
//   - globals that are read and that nobody has, or written, which no script may;
//   - redis.call and redis.pcall with a command that is unknown or not allowed in
//     scripts, a wrong number of arguments, or in a script with the flag
//     no-writes one that can write, as far as name and number stand in the source.
//
// The error is all of that, with file and line each; then there is no Bundle. A
// pattern that no file matches is an error too.
func LoadFS(fsys fs.FS, patterns ...string) (*Bundle, error) {
	b := &Bundle{fsys: fsys, patterns: patterns}
	if err := b.Reload(); err != nil {
		return nil, err
	}
	return b, nil
}

// Reload reads and checks the files again, as LoadFS does. The Bundle then
// has what is there now or, if there is an error, all that it had before. Calls
// of scripts that are running go on; a Script stays what it is.
func (b *Bundle) Reload() error {
	b.reloading.Lock()
	defer b.reloading.Unlock()
	scripts, err := readScripts(b.fsys, b.patterns)
	if err != nil {
		return err
	}
	if err := checkScripts(sortedScripts(scripts)); err != nil {
		return err
	}
	b.scripts.Store(&scripts)
	return nil
}

// Get returns the script with the name, or nil if there is none. Who asks each
// time, rather than keep it, has the new one after Reload.
func (b *Bundle) Get(name string) *Script { return (*b.scripts.Load())[name] }

// Scripts returns the scripts, by name.
func (b *Bundle) Scripts() []*Script { return sortedScripts(*b.scripts.Load()) }

// Load loads all scripts, as SCRIPT LOAD does, so that they can be run by their
// SHA-1 until a SCRIPT FLUSH. [Script.Run] needs no Load, nor one again.
func (b *Bundle) Load(ctx context.Context, c Scripter) error {
	for _, s := range b.Scripts() {
		if _, err := s.Load(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func readScripts(fsys fs.FS, patterns []string) (map[string]*Script, error) {
	scripts := map[string]*Script{}
	for _, pattern := range patterns {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, fmt.Errorf("luastore: pattern %q: %w", pattern, err)
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("luastore: pattern %q matches no files", pattern)
		}
		for _, name := range names {
			if scripts[name], err = LoadScript(fsys, name); err != nil {
				return nil, err
			}
		}
	}
	return scripts, nil
}

func sortedScripts(scripts map[string]*Script) []*Script {
	return slices.SortedFunc(maps.Values(scripts), func(a, b *Script) int { return strings.Compare(a.name, b.name) })
}

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
	flags, body, bad := shebang.Script(s.source)
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
	session := command.Session{Script: true, ReadOnly: flags&shebang.NoWrites != 0}
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
	return db.StaticCheck(s, words)
}

func withoutCode(text string) string { return strings.TrimPrefix(text, "ERR ") }
