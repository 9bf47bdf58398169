package luavm

import (
	"math"
	"strings"
)

// Lua 5.1's tokens. go-lua's compiler scans Lua 5.2's; what it is given is
// written anew from these (dialect.go).

// A token is a word of the source.
type token struct {
	kind tokenKind
	line int32 // where it ends
	from int32 // its bytes in the source are from … to
	to   int32
	val  int32 // of a string or number: which one of the lexer's
}

type tokenKind uint8

// Keywords and symbols of more than one character; one character alone is a
// tokSymbol.
const (
	tokEOF tokenKind = iota
	tokName
	tokString
	tokNumber
	tokSymbol
	tokError // what follows cannot be read
	tokConcat
	tokDots
	tokEq
	tokGe
	tokLe
	tokNe
	tokAnd
	tokBreak
	tokDo
	tokElse
	tokElseif
	tokEnd
	tokFalse
	tokFor
	tokFunction
	tokIf
	tokIn
	tokLocal
	tokNil
	tokNot
	tokOr
	tokRepeat
	tokReturn
	tokThen
	tokTrue
	tokUntil
	tokWhile
)

var keywords = map[string]tokenKind{
	"and": tokAnd, "break": tokBreak, "do": tokDo, "else": tokElse, "elseif": tokElseif, "end": tokEnd,
	"false": tokFalse, "for": tokFor, "function": tokFunction, "if": tokIf, "in": tokIn, "local": tokLocal,
	"nil": tokNil, "not": tokNot, "or": tokOr, "repeat": tokRepeat, "return": tokReturn, "then": tokThen,
	"true": tokTrue, "until": tokUntil, "while": tokWhile,
}

// lexer cuts a source into tokens. The last one is tokEOF or tokError.
type lexer struct {
	m       *Machine // which counts the work
	src     string
	pos     int
	line    int
	tokens  []token
	strings []string  // the values of strings,
	numbers []float64 // and of numbers
	problem string    // of a tokError: what 5.1 says of it, without the position
}

func (m *Machine) lex(src string) *lexer {
	l := &lexer{m: m, src: src, line: 1, tokens: make([]token, 0, len(src)/4+1)}
	for {
		m.Tick(1)
		kind, from := l.next()
		l.tokens = append(l.tokens, token{kind: kind, line: int32(l.line), from: int32(from), to: int32(l.pos), val: l.valueOf(kind)})
		if kind == tokEOF || kind == tokError {
			return l
		}
	}
}

func (l *lexer) valueOf(kind tokenKind) int32 {
	switch kind {
	case tokString:
		return int32(len(l.strings) - 1)
	case tokNumber:
		return int32(len(l.numbers) - 1)
	}
	return 0
}

// text returns the bytes of token i.
func (l *lexer) text(i int) string { return l.src[l.tokens[i].from:l.tokens[i].to] }

// is says whether token i, which need not exist, is the symbol of one character.
func (l *lexer) is(i int, symbol byte) bool {
	return i >= 0 && i < len(l.tokens) && l.tokens[i].kind == tokSymbol && l.src[l.tokens[i].from] == symbol
}

// peek returns the byte n places ahead, 0 after the end.
func (l *lexer) peek(n int) byte {
	if l.pos+n < len(l.src) {
		return l.src[l.pos+n]
	}
	return 0
}

// next reads one token and returns its kind and where it begins.
func (l *lexer) next() (kind tokenKind, from int) {
	for l.pos < len(l.src) {
		from = l.pos
		switch c := l.src[l.pos]; {
		case c == '\n' || c == '\r':
			l.newline()
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			l.pos++
		case c == '-' && l.peek(1) == '-':
			if !l.comment() {
				return tokError, from
			}
		case c == '[' && (l.peek(1) == '[' || l.peek(1) == '='):
			return l.longString(), from
		case c == '"' || c == '\'':
			return l.quoted(c), from
		case isDigit(c) || c == '.' && isDigit(l.peek(1)):
			return l.number(), from
		case isLetter(c):
			for l.pos < len(l.src) && isNameByte(l.src[l.pos]) {
				l.pos++
			}
			if kind := keywords[l.src[from:l.pos]]; kind != 0 {
				return kind, from
			}
			return tokName, from
		default:
			return l.symbol(), from
		}
	}
	return tokEOF, l.pos
}

func (l *lexer) symbol() tokenKind {
	c := l.src[l.pos]
	l.pos++
	switch {
	case c == '.' && l.oneOf("."):
		if l.oneOf(".") {
			return tokDots
		}
		return tokConcat
	case l.peek(0) != '=':
	case c == '=' || c == '>' || c == '<' || c == '~':
		l.pos++
		return map[byte]tokenKind{'=': tokEq, '>': tokGe, '<': tokLe, '~': tokNe}[c]
	}
	return tokSymbol
}

// newline skips a line's end, of one or two characters.
func (l *lexer) newline() {
	c := l.src[l.pos]
	l.pos++
	if d := l.peek(0); (d == '\n' || d == '\r') && d != c {
		l.pos++
	}
	l.line++
}

