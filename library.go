package luastore

import (
	"maps"
	"slices"
	"strings"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
	"github.com/luastore/luastore/internal/rdb"
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
	flags        scriptFlags // of all its functions
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
// the name of one in those that there are.
func (l *libraries) load(s *Store, source string, there librarySet) (lib *library, problem string) {
	engine, name, body, problem := parseLibrary(source)
	switch {
	case problem != "":
		return nil, command.ErrorLine(problem)
	case !strings.EqualFold(engine, "lua"):
		return nil, command.ErrorLine("ERR Engine '" + engine + "' not found")
	case there.byName[name] != nil:
		return nil, "ERR Library '" + name + "' already exists"
	}
	return l.engineOf(s).load(name, source, body)
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

// restore adds the libraries of a payload as the policy says, or does nothing
// and says why.
func (l *libraries) restore(s *Store, payload, policy string, tick func(int)) (problem string) {
	sources, err := rdb.RestoreLibraries(payload, tick)
	if err == rdb.ErrChecksum {
		return "ERR DUMP payload version or checksum are wrong"
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
		lib, problem := l.load(s, source, fresh)
		if problem != "" {
			return problem
		}
		f := fresh.clash(lib)
		fresh.add(lib)
		if f != nil {
			return clashing(f)
		}
	}
	switch err {
	case rdb.ErrNoLibrary:
		return "ERR given type is not a function"
	case rdb.ErrFormat:
		return "ERR Failed loading library payload"
	}
	if policy != "FLUSH" {
		if problem := l.collision(&fresh, policy == "REPLACE"); problem != "" {
			return problem
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
	return ""
}

// collision says what of fresh cannot be beside what there is.
func (l *librarySet) collision(fresh *librarySet, replace bool) (problem string) {
	for _, lib := range fresh.sorted() {
		if !replace && l.byName[lib.name] != nil {
			return "ERR Library " + lib.name + " already exists"
		}
	}
	for _, lib := range fresh.sorted() {
		for _, f := range lib.sorted() {
			if other := l.get(f.name); other != nil && fresh.byName[other.library.name] == nil {
				return clashing(f)
			}
		}
	}
	return ""
}
