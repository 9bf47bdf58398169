package luastore

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/lualib"
	"github.com/luastore/luastore/internal/luavm"
	"github.com/luastore/luastore/internal/shebang"
)

// engine is what scripts run on: a Lua machine with Redis's libraries, and the
// redis table, which leads back into the store. A store has one at a time;
// SCRIPT FLUSH makes it begin a new one. Another one is that of functions.
type engine struct {
	store    *Store
	vm       *luavm.Machine
	keys     luavm.List // the global KEYS
	argv     luavm.List // the global ARGV
	words    []string   // of the command being called
	take     func(luavm.Value)
	session  command.Session  // of the running script,
	caller   *command.Session // and of who runs it; nil: none runs
	program  *program         // that is running, or nil,
	kind     evalKind         // and how it was called,
	called   []string         // the command that calls it, if it is a function,
	timeout  time.Time        // until when, if Options.ScriptTimeout says so
	room     int              // bytes that the reply may still have
	watched  bool             // Options.Trace or DeclaredKeysOnly is set, or somebody debugs
	declared map[string]bool  // the keys that the program may touch; nil: any
	debugger *debugger        // of the running program; nil: nobody debugs
	failed   failedCall       // the redis.call of the running program that failed last
	erred    bool             // its reply has an error of its own
	names    names
}

// A failedCall is a redis.call or redis.pcall that failed: the table of the error,
// its text, and the words.
type failedCall struct {
	raised *luavm.Table
	text   string
	words  []string
	cause  error // what is known of its error beside the text
}

// hasRaised says whether v is the error of the call, or a text that pcall has made
// of it, with a position before it if that was raised again.
func (f *failedCall) hasRaised(v luavm.Value) bool {
	if f.raised == nil {
		return false
	}
	text, ok := luavm.TextOf(v)
	return v.Table() == f.raised || ok && strings.HasSuffix(text, f.text)
}

// A program is what an engine runs: a script, or a function of a library.
type program struct {
	noun   string // "script" or "function"; "library" while one is loaded
	name   string // in errors: the script's SHA-1, or the function's name
	file   string // the script's own name, or ""
	source string // where it stands
	flags  shebang.Flags
	entry  luavm.Value // the function in Lua
}

// What luavm calls the sources, as Redis has it in errors.
const (
	scriptChunk  = "@user_script"
	libraryChunk = "@user_function"
)

// chunk returns what luavm calls the program's source.
func (p *program) chunk() string {
	if p.noun == "script" {
		return scriptChunk
	}
	return libraryChunk
}

// names are keys of tables that mean something in replies.
type names struct {
	err, ok, okText, double, mapping, set, bigNumber, verbatim, text, format, ignore luavm.Value
}

// The version of Redis whose scripts run here unchanged.
const (
	redisVersion    = "7.0.15"
	redisVersionNum = 0x0007000F
)

// newEngine returns an engine without the table redis, and with globals that
// can be changed.
func newEngine(s *Store) *engine {
	vm := luavm.New()
	e := &engine{store: s, vm: vm, session: command.Session{RESP: 2, Script: true, Meter: vm}}
	e.take = e.takeResult
	e.session.Given = e.given
	e.watched = s.watches()
	e.names = names{
		err: vm.Name("err"), ok: vm.Name("ok"), okText: vm.Name("OK"), double: vm.Name("double"), mapping: vm.Name("map"), set: vm.Name("set"),
		bigNumber: vm.Name("big_number"), verbatim: vm.Name("verbatim_string"), text: vm.Name("string"),
		format: vm.Name("format"), ignore: vm.Name("ignore_error_stats_update"),
	}
	vm.Limits.Instructions = s.options.MaxInstructions
	if vm.Limits.Memory = max(s.options.MaxScriptMemory, 0); s.options.MaxScriptMemory == 0 {
		vm.Limits.Memory = DefaultMaxScriptMemory
	}
	s.db.ScriptMemory = vm.Limits.Memory
	vm.Poll = e.poll
	vm.Ending = func() <-chan struct{} { return s.ctx.Done() }
	lualib.Open(vm, s.random)
	return e
}

// watches says whether the commands that scripts call are watched.
func (s *Store) watches() bool { return s.options.Trace != nil || s.options.DeclaredKeysOnly }

// newScriptEngine returns the engine of EVAL.
func newScriptEngine(s *Store) *engine {
	e := newEngine(s)
	vm, g, redis := e.vm, e.vm.Globals(), e.redisTable()
	e.addScriptOnly(redis)
	redis.SetReadOnly(true)
	vm.Set(g, vm.Name("redis"), redis.Value())
	vm.Set(g, vm.Name("__redis__err__handler"), vm.NewBuiltin("__redis__err__handler", e.errorHandler).Value())
	vm.Set(g, vm.Name("KEYS"), e.keys.Fill(vm, nil).Value())
	vm.Set(g, vm.Name("ARGV"), e.argv.Fill(vm, nil).Value())
	e.protect(g)
	return e
}

