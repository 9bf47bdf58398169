package luastore

import (
	"context"
	"strings"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/rdb"
)

// FunctionLoad loads a library of functions, as FUNCTION LOAD does, and returns
// its name. A library whose name is there already is an error. Loading stops
// after some 50 million instructions, Redis's half second.
func (s *Store) FunctionLoad(ctx context.Context, code string) (string, error) {
	return s.Do(ctx, "FUNCTION", "LOAD", code).Text()
}

// FunctionLoadReplace is [Store.FunctionLoad] in the place of the library that
// has the name, if there is one; it stays where the new one cannot be loaded.
func (s *Store) FunctionLoadReplace(ctx context.Context, code string) (string, error) {
	return s.Do(ctx, "FUNCTION", "LOAD", "REPLACE", code).Text()
}

// FunctionDelete removes a library, as FUNCTION DELETE does.
func (s *Store) FunctionDelete(ctx context.Context, library string) error {
	return s.Do(ctx, "FUNCTION", "DELETE", library).Err()
}

// FunctionFlush removes all libraries, as FUNCTION FLUSH does, with all that
// they remember.
func (s *Store) FunctionFlush(ctx context.Context) error {
	return s.Do(ctx, "FUNCTION", "FLUSH").Err()
}

// A FunctionListQuery says what FunctionList lists.
type FunctionListQuery struct {
	LibraryNamePattern string // a glob, in which case makes no difference; "": all
	WithCode           bool
}

// A Library is what FunctionList says of a library.
type Library struct {
	Name      string
	Engine    string // LUA
	Functions []Function
	Code      string // with FunctionListQuery.WithCode
}

// A Function is what FunctionList says of a function.
type Function struct {
	Name        string
	Description string
	Flags       []string
}

// FunctionList lists the libraries by their names, as FUNCTION LIST does.
func (s *Store) FunctionList(ctx context.Context, q FunctionListQuery) ([]Library, error) {
	args := []any{"FUNCTION", "LIST"}
	if q.LibraryNamePattern != "" {
		args = append(args, "LIBRARYNAME", q.LibraryNamePattern)
	}
	if q.WithCode {
		args = append(args, "WITHCODE")
	}
	r := s.Do(ctx, args...)
	if err := r.Err(); err != nil {
		return nil, err
	}
	libs := []Library{}
	for _, l := range r.reply.Elems() {
		lib := Library{Name: l.Elems()[1].Str(), Engine: l.Elems()[3].Str()}
		for _, f := range l.Elems()[5].Elems() {
			function := Function{Name: f.Elems()[1].Str(), Description: f.Elems()[3].Str()}
			for _, flag := range f.Elems()[5].Elems() {
				function.Flags = append(function.Flags, flag.Str())
			}
			lib.Functions = append(lib.Functions, function)
		}
		if len(l.Elems()) > 7 {
			lib.Code = l.Elems()[7].Str()
		}
		libs = append(libs, lib)
	}
	return libs, nil
}

// FunctionDump returns all libraries as bytes for FunctionRestore, here or on a
// Redis, as FUNCTION DUMP does.
func (s *Store) FunctionDump(ctx context.Context) (string, error) {
	return s.Do(ctx, "FUNCTION", "DUMP").Text()
}

// FunctionRestore adds the libraries of a dump, as FUNCTION RESTORE does: all,
// or none if one of them is there already.
func (s *Store) FunctionRestore(ctx context.Context, dump string) error {
	return s.Do(ctx, "FUNCTION", "RESTORE", dump).Err()
}

// FunctionStats answers which function is running, and how many functions and
// libraries there are, as FUNCTION STATS does. It does not wait for a function
// that is running.
func (s *Store) FunctionStats(ctx context.Context) Reply { return s.Do(ctx, "FUNCTION", "STATS") }

// FCall calls a function of a library with keys and args, of the types that
// [Store.Do] takes, as FCALL does.
func (s *Store) FCall(ctx context.Context, function string, keys []string, args ...any) Reply {
	return s.runProgram(ctx, programs().fcall, function, "", keys, args)
}

// FCallRO is [Store.FCall] of a function that cannot write, as FCALL_RO does it.
func (s *Store) FCallRO(ctx context.Context, function string, keys []string, args ...any) Reply {
	return s.runProgram(ctx, programs().fcallRO, function, "", keys, args)
}

