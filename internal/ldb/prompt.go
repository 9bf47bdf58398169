package ldb

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/luavm"
	"github.com/luastore/luastore/internal/value"
)

// How long commands may be.
const (
	maxWords = 1024
	maxWord  = 1024    // bytes
	maxInput = 1 << 20 // bytes of a command that does not come to its end
)

// prompt obeys commands until one lets the script go on. It returns false if
// nobody is there to give any more: then the script goes on without stops.
func (s *Session) prompt(p *luavm.Pause) bool {
	for {
		words, ok := s.read()
		if !ok {
			s.step, s.points = false, nil
			return false
		}
		switch lower(words[0]) {
		case "s", "step", "n", "next":
			s.step = true
			return true
		case "c", "continue":
			return true
		case "a", "abort":
			s.host.Fail("ERR script aborted for user request")
		}
		s.obey(p, words)
		s.send()
	}
}

// read returns the words of a command; ok is false if the client is gone. What
// has come after the command is lost, as in Redis.
func (s *Session) read() (words []string, ok bool) {
	for {
		words, more := parse(s.input)
		switch {
		case words != nil:
			s.input = nil
			return words, true
		case !more:
			s.host.Fail("ERR protocol error")
		}
		b, ok := s.host.Receive()
		if !ok {
			return nil, false
		}
		if s.input = append(s.input, b...); len(s.input) > maxInput {
			s.input = nil
			s.host.Fail("ERR max client buffer reached")
		}
	}
}

// parse returns the words of the command that b begins with, or nil, and whether
// there may be one once more has come.
func parse(b []byte) (words []string, more bool) {
	if len(b) == 0 {
		return nil, true
	}
	at := bytes.IndexAny(b, "*\x00")
	if at < 0 || b[at] == 0 {
		return nil, false
	}
	count, b, ok := number(b[at:])
	if !ok {
		return nil, true
	}
	if count <= 0 || count > maxWords {
		return nil, false
	}
	for range count {
		switch {
		case len(b) == 0 || b[0] == 0:
			return nil, true
		case b[0] != '$':
			return nil, false
		}
		n, rest, ok := number(b)
		switch {
		case !ok:
			return nil, true
		case n <= 0 || n > maxWord:
			return nil, false
		case n+2 > len(rest):
			return nil, true
		case string(rest[n:n+2]) != "\r\n":
			return nil, false
		}
		words, b = append(words, string(rest[:n])), rest[n+2:]
	}
	return words, true
}

// number returns the number after the first byte of a line, and what follows
// the line; ok is false if its end has not come.
func number(b []byte) (n int, rest []byte, ok bool) {
	end := bytes.Index(b, []byte("\r\n"))
	if end < 0 || bytes.IndexByte(b[:end], 0) >= 0 {
		return 0, nil, false
	}
	return atoi(string(b[1:end])), b[end+2:], true
}

// atoi is that of C.
func atoi(s string) int {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	n, err := strconv.ParseInt(s[:end], 10, 64)
	if err != nil && n == 0 {
		return 0 // no digits
	}
	return int(int32(n))
}

// lower returns the name of a command in lower-case letters of ASCII.
func lower(word string) string {
	b := []byte(cString(word))
	for i, ch := range b {
		if ch >= 'A' && ch <= 'Z' {
			b[i] = ch + 'a' - 'A'
		}
	}
	return string(b)
}

// obey obeys a command that leaves the script where it is.
func (s *Session) obey(p *luavm.Pause, words []string) {
	switch name := lower(words[0]); {
	case name == "h" || name == "help":
		for _, line := range help {
			s.log(line)
		}
	case name == "t" || name == "trace":
		s.trace(p)
	case name == "m" || name == "maxlen":
		s.setMaxLen(words)
	case name == "b" || name == "break":
		s.breakpoints(words[1:])
	case name == "e" || name == "eval":
		s.eval(p, strings.Join(words[1:], " "))
	case (name == "r" || name == "redis") && len(words) > 1:
		s.step = true // so that it is told
		s.host.Redis(words[1:])
		s.step = false
	case (name == "p" || name == "print") && len(words) == 2:
		s.print(p, cString(words[1]))
	case name == "p" || name == "print":
		s.printAll(p)
	case name == "l" || name == "list":
		around, context := s.line, 5
		if len(words) > 1 {
			if n := atoi(words[1]); n > 0 {
				around = n
			}
		}
		if len(words) > 2 {
			context = atoi(words[2])
		}
		s.list(around, context)
	case name == "w" || name == "whole":
		s.list(1, 1_000_000)
	default:
		s.log("<error> Unknown Redis Lua debugger command or wrong number of arguments.")
	}
}

// list shows the lines around one.
func (s *Session) list(around, context int) {
	for n := max(1, around-context); n <= min(len(s.source), around+context); n++ {
		s.logLine(n)
	}
}

// trace shows the functions that are running.
func (s *Session) trace(p *luavm.Pause) {
	for i, l := range p.Levels() {
		if !strings.Contains(l.Source, "user_script") {
			continue
		}
		way, name := "From", "top level"
		if i == 0 {
			way = "In"
		}
		if l.Name != "" {
			name = cString(l.Name)
		}
		s.log(way + " " + name + ":")
		s.logLine(l.Line)
	}
}