// protect makes a table, such as that of globals, read-only, and an error to
// read what is missing. What it keeps can be reached as long as the table can.
func (e *engine) protect(t *luavm.Table, keeps ...luavm.Value) {
	meta := e.vm.NewTable(0, 1)
	e.vm.Set(meta, e.vm.Name("__index"), e.vm.NewIterator("__index", func(c *luavm.Call) {
		name, ok := luavm.TextOf(c.Arg(2))
		if !ok {
			c.Errorf("Second argument to luaProtectedTableError must be a string or number")
		}
		c.Errorf("Script attempted to access nonexistent global variable '%s'", name)
	}, keeps...).Value())
	meta.SetReadOnly(true)
	t.SetMeta(meta)
	t.SetReadOnly(true)
}

// poll stops the script when the context of the call has ended, or its own
// time, or when somebody kills it.
func (e *engine) poll() error {
	if e.caller != nil {
		e.caller.Working()
	}
	if err := e.store.ended(e.store.ctx); err != nil {
		return err
	}
	if !e.timeout.IsZero() && time.Now().After(e.timeout) {
		return ErrTimeout
	}
	if e.program == nil || e.program.noun == "library" {
		return nil // Redis cannot kill what loads
	}
	return e.listen()
}

// run runs a script for a caller, which leaves its reply in the store.
func (e *engine) run(p *program, keys, argv []string, caller *command.Session, kind evalKind) {
	e.declare(keys)
	e.keys.Fill(e.vm, keys)
	e.argv.Fill(e.vm, argv)
	e.apply(p, caller, kind)
	e.keys.Clear()
	e.argv.Clear()
}

// given returns how many bytes the arguments of the running program have.
func (e *engine) given() int {
	n := e.argv.Size()
	for _, word := range e.called { // of a function
		n += len(word)
	}
	return n
}

// apply runs a program with the arguments.
func (e *engine) apply(p *program, caller *command.Session, kind evalKind, args ...luavm.Value) {
	e.begin(p)
	defer e.end()
	e.caller, e.kind, e.erred = caller, kind, false
	e.session.Selected = caller.Selected
	e.session.ReadOnly = caller.ReadOnly || kind&readOnly != 0 || p.flags&shebang.NoWrites != 0
	e.session.RESP = 2
	e.session.Wrote = false
	e.session.OnBehalfOf(caller)
	e.store.db.BeginScript(&e.session, p.flags&(shebang.AllowOOM|shebang.NoWrites) != 0)
	undoing := e.beginUndo()
	stopped := false
	if err := e.vm.Apply(p.entry, e.take, args...); err != nil {
		err := err.(*luavm.Error)
		e.store.reply, stopped = e.fail(err), err.Cause != nil
	}
	e.endUndo(undoing, stopped)
}

// begin says what is going to run, and end, which must be deferred, that it does
// not any more.
func (e *engine) begin(p *program) {
	e.program, e.store.failure = p, nil
	if d := e.store.options.ScriptTimeout; d > 0 {
		e.timeout = time.Now().Add(d)
	}
}

func (e *engine) end() {
	e.program, e.failed, e.declared, e.caller, e.timeout = nil, failedCall{}, nil, nil, time.Time{}
	e.session.Forget()
	e.store.withdraw()
}

func (e *engine) takeResult(v luavm.Value) {
	e.room = e.store.db.ReplyBudget(e.caller)
	e.toReply(&e.store.reply, v, 0)
}

// fail is the reply of a script that ended in an error.
func (e *engine) fail(err *luavm.Error) command.Reply {
	where := ""
	if e.program.entry.Kind() == luavm.KindFunction { // else no Lua was running
		where = command.OneLine(" script: " + e.program.name + ", on " + err.Source + ":" + strconv.Itoa(err.Line) + ".")
	}
	text := e.errorText(err, where)
	e.explain(text, err)
	e.countError(err.Value.Table(), text, true)
	return command.Err(text)
}

// countError counts an error of the running program, which may be of a table: the
// whole reply, or an element of it.
func (e *engine) countError(t *luavm.Table, text string, whole bool) {
	cmd := e.store.evalRows[e.kind]
	if e.program.noun == "function" {
		cmd = e.store.fcallRows[e.kind]
	}
	told := t != nil && t.Get(e.names.ignore) == luavm.Bool(true)
	e.store.db.CountScriptError(cmd, command.ScriptError{Text: text, Told: told, Whole: whole}, e.erred)
	e.erred = e.erred || !told
}

