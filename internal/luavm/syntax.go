package luavm

import (
	"fmt"
	"strconv"
	"strings"
)

// A SyntaxError says what is wrong with a source, as Lua 5.1 does.
type SyntaxError struct {
	Source  string // as Load was given it
	Line    int
	Message string
}

// Error returns position and message as Lua shows them.
func (e *SyntaxError) Error() string {
	return chunkNameIn(e.Source, 80) + ":" + strconv.Itoa(e.Line) + ": " + e.Message
}

// failAt returns a complaint about token i.
func (l *loader) failAt(i int, message string) *SyntaxError {
	return &SyntaxError{l.chunkName, int(l.src.tokens[i].line), message}
}

// failNear is failAt with the token shown.
func (l *loader) failNear(i int, message string) *SyntaxError {
	switch {
	case l.src.tokens[i].kind == tokError: // which is found before what is wrong with the tokens
		return l.failAt(i, l.src.problem)
	case l.src.is(i, 0):
		return l.failAt(i, message) // Lua takes the NUL for no token
	}
	return l.failAt(i, message+" near '"+l.src.near(i)+"'")
}

// explain turns an error of go-lua's compiler, which had read up to token
// read, into 5.1's.
func (l *loader) explain(text string, read int) *SyntaxError {
	i := min(read, len(l.src.tokens)-1)
	message := text
	if _, rest, ok := strings.Cut(text, ":"); ok {
		if line, rest, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(line); err == nil {
				i, message = l.tokenAt(n), rest
			}
		}
	}
	if c := l.tooComplexAt(); c >= 0 && c <= i {
		return l.failNear(c, "function or expression too complex")
	}
	if l.src.tokens[i].kind == tokError {
		return l.failAt(i, l.src.problem)
	}
	message, near, _ := strings.Cut(message, " near ")
	var limit int
	var where string
	if _, err := fmt.Sscanf(message, "too many local variables (limit is %d) in", &limit); err == nil {
		where = l.functionName(message)
		return l.failAt(i, where+" has more than "+strconv.Itoa(limit)+" local variables")
	}
	switch {
	case strings.HasPrefix(message, "too many upvalues"):
		return l.failAt(i, l.functionName(message)+" has more than "+strconv.Itoa(maxUpvalues)+" upvalues")
	case strings.HasPrefix(message, "too many Go levels"):
		if l.src.is(i, '=') || l.src.is(i, ',') {
			most := maxCCalls - 1 - l.m.running.cCalls // the calls that lead to the parser, and its own
			return l.failAt(i, l.functionName(message)+" has more than "+strconv.Itoa(most)+" variables in assignment")
		}
		return l.failAt(i, "chunk has too many syntax levels")
	case near == "@" && l.src.is(i, '('):
		return l.failNear(i, "ambiguous syntax (function call x new statement)")
	case near == "@" && l.src.tokens[i].kind == tokBreak:
		return l.failNear(i+1, "no loop to break")
	case message == "syntax error":
		return l.noStatement(i)
	case message == "unexpected symbol", message == "function arguments expected", message == "'=' or 'in' expected",
		message == "<name> or '...' expected", message == "cannot use '...' outside a vararg function",
		message == "control structure too long", message == "constructor too long":
		return l.failNear(i, message)
	}
	if what, closes, ok := strings.Cut(message, " expected"); ok {
		return l.expected(i, what, closes)
	}
	return l.failNear(i, "function or expression too complex")
}

// tooComplexAt returns the token at which Lua 5.1 has no register left for a
// function, -1 if it has them all. go-lua has some more, and does not look until
// one is too high to be written down: with as many variables more in each
// function it fails where 5.1 does.
func (l *loader) tooComplexAt() int {
	s := l.src
	spare := window - maxRegisters
	s.declare[mainBody] += spareLocals(spare)
	for i := range s.tokens {
		s.m.Tick(1)
		if s.tokens[i].kind != tokFunction {
			continue
		}
		if end := s.parametersEnd(i); end > i {
			n := spare
			if s.hiddenArg(end) {
				n++
			}
			s.declare[end] += spareLocals(n)
		}
	}
	r := l.m.reader(s.rewrite())
	_, text := compile(r)
	if !strings.Contains(text, "assertion failure") {
		return -1
	}
	return min(r.lines, len(s.tokens)) - 1
}

func spareLocals(n int) string {
	return " local " + strings.Repeat(markName+",", n-1) + markName + ";"
}

// functionName is the function that a message of go-lua's is about.
func (l *loader) functionName(message string) string {
	var line int
	if _, at, ok := strings.Cut(message, "function at line "); ok {
		if _, err := fmt.Sscanf(at, "%d", &line); err == nil {
			return l.functionAt(l.lineOf(line))
		}
	}
	return l.functionAt(0)
}

func (l *loader) functionAt(line int) string {
	if line == 0 {
		return "main function"
	}
	return "function at line " + strconv.Itoa(line)
}

// noStatement explains why the statement that ends before token i is none.
func (l *loader) noStatement(i int) *SyntaxError {
	s := l.src
	switch {
	case i == 0:
	case s.tokens[i-1].kind == tokName, s.is(i-1, ']'):
		return l.failNear(i, "'=' expected")
	case !s.is(i, '=') && !s.is(i, ','):
		return l.failNear(i, "syntax error")
	default:
		begin, call := s.expressionBefore(i)
		if !call || s.is(begin-1, ',') {
			return l.failNear(i, "syntax error")
		}
	}
	return l.failNear(i, "unexpected symbol")
}

// expressionBefore returns where the expression begins that ends before token
// i, and whether it is a call.
func (s *source) expressionBefore(i int) (begin int, call bool) {
	for i--; i > 0; i-- {
		if s.is(i, ')') || s.is(i, ']') || s.is(i, '}') {
			if i = int(s.match[i]); i < 1 {
				break
			}
		}
		switch kind := s.tokens[i].kind; {
		case kind == tokName:
			if !s.is(i-1, '.') && !s.is(i-1, ':') {
				return i, call
			}
			i-- // the point
		case !s.continues(i):
			return i, call
		case !s.is(i, '['):
			call = true
		}
	}
	return max(i, 0), call
}

// expected says that something else than token i is wanted. go-lua shows
// keywords in quotes, and in place of a name the token that it found.
func (l *loader) expected(i int, what, closes string) *SyntaxError {
	switch what {
	case "'do'", "'end'", "'in'", "'then'", "'until'":
		what = strings.Trim(what, "'")
	case "=", "(", ")", "]", "}", ",", "<eof>":
	default:
		what = "<name>"
	}
	message := "'" + what + "' expected"
	var opener string
	var at int
	if _, err := fmt.Sscanf(closes, " (to close %s at line %d)", &opener, &at); err == nil {
		if o := l.opened(i, what, at); l.src.tokens[o].line != l.src.tokens[i].line {
			message += " (to close '" + strings.Trim(opener, "'") + "' at line " + strconv.Itoa(int(l.src.tokens[o].line)) + ")"
		}
	}
	return l.failNear(i, message)
}

// opened returns the token that what should close at i, which go-lua says is
// at the line; of a bracket that is where the expression before it begins.
func (l *loader) opened(i int, what string, line int) int {
	if o := int(l.src.opener[i]); o >= 0 && strings.Contains(")]}", what) {
		return o
	}
	o := l.tokenAt(line)
	if l.src.tokens[o].kind == tokElseif { // that began an if of its own
		return int(l.src.opener[o])
	}
	return o
}