// Functions, as commands.
var functionCommands = []command.Row{
	{Name: "fcall", Arity: -3, Flags: evalFlags, Keys: evalKeys(command.RW|command.Access|command.Update, "RW and UPDATE"), Run: fcall(false)},
	{Name: "fcall_ro", Arity: -3, Flags: evalFlags | command.Read, Keys: evalKeys(command.RO|command.Access, "RO and ACCESS"), Run: fcall(true)},
	{Name: "function", Arity: -2},
	{Name: "function|delete", Arity: 3, Flags: command.NoScript | command.Write, Tips: []string{command.AllShards, command.AllSucceed}, Run: functionDelete},
	{Name: "function|dump", Arity: 2, Flags: command.NoScript, Run: functionDump},
	{Name: "function|flush", Arity: -2, Flags: command.NoScript | command.Write, Tips: []string{command.AllShards, command.AllSucceed}, Run: functionFlush},
	{Name: "function|help", Arity: 2, Flags: command.Loading | command.Stale, Run: functionHelp},
	{Name: "function|kill", Arity: 2, Flags: command.NoScript | command.AllowBusy | command.KillsFunction, Tips: []string{command.AllShards, command.OneSucceeds}, Run: nothingToKill},
	{Name: "function|list", Arity: -2, Flags: command.NoScript, Tips: []string{command.AnyOrder}, Run: functionList},
	{Name: "function|load", Arity: -3, Flags: command.NoScript | command.Write | command.DenyOOM, Tips: []string{command.AllShards, command.AllSucceed}, Run: functionLoad},
	{Name: "function|restore", Arity: -3, Flags: command.NoScript | command.Write | command.DenyOOM, Tips: []string{command.AllShards, command.AllSucceed}, Run: functionRestore},
	{Name: "function|stats", Arity: 2, Flags: command.NoScript | command.AllowBusy | command.AsksFunction, Tips: []string{command.AnyOutput, command.AllShards, command.SpecialResponse}, Run: functionStats},
}

const noFunction = "ERR Function not found"

// fcall returns the handler of FCALL and FCALL_RO. A function gets tables of its
// own, for it may keep them.
func fcall(readOnly bool) func(*command.Call) command.Reply {
	return func(c *command.Call) command.Reply {
		s, args := store(c), c.Args()
		c.Counted()
		f := s.library.get(args[1])
		if f == nil {
			return command.Err(noFunction)
		}
		keys, argv, problem := splitKeys(args, "ERR Bad number of keys provided")
		if problem != "" {
			return command.Err(problem)
		}
		if text := s.gate(f.flags, readOnly); text != "" {
			return f.failure(text).reply()
		}
		e := s.library.engine
		return e.execute(&f.program, c, readOnly, keys, e.texts(keys), e.texts(argv))
	}
}

// undoable returns the store's libraries for a call that is about to change them,
// which a transaction can undo.
func undoable(c *command.Call) *libraries {
	l := &store(c).library
	c.UndoingOnce(l, l.save)
	return l
}

func functionDelete(c *command.Call) command.Reply {
	l := undoable(c)
	lib := l.byName[c.Args()[2]]
	if lib == nil {
		return command.Err("ERR Library not found")
	}
	l.remove(lib)
	c.Count(1)
	return command.OK
}

func functionDump(c *command.Call) command.Reply {
	var sources []string
	for _, lib := range store(c).library.sorted() {
		c.Tick(len(lib.source) / 10)
		sources = append(sources, lib.source)
	}
	return command.Bulk(rdb.DumpLibraries(sources))
}

