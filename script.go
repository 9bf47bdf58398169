package luastore

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/luastore/luastore/internal/arg"
	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/shebang"
	"github.com/luastore/luastore/internal/value"
)

// A Scripter runs scripts: a [Store], or a real Redis or Valkey behind the
// same calls. The methods are those of go-redis's Scripter.
type Scripter interface {
	Eval(ctx context.Context, script string, keys []string, args ...any) Reply
	EvalRO(ctx context.Context, script string, keys []string, args ...any) Reply
	EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) Reply
	EvalShaRO(ctx context.Context, sha1 string, keys []string, args ...any) Reply
	ScriptExists(ctx context.Context, hashes ...string) ([]bool, error)
	ScriptLoad(ctx context.Context, script string) (string, error)
}

var _ Scripter = (*Store)(nil)

// A Script is a script's source and its SHA-1. It may be used by any number of
// goroutines, on any number of Scripters.
type Script struct {
	name, source, hash string
}

// NewScript returns a Script of the source. It compiles nothing yet: whoever
// runs it does, once.
func NewScript(source string) *Script {
	return &Script{source: source, hash: sha1hex(source)}
}

// LoadScript returns the Script in a file, such as of an embed.FS, that has the
// file's name: errors, logs and traces show it. See [LoadFS] for all the
// scripts of a program, checked.
func LoadScript(fsys fs.FS, name string) (*Script, error) {
	source, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	s := NewScript(string(source))
	s.name = name
	return s, nil
}

// Name returns the name of the file that the script is from, or "".
func (s *Script) Name() string { return s.name }

// Source returns the source.
func (s *Script) Source() string { return s.source }

// Hash returns the SHA-1 of the source, as 40 hexadecimal digits.
func (s *Script) Hash() string { return s.hash }

// Load loads the script, as SCRIPT LOAD does.
func (s *Script) Load(ctx context.Context, c Scripter) (string, error) {
	sha, err := c.ScriptLoad(ctx, s.source)
	if store, ok := c.(*Store); ok && err == nil && s.name != "" {
		err = store.name(ctx, s)
	}
	return sha, s.named(err)
}

// named returns the error with the name of the script that it is of.
func (s *Script) named(err error) error {
	var e *Error
	if s.name == "" || !errors.As(err, &e) || e.SHA != s.hash || e.Name == s.name {
		return err
	}
	named := *e
	named.Name = s.name
	if e.source == "" && e.Line > 0 { // another server ran it
		named.at(s.source, e.Line)
	}
	return &named
}

// signed returns a reply of the script whose error, if it is one, has its name.
func (s *Script) signed(r Reply) Reply {
	if r.err != nil || r.reply.IsError() {
		r.err = s.named(r.Err())
	}
	return r
}

// Run runs the script by its SHA-1, as EVALSHA does, and by its source only
// where it is not known yet.
func (s *Script) Run(ctx context.Context, c Scripter, keys []string, args ...any) Reply {
	if store, ok := c.(*Store); ok {
		return store.runScript(ctx, 0, s, keys, args)
	}
	r := c.EvalSha(ctx, s.hash, keys, args...)
	if errors.Is(r.Err(), ErrNoScript) {
		r = c.Eval(ctx, s.source, keys, args...)
	}
	return s.signed(r)
}

// RunRO is Run with EVALSHA_RO and EVAL_RO: the script cannot write.
func (s *Script) RunRO(ctx context.Context, c Scripter, keys []string, args ...any) Reply {
	if store, ok := c.(*Store); ok {
		return store.runScript(ctx, readOnly, s, keys, args)
	}
	r := c.EvalShaRO(ctx, s.hash, keys, args...)
	if errors.Is(r.Err(), ErrNoScript) {
		r = c.EvalRO(ctx, s.source, keys, args...)
	}
	return s.signed(r)
}

// Eval runs a script, as EVAL does: keys are its KEYS and args its ARGV, of
// the types that [Store.Do] takes; where there is only one and it is a []any,
// []string, map[string]any or map[string]string, it stands for its elements, as in
// go-redis. The script is kept compiled with the last 500, and 8 MiB, that Eval
// brought, and can be run by its SHA-1 from then on, which saves looking at its
// text.
func (s *Store) Eval(ctx context.Context, script string, keys []string, args ...any) Reply {
	return s.eval(ctx, bySource, script, "", keys, args)
}