// explain keeps what is known of the program's error, whose text is text.
func (e *engine) explain(text string, err *luavm.Error) {
	failure := e.newFailure(e.program, text)
	failure.Traceback, failure.cause = err.Traceback, err.Cause
	if err.Source == e.program.chunk() {
		failure.at(e.program.source, err.Line)
	}
	if err.Cause == nil && e.failed.hasRaised(err.Value) {
		failure.Command, failure.cause = e.failed.words, e.failed.cause
	}
}

// explainReply is explain for an error that the program has returned.
func (e *engine) explainReply(text string, v luavm.Value) {
	failure := e.newFailure(e.program, text)
	if e.failed.hasRaised(v) {
		failure.Command, failure.cause = e.failed.words, e.failed.cause
	}
}

// newFailure begins to keep what is known of the program's error.
func (e *engine) newFailure(p *program, text string) *Error {
	failure := newError(text)
	if p.noun == "script" {
		failure.SHA, failure.Name = p.name, p.file
	} else {
		failure.Function = p.name
	}
	e.store.failure = failure
	return failure
}

// failShebang is the error text of a program whose first line is wrong.
func (e *engine) failShebang(p *program, problem string) string {
	text := command.ErrorLine(problem)
	e.newFailure(p, text).at(p.source, 1)
	return text
}

// failCompile is the error text, with the prefix, of a program that cannot be
// compiled.
func (e *engine) failCompile(prefix string, p *program, err error) string {
	text := command.ErrorLine(prefix + err.Error())
	failure := e.newFailure(p, text)
	var syntax *luavm.SyntaxError
	if errors.As(err, &syntax) {
		failure.at(p.source, syntax.Line)
	} else {
		failure.cause = err
	}
	return text
}

// errorText is the text of an error that left the program: its own, and where
// it comes from.
func (e *engine) errorText(err *luavm.Error, where string) string {
	prefix, text := "ERR ", ""
	switch t := err.Value.Table(); {
	case err.Cause == ErrKilled:
		text = "Script killed by user with SCRIPT KILL..." // or FUNCTION KILL
	case err.Cause != nil:
		prefix, text = "ERR Script stopped: ", err.Cause.Error()
	case t == nil:
		text = luavm.Display(err.Value)
	default:
		var ok bool
		if text, ok = luavm.TextOf(t.Get(e.names.err)); ok {
			prefix = ""
		} else {
			text = "unknown error"
		}
	}
	return prefix + command.OneLine(text) + where // one concatenation, for scripts raise errors of any length
}

// details returns what is known of the error reply r, if it is that of the
// program that ran in this turn.
func (s *Store) details(r *command.Reply) error {
	if s.failure == nil || !r.IsError() || r.Str() != s.failure.text {
		return nil
	}
	return s.failure
}

// perform runs a command that the running program calls, where that is watched.
func (e *engine) perform(c *luavm.Call, cmd *command.Command, words []string) *command.Reply {
	e.debugger.called(words)
	r := e.traced(c, cmd, words)
	e.debugger.answered(words, r)
	return r
}

// traced runs a command, and tells Options.Trace.
func (e *engine) traced(c *luavm.Call, cmd *command.Command, words []string) *command.Reply {
	trace := e.store.options.Trace
	if trace == nil {
		return e.permitted(cmd, words)
	}
	event := TraceEvent{Name: e.program.file, Line: c.LineIn(e.program.chunk()), Args: slices.Clone(words)}
	if e.program.noun == "script" {
		event.SHA = e.program.name
	} else {
		event.Function = e.program.name
	}
	began := time.Now()
	r := e.permitted(cmd, words)
	event.Duration = time.Since(began)
	event.Reply.reply = lasting(*r)
	trace(event)
	return r
}

// lasting returns a copy of r, whose elements are room that the script's next
// command uses again.
func lasting(r command.Reply) command.Reply {
	elems := slices.Clone(r.Elems())
	for i := range elems {
		elems[i] = lasting(elems[i])
	}
	return r.With(elems)
}

// permitted runs a command unless it touches a key that it must not.
func (e *engine) permitted(cmd *command.Command, words []string) *command.Reply {
	if e.declared != nil && e.store.db.Refusal(&e.session, words) == "" {
		for _, key := range cmd.KeysIn(words) {
			if !e.declared[key] {
				r := command.Err(command.ErrorLine("ERR Script attempted to access undeclared key '" + command.Shorten([]string{key}, 1, shownBytes)[0] + "'"))
				return &r
			}
		}
	}
	return e.store.db.Run(&e.session, cmd, words)
}

// declare notes the keys that the program may touch.
func (e *engine) declare(keys []string) {
	if !e.store.options.DeclaredKeysOnly {
		return
	}
	e.declared = make(map[string]bool, len(keys))
	for _, key := range keys {
		e.declared[key] = true
	}
}