func functionFlush(c *command.Call) command.Reply {
	args := c.Args()
	switch {
	case len(args) > 3:
		return c.WrongSubcommand()
	case len(args) == 3 && !strings.EqualFold(args[2], "SYNC") && !strings.EqualFold(args[2], "ASYNC"):
		return command.Err("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
	}
	l := undoable(c)
	c.Freed(len(l.functions), c.Flushes(2))
	*l = libraries{}
	c.Count(1)
	return command.OK
}

func functionHelp(c *command.Call) command.Reply {
	return c.Help(
		"LOAD [REPLACE] <FUNCTION CODE>",
		"    Create a new library with the given library name and code.",
		"DELETE <LIBRARY NAME>",
		"    Delete the given library.",
		"LIST [LIBRARYNAME PATTERN] [WITHCODE]",
		"    Return general information on all the libraries:",
		"    * Library name",
		"    * The engine used to run the Library",
		"    * Library description",
		"    * Functions list",
		"    * Library code (if WITHCODE is given)",
		"    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
		"STATS",
		"    Return information about the current function running:",
		"    * Function name",
		"    * Command used to run the function",
		"    * Duration in MS that the function is running",
		"    If no function is running, return nil",
		"    In addition, returns a list of available engines.",
		"KILL",
		"    Kill the current running function.",
		"FLUSH [ASYNC|SYNC]",
		"    Delete all the libraries.",
		"    When called without the optional mode argument, the behavior is determined by the",
		"    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
		"    * ASYNC: Asynchronously flush the libraries.",
		"    * SYNC: Synchronously flush the libraries.",
		"DUMP",
		"    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
		"RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
		"    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
		"    control how to handle existing libraries (default APPEND):",
		"    * FLUSH: delete all existing libraries.",
		"    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
		"    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
		"      libraries with the new libraries (notice that even on this option there is a chance of failure",
		"      in case of functions name collision with another library).",
	)
}

func functionList(c *command.Call) command.Reply {
	args := c.Args()
	pattern, withPattern, withCode := "", false, false
	for i := 2; i < len(args); i++ {
		switch {
		case !withCode && strings.EqualFold(args[i], "WITHCODE"):
			withCode = true
		case !withPattern && strings.EqualFold(args[i], "LIBRARYNAME"):
			if i++; i == len(args) {
				return command.Err("ERR library name argument was not given")
			}
			pattern, withPattern = args[i], true
		default:
			return command.Err(command.ErrorLine("ERR Unknown argument " + args[i]))
		}
	}
	elems := []command.Reply{}
	for _, lib := range store(c).library.sorted() {
		if withPattern && !c.Glob(pattern, lib.name) {
			continue
		}
		info := lib.info()
		if withCode {
			info = append(info, command.Bulk("library_code"), command.Bulk(lib.source))
		}
		elems = append(elems, command.Map(info...))
	}
	return command.Array(elems...)
}

// info is what FUNCTION LIST says of a library.
func (lib *library) info() []command.Reply {
	var functions []command.Reply
	for _, f := range lib.sorted() {
		flags := []command.Reply{}
		for _, name := range f.flags.Names() {
			flags = append(flags, command.Status(name))
		}
		functions = append(functions, command.Map(
			command.Bulk("name"), command.Bulk(f.name),
			command.Bulk("description"), f.description,
			command.Bulk("flags"), command.Set(flags...)))
	}
	return []command.Reply{
		command.Bulk("library_name"), command.Bulk(lib.name),
		command.Bulk("engine"), command.Bulk("LUA"),
		command.Bulk("functions"), command.Array(functions...)}
}

func functionLoad(c *command.Call) command.Reply {
	args, replace := c.Args(), false
	for _, option := range args[2 : len(args)-1] {
		if !strings.EqualFold(option, "REPLACE") {
			return command.Err(command.ErrorLine("ERR Unknown option given: " + option))
		}
		replace = true
	}
	s, l := store(c), undoable(c)
	there := l.librarySet
	if replace {
		there = librarySet{}
	}
	lib, failure := l.load(s, args[len(args)-1], there)
	if lib == nil {
		return failure
	}
	if f := l.clash(lib); f != nil {
		l.engine.forget(lib)
		return clashing(f)
	}
	l.remove(l.byName[lib.name])
	l.add(lib)
	c.Count(1)
	return command.Bulk(lib.name)
}

func clashing(f *function) command.Reply {
	return command.Err("ERR Function " + f.name + " already exists")
}

func functionRestore(c *command.Call) command.Reply {
	args, policy := c.Args(), "APPEND"
	if len(args) > 4 {
		return c.WrongSubcommand()
	}
	if len(args) == 4 {
		policy = strings.ToUpper(args[3])
	}
	if policy != "FLUSH" && policy != "APPEND" && policy != "REPLACE" {
		return command.Err("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
	}
	r := undoable(c).restore(store(c), args[2], policy, c.Tick, c.Restoring(len(args[2])))
	if !r.IsError() {
		c.Count(1)
	}
	return r
}

func functionStats(c *command.Call) command.Reply {
	return command.Map(command.Bulk("running_script"), command.Reply{}, command.Bulk("engines"), store(c).library.stats())
}

// stats is what FUNCTION STATS says of the libraries.
func (l *librarySet) stats() command.Reply {
	return command.Map(command.Bulk("LUA"), command.Map(
		command.Bulk("libraries_count"), command.Int(len(l.byName)),
		command.Bulk("functions_count"), command.Int(len(l.functions))))
}
