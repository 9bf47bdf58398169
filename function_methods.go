package luastore

import (
	"context"

	"github.com/luastore/luastore/internal/command"
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
	for _, l := range r.reply.Elems {
		lib := Library{Name: l.Elems[1].Str, Engine: l.Elems[3].Str}
		for _, f := range l.Elems[5].Elems {
			function := Function{Name: f.Elems[1].Str, Description: f.Elems[3].Str}
			for _, flag := range f.Elems[5].Elems {
				function.Flags = append(function.Flags, flag.Str)
			}
			lib.Functions = append(lib.Functions, function)
		}
		if len(l.Elems) > 7 {
			lib.Code = l.Elems[7].Str
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
	return s.fcall(ctx, 0, function, keys, args)
}

// FCallRO is [Store.FCall] of a function that cannot write, as FCALL_RO does it.
func (s *Store) FCallRO(ctx context.Context, function string, keys []string, args ...any) Reply {
	return s.fcall(ctx, readOnly, function, keys, args)
}

func (s *Store) fcall(ctx context.Context, kind evalKind, function string, keys []string, args []any) Reply {
	var few [8]string
	argv, err := appendArgs(few[:0], args)
	if err != nil {
		return Reply{err: err}
	}
	if err := s.acquire(ctx); err != nil {
		return Reply{err: err}
	}
	defer s.release()
	f := s.library.get(function)
	if f == nil {
		return Reply{reply: command.Err(noFunction)}
	}
	r := s.library.call(f, function, keys, argv, &s.session, kind)
	return Reply{reply: r, err: s.details(r)}
}