// fail makes the next token a tokError.
func (l *lexer) fail(message, near string) tokenKind {
	l.problem = message + " near '" + cString(near) + "'"
	return tokError
}

// comment skips a comment, up to the end of the line or of its long brackets.
func (l *lexer) comment() bool {
	l.pos += 2
	if l.peek(0) == '[' {
		if level, ok := l.longBracket('['); ok {
			_, ok := l.long(level, "comment")
			return ok
		}
	}
	for l.pos < len(l.src) && l.src[l.pos] != '\n' && l.src[l.pos] != '\r' {
		l.pos++
	}
	return true
}

// longBracket reads a bracket, equals signs, and the bracket again, and
// returns the number of signs. If there is no second bracket it stops before
// where that would be.
func (l *lexer) longBracket(bracket byte) (level int, ok bool) {
	for l.pos++; l.peek(0) == '='; l.pos++ {
		level++
	}
	if l.peek(0) != bracket {
		return level, false
	}
	l.pos++
	return level, true
}

func (l *lexer) longString() tokenKind {
	from := l.pos
	level, ok := l.longBracket('[')
	if !ok {
		return l.fail("invalid long string delimiter", l.src[from:l.pos])
	}
	text, ok := l.long(level, "string")
	if !ok {
		return tokError
	}
	l.strings = append(l.strings, text)
	return tokString
}

// long reads what long brackets of the level hold, up to and with the closing
// ones.
func (l *lexer) long(level int, what string) (text string, ok bool) {
	if c := l.peek(0); c == '\n' || c == '\r' {
		l.newline()
	}
	var b strings.Builder
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; c {
		case ']':
			from := l.pos
			if n, ok := l.longBracket(c); ok && n == level {
				return b.String(), true
			} else if ok {
				l.pos-- // the second bracket may begin another
			}
			b.WriteString(l.src[from:l.pos])
		case '\n', '\r':
			b.WriteByte('\n')
			l.newline()
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	l.fail("unfinished long "+what, "<eof>")
	return "", false
}

// number reads what looks like a number, and more letters and digits than one
// has: then it is malformed.
func (l *lexer) number() tokenKind {
	from := l.pos
	for isDigit(l.peek(0)) || l.peek(0) == '.' {
		l.pos++
	}
	if l.oneOf("Ee") {
		l.oneOf("+-")
	}
	for isNameByte(l.peek(0)) {
		l.pos++
	}
	f, ok := ParseNumber(l.src[from:l.pos])
	if !ok {
		return l.fail("malformed number", l.src[from:l.pos])
	}
	l.numbers = append(l.numbers, f)
	return tokNumber
}

// oneOf skips the next byte if it is in the set. To 5.1, a NUL is in any: it
// looks for the byte in a string of C, where the final NUL counts.
func (l *lexer) oneOf(set string) bool {
	if l.pos < len(l.src) && (l.src[l.pos] == 0 || strings.IndexByte(set, l.src[l.pos]) >= 0) {
		l.pos++
		return true
	}
	return false
}

var escapes = map[byte]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// quoted reads a string in quotes.
func (l *lexer) quoted(quote byte) tokenKind {
	l.pos++
	b := []byte{quote} // 5.1 shows the string with its quote where it is wrong
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case c == quote:
			l.pos++
			l.strings = append(l.strings, string(b[1:]))
			return tokString
		case c == '\n' || c == '\r':
			return l.fail("unfinished string", string(b))
		case c != '\\':
			b = append(b, c)
			l.pos++
			continue
		}
		l.pos++
		switch c := l.peek(0); {
		case l.pos == len(l.src):
		case escapes[c] != 0:
			b = append(b, escapes[c])
			l.pos++
		case c == '\n' || c == '\r':
			b = append(b, '\n')
			l.newline()
		case isDigit(c):
			code := 0
			for i := 0; i < 3 && isDigit(l.peek(0)); i++ {
				code = code*10 + int(l.peek(0)-'0')
				l.pos++
			}
			if code > math.MaxUint8 {
				return l.fail("escape sequence too large", string(b))
			}
			b = append(b, byte(code))
		default:
			b = append(b, c)
			l.pos++
		}
	}
	return l.fail("unfinished string", "<eof>")
}

// cString ends s at the first NUL, as C does where it prints a string.
func cString(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// near returns token i as an error message shows it.
func (l *lexer) near(i int) string {
	switch t := l.tokens[i]; t.kind {
	case tokEOF:
		return "<eof>"
	case tokString:
		text := l.text(i)
		begin, end := text[:1], text[:1]
		if begin == "[" {
			begin = text[:strings.IndexByte(text[1:], '[')+2]
			end = strings.ReplaceAll(begin, "[", "]")
		}
		return cString(begin + l.strings[t.val] + end)
	case tokConcat: // its text, and that of the next, may have a NUL
		return ".."
	case tokDots:
		return "..."
	case tokSymbol:
		if c := l.src[t.from]; c < ' ' || c == 0x7F {
			return "char(" + FormatNumber(float64(c)) + ")"
		}
	}
	return cString(l.text(i))
}
