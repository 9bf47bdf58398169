package luastore

import (
	"strconv"
	"strings"
	"sync"

	"github.com/luastore/luastore/internal/arg"
	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/shebang"
	"github.com/luastore/luastore/internal/value"
)

// A programCommand is a command that runs a script or a function, as the Store's
// methods call it.
type programCommand struct {
	word string
	row  *command.Command
}

// words appends the words of a call.
func (c *programCommand) words(words []string, program string, keys []string, args []any) ([]string, error) {
	words = append(append(words, c.word, program, strconv.Itoa(len(keys))), keys...)
	all, err := arg.Append(words, args)
	if err != nil {
		all, err = arg.Append(words, arg.Spread(args))
	}
	return all, err
}

// scripting is what the commands of scripting are found by.
type scripting struct {
	table                                            command.Table
	eval, evalRO, evalSHA, evalSHARO, fcall, fcallRO *programCommand
}

// programs returns the table of all commands: those of scripting, and those that
// know no Lua. The first store makes it.
var programs = sync.OnceValue(func() *scripting {
	t := command.NewTable()
	t.Add("scripting", scriptCommands)
	t.Add("scripting", functionCommands)
	find := func(word string) *programCommand { return &programCommand{word, t.Lookup([]string{word})} }
	return &scripting{t, find("EVAL"), find("EVAL_RO"), find("EVALSHA"), find("EVALSHA_RO"), find("FCALL"), find("FCALL_RO")}
})

// Scripts, as commands. The arguments of EVAL and its like are the script or
// its SHA-1, the number of keys, the keys, and the script's arguments.
var scriptCommands = []command.Row{
	{Name: "eval", Arity: -3, Flags: evalFlags, Keys: evalKeys(command.RW|command.Access|command.Update, "RW and UPDATE"), Run: eval(false, false)},
	{Name: "eval_ro", Arity: -3, Flags: evalFlags | command.Read, Keys: evalKeys(command.RO|command.Access, "RO and ACCESS"), Run: eval(false, true)},
	{Name: "evalsha", Arity: -3, Flags: evalFlags, Keys: evalKeys(command.RW|command.Access|command.Update, ""), Run: eval(true, false)},
	{Name: "evalsha_ro", Arity: -3, Flags: evalFlags | command.Read, Keys: evalKeys(command.RO|command.Access, ""), Run: eval(true, true)},
	{Name: "script", Arity: -2},
	{Name: "script|debug", Arity: 3, Flags: command.NoScript, Run: scriptDebug},
	{Name: "script|exists", Arity: -3, Flags: command.NoScript, Tips: []string{command.AllShards, "response_policy:agg_logical_and"}, Run: scriptExists},
	{Name: "script|flush", Arity: -2, Flags: command.NoScript, Tips: []string{command.AllNodes, command.AllSucceed}, Run: scriptFlush},
	{Name: "script|help", Arity: 2, Flags: command.Loading | command.Stale, Run: scriptHelp},
	{Name: "script|kill", Arity: 2, Flags: command.NoScript | command.AllowBusy | command.KillsScript, Tips: []string{command.AllShards, command.OneSucceeds}, Run: nothingToKill},
	{Name: "script|load", Arity: 3, Flags: command.NoScript | command.Stale, Tips: []string{command.AllNodes, command.AllSucceed}, Run: scriptLoad},
	{Name: "script|show", Arity: 3, Flags: command.NoScript, Run: scriptShow},
}

const evalFlags = command.RunsScript | command.NoScript | command.Stale | command.SkipMonitor | command.NoMandatoryKeys | command.MovableKeys

func evalKeys(flags command.KeyFlags, worst string) []command.KeySpec {
	k := command.KeySpec{Flags: flags, Begin: 2, Step: 1, NumKeys: true}
	if worst != "" {
		k.Note = "We cannot tell how the keys will be used so we assume the worst, " + worst
	}
	return []command.KeySpec{k}
}

// eval returns the handler of EVAL and its like.
func eval(bySHA, readOnly bool) func(*command.Call) command.Reply {
	return func(c *command.Call) command.Reply {
		s, args, caller := store(c), c.Args(), c.Session()
		c.Counted()
		switch {
		case bySHA && len(args[1]) != 40:
			return command.Err(noScript)
		case caller.Debugged():
			return s.debug(c, bySHA, readOnly)
		}
		keys, argv, problem := splitKeys(args, evalNotInt)
		if problem != "" {
			return command.Err(problem)
		}
		sc, failure := s.script(args[1], bySHA, caller.File)
		if sc == nil {
			return failure
		}
		if text := s.gate(sc.flags, readOnly); text != "" {
			return sc.failure(text).reply()
		}
		return s.engine.runScript(sc, c, keys, argv, readOnly)
	}
}

const evalNotInt = "ERR value is not an integer or out of range"

// splitKeys returns the keys and the other arguments of EVAL and its like, or
// what is wrong with their number; notInt says so of one that is none.
func splitKeys(args []string, notInt string) (keys, argv []string, problem string) {
	n, ok := value.ParseInt(args[2])
	switch {
	case !ok:
		return nil, nil, notInt
	case n > int64(len(args)-3):
		return nil, nil, "ERR Number of keys can't be greater than number of args"
	case n < 0:
		return nil, nil, "ERR Number of keys can't be negative"
	}
	return args[3 : 3+n], args[3+n:], ""
}

// store returns the store that runs the call.
func store(c *command.Call) *Store { return (*Store)(c.DB().Host.(*host)) }

