// Package ldb is LDB, Redis's debugger of scripts, as its client sees it. It knows
// no Store: who runs the script is its Host.
//
//	ldb.go     a session: where the script stops, and what is told
//	prompt.go  reads commands and obeys them
//	show.go    how values and replies look
package ldb

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
)

// A Host runs the script of a Session.
type Host interface {
	// Send sends bytes to the client.
	Send(b []byte)
	// Receive waits for bytes from the client; ok is false if it is gone.
	Receive() (b []byte, ok bool)
	// Redis runs a command as redis.call does, and tells the Session, but raises
	// no error.
	Redis(words []string)
	// Fail raises an error with the text, which a pcall in the script can catch.
	Fail(text string)
}

// How much a Session takes and shows, as Redis has it.
const (
	maxBreakpoints = 64
	defaultMaxLen  = 256 // bytes of a value or a reply
	leastMaxLen    = 60
)

// A Session is one run of a script with a debugger.
type Session struct {
	// Patience is how long the script may run without a stop.
	Patience time.Duration

	host    Host
	vm      *luavm.Machine
	source  []string // its lines
	line    int      // where the script is, or code that it has loaded
	points  []int    // the lines with breakpoints
	step    bool     // it stops at the next line,
	called  bool     // as it does because it has called redis.breakpoint
	resumed time.Time
	maxLen  int  // 0: no limit
	hinted  bool // the client knows how to change that
	logs    []string
	size    int    // bytes of logs, which count as memory of the script
	input   []byte // that is no whole command yet
}

// New returns a Session of the source, which is to run on the machine. It stops
// at the first line.
func New(host Host, vm *luavm.Machine, source string) *Session {
	s := &Session{host: host, vm: vm, step: true, maxLen: defaultMaxLen, resumed: time.Now()}
	if source = strings.TrimRight(source, "\r\n"); source != "" {
		s.source = strings.Split(source, "\n")
	}
	return s
}

// Line is for the Debug of the machine.
func (s *Session) Line(p *luavm.Pause) {
	s.line = p.Line()
	point := s.called || slices.Contains(s.points, s.line)
	if !strings.Contains(p.Source(), "user_script") {
		return
	}
	late := !s.step && !point && time.Since(s.resumed) >= s.Patience
	reason := "step over"
	switch {
	case s.called:
		reason = "redis.breakpoint() called"
	case point:
		reason = "break point"
	case late:
		reason = "timeout reached, infinite loop?"
	case !s.step:
		return
	}
	s.step, s.called = false, false
	s.log(fmt.Sprintf("* Stopped at %d, stop reason = %s", s.line, reason))
	s.logLine(s.line)
	s.send()
	if here := s.prompt(p); !here && late { // nobody else would end it
		s.host.Fail("ERR timeout during Lua debugging with client closing connection")
	}
	s.resumed = time.Now()
}

// End ends the session.
func (s *Session) End() {
	s.logs, s.size = append(s.logs, "<endsession>"), 0 // the script is over, and with it what it may use
	s.send()
}

// Breakpoint is redis.breakpoint.
func (s *Session) Breakpoint() { s.called = true }

// Debug is redis.debug.
func (s *Session) Debug(args []luavm.Value) {
	w := writer{vm: s.vm}
	w.text(fmt.Sprintf("<debug> line %d: ", s.line))
	for i, v := range args {
		if i > 0 {
			w.text(", ")
		}
		w.value(v, 0)
	}
	s.log(w.done())
}

// Called tells of a command that the script calls, if it goes by steps.
func (s *Session) Called(words []string) {
	const shown = 10
	if !s.step {
		return
	}
	w := writer{vm: s.vm}
	w.text("<redis>")
	for i, word := range words {
		if i == shown {
			w.text(fmt.Sprintf(" ... (%d more)", len(words)-i-1))
			break
		}
		w.text(" ")
		w.text(word)
	}
	s.log(w.done())
}

// Answered tells of the command's reply, in the version of the protocol.
func (s *Session) Answered(r *command.Reply, resp int) {
	if !s.step {
		return
	}
	s.failures(r)
	w := s.limited()
	w.text("<reply> ")
	w.reply(r, resp)
	s.logLimited(w.done())
}

// failures tells of the errors in a reply.
func (s *Session) failures(r *command.Reply) {
	if r.IsError() {
		s.Failed("-" + r.Str())
	}
	for i := range r.Elems() {
		s.failures(&r.Elems()[i])
	}
}

// Failed tells of an error that the table redis gives the script.
func (s *Session) Failed(text string) {
	if s.step {
		s.log("<error> " + cString(text))
	}
}

// log adds a line to what the client is told at the next stop.
func (s *Session) log(line string) {
	s.vm.Hold(len(line))
	s.size += len(line)
	s.logs = append(s.logs, line)
}

// limited returns a writer of what logLimited will cut.
func (s *Session) limited() writer { return writer{vm: s.vm, most: s.maxLen} }

// logLimited is log of a line that may be too long to be shown.
func (s *Session) logLimited(line string) {
	if s.maxLen == 0 || len(line) <= s.maxLen {
		s.log(line)
		return
	}
	s.log(line[:s.maxLen] + " ...")
	if !s.hinted {
		s.hinted = true
		s.log("<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.")
	}
}

// logLine adds a line of the source.
func (s *Session) logLine(n int) {
	text := "<out of range source code line>"
	if n > 0 && n <= len(s.source) {
		text = cString(s.source[n-1])
	}
	mark := []byte("   ")
	if s.line == n {
		copy(mark, "->")
	}
	if slices.Contains(s.points, n) {
		mark[2] = '#'
	}
	s.log(fmt.Sprintf("%s%-3d %s", mark, n, text))
}

// send tells the client what was logged.
func (s *Session) send() {
	b := fmt.Appendf(nil, "*%d\r\n", len(s.logs))
	for _, line := range s.logs {
		b = append(append(append(b, '+'), lineBreaks.Replace(line)...), "\r\n"...)
	}
	s.host.Send(b)
	s.vm.Hold(-s.size)
	clear(s.logs)
	s.logs, s.size = s.logs[:0], 0
}

var lineBreaks = strings.NewReplacer("\r", " ", "\n", " ")

// cString returns s up to a zero byte, where strings of C end.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}