// print shows the variable of the name that the innermost function has.
func (s *Session) print(p *luavm.Pause, name string) {
	for _, l := range p.Levels() {
		for _, v := range l.Locals {
			if v.Name == name {
				s.logValue("<value> ", v.Value)
				return
			}
		}
	}
	if name == "ARGV" || name == "KEYS" {
		s.logValue("<value> ", s.vm.Globals().Get(s.vm.Name(name)))
		return
	}
	s.log("No such variable.")
}

// printAll shows the variables of the function that is running.
func (s *Session) printAll(p *luavm.Pause) {
	locals := p.Levels()[0].Locals
	for _, v := range locals {
		s.logValue("<value> "+cString(v.Name)+" = ", v.Value)
	}
	if len(locals) == 0 {
		s.log("No local variables in the current context.")
	}
}

func (s *Session) logValue(prefix string, v luavm.Value) {
	w := s.limited()
	w.text(prefix)
	w.value(v, 0)
	s.logLimited(w.done())
}

// breakpoints shows the breakpoints, or adds and removes some.
func (s *Session) breakpoints(args []string) {
	if len(args) == 0 {
		if len(s.points) == 0 {
			s.log("No breakpoints set. Use 'b <line>' to add one.")
			return
		}
		s.log(fmt.Sprintf("%d breakpoints set:", len(s.points)))
		for _, n := range s.points {
			s.logLine(n)
		}
	}
	for _, arg := range args {
		long, ok := value.ParseInt(arg)
		line := int(int32(long))
		switch at := slices.Index(s.points, int(int32(-long))); {
		case !ok:
			s.log("Invalid argument:'" + cString(arg) + "'")
		case long == 0:
			s.points = nil
			s.log("All breakpoints removed.")
		case long < 0 && at < 0:
			s.log("No breakpoint in the specified line.")
		case long < 0:
			s.points = slices.Delete(s.points, at, at+1)
			s.log("Breakpoint removed.")
		case len(s.points) == maxBreakpoints:
			s.log("Too many breakpoints set.")
		case line < 1 || line > len(s.source) || slices.Contains(s.points, line):
			s.log("Wrong line number.")
		default:
			s.points = append(s.points, line)
			s.list(line, 1)
		}
	}
}

// eval runs code, as an expression if it is one.
func (s *Session) eval(p *luavm.Pause, code string) {
	const chunk = "@ldb_eval"
	f, err := s.vm.Load("return "+code, chunk)
	if err != nil {
		f, err = s.vm.Load(code, chunk)
	}
	if err != nil {
		s.log("<error> " + cString(err.Error()))
		return
	}
	v, ok := p.Run(f)
	if !ok {
		if t := v.Table(); t != nil { // as redis.call raises it
			v = t.Get(s.vm.Name("err"))
		}
		text, _ := luavm.TextOf(v)
		s.log("<error> " + cString(text))
		return
	}
	s.logValue("<retval> ", v)
}

// setMaxLen shows how much is shown, after it has changed that if it is to.
func (s *Session) setMaxLen(words []string) {
	if len(words) == 2 {
		s.hinted = true
		if s.maxLen = atoi(words[1]); s.maxLen != 0 {
			s.maxLen = min(max(s.maxLen, leastMaxLen), math.MaxInt32)
		}
	}
	if s.maxLen == 0 {
		s.log("<value> replies are unlimited.")
		return
	}
	s.log(fmt.Sprintf("<value> replies are truncated at %d bytes.", s.maxLen))
}

var help = []string{
	"Redis Lua debugger help:",
	"[h]elp               Show this help.",
	"[s]tep               Run current line and stop again.",
	"[n]ext               Alias for step.",
	"[c]ontinue           Run till next breakpoint.",
	"[l]ist               List source code around current line.",
	"[l]ist [line]        List source code around [line].",
	"                     line = 0 means: current position.",
	"[l]ist [line] [ctx]  In this form [ctx] specifies how many lines",
	"                     to show before/after [line].",
	"[w]hole              List all source code. Alias for 'list 1 1000000'.",
	"[p]rint              Show all the local variables.",
	"[p]rint <var>        Show the value of the specified variable.",
	"                     Can also show global vars KEYS and ARGV.",
	"[b]reak              Show all breakpoints.",
	"[b]reak <line>       Add a breakpoint to the specified line.",
	"[b]reak -<line>      Remove breakpoint from the specified line.",
	"[b]reak 0            Remove all breakpoints.",
	"[t]race              Show a backtrace.",
	"[e]val <code>        Execute some Lua code (in a different callframe).",
	"[r]edis <cmd>        Execute a Redis command.",
	"[m]axlen [len]       Trim logged Redis replies and Lua var dumps to len.",
	"                     Specifying zero as <len> means unlimited.",
	"[a]bort              Stop the execution of the script. In sync",
	"                     mode dataset changes will be retained.",
	"",
	"Debugger functions you can call from Lua scripts:",
	"redis.debug()        Produce logs in the debugger console.",
	"redis.breakpoint()   Stop execution like if there was a breakpoint in the",
	"                     next line of code.",
}