func scriptExists(c *command.Call) command.Reply {
	elems := c.Room(len(c.Args()) - 2)
	for _, sha := range c.Args()[2:] {
		n := int64(0)
		if store(c).scripts.bySHA[strings.ToLower(sha)] != nil {
			n = 1
		}
		elems = append(elems, command.Int(n))
	}
	return command.Array(elems...)
}

func scriptFlush(c *command.Call) command.Reply {
	args := c.Args()
	if len(args) > 3 || len(args) == 3 && !strings.EqualFold(args[2], "SYNC") && !strings.EqualFold(args[2], "ASYNC") {
		return command.Err("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
	}
	s := store(c)
	c.Freed(len(s.scripts.bySHA), c.Flushes(2))
	engine, restore := s.engine, s.scripts.flush()
	s.engine = nil
	c.Undoing(func() {
		restore()
		s.engine = engine
	})
	return command.OK
}

func scriptLoad(c *command.Call) command.Reply {
	s, source := store(c), c.Args()[2]
	before := s.scripts.bySource[source]
	sc, failure := s.script(source, false, "")
	if sc == nil {
		return failure
	}
	switch {
	case before == nil:
		c.Undoing(func() { s.scripts.remove(sc) })
	case before.used != nil:
		c.Undoing(func() { s.scripts.lend(sc) })
	}
	s.scripts.keep(sc)
	return command.Bulk(sc.name)
}

func scriptShow(c *command.Call) command.Reply {
	sc := store(c).scripts.bySHA[strings.ToLower(c.Args()[2])]
	if sc == nil {
		return command.Err(noScript)
	}
	return command.Bulk(sc.source)
}

func scriptHelp(c *command.Call) command.Reply {
	return c.Help(
		"DEBUG (YES|SYNC|NO)",
		"    Set the debug mode for subsequent scripts executed.",
		"EXISTS <sha1> [<sha1> ...]",
		"    Return information about the existence of the scripts in the script cache.",
		"FLUSH [ASYNC|SYNC]",
		"    Flush the Lua scripts cache. Very dangerous on replicas.",
		"    When called without the optional mode argument, the behavior is determined by the",
		"    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
		"    * ASYNC: Asynchronously flush the scripts cache.",
		"    * SYNC: Synchronously flush the scripts cache.",
		"KILL",
		"    Kill the currently executing Lua script.",
		"LOAD <script>",
		"    Load a script into the scripts cache without executing it.",
	)
}

const noScript = "NOSCRIPT No matching script. Please use EVAL."

// script finds a script by its SHA-1, or by its source: then it compiles the
// script if it is new. Its name becomes that of the file, if that is not "". If
// there is no such script, or an error in it, the reply says so.
func (s *Store) script(text string, bySHA bool, file string) (*script, command.Reply) {
	var sc *script
	if bySHA {
		if sc = s.scripts.get(text); sc == nil {
			return nil, command.Err(noScript)
		}
	} else if sc = s.scripts.source(text); sc == nil {
		if s.engine == nil {
			s.engine = newScriptEngine(s)
		}
		var failure *Error
		if sc, failure = s.engine.compile(text, file); failure != nil {
			return nil, failure.reply()
		}
		s.scripts.add(sc)
	}
	if file != "" {
		sc.file = file
	}
	return sc, command.Reply{}
}

// compile compiles a script, whose file name may be "".
func (e *engine) compile(source, file string) (*script, *Error) {
	flags, body, problem := shebang.Script(source)
	p := program{noun: "script", name: sha1hex(source), file: file, source: source, flags: flags}
	if problem != "" {
		return nil, p.failShebang(problem)
	}
	f, err := e.vm.Load(body, scriptChunk)
	if err != nil {
		return nil, p.failCompile("ERR Error compiling script (new function): ", err)
	}
	p.entry = e.vm.FunctionValue(f)
	return &script{program: p}, nil
}

// Declared returns the flags of a call that runs a program. What the program
// declares is found out before it is compiled.
func (h *host) Declared(cmd *command.Command, args []string) command.Flags {
	var said shebang.Flags
	switch p := programs(); cmd {
	case p.evalSHA.row, p.evalSHARO.row:
		if sc := h.scripts.get(args[1]); sc != nil {
			said = sc.flags
		}
	case p.fcall.row, p.fcallRO.row:
		if f := h.library.get(args[1]); f != nil {
			said = f.flags
		}
	default:
		if flags, _, problem := shebang.Script(args[1]); problem == "" {
			said = flags
		}
	}
	flags := cmd.Flags
	switch {
	case said&shebang.Declared == 0 && flags&command.Read == 0:
		flags |= command.MayReplicate
	case said&shebang.Declared == 0:
	case said&shebang.NoWrites == 0 && said&shebang.AllowOOM == 0:
		flags |= command.Write | command.DenyOOM
	case said&shebang.NoWrites == 0:
		flags |= command.Write
	}
	return flags
}

// gate returns why a program with the flags must not run, or "". The checks of
// the command that runs it have found out already what is short; only a
// transaction can have changed that since.
func (s *Store) gate(f shebang.Flags, readOnly bool) string {
	switch {
	case f&shebang.Declared == 0 || f&shebang.NoWrites != 0:
	case readOnly:
		return "ERR Can not execute a script with write flag using *_ro command."
	case s.db.LacksReplicas():
		return command.NoReplicas
	case f&shebang.AllowOOM == 0 && !s.db.MakeRoom():
		return "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"
	}
	return ""
}
