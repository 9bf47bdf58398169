package luastore

import (
	"slices"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
)

// A TraceEvent is a command that a script or function called.
type TraceEvent struct {
	SHA      string        // the script's SHA-1 in hexadecimal,
	Name     string        // and its name, if it came from a file: see LoadScript;
	Function string        // or the name of the function
	Line     int           // where it is called, counted from 1; 0 outside of the script's text
	Args     []string      // the command, its name first
	Reply    Reply         // what it answered, an error too
	Duration time.Duration // that it took, by the system's clock
}

// perform runs a command that the running program calls.
func (e *engine) perform(c *luavm.Call, cmd *command.Command, words []string) command.Reply {
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
	event.Reply.reply = lasting(r)
	trace(event)
	return r
}

// lasting returns a copy of r, whose elements are room that the script's next
// command uses again.
func lasting(r command.Reply) command.Reply {
	r.Elems = slices.Clone(r.Elems)
	for i := range r.Elems {
		r.Elems[i] = lasting(r.Elems[i])
	}
	return r
}

// permitted runs a command unless it touches a key that it must not.
func (e *engine) permitted(cmd *command.Command, words []string) command.Reply {
	if e.declared != nil && e.store.db.Refusal(&e.session, words) == "" {
		for _, key := range cmd.KeysIn(words) {
			if !e.declared[key] {
				return command.Err(command.ErrorLine("ERR Script attempted to access undeclared key '" + command.Shorten([]string{key}, 1, shownBytes)[0] + "'"))
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
