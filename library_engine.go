package luastore

import (
	"strings"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
)

// libraryEngine is an engine for libraries. While it loads one, its globals are
// others: little more than what registers functions.
type libraryEngine struct {
	*engine
	globals, loading *luavm.Table
	registry         *luavm.Table // whose keys are the callbacks of the libraries
	library          *library     // that is being loaded, or nil
}

func newLibraryEngine(s *Store) *libraryEngine {
	e := &libraryEngine{engine: newEngine(s)}
	vm := e.vm
	vm.Limits.Lasting = true
	e.registry = vm.NewTable(0, 0)
	e.globals, e.loading = vm.Globals(), vm.NewTable(0, 1)

	redis := e.redisTable()
	redis.SetReadOnly(true)
	vm.Set(e.globals, vm.Name("redis"), redis.Value())
	e.protect(e.globals, e.registry.Value())

	redis = e.newAPI()
	redis.function("register_function", e.registerFunction)
	e.addLog(redis)
	e.protect(redis.Table)
	vm.Set(e.loading, vm.Name("redis"), redis.Value())
	e.protect(e.loading, e.registry.Value())
	return e
}

// loadInstructions is what a library may use to register its functions: about
// the half second that Redis gives it.
const loadInstructions = 50_000_000

// load makes a library of a source, or says what is wrong with it. Whoever
// does not keep the library must forget it.
func (e *libraryEngine) load(name, source, body string) (lib *library, problem string) {
	p := program{noun: "library", name: name, source: source}
	f, err := e.vm.Load(body, libraryChunk)
	if err != nil {
		return nil, e.failCompile("ERR Error compiling function: ", &p, err)
	}
	lib = &library{name: name, source: source, functions: map[string]*function{}, callbacks: e.vm.NewTable(0, 0)}
	e.vm.Set(e.registry, lib.callbacks.Value(), luavm.Bool(true))
	e.library = lib
	e.vm.SetGlobals(e.loading)
	limit := &e.vm.Limits.Instructions
	before := *limit
	if *limit == 0 || *limit > loadInstructions {
		*limit = loadInstructions
	}
	e.begin(&p)
	failed := e.vm.Run(f, func(luavm.Value) {})
	*limit = before
	e.vm.SetGlobals(e.globals)
	e.library = nil
	if failed != nil {
		problem = e.failLoad(failed.(*luavm.Error))
	} else if len(lib.functions) == 0 {
		problem = "ERR No functions registered"
	}
	e.end()
	if problem != "" {
		e.forget(lib)
		return nil, problem
	}
	return lib, ""
}

// failLoad is the error text of a library that failed to register its
// functions.
func (e *libraryEngine) failLoad(err *luavm.Error) string {
	text := "ERR FUNCTION LOAD timeout"
	if err.Cause != luavm.ErrInstructions {
		text = e.errorText(err, "")
	}
	text = command.ErrorLine("ERR Error registering functions: " + text)
	e.explain(text, err)
	return text
}

// forget lets go of what a library keeps.
func (e *libraryEngine) forget(lib *library) {
	e.vm.Set(e.registry, lib.callbacks.Value(), luavm.Nil)
}

// registerFunction is redis.register_function.
func (e *libraryEngine) registerFunction(c *luavm.Call) {
	if e.library == nil {
		e.raise("ERR redis.register_function can only be called on FUNCTION LOAD command")
	}
	var f *function
	switch c.Len() {
	case 1:
		f = e.namedArguments(c)
	case 2:
		f = e.positionalArguments(c)
	default:
		e.raise("ERR wrong number of arguments to redis.register_function")
	}
	if !goodName(f.name) {
		e.raise(badName)
	}
	key := strings.ToLower(f.name)
	if e.library.functions[key] != nil {
		e.raise("ERR Function already exists in the library")
	}
	e.vm.Hold(functionSize + len(f.name) + len(f.description.Str))
	f.noun, f.library, f.source, f.flags = "function", e.library, e.library.source, f.flags|declared
	e.library.functions[key] = f
	e.vm.SetInt(e.library.callbacks, len(e.library.functions), f.entry)
}

// functionSize is about what a function takes, in bytes, beside its texts.
const functionSize = 300

func (e *libraryEngine) positionalArguments(c *luavm.Call) *function {
	name, ok := luavm.TextOf(c.Arg(1))
	if !ok {
		e.raise("ERR first argument to redis.register_function must be a string")
	}
	if !isFunction(c.Arg(2)) {
		e.raise("ERR second argument to redis.register_function must be a function")
	}
	return &function{program: program{name: name, entry: c.Arg(2)}}
}

func (e *libraryEngine) namedArguments(c *luavm.Call) *function {
	t := c.Arg(1).Table()
	if t == nil {
		e.raise("ERR calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).")
	}
	f := new(function)
	named := false
	var k, v luavm.Value
	for more := true; ; {
		if k, v, more, _ = t.Next(k); !more {
			break
		}
		c.Tick(1)
		key, ok := luavm.TextOf(k)
		if !ok {
			e.raise("ERR named argument key given to redis.register_function is not a string")
		}
		switch strings.ToLower(key) {
		case "function_name":
			if f.name, named = luavm.TextOf(v); !named {
				e.raise("ERR function_name argument given to redis.register_function must be a string")
			}
		case "description":
			text, ok := luavm.TextOf(v)
			if !ok {
				e.raise("ERR description argument given to redis.register_function must be a string")
			}
			f.description = command.Bulk(text)
		case "callback":
			if !isFunction(v) {
				e.raise("ERR callback argument given to redis.register_function must be a function")
			}
			f.entry = v
		case "flags":
			f.flags = e.flags(c, v.Table())
		default:
			e.raise("ERR unknown argument given to redis.register_function")
		}
	}
	switch {
	case !named:
		e.raise("ERR redis.register_function must get a function name argument")
	case f.entry.IsNil():
		e.raise("ERR redis.register_function must get a callback argument")
	}
	return f
}

// flags reads the flags in a table.
func (e *libraryEngine) flags(c *luavm.Call, t *luavm.Table) (flags scriptFlags) {
	if t == nil {
		e.raise("ERR flags argument to redis.register_function must be a table representing function flags")
	}
	for i := 1; ; i++ {
		v := t.GetInt(i)
		if v.IsNil() {
			return flags
		}
		c.Tick(1)
		name, ok := "", v.Kind() == luavm.KindString
		if ok {
			name = strings.ToLower(v.Text())
		}
		flag := flagNamed(name)
		if flag == 0 {
			e.raise("ERR unknown flag given")
		}
		flags |= flag
	}
}

func isFunction(v luavm.Value) bool {
	return v.Kind() == luavm.KindFunction || v.Kind() == luavm.KindGoFunction
}

// call runs a function for a caller and returns its reply. The tables that it
// gets are its own, for it may keep them.
func (e *libraryEngine) call(f *function, keys, argv []string, caller *command.Session, kind evalKind) command.Reply {
	e.declare(keys)
	r := e.apply(&f.program, caller, kind, e.texts(keys), e.texts(argv))
	if clear(e.called); cap(e.called) > calledKept {
		e.called = nil
	}
	return r
}

// calledKept is how many words' room an engine keeps from call to call.
const calledKept = 1024

// texts is a table of the texts.
func (e *engine) texts(texts []string) luavm.Value {
	t := e.vm.NewTable(len(texts), 0)
	for i, text := range texts {
		e.vm.SetInt(t, i+1, e.vm.NewString(text))
	}
	return t.Value()
}
