package luastore

import (
	"maps"
	"slices"
	"strings"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
	"github.com/luastore/luastore/internal/rdb"
	"github.com/luastore/luastore/internal/shebang"
)

// libraries are the function libraries of a store. They run on an engine of
// their own, where they keep what they remember from call to call.
type libraries struct {
	engine *libraryEngine // nil: to be made when a library needs it
	librarySet
}

// A librarySet is libraries that can be together: no function is in two.
type librarySet struct {
	byName    map[string]*library
	functions map[string]*function // by their names in lower case
}

// library is a function library.
type library struct {
	flags        shebang.Flags // of all its functions
	name, source string
	functions    map[string]*function // by their names in lower case
	callbacks    *luavm.Table         // of the functions
}

// function is a function of a library.
type function struct {
	program
	description command.Reply // a text, or nil
	library     *library
}

// engineOf returns the engine of the store's libraries.
func (l *libraries) engineOf(s *Store) *libraryEngine {
	if l.engine == nil {
		l.engine = newLibraryEngine(s)
	}
	return l.engine
}

// load makes a library of a source, but does not add it to l. It must not have
// the name of one of those that are there. If it cannot be made, the reply says
// why.
func (l *libraries) load(s *Store, source string, there librarySet) (*library, command.Reply) {
	engine, name, body, problem := shebang.Library(source)
	p := program{noun: "library", name: name, source: source}
	switch {
	case problem != "":
		return nil, p.failShebang(problem).reply()
	case !strings.EqualFold(engine, "lua"):
		return nil, command.Err(command.ErrorLine("ERR Engine '" + engine + "' not found"))
	case there.byName[name] != nil:
		return nil, command.Err("ERR Library '" + name + "' already exists")
	}
	return l.engineOf(s).load(p, body)
}

// clash returns a function of lib that is also in a library of another name, or
// nil.
func (l *librarySet) clash(lib *library) *function {
	for _, f := range lib.sorted() {
		if other := l.functions[strings.ToLower(f.name)]; other != nil && other.library.name != lib.name {
			return f
		}
	}
	return nil
}

// add adds a library that does not clash, in the place of one of its name.
func (l *librarySet) add(lib *library) {
	if l.byName == nil {
		l.byName, l.functions = map[string]*library{}, map[string]*function{}
	}
	l.byName[lib.name] = lib
	maps.Copy(l.functions, lib.functions)
}

// remove removes the library, which may be nil.
func (l *libraries) remove(lib *library) {
	if lib == nil {
		return
	}
	for name := range lib.functions {
		delete(l.functions, name)
	}
	delete(l.byName, lib.name)
	l.engine.forget(lib)
}

// save returns what makes the libraries again those that there are now.
func (l *libraries) save() (restore func()) {
	old := libraries{l.engine, librarySet{maps.Clone(l.byName), maps.Clone(l.functions)}}
	return func() {
		for _, lib := range l.byName {
			l.engine.forget(lib)
		}
		*l = old
		for _, lib := range l.byName {
			l.engine.keep(lib)
		}
	}
}

// get returns the function with the name, in any case, or nil.
func (l *librarySet) get(name string) *function {
	if f := l.functions[name]; f != nil {
		return f
	}
	return l.functions[strings.ToLower(name)]
}

// sorted returns the libraries by their names.
func (l *librarySet) sorted() []*library {
	return slices.SortedFunc(maps.Values(l.byName), func(a, b *library) int { return strings.Compare(a.name, b.name) })
}

// sorted returns the functions by their names.
func (lib *library) sorted() []*function {
	return slices.SortedFunc(maps.Values(lib.functions), func(a, b *function) int { return strings.Compare(a.name, b.name) })
}

