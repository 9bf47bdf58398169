package luastore

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
	"github.com/luastore/luastore/internal/shebang"
)

// A run is one execution of a program.
type run struct {
	program *program
	call    *command.Call // of EVAL, or of a command like it; nil while a library is loaded

	timeout  time.Time       // when Options.ScriptTimeout ends it; zero if it does not
	declared map[string]bool // the keys that it may touch; nil means any
	room     int             // bytes that the reply may still have
	failed   failedCall      // its last redis.call or redis.pcall that failed
	erred    bool            // its reply has an error of its own
	reply    command.Reply
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

// runScript runs a script for a call of EVAL, or of a command like it.
func (e *engine) runScript(sc *script, c *command.Call, keys, argv []string, readOnly bool) command.Reply {
	e.keys.Fill(e.vm, keys)
	e.argv.Fill(e.vm, argv)
	defer e.keys.Clear()
	defer e.argv.Clear()
	return e.execute(&sc.program, c, readOnly, keys)
}

// execute runs a program for a call and returns its reply. The arguments are those
// of the function in Lua; scripts have KEYS and ARGV instead.
func (e *engine) execute(p *program, c *command.Call, readOnly bool, keys []string, args ...luavm.Value) command.Reply {
	e.begin(p, c)
	defer e.end()
	e.declare(keys)
	caller := c.Session()
	e.session.Selected = caller.Selected
	e.session.ReadOnly = caller.ReadOnly || readOnly || p.flags&shebang.NoWrites != 0
	e.session.RESP = 2
	e.session.Wrote = false
	e.session.OnBehalfOf(caller)
	e.store.db.BeginScript(&e.session, p.flags&(shebang.AllowOOM|shebang.NoWrites) != 0)
	undoing := e.beginUndo()
	stopped := false
	if err := e.vm.Apply(p.entry, e.take, args...); err != nil {
		err := err.(*luavm.Error)
		e.run.reply, stopped = e.fail(err), err.Cause != nil
	}
	reply := e.run.reply
	e.endUndo(undoing, stopped, reply)
	return reply
}

// given returns how many bytes the arguments of the running program have.
func (e *engine) given() int {
	if e.run.program.noun == "script" {
		return e.argv.Size()
	}
	n := 0
	for _, word := range e.run.call.Args() {
		n += len(word)
	}
	return n
}

// begin makes a program the one that the engine runs, until end, which must be
// deferred. The call is nil for a library that is loaded.
func (e *engine) begin(p *program, c *command.Call) {
	e.run.program, e.run.call = p, c
	if d := e.store.options.ScriptTimeout; d > 0 {
		e.run.timeout = time.Now().Add(d)
	}
}

func (e *engine) end() {
	e.run = run{}
	e.session.Forget()
	e.store.board.Withdraw()
}

func (e *engine) takeResult(v luavm.Value) {
	e.run.room = e.store.db.ReplyBudget(e.run.call.Session())
	e.toReply(&e.run.reply, v, 0)
}

// fail is the reply of a script that ended in an error.
func (e *engine) fail(err *luavm.Error) command.Reply {
	where := ""
	if e.run.program.entry.Kind() == luavm.KindFunction { // else no Lua was running
		where = command.OneLine(" script: " + e.run.program.name + ", on " + err.Source + ":" + strconv.Itoa(err.Line) + ".")
	}
	failure := e.explain(e.errorText(err, where), err)
	e.countError(err.Value.Table(), failure.text, true)
	return failure.reply()
}

// countError counts an error of the running program, which may be of a table: the
// whole reply, or an element of it.
func (e *engine) countError(t *luavm.Table, text string, whole bool) {
	told := t != nil && t.Get(e.names.ignore) == luavm.Bool(true)
	e.store.db.CountScriptError(e.run.call.Command(), command.ScriptError{Text: text, Told: told, Whole: whole}, e.run.erred)
	e.run.erred = e.run.erred || !told
}

// explain returns what is known of an error that ended the program, with the
// text that the reply has.
func (e *engine) explain(text string, err *luavm.Error) *Error {
	failure := e.run.program.failure(text)
	failure.Traceback, failure.cause = err.Traceback, err.Cause
	if err.Source == e.run.program.chunk() {
		failure.at(e.run.program.source, err.Line)
	}
	if err.Cause == nil && e.run.failed.hasRaised(err.Value) {
		failure.Command, failure.cause = e.run.failed.words, e.run.failed.cause
	}
	return failure
}

// explainReply is explain for an error that the program has returned.
func (e *engine) explainReply(text string, v luavm.Value) *Error {
	failure := e.run.program.failure(text)
	if e.run.failed.hasRaised(v) {
		failure.Command, failure.cause = e.run.failed.words, e.run.failed.cause
	}
	return failure
}

// failure returns an Error of the program.
func (p *program) failure(text string) *Error {
	failure := newError(text)
	if p.noun == "script" {
		failure.SHA, failure.Name = p.name, p.file
	} else {
		failure.Function = p.name
	}
	return failure
}

// failShebang is the error of a program whose first line is wrong.
func (p *program) failShebang(problem string) *Error {
	failure := p.failure(command.ErrorLine(problem))
	failure.at(p.source, 1)
	return failure
}

// failCompile is the error, whose text has the prefix, of a program that cannot
// be compiled.
func (p *program) failCompile(prefix string, err error) *Error {
	failure := p.failure(command.ErrorLine(prefix + err.Error()))
	var syntax *luavm.SyntaxError
	if errors.As(err, &syntax) {
		failure.at(p.source, syntax.Line)
	} else {
		failure.cause = err
	}
	return failure
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
	event := TraceEvent{Name: e.run.program.file, Line: c.LineIn(e.run.program.chunk()), Args: slices.Clone(words)}
	if e.run.program.noun == "script" {
		event.SHA = e.run.program.name
	} else {
		event.Function = e.run.program.name
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
	if e.run.declared != nil && e.store.db.StaticCheck(&e.session, words) == "" {
		for _, key := range cmd.KeysIn(words) {
			if !e.run.declared[key] {
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
	e.run.declared = make(map[string]bool, len(keys))
	for _, key := range keys {
		e.run.declared[key] = true
	}
}
