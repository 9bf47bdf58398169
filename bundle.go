package luastore

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A Bundle is the scripts of a program, each by the name of its file. It may be
// used by any number of goroutines.
type Bundle struct {
	fsys     fs.FS
	patterns []string

	reloading sync.Mutex
	scripts   atomic.Pointer[map[string]*Script] // by name; the map does not change
}

// LoadBundle returns the scripts in the files of fsys, such as an embed.FS,
// whose names match one of the patterns of [path.Match]. It finds out without
// running them what is wrong with them:
//
//   - syntax errors, and first lines that are no shebang of a script;
//   - globals that are read and that nobody has, or written, which no script may;
//   - redis.call and redis.pcall with a command that is unknown or not allowed in
//     scripts, a wrong number of arguments, or in a script with the flag
//     no-writes one that can write, as far as name and number stand in the source.
//
// The error is all of that, with file and line each; then there is no Bundle. A
// pattern that no file matches is an error too.
func LoadBundle(fsys fs.FS, patterns ...string) (*Bundle, error) {
	b := &Bundle{fsys: fsys, patterns: patterns}
	if err := b.Reload(); err != nil {
		return nil, err
	}
	return b, nil
}

// Reload reads and checks the files again, as LoadBundle does. The Bundle then
// has what is there now or, if there is an error, all that it had before. Calls
// of scripts that are running go on; a Script stays what it is.
func (b *Bundle) Reload() error {
	b.reloading.Lock()
	defer b.reloading.Unlock()
	scripts, err := readScripts(b.fsys, b.patterns)
	if err != nil {
		return err
	}
	if err := checkScripts(sortedScripts(scripts)); err != nil {
		return err
	}
	b.scripts.Store(&scripts)
	return nil
}

// Get returns the script with the name, or nil if there is none. Who asks each
// time, rather than keep it, has the new one after Reload.
func (b *Bundle) Get(name string) *Script { return (*b.scripts.Load())[name] }

// Scripts returns the scripts, by name.
func (b *Bundle) Scripts() []*Script { return sortedScripts(*b.scripts.Load()) }

// Load loads all scripts, as SCRIPT LOAD does, so that they can be run by their
// SHA-1 until a SCRIPT FLUSH. [Script.Run] needs no Load, nor one again.
func (b *Bundle) Load(ctx context.Context, c Scripter) error {
	for _, s := range b.Scripts() {
		if _, err := s.Load(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func readScripts(fsys fs.FS, patterns []string) (map[string]*Script, error) {
	scripts := map[string]*Script{}
	for _, pattern := range patterns {
		names, err := fs.Glob(fsys, pattern)
		if err != nil {
			return nil, fmt.Errorf("luastore: pattern %q: %w", pattern, err)
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("luastore: pattern %q matches no files", pattern)
		}
		for _, name := range names {
			if scripts[name], err = LoadScript(fsys, name); err != nil {
				return nil, err
			}
		}
	}
	return scripts, nil
}

func sortedScripts(scripts map[string]*Script) []*Script {
	return slices.SortedFunc(maps.Values(scripts), func(a, b *Script) int { return strings.Compare(a.name, b.name) })
}
