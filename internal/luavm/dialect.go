package luavm

import (
	"math"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/libm"
)

// go-lua compiles Lua 5.2. What it is given is the source's tokens written
// anew, so that it means in 5.2 what the source means in 5.1, and every token
// on a line of its own: then the lines that go-lua notes in code and errors
// are the numbers of tokens, from which 5.1's own lines (lines.go) and errors
// (syntax.go) are found.
//
//   - Strings and some numbers become strings with a mark before them, which
//     constant reads: escapes differ, and go-lua has no word for infinity and
//     no exact power.
//   - Names that mean something in 5.2 get a mark.
//   - A function with "..." gets 5.1's variable arg, if it says arg.
//   - A break that does not end its block becomes a return, since that is what
//     5.1's complaint looks like.
//   - What would make long lists of jumps is written otherwise (jumps.go).
//   - What is no statement in 5.1, such as a lone semicolon, becomes something
//     that is none in 5.2 either.

// The marks. A name never begins with one.
const (
	markString = "\x00"
	markNumber = "\x01"
	markName   = "\xE9" // to go-lua a letter
)

// rewrite writes the tokens for go-lua.
func (s *source) rewrite() string {
	var b strings.Builder
	b.Grow(len(s.src) + 8*len(s.tokens))
	b.WriteString(s.declare[mainBody])
	power := false // the next number is an exponent
	for i := range s.tokens {
		s.m.Tick(1)
		t := &s.tokens[i]
		marks := s.marks[i]
		b.WriteString(strings.Repeat(")", s.closing[i]))
		b.WriteString(strings.Repeat("#(", s.lengths[i]))
		switch t.kind {
		case tokEOF:
		case tokError:
			b.WriteByte('@')
		case tokName:
			switch name := s.text(i); name {
			case "goto", "_ENV":
				b.WriteString(markName + name)
			default:
				b.WriteString(name)
			}
		case tokString:
			writeString(&b, markString, s.strings[t.val])
		case tokNumber:
			if i > 0 && s.endsPrefix(i-1) {
				b.WriteByte('0') // which is wrong here, but a string would be an argument
			} else {
				writeNumber(&b, s.numbers[t.val], power && !s.exactPower(i))
			}
		case tokBreak:
			switch {
			case s.bad[i]:
				b.WriteString("break @")
			case s.endsBlock(s.afterBreak(i)) && len(marks) > 0:
				b.WriteString("return")
				marks = marks[1:]
			case s.endsBlock(s.afterBreak(i)) && s.stepped:
				b.WriteString("do break end") // else "if c then break" is one jump
			case s.endsBlock(s.afterBreak(i)):
				b.WriteString("break")
			default:
				b.WriteString("return;")
			}
		case tokSymbol:
			switch c := s.src[t.from]; {
			case s.bad[i] || c < ' ' || c >= 0x7F:
				b.WriteByte('@')
			case c == ';' && i > 0 && s.tokens[i-1].kind == tokBreak && !s.endsBlock(i+1):
			default:
				b.WriteByte(c)
			}
		case tokElseif:
			if s.split[i] {
				b.WriteString("end if")
			} else {
				b.WriteString("elseif")
			}
		case tokConcat:
			b.WriteString("..") // its text may have a NUL
		case tokDots:
			b.WriteString("...")
		default:
			b.WriteString(s.text(i))
		}
		switch {
		case t.kind == tokSymbol && s.src[t.from] == '^':
			power = true
		case t.kind == tokNot, t.kind == tokSymbol && strings.IndexByte("-#(", s.src[t.from]) >= 0:
			// of an exponent, perhaps
		default:
			power = false
		}
		for range marks {
			b.WriteString(" do return end")
		}
		if declare := s.declare[i]; declare != "" {
			b.WriteString(" " + declare)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// afterBreak returns the token that follows the break at i and its semicolon.
func (s *source) afterBreak(i int) int {
	if s.is(i+1, ';') {
		return i + 2
	}
	return i + 1
}

func (s *source) endsBlock(i int) bool {
	switch s.tokens[i].kind {
	case tokEnd, tokElse, tokElseif, tokUntil, tokEOF:
		return true
	}
	return false
}

// writeString writes s, marked, as a quoted string.
func writeString(b *strings.Builder, mark, s string) {
	b.WriteByte('"')
	for _, s := range [...]string{mark, s} {
		for i := 0; i < len(s); i++ {
			if c := s[i]; c < ' ' || c >= 0x7F || c == '"' || c == '\\' {
				b.WriteByte('\\')
				b.WriteByte('0' + c/100)
				b.WriteByte('0' + c/10%10)
				b.WriteByte('0' + c%10)
			} else {
				b.WriteByte(c)
			}
		}
	}
	b.WriteByte('"')
}

// exactPower says whether the number at i is the exponent of another number,
// and go-lua would compute that power right.
func (s *source) exactPower(i int) bool {
	if i < 2 || s.tokens[i-2].kind != tokNumber || !s.is(i-1, '^') || s.is(i+1, '^') {
		return false
	}
	x, y := s.numbers[s.tokens[i-2].val], s.numbers[s.tokens[i].val]
	power := math.Pow(x, y)
	if x == 10 && y == math.Trunc(y) {
		power = math.Pow10(int(y))
	}
	return power == libm.Pow(x, y)
}

// writeNumber writes f so that go-lua reads it as it is, or marked: then it
// does not compute with it.
func writeNumber(b *strings.Builder, f float64, marked bool) {
	if marked || math.IsInf(f, 0) {
		writeString(b, markNumber, strconv.FormatUint(math.Float64bits(f), 16))
		return
	}
	var buf [32]byte
	b.Write(strconv.AppendFloat(buf[:0], f, 'g', -1, 64))
}

// constant returns the value of a string constant in go-lua's chunk.
func (l *loader) constant(s string) Value {
	if s == "" {
		return l.name("")
	}
	switch s[:1] {
	case markString:
		return l.name(s[1:])
	case markNumber:
		bits, err := strconv.ParseUint(s[1:], 16, 64)
		check(err == nil)
		return Number(math.Float64frombits(bits))
	}
	return l.name(sourceName(s))
}

func (l *loader) name(s string) Value { return l.m.constant(s, l.names).value() }

// sourceName returns a name as the source had it.
func sourceName(s string) string { return strings.TrimPrefix(s, markName) }