// EvalRO is [Store.Eval] of a script that cannot write, as EVAL_RO does it.
func (s *Store) EvalRO(ctx context.Context, script string, keys []string, args ...any) Reply {
	return s.eval(ctx, bySource|readOnly, script, "", keys, args)
}

// EvalSha runs the script that has the SHA-1, given as 40 hexadecimal digits,
// as EVALSHA does. A script that was not loaded is an error: [ErrNoScript].
func (s *Store) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) Reply {
	return s.eval(ctx, bySHA, sha1, "", keys, args)
}

// EvalShaRO is [Store.EvalSha] of a script that cannot write, as EVALSHA_RO
// does it.
func (s *Store) EvalShaRO(ctx context.Context, sha1 string, keys []string, args ...any) Reply {
	return s.eval(ctx, bySHA|readOnly, sha1, "", keys, args)
}

// ScriptLoad compiles a script without running it and keeps it until
// ScriptFlush, as SCRIPT LOAD does. It returns the SHA-1.
func (s *Store) ScriptLoad(ctx context.Context, script string) (string, error) {
	return s.Do(ctx, "SCRIPT", "LOAD", script).Text()
}

// ScriptExists says for each SHA-1 whether its script is loaded, as SCRIPT
// EXISTS does.
func (s *Store) ScriptExists(ctx context.Context, hashes ...string) ([]bool, error) {
	args := []any{"SCRIPT", "EXISTS"}
	for _, h := range hashes {
		args = append(args, h)
	}
	return s.Do(ctx, args...).BoolSlice()
}

// ScriptShow returns the source of a script that is loaded, as Valkey's SCRIPT
// SHOW does. The error is [ErrNoScript] if none has the SHA-1.
func (s *Store) ScriptShow(ctx context.Context, sha1 string) (string, error) {
	return s.Do(ctx, "SCRIPT", "SHOW", sha1).Text()
}

// ScriptFlush forgets all scripts, as SCRIPT FLUSH does, with what they left
// in Lua: the settings of cjson.
func (s *Store) ScriptFlush(ctx context.Context) error {
	return s.Do(ctx, "SCRIPT", "FLUSH").Err()
}

// evalKind is one of the four ways of EVAL; readOnly is of FCALL too.
type evalKind int

const (
	bySource evalKind = 0
	bySHA    evalKind = 1 << (iota - 1)
	readOnly
)

// runScript runs a script as [Script.Run] does; the store learns its name.
func (s *Store) runScript(ctx context.Context, kind evalKind, script *Script, keys []string, args []any) Reply {
	r := s.eval(ctx, kind|bySHA, script.hash, script.name, keys, args)
	if errors.Is(r.Err(), ErrNoScript) {
		return s.eval(ctx, kind|bySource, script.source, script.name, keys, args)
	}
	return r
}

// name tells the store the name of a script that was loaded.
func (s *Store) name(ctx context.Context, script *Script) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if sc := s.scripts.get(script.hash); sc != nil {
		sc.file = script.name
	}
	return nil
}

// begin takes the lock for a script or function, whose arguments it appends to
// texts.
func (s *Store) begin(ctx context.Context, texts []string, args []any) (argv []string, err error) {
	argv, err = arg.Append(texts, args)
	if err != nil {
		argv, err = arg.Append(texts, arg.Spread(args))
	}
	if err == nil {
		err = s.acquire(ctx)
	}
	return argv, err
}

func (s *Store) eval(ctx context.Context, kind evalKind, script, name string, keys []string, args []any) (reply Reply) {
	var few [8]string
	argv, err := s.begin(ctx, few[:0], args)
	if err != nil {
		return Reply{err: err}
	}
	defer s.release()
	s.evalCall(&reply, &s.session, kind, script, name, keys, argv)
	return reply
}

// evalCall is evaluate as a call that is counted. A Reply is nine words: to
// return it from function to function would cost more than some of these do.
func (s *Store) evalCall(reply *Reply, caller *command.Session, kind evalKind, script, name string, keys, argv []string) {
	if s.db.Guarded() && s.barred(reply, caller, s.evalRows[kind], script) {
		return
	}
	if reply.err = s.refusal(s.evalRows[kind], script, keys, argv); reply.err != nil {
		return
	}
	s.db.Start(caller, s.evalRows[kind])
	s.evaluate(caller, kind, script, name, keys, argv)
	s.finish(reply, caller, s.evalRows[kind], script, keys, argv)
}

