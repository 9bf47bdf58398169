package luastore

import (
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/lualib"
	"github.com/luastore/luastore/internal/luavm"
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
	session  command.Session // of the running program
	run      run             // zero if no program is running
	watched  bool            // Options.Trace or DeclaredKeysOnly is set, or a client debugs
	debugger *debugger       // of the running program; nil if it is not debugged
	names    names
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
	if e.run.call != nil {
		e.run.call.Session().Working()
	}
	if err := e.store.ended(e.store.ctx); err != nil {
		return err
	}
	if !e.run.timeout.IsZero() && time.Now().After(e.run.timeout) {
		return ErrTimeout
	}
	if e.run.program == nil || e.run.program.noun == "library" {
		return nil // Redis cannot kill what loads
	}
	return e.listen()
}
