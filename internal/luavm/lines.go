package luavm

import "strings"

// go-lua notes other lines than Lua 5.1 for four kinds of instructions: calls,
// for which 5.1 takes the line of their arguments' bracket; operators, for
// which 5.1 takes the line where the last operand ends; what ends the
// condition of an if, which go-lua makes only once it has read the then; and the
// jump of a break, which it makes before it has read that.

// lines returns the line of each instruction of f.
func (l *loader) lines(f *chunkFunction) []int32 {
	lines := make([]int32, len(f.code))
	calls := map[int][]int{} // by the token where an expression begins: its calls that are still to come
	for pc, i := range f.code {
		l.m.Tick(1)
		at := l.tokenAt(int(f.lines[pc]))
		switch i.op() {
		case chunkCall, chunkTailCall:
			begin := l.expressionBegin(at)
			args, seen := calls[begin]
			if !seen {
				args = l.callsFrom(begin)
			}
			if len(args) > 0 {
				at, args = args[0], args[1:]
			}
			calls[begin] = args
		case chunkUnm, chunkLen:
			at = max(at, l.operandEnd(at+1, unaryPriority)-1)
		case chunkAdd, chunkSub, chunkMul, chunkDiv, chunkMod, chunkPow, chunkConcat:
			if p, ok := l.binary(at); ok {
				at = max(at, l.operandEnd(at+1, p.right)-1)
			}
		case chunkJump:
			if (pc == 0 || !tests[f.code[pc-1].op()]) && at+1 < len(l.src.tokens) && l.src.tokens[at+1].kind == tokBreak {
				at++
				break
			}
			fallthrough
		default:
			if l.src.tokens[at].kind == tokThen && (i.op() != chunkJump || pc > 0 && tests[f.code[pc-1].op()]) {
				at--
			}
		}
		lines[pc] = l.src.tokens[at].line
	}
	return lines
}

// tests are the operations that the jump of a condition follows.
var tests = [64]bool{chunkEq: true, chunkLt: true, chunkLe: true, chunkTest: true, chunkTestSet: true}

// tokenAt returns the token that go-lua's line is.
func (l *loader) tokenAt(line int) int { return min(max(line-1, 0), len(l.src.tokens)-1) }

// lineOf returns the line in the source for go-lua's line; 0 stays 0.
func (l *loader) lineOf(line int) int {
	if line == 0 {
		return 0
	}
	return int(l.src.tokens[l.tokenAt(line)].line)
}

// expressionBegin corrects the token where go-lua says that an expression with
// calls begins: in a table constructor it is one too far, if it begins with a
// name, for there the compiler looks ahead.
func (l *loader) expressionBegin(at int) int {
	s := l.src
	if at < 2 || s.tokens[at].kind == tokName || s.tokens[at-1].kind != tokName {
		return at
	}
	if o := s.opener[at-1]; o >= 0 && s.is(int(o), '{') && (s.is(at-2, '{') || s.is(at-2, ',') || s.is(at-2, ';')) {
		return at - 1
	}
	return at
}

// callsFrom returns the tokens with which the arguments begin of the calls in
// the expression that begins at i: f(x).g{y} has two.
func (l *loader) callsFrom(i int) (args []int) {
	l.suffixes(i, func(at int) { args = append(args, at) })
	return args
}

// suffixes returns the token after a name or a parenthesis and all that is
// called on it or taken of it, and tells where each call's arguments begin.
func (l *loader) suffixes(i int, call func(args int)) int {
	s := l.src
	if i = s.after(i); i < 0 {
		return len(s.tokens)
	}
	for i < len(s.tokens) {
		switch {
		case s.is(i, '.'):
			i += 2
		case s.is(i, '['):
			i = s.after(i)
		case s.is(i, ':'):
			i += 2 // on to the arguments
			fallthrough
		case s.is(i, '('), s.is(i, '{'), i < len(s.tokens) && s.tokens[i].kind == tokString:
			call(i)
			i = s.after(i)
		default:
			return i
		}
		if i < 0 {
			break
		}
	}
	return len(s.tokens)
}

// after returns the token after token i or, if that opens a bracket or a
// block, after what closes it; -1 if nothing does.
func (s *source) after(i int) int {
	if i >= len(s.tokens) {
		return -1
	}
	if t := s.tokens[i]; t.kind == tokFunction || s.is(i, '(') || s.is(i, '[') || s.is(i, '{') {
		if s.match[i] < 0 {
			return -1
		}
		return int(s.match[i]) + 1
	}
	return i + 1
}

const unaryPriority = 8

type priority struct{ left, right int }

// binary returns the priority of the operator that token i is.
func (l *loader) binary(i int) (p priority, ok bool) {
	s := l.src
	switch s.tokens[i].kind {
	case tokOr:
		return priority{1, 1}, true
	case tokAnd:
		return priority{2, 2}, true
	case tokEq, tokNe, tokLe, tokGe:
		return priority{3, 3}, true
	case tokConcat:
		return priority{5, 4}, true
	case tokSymbol:
		switch s.src[s.tokens[i].from] {
		case '<', '>':
			return priority{3, 3}, true
		case '+', '-':
			return priority{6, 6}, true
		case '*', '/', '%':
			return priority{7, 7}, true
		case '^':
			return priority{10, 9}, true
		}
	}
	return priority{}, false
}

// operandEnd returns the token after the operand that begins at i: all that
// binds closer than limit.
func (l *loader) operandEnd(i, limit int) int {
	s := l.src
	last := len(s.tokens) - 1
	if i >= last {
		return last
	}
	switch kind := s.tokens[i].kind; {
	case kind == tokNot, s.is(i, '-'), s.is(i, '#'):
		i = l.operandEnd(i+1, unaryPriority)
	case kind == tokName, s.is(i, '('):
		i = l.suffixes(i, func(int) {})
	default:
		i = s.after(i)
	}
	if i < 0 || i > last {
		return last
	}
	for {
		p, ok := l.binary(i)
		if !ok || p.left <= limit {
			return i
		}
		i = l.operandEnd(i+1, p.right)
	}
}

// CutLine cuts a source after its first line, as Lua counts them: \r ends one as
// \n does, and so do both together.
func CutLine(source string) (line, rest string, more bool) {
	end := strings.IndexAny(source, "\r\n")
	if end < 0 {
		return source, "", false
	}
	next := end + 1
	if next < len(source) && strings.IndexByte("\r\n", source[next]) >= 0 && source[next] != source[end] {
		next++
	}
	return source[:end], source[next:], true
}