// finish counts a call of a script or function, which was called by the name, as
// one of the command, and takes its reply.
func (s *Store) finish(reply *Reply, caller *command.Session, cmd *command.Command, name string, keys, argv []string) {
	s.db.Finish(caller, cmd, &s.reply, func() []string { return call(cmd, name, keys, argv) })
	reply.err = s.details(&s.reply)
	reply.reply = s.takeReply()
}

// takeReply returns what the script or function that ran last has answered.
func (s *Store) takeReply() command.Reply {
	r := s.reply
	s.reply = command.Reply{}
	return r
}

// call returns the words of a call of a script or function.
func call(cmd *command.Command, name string, keys, argv []string) []string {
	return slices.Concat([]string{strings.ToUpper(cmd.Name), name, strconv.Itoa(len(keys))}, keys, argv)
}

// refusal says why a call of a script or function must not run, if
// Options.Intercept says so or the context has ended while it was asked.
func (s *Store) refusal(cmd *command.Command, name string, keys, argv []string) error {
	if s.options.Intercept == nil {
		return nil
	}
	err := s.options.Intercept(s.ctx, call(cmd, name, keys, argv))
	if over := s.ended(s.ctx); over != nil || err == nil {
		return over
	}
	return intercepted(err)
}

// evaluate finds the script, whose name may be "", and runs it for the caller.
// It leaves the reply in s.reply.
func (s *Store) evaluate(caller *command.Session, kind evalKind, text, name string, keys, argv []string) {
	var sc *script
	if kind&bySHA != 0 {
		if sc = s.scripts.get(text); sc == nil {
			s.reply = command.Err(noScript)
			return
		}
	} else {
		var problem string
		if sc, problem = s.compiled(text, name); problem != "" {
			s.reply = command.Err(problem)
			return
		}
	}
	if name != "" {
		sc.file = name
	}
	if refusal := s.gate(sc.flags, kind); refusal != "" {
		s.engine.newFailure(&sc.program, refusal)
		s.reply = command.Err(refusal)
		return
	}
	s.engine.run(&sc.program, keys, argv, caller, kind)
}

