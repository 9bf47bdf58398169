package luastore

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/lualib"
	"github.com/luastore/luastore/internal/luavm"
)

// engine is what scripts run on: a Lua machine with Redis's libraries, and the
// redis table, which leads back into the store. A store has one at a time;
// SCRIPT FLUSH makes it begin a new one.
type engine struct {
	store   *Store
	vm      *luavm.Machine
	keys    luavm.List // the global KEYS
	argv    luavm.List // the global ARGV
	words   []string   // of the command being called
	take    func(luavm.Value)
	session command.Session  // of the running script,
	caller  *command.Session // and of who runs it; nil: none runs
	script  *script          // that is running,
	timeout time.Time        // until when, if Options.ScriptTimeout says so
	room    int              // bytes that the reply may still have
	reply   command.Reply    // of the script that ran last,
	failure *Error           // and more about it if it failed
	names   names
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

func newEngine(s *Store) *engine {
	vm := luavm.New()
	e := &engine{store: s, vm: vm, session: command.Session{RESP: 2, Script: true, Meter: vm}}
	e.take = e.takeResult
	e.names = names{
		err: vm.Name("err"), ok: vm.Name("ok"), okText: vm.Name("OK"), double: vm.Name("double"), mapping: vm.Name("map"), set: vm.Name("set"),
		bigNumber: vm.Name("big_number"), verbatim: vm.Name("verbatim_string"), text: vm.Name("string"),
		format: vm.Name("format"), ignore: vm.Name("ignore_error_stats_update"),
	}
	vm.Limits.Instructions = s.options.MaxInstructions
	if vm.Limits.Memory = max(s.options.MaxScriptMemory, 0); s.options.MaxScriptMemory == 0 {
		vm.Limits.Memory = DefaultMaxScriptMemory
	}
	vm.Poll = e.poll
	lualib.Open(vm)
	g := vm.Globals()
	vm.Set(g, vm.Name("redis"), e.redisTable().Value())
	vm.Set(g, vm.Name("__redis__err__handler"), vm.NewBuiltin("__redis__err__handler", e.errorHandler).Value())
	vm.Set(g, vm.Name("KEYS"), e.keys.Fill(vm, nil).Value())
	vm.Set(g, vm.Name("ARGV"), e.argv.Fill(vm, nil).Value())
	e.protectGlobals(g)
	return e
}

// protectGlobals makes globals read-only, and an error to read if they are
// missing.
func (e *engine) protectGlobals(g *luavm.Table) {
	meta := e.vm.NewTable(0, 1)
	e.vm.Set(meta, e.vm.Name("__index"), e.vm.NewBuiltin("__index", func(c *luavm.Call) {
		name, ok := luavm.TextOf(c.Arg(2))
		if !ok {
			c.Errorf("Second argument to luaProtectedTableError must be a string or number")
		}
		c.Errorf("Script attempted to access nonexistent global variable '%s'", name)
	}).Value())
	meta.SetReadOnly(true)
	g.SetMeta(meta)
	g.SetReadOnly(true)
}

// poll stops the script when the context of the call has ended, or its own
// time.
func (e *engine) poll() error {
	if e.caller != nil {
		e.caller.Working()
	}
	if err := ended(e.store.ctx); err != nil {
		return err
	}
	if !e.timeout.IsZero() && time.Now().After(e.timeout) {
		return ErrTimeout
	}
	return nil
}

// run runs a script for a caller and returns its reply.
func (e *engine) run(sc *script, keys, argv []string, caller *command.Session, readOnly bool) command.Reply {
	e.script, e.failure, e.caller = sc, nil, caller
	e.session.Selected = caller.Selected
	e.session.ReadOnly = readOnly || sc.flags.noWrites
	e.session.RESP = 2
	e.store.db.BeginScript(&e.session, sc.flags.allowOOM)
	if d := e.store.options.ScriptTimeout; d > 0 {
		e.timeout = time.Now().Add(d)
	}
	e.keys.Fill(e.vm, keys)
	e.argv.Fill(e.vm, argv)
	if err := e.vm.Run(sc.function, e.take); err != nil {
		e.reply = e.fail(err.(*luavm.Error))
	}
	e.keys.Clear()
	e.argv.Clear()
	e.session.Forget()
	e.caller = nil
	r := e.reply
	e.reply = command.Reply{}
	return r
}

func (e *engine) takeResult(v luavm.Value) {
	if e.room = e.store.options.MaxReplySize; e.room <= 0 {
		e.room = math.MaxInt
	}
	e.reply = e.toReply(v, 0)
}

// fail is the reply of a script that ended in an error.
func (e *engine) fail(err *luavm.Error) command.Reply {
	text := e.errorText(err)
	e.failure = newError(text)
	e.failure.SHA, e.failure.Traceback, e.failure.cause = e.script.sha, err.Traceback, err.Cause
	if err.Line > 0 {
		e.failure.Line = err.Line
	}
	return command.Err(text)
}

// failCompile is the error text of a script that cannot be compiled.
func (e *engine) failCompile(source string, err error) string {
	text := command.ErrorLine("ERR Error compiling script (new function): " + err.Error())
	e.failure = newError(text)
	e.failure.SHA = sha1hex(source)
	var syntax *luavm.SyntaxError
	if errors.As(err, &syntax) {
		e.failure.Line = syntax.Line
	} else {
		e.failure.cause = err
	}
	return text
}

// errorText is the text of an error that left the script: its own, and where
// it comes from.
func (e *engine) errorText(err *luavm.Error) string {
	prefix, text := "ERR ", ""
	switch t := err.Value.Table(); {
	case err.Cause != nil:
		text = "Script stopped: " + err.Cause.Error()
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
	// One concatenation, for scripts raise errors of any length.
	return prefix + command.OneLine(text) + command.OneLine(fmt.Sprintf(" script: %s, on %s:%d.", e.script.sha, err.Source, err.Line))
}

// details returns what is known of the error reply r, if it is that of the
// script that ran in this turn.
func (e *engine) details(r command.Reply) error {
	if e == nil || e.failure == nil || !r.IsError() || r.Str != e.failure.text {
		return nil
	}
	return e.failure
}
