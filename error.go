package luastore

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
)

// ErrNil is the error of a reply that is nil: a missing key, a script that
// returned nothing.
var ErrNil = errors.New("luastore: nil")

// Errors by their code, for errors.Is: an [Error] is each of those whose code
// it has.
var (
	// ErrNoScript: EVALSHA of a script that was not loaded.
	ErrNoScript = &Error{Code: "NOSCRIPT"}
	// ErrBusy: a script ran for longer than Options.BusyReply, or ScriptKill and
	// FunctionKill were each called for what the other one stops.
	ErrBusy = &Error{Code: "BUSY"}
	// ErrNotBusy: ScriptKill or FunctionKill found nothing running.
	ErrNotBusy = &Error{Code: "NOTBUSY"}
	// ErrUnkillable: what they found has already written, under RollbackNever.
	ErrUnkillable = &Error{Code: "UNKILLABLE"}
	// ErrWrongType: a command for another type than the key holds.
	ErrWrongType = &Error{Code: "WRONGTYPE"}
	// ErrOutOfMemory: the data take more than Options.MaxMemory.
	ErrOutOfMemory = &Error{Code: "OOM"}
)

// Why a script was stopped, for errors.Is, if it was not its context.
var (
	// ErrInstructions: it reached Options.MaxInstructions.
	ErrInstructions = luavm.ErrInstructions
	// ErrMemory: it reached Options.MaxScriptMemory.
	ErrMemory = luavm.ErrMemory
	// ErrKilled: ScriptKill or FunctionKill stopped it.
	ErrKilled = errors.New("killed")
	// ErrReplySize: its reply has more bytes than Options.MaxReplySize. It is the
	// error of other commands too.
	ErrReplySize = errors.New("reply too large")
	// ErrTimeout: it ran for longer than Options.ScriptTimeout.
	ErrTimeout = errors.New("script timeout")
)

// An Error is an error reply of a command or a script. Printed with %+v it also
// tells the line of the source where the script failed, the command that did,
// and the traceback.
type Error struct {
	Code    string // the first word, by custom in capitals: ERR, WRONGTYPE, NOSCRIPT
	Message string // what follows it

	// Of an error that ended a script, or that it returned:
	SHA       string   // the script's SHA-1 in hexadecimal,
	Name      string   // and its name, if it came from a file: see LoadScript;
	Function  string   // or the name of the function, or of the library that was loaded
	Line      int      // where it was raised, counted from 1; 0 outside of the script's text, or if it was returned
	Command   []string // what redis.call was given, if it is its error: the first words, and of each the first bytes
	Traceback []string // the functions that were running, innermost first

	text   string // what Redis would send
	cause  error
	source string // the line of the script
}

// newError makes the Error of an error reply's text.
func newError(text string) *Error {
	code, message, _ := strings.Cut(text, " ")
	e := &Error{Code: code, Message: message, text: text}
	if text == command.ReplyTooLarge {
		e.cause = ErrReplySize
	}
	e.locate()
	return e
}

// detail returns what is known of an error reply beside its text, or nil.
func detail(r *command.Reply) error {
	if e, ok := r.Detail().(*Error); ok {
		return e
	}
	return nil
}

// errorOf returns the Error of an error reply.
func errorOf(r command.Reply) error {
	if err := detail(&r); err != nil {
		return err
	}
	return newError(r.Str())
}

// locate reads where a script or function failed from what Redis says at the end of
// the text: it is all that is known if another server ran it, or EXEC.
func (e *Error) locate() {
	at := strings.LastIndex(e.text, " script: ")
	if at < 0 {
		return
	}
	name, where, _ := strings.Cut(e.text[at+len(" script: "):], ", on @user_")
	kind, where, _ := strings.Cut(where, ":")
	line, err := strconv.Atoi(strings.TrimSuffix(where, "."))
	switch {
	case err != nil:
	case kind == "script":
		e.SHA, e.Line = name, line
	case kind == "function":
		e.Function, e.Line = name, line
	}
}

// reply returns the error as a reply, which leads back to it.
func (e *Error) reply() command.Reply { return command.ErrWith(e.text, e) }

// Error returns the text that Redis would send, without the leading minus.
func (e *Error) Error() string {
	switch {
	case e.text != "":
		return e.text
	case e.Message == "":
		return e.Code
	}
	return e.Code + " " + e.Message
}

// Is says whether target is an Error of the same code and, if it has one, the
// same message.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && (t.Message == "" || t.Message == e.Message)
}

// Unwrap returns what stopped the script, if something did from outside: the
// context's error, or a limit's.
func (e *Error) Unwrap() error { return e.cause }

// Format prints the error for package fmt: all that is known of it for %+v, else
// what Error returns.
func (e *Error) Format(f fmt.State, verb rune) {
	switch {
	case verb == 'v' && f.Flag('+'):
		e.details(f)
	case verb == 'v' && f.Flag('#'):
		type plain Error
		fmt.Fprintf(f, "%#v", (*plain)(e))
	default:
		fmt.Fprintf(f, fmt.FormatString(f, verb), e.Error())
	}
}

// details writes what is known, each on a line of its own.
func (e *Error) details(w io.Writer) {
	file := "user_script"
	switch {
	case e.Name != "":
		file = e.Name
	case e.Function != "":
		file = "user_function"
	}
	io.WriteString(w, e.Error())
	if e.Line > 0 {
		fmt.Fprintf(w, "\n%s:%d:", file, e.Line)
		if e.source != "" {
			fmt.Fprintf(w, "\n\t%s", e.source)
		}
	}
	if len(e.Command) > 0 {
		fmt.Fprintf(w, "\ncommand:\n\t%q", e.Command)
	}
	if len(e.Traceback) > 0 {
		io.WriteString(w, "\ntraceback:")
		for _, line := range e.Traceback {
			fmt.Fprintf(w, "\n\t%s", strings.ReplaceAll(line, "user_script:", file+":"))
		}
	}
}

// at notes the line of the source where the error was raised.
func (e *Error) at(source string, line int) { e.Line, e.source = line, sourceLine(source, line) }

// sourceLine returns a line of a source, counted from 1, without the space
// around it; of a long one the beginning.
func sourceLine(source string, line int) string {
	for ; line > 1; line-- {
		_, source, _ = luavm.CutLine(source)
	}
	text, _, _ := luavm.CutLine(source)
	return strings.TrimSpace(text[:min(len(text), maxSourceLine)])
}

// maxSourceLine is how much of a line of source an Error shows, in bytes.
const maxSourceLine = 200