// declared returns the flags of a call, by the command, of what is called text: a
// script, its SHA-1, or a function. What says its own flags has these; this is
// found out before it is compiled.
func (s *Store) declared(cmd *command.Command, text string) command.Flags {
	var said shebang.Flags
	switch cmd {
	case s.evalRows[bySHA], s.evalRows[bySHA|readOnly]:
		if sc := s.scripts.get(text); sc != nil {
			said = sc.flags
		}
	case s.fcallRows[0], s.fcallRows[readOnly]:
		if f := s.library.get(text); f != nil {
			said = f.flags
		}
	default:
		if flags, _, problem := shebang.Script(text); problem == "" {
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

// barred says, if the data are guarded, whether a call of a script or function must
// not begin, for want of memory or replicas, and replies so. DB.Run finds this out for commands.
func (s *Store) barred(reply *Reply, caller *command.Session, cmd *command.Command, text string) bool {
	problem := s.db.Lacks(s.declared(cmd, text))
	if problem == "" {
		return false
	}
	reply.reply = *s.db.Reject(caller, cmd, nil, problem)
	return true
}

// gate says why what has the flags must not run as it was called, or "". What is
// short was found out before; only a transaction can have called it since.
func (s *Store) gate(f shebang.Flags, kind evalKind) string {
	switch {
	case f&shebang.Declared == 0 || f&shebang.NoWrites != 0:
	case kind&readOnly != 0:
		return "ERR Can not execute a script with write flag using *_ro command."
	case s.db.LacksReplicas():
		return command.NoReplicas
	case f&shebang.AllowOOM == 0 && !s.db.MakeRoom():
		return "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'"
	}
	return ""
}

const noScript = "NOSCRIPT No matching script. Please use EVAL."

// compiled returns the script with the source, which it compiles if it is new,
// or says what is wrong with it. Its name, for errors, may be "".
func (s *Store) compiled(source, name string) (sc *script, problem string) {
	if sc = s.scripts.source(source); sc != nil {
		return sc, ""
	}
	if s.engine == nil {
		s.engine = newScriptEngine(s)
	}
	if sc, problem = s.engine.compile(source, name); problem == "" {
		s.scripts.add(sc)
	}
	return sc, problem
}

// compile compiles a script, whose name may be "", or says what is wrong
// with it.
func (e *engine) compile(source, name string) (sc *script, problem string) {
	flags, body, problem := shebang.Script(source)
	p := program{noun: "script", name: sha1hex(source), file: name, source: source, flags: flags}
	if problem != "" {
		return nil, e.failShebang(&p, problem)
	}
	f, err := e.vm.Load(body, scriptChunk)
	if err != nil {
		return nil, e.failCompile("ERR Error compiling script (new function): ", &p, err)
	}
	p.entry = e.vm.FunctionValue(f)
	return &script{program: p}, ""
}

// commands returns the table of all commands: those of scripting, and those that
// know no Lua. The first store makes it.
var commands = sync.OnceValue(func() command.Table {
	t := command.NewTable()
	t.Add("scripting", scriptCommands)
	t.Add("scripting", functionCommands)
	return t
})

// evalNames are the commands by which scripts are run.
var evalNames = [bySHA | readOnly + 1]string{bySource: "eval", bySource | readOnly: "eval_ro", bySHA: "evalsha", bySHA | readOnly: "evalsha_ro"}

// Scripts, as commands. The arguments of EVAL and its like are the script or
// its SHA-1, the number of keys, the keys, and the script's arguments.
var scriptCommands = []command.Row{
	{Name: "eval", Arity: -3, Flags: evalFlags, Keys: evalKeys(command.RW|command.Access|command.Update, "RW and UPDATE"), Run: evalCommand(bySource)},
	{Name: "eval_ro", Arity: -3, Flags: evalFlags | command.Read, Keys: evalKeys(command.RO|command.Access, "RO and ACCESS"), Run: evalCommand(bySource | readOnly)},
	{Name: "evalsha", Arity: -3, Flags: evalFlags, Keys: evalKeys(command.RW|command.Access|command.Update, ""), Run: evalCommand(bySHA)},
	{Name: "evalsha_ro", Arity: -3, Flags: evalFlags | command.Read, Keys: evalKeys(command.RO|command.Access, ""), Run: evalCommand(bySHA | readOnly)},
	{Name: "script", Arity: -2},
	{Name: "script|debug", Arity: 3, Flags: command.NoScript, Run: scriptDebug},
	{Name: "script|exists", Arity: -3, Flags: command.NoScript, Run: scriptExists},
	{Name: "script|flush", Arity: -2, Flags: command.NoScript, Run: scriptFlush},
	{Name: "script|help", Arity: 2, Flags: command.Loading | command.Stale, Run: scriptHelp},
	{Name: "script|kill", Arity: 2, Flags: command.NoScript | command.AllowBusy, Run: nothingToKill},
	{Name: "script|load", Arity: 3, Flags: command.NoScript | command.Stale, Run: scriptLoad},
	{Name: "script|show", Arity: 3, Flags: command.NoScript, Run: scriptShow},
}

const evalFlags = command.NoScript | command.Stale | command.SkipMonitor | command.NoMandatoryKeys | command.MovableKeys

func evalKeys(flags command.KeyFlags, worst string) []command.KeySpec {
	k := command.KeySpec{Flags: flags, Begin: 2, Step: 1, NumKeys: true}
	if worst != "" {
		k.Note = "We cannot tell how the keys will be used so we assume the worst, " + worst
	}
	return []command.KeySpec{k}
}

func evalCommand(kind evalKind) func(*command.Call) command.Reply {
	return func(c *command.Call) command.Reply {
		s, args := store(c), c.Args()
		c.Counted()
		if kind&bySHA != 0 && len(args[1]) != 40 {
			return command.Err(noScript)
		}
		if c.Session().Debugged() {
			return s.debug(c.Session(), kind, args)
		}
		keys, argv, problem := splitKeys(args, evalNotInt)
		if problem != "" {
			return command.Err(problem)
		}
		s.evaluate(c.Session(), kind, args[1], "", keys, argv)
		return s.takeReply()
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
func store(c *command.Call) *Store { return c.DB().Host.(*Store) }

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
	sc, problem := s.compiled(source, "")
	if problem != "" {
		return command.Err(problem)
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