// restore is FUNCTION RESTORE. If it answers an error it has done nothing.
func (l *libraries) restore(s *Store, payload, policy string, tick, alloc func(int)) command.Reply {
	sources, err := rdb.RestoreLibraries(payload, tick, alloc)
	if err == rdb.ErrChecksum {
		return command.Err("ERR DUMP payload version or checksum are wrong")
	}
	var fresh librarySet
	done := false
	defer func() {
		if !done {
			for _, lib := range fresh.byName {
				l.engine.forget(lib)
			}
		}
	}()
	for _, source := range sources {
		lib, failure := l.load(s, source, fresh)
		if lib == nil {
			return failure
		}
		f := fresh.clash(lib)
		fresh.add(lib)
		if f != nil {
			return clashing(f)
		}
	}
	switch err {
	case rdb.ErrNoLibrary:
		return command.Err("ERR given type is not a function")
	case rdb.ErrFormat:
		return command.Err("ERR Failed loading library payload")
	}
	if policy != "FLUSH" {
		if r := l.collision(&fresh, policy == "REPLACE"); r.IsError() {
			return r
		}
	}
	done = true
	for _, lib := range l.sorted() {
		if policy == "FLUSH" || fresh.byName[lib.name] != nil {
			l.remove(lib)
		}
	}
	for _, lib := range fresh.byName {
		l.add(lib)
	}
	return command.OK
}

// collision returns the error for what of fresh cannot be beside what is there,
// or the zero Reply.
func (l *librarySet) collision(fresh *librarySet, replace bool) command.Reply {
	for _, lib := range fresh.sorted() {
		if !replace && l.byName[lib.name] != nil {
			return command.Err("ERR Library " + lib.name + " already exists")
		}
	}
	for _, lib := range fresh.sorted() {
		for _, f := range lib.sorted() {
			if other := l.get(f.name); other != nil && fresh.byName[other.library.name] == nil {
				return clashing(f)
			}
		}
	}
	return command.Reply{}
}

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

// load makes a library of p, of whose source body is all but the first line. A
// caller that does not keep the library must forget it.
func (e *libraryEngine) load(p program, body string) (*library, command.Reply) {
	f, err := e.vm.Load(body, libraryChunk)
	if err != nil {
		return nil, p.failCompile("ERR Error compiling function: ", err).reply()
	}
	lib := &library{name: p.name, source: p.source, flags: shebang.Rollback(body[1:]), functions: map[string]*function{}, callbacks: e.vm.NewTable(0, 0)}
	e.keep(lib)
	e.library = lib
	e.vm.SetGlobals(e.loading)
	limit := &e.vm.Limits.Instructions
	before, loaded := *limit, false
	if *limit == 0 || *limit > loadInstructions {
		*limit = loadInstructions
	}
	e.begin(&p, nil)
	defer func() {
		*limit = before
		e.vm.SetGlobals(e.globals)
		e.library = nil
		e.end()
		if !loaded {
			e.forget(lib)
		}
	}()
	if failed := e.vm.Run(f, func(luavm.Value) {}); failed != nil {
		return nil, e.failLoad(failed.(*luavm.Error)).reply()
	}
	if len(lib.functions) == 0 {
		return nil, command.Err("ERR No functions registered")
	}
	loaded = true
	return lib, command.Reply{}
}

// failLoad is the error of a library that failed to register its functions.
func (e *libraryEngine) failLoad(err *luavm.Error) *Error {
	text := "ERR FUNCTION LOAD timeout"
	if err.Cause != luavm.ErrInstructions {
		text = e.errorText(err, "")
	}
	return e.explain(command.ErrorLine("ERR Error registering functions: "+text), err)
}

// keep keeps what a library keeps, until forget.
func (e *libraryEngine) keep(lib *library) {
	e.vm.Set(e.registry, lib.callbacks.Value(), luavm.Bool(true))
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
	if !shebang.GoodName(f.name) {
		e.raise(shebang.BadName)
	}
	key := strings.ToLower(f.name)
	if e.library.functions[key] != nil {
		e.raise("ERR Function already exists in the library")
	}
	e.vm.Hold(functionSize + len(f.name) + len(f.description.Str()))
	f.noun, f.library, f.source, f.flags = "function", e.library, e.library.source, f.flags|e.library.flags|shebang.Declared
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
func (e *libraryEngine) flags(c *luavm.Call, t *luavm.Table) (flags shebang.Flags) {
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
		flag := shebang.Flag(name)
		if flag == 0 {
			e.raise("ERR unknown flag given")
		}
		flags |= flag
	}
}

func isFunction(v luavm.Value) bool {
	return v.Kind() == luavm.KindFunction || v.Kind() == luavm.KindGoFunction
}

// texts is a table of the texts.
func (e *engine) texts(texts []string) luavm.Value {
	t := e.vm.NewTable(len(texts), 0)
	for i, text := range texts {
		e.vm.SetInt(t, i+1, e.vm.NewString(text))
	}
	return t.Value()
}
