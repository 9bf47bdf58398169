package luastore

import (
	"context"
	"errors"
	"io/fs"
	"sync"
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
		err = store.nameScript(ctx, s)
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
		return store.runScript(ctx, programs().evalSHA, programs().eval, s, keys, args)
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
		return store.runScript(ctx, programs().evalSHARO, programs().evalRO, s, keys, args)
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
	return s.runProgram(ctx, programs().eval, script, "", keys, args)
}

// EvalRO is [Store.Eval] of a script that cannot write, as EVAL_RO does it.
func (s *Store) EvalRO(ctx context.Context, script string, keys []string, args ...any) Reply {
	return s.runProgram(ctx, programs().evalRO, script, "", keys, args)
}

// EvalSha runs the script that has the SHA-1, given as 40 hexadecimal digits,
// as EVALSHA does. A script that was not loaded is an error: [ErrNoScript].
func (s *Store) EvalSha(ctx context.Context, sha1 string, keys []string, args ...any) Reply {
	return s.runProgram(ctx, programs().evalSHA, sha1, "", keys, args)
}

// EvalShaRO is [Store.EvalSha] of a script that cannot write, as EVALSHA_RO
// does it.
func (s *Store) EvalShaRO(ctx context.Context, sha1 string, keys []string, args ...any) Reply {
	return s.runProgram(ctx, programs().evalSHARO, sha1, "", keys, args)
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

// runScript runs a script as [Script.Run] does; the store learns its name.
func (s *Store) runScript(ctx context.Context, bySHA, bySource *programCommand, script *Script, keys []string, args []any) Reply {
	r := s.runProgram(ctx, bySHA, script.hash, script.name, keys, args)
	if errors.Is(r.Err(), ErrNoScript) {
		return s.runProgram(ctx, bySource, script.source, script.name, keys, args)
	}
	return r
}

// runProgram calls a command that runs a program: a script, named by its source
// or its SHA-1, or a function. A script that comes from a file has the file's
// name.
func (s *Store) runProgram(ctx context.Context, c *programCommand, program, file string, keys []string, args []any) Reply {
	buffer := wordBuffers.Get().(*wordBuffer)
	words, err := c.words(buffer.words[:0], program, keys, args)
	if err != nil {
		return Reply{err: err}
	}
	reply := s.call(ctx, &s.session, c.row, words, file)
	buffer.keep(words)
	return reply
}

// A wordBuffer is room for the words of a call, which nothing keeps when the
// call has ended.
type wordBuffer struct{ words []string }

var wordBuffers = sync.Pool{New: func() any { return new(wordBuffer) }}

// wordsKept is how many words' room a wordBuffer keeps from call to call.
const wordsKept = 256

// keep makes the buffer available for another call.
func (b *wordBuffer) keep(words []string) {
	clear(words)
	if cap(words) <= wordsKept {
		b.words = words
	}
	wordBuffers.Put(b)
}

// nameScript tells the store the file name of a script that was loaded.
func (s *Store) nameScript(ctx context.Context, script *Script) error {
	if err := s.acquire(ctx); err != nil {
		return err
	}
	defer s.release()
	if sc := s.scripts.get(script.hash); sc != nil {
		sc.file = script.name
	}
	return nil
}
