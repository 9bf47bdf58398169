package luavm

// A source is a chunk's text as tokens, with what is known of their nesting.
// Finding that takes time linear in the tokens, right or wrong as they may be.
type source struct {
	*lexer
	opener   []int32        // of each token: the innermost bracket or block it is in, -1: none
	match    []int32        // of each token that opens or closes one: its counterpart, -1: none
	bad      []bool         // tokens that are wrong in 5.1 where they are
	declare  map[int]string // what to declare after the token, a function's ")", or mainBody
	needsArg map[int]bool   // lines where go-lua says that functions begin which must fill arg
	split    map[int]bool   // the elseif that begin an if of their own; see jumps.go
	marks    map[int][]mark // what to write behind a token, or in the place of a break
	lengths  map[int]int    // how often to write "#(" before a token,
	closing  map[int]int    // and ")"
	stepped  bool           // the code is for a debugger, which sees each of 5.1's instructions and variables
}

// mainBody is where the main chunk begins, in source.declare.
const mainBody = -1

// maxOpen is how many brackets and blocks that are open there may be: more than the
// compiler takes.
const maxOpen = 2 * maxCCalls

// An analyzer reads tokens one after the other.
type analyzer struct {
	*source
	open      []block
	functions []function
	pending   int // how many jumps, at most, go to what comes next in the function
}

// block is a bracket or block whose end has not been seen.
type block struct {
	token int32
	loop  int  // the innermost loop around, among those that are open; 0: none
	do    bool // it is a loop whose do was seen

	// See jumps.go.
	expression
	exits     int     // jumps to the end of the loop, or of the if
	condition int     // jumps of the condition to where it does not hold
	breaks    []int32 // of the loop
	arms      []arm   // of the if
	otherwise bool    // its else was seen
	leaves    bool    // its present arm ends with return or break
	repeat    *block  // the loop whose condition is being read; nil: none
}

// arm is a part of an if that has ended.
type arm struct {
	end    int32 // its else or elseif
	leaves bool  // it ends with return or break
}

// function is a function whose end has not been seen.
type function struct {
	word, paren int  // the tokens "function" and, once seen, "("
	close       int  // and ")", 0 before
	vararg      bool // it has "..." among its parameters,
	usesDots    bool // and in its body
	usesArg     bool
}

func analyze(l *lexer, stepped bool) *source {
	n := len(l.tokens)
	a := analyzer{
		source: &source{
			lexer: l, opener: make([]int32, n), match: make([]int32, n), bad: make([]bool, n),
			declare: map[int]string{}, needsArg: map[int]bool{}, stepped: stepped,
			split: map[int]bool{}, marks: map[int][]mark{}, lengths: map[int]int{}, closing: map[int]int{},
		},
		open: []block{{token: -1}},
	}
	for i := range l.tokens {
		l.m.Tick(1)
		a.opener[i], a.match[i] = a.inner().token, -1
		if a.token(i); len(a.open) > maxOpen { // the compiler does not come so far
			l.tokens = l.tokens[:i+1]
			l.tokens[i].kind = tokEOF
			break
		}
	}
	a.unclosed()
	return a.source
}

func (a *analyzer) inner() *block { return &a.open[len(a.open)-1] }

// function returns the innermost function, nil in the main chunk.
func (a *analyzer) function() *function {
	if len(a.functions) == 0 {
		return nil
	}
	return &a.functions[len(a.functions)-1]
}

func (a *analyzer) token(i int) {
	b, f := a.inner(), a.function()
	a.endUntil(b, i)
	switch kind := a.tokens[i].kind; kind {
	case tokFunction:
		a.functions = append(a.functions, function{word: i})
		a.open = append(a.open, block{token: int32(i)})
		a.pending = 0
	case tokRepeat:
		a.endStatement(b, i)
		a.open = append(a.open, block{token: int32(i), loop: len(a.open)})
	case tokIf, tokWhile, tokFor:
		a.endStatement(b, i)
		a.push(i)
	case tokDo:
		if b.token >= 0 && !b.do && (a.tokens[b.token].kind == tokWhile || a.tokens[b.token].kind == tokFor) {
			b.condition = b.size() + 1
			a.endStatement(b, i)
			b.do, b.loop = true, len(a.open)-1
		} else {
			a.endStatement(b, i)
			a.push(i)
		}
	case tokThen:
		b.condition = b.size() + 1
		a.endStatement(b, i)
	case tokBreak:
		a.endStatement(b, i)
		b.leaves = true
		if a.bad[i] = b.loop == 0; !a.bad[i] {
			loop := &a.open[b.loop]
			loop.exits += 1 + a.pending + b.condition
			loop.breaks = append(loop.breaks, int32(i))
			a.pending = b.condition
		}
	case tokEnd, tokUntil:
		a.endBlock(i)
	case tokAnd:
		a.and(&b.expression, i)
	case tokOr:
		a.or(&b.expression, i)
	case tokElse, tokElseif:
		a.endArm(b, i)
		b.begin(i + 1)
	case tokReturn:
		a.endStatement(b, i)
		b.begin(i + 1)
		b.leaves = true
		a.pending = 0
	case tokLocal:
		a.endStatement(b, i)
		a.pending = 0
	case tokIn:
		b.begin(i + 1)
	case tokDots:
		if f != nil && f.close > 0 {
			f.usesDots = true
		}
	case tokName:
		if f != nil && a.text(i) == "arg" {
			f.usesArg = true
		}
	case tokSymbol:
		a.symbol(i, b, f)
	}
}

func (a *analyzer) push(i int) {
	b := block{token: int32(i), loop: a.inner().loop}
	b.begin(i + 1)
	a.open = append(a.open, b)
}

// endBlock reads an end or until.
func (a *analyzer) endBlock(i int) {
	b := *a.inner()
	if b.token < 0 || a.tokens[b.token].kind == tokSymbol {
		return
	}
	a.endStatement(&b, i)
	a.pop(i)
	a.pending++ // where the upvalues of the block are closed
	switch kind := a.tokens[b.token].kind; {
	case kind == tokRepeat:
		a.inner().repeat = &b
		a.inner().begin(i + 1)
	case kind == tokIf:
		a.endIf(&b, i)
	case kind == tokWhile, kind == tokFor:
		a.pending = b.condition
		a.endLoop(&b, i)
	case kind == tokDo && a.pending > longest:
		a.nop(i)
	case kind == tokFunction:
		a.pending = 0
	}
	if a.tokens[b.token].kind != tokFunction {
		return
	}
	f := *a.function()
	a.functions = a.functions[:len(a.functions)-1]
	if outer := a.function(); outer != nil && f.usesArg {
		outer.usesArg = true
	}
	switch {
	case !f.vararg || !f.usesArg && !a.stepped:
	case f.usesDots:
		a.declare[f.close] = "local arg;"
	default:
		a.declare[f.close] = "local arg={...};"
		a.needsArg[f.word+1], a.needsArg[f.paren+1] = true, true
	}
}

// pop closes the innermost block at token i.
func (a *analyzer) pop(i int) {
	b := a.inner()
	a.match[i], a.match[b.token] = b.token, int32(i)
	a.open = a.open[:len(a.open)-1]
}

func (a *analyzer) symbol(i int, b *block, f *function) {
	switch c := a.src[a.tokens[i].from]; c {
	case '(', '[', '{':
		a.bad[i] = c == '(' && a.ambiguous(i)
		if f != nil && f.paren == 0 && c == '(' {
			f.paren = i
		}
		inner := block{token: int32(i)}
		inner.begin(i + 1)
		a.open = append(a.open, inner)
	case ')', ']', '}':
		if b.token < 0 || a.tokens[b.token].kind != tokSymbol {
			return
		}
		if f != nil && f.close == 0 && int(b.token) == f.paren {
			f.close, f.vararg = i, a.tokens[i-1].kind == tokDots
		}
		jumps, from := b.size(), int(b.token)
		a.pop(i)
		switch {
		case a.continues(from): // a call, an index
			a.pending = 0
		case c == ')': // parentheses do not end what they are part of
			if jumps > longest {
				a.register(from+1, i)
				jumps = 1
			}
			a.inner().jumps += jumps
		}
	case ';':
		if b.token >= 0 && a.tokens[b.token].kind == tokSymbol {
			b.begin(i + 1)
		} else {
			a.endStatement(b, i)
		}
		a.bad[i] = a.loneSemicolon(i)
	case ',', '=':
		b.begin(i + 1)
	case '.', ':', '<', '>':
		a.pending = 0
	}
}

// loneSemicolon says whether the semicolon at i follows no statement.
func (a *analyzer) loneSemicolon(i int) bool {
	if o := a.opener[i]; o >= 0 && a.is(int(o), '{') {
		return false
	}
	if i == 0 || a.is(i-1, ';') {
		return true
	}
	switch a.tokens[i-1].kind {
	case tokDo, tokThen, tokElse, tokRepeat:
		return true
	}
	f := a.function()
	return f != nil && f.close > 0 && f.close == i-1
}

// ambiguous says whether the parenthesis at i would call what ends on a line
// before it: 5.1 wants no guess whether it begins a statement. Among a function's
// parameters nothing is called.
func (a *analyzer) ambiguous(i int) bool {
	if f := a.function(); f != nil && f.paren > 0 && f.close == 0 {
		return false
	}
	return a.continues(i) && a.tokens[i].line != a.tokens[i-1].line && !a.beginsItem(i-1)
}

// beginsItem says whether token i is a name that begins an item of a table:
// there 5.1 has read one token more, and sees no line break after the name.
func (s *source) beginsItem(i int) bool {
	o := s.opener[i]
	return s.tokens[i].kind == tokName && o >= 0 && s.is(int(o), '{') && (s.is(i-1, '{') || s.is(i-1, ',') || s.is(i-1, ';'))
}

// continues says whether the token at i, if it can do so at all, continues the
// expression that ends before it.
func (s *source) continues(i int) bool {
	switch {
	case i == 0 || !s.endsPrefix(i-1):
		return false
	case s.tokens[i-1].kind == tokName:
		return s.declaredBy(i-1) == tokEOF
	case s.tokens[i-1].kind == tokString:
		return i > 1 && s.endsPrefix(i-2)
	case s.is(i-1, '}'):
		o := int(s.match[i-1])
		return o > 0 && s.endsPrefix(o-1)
	case s.is(i-1, ')'): // but that of a function's parameters
		o := int(s.match[i-1])
		return o < 1 || s.tokens[o-1].kind != tokFunction && (s.tokens[o-1].kind != tokName || s.declaredBy(o-1) != tokFunction)
	}
	return true
}

// endsPrefix says whether token i can end an expression that is called, or
// whose fields are taken.
func (s *source) endsPrefix(i int) bool {
	switch s.tokens[i].kind {
	case tokName, tokString:
		return true
	}
	return s.is(i, ')') || s.is(i, ']') || s.is(i, '}')
}

// declaredBy returns the local, function or for that declares the name at i, or
// tokEOF if none does.
func (s *source) declaredBy(i int) tokenKind {
	for i >= 2 && s.tokens[i-2].kind == tokName && (s.is(i-1, ',') || s.is(i-1, '.') || s.is(i-1, ':')) {
		i -= 2
	}
	if i > 0 {
		switch kind := s.tokens[i-1].kind; kind {
		case tokLocal, tokFunction, tokFor:
			return kind
		}
	}
	return tokEOF
}

// parametersEnd returns the token that ends the parameters of the function that
// begins at token i or whose name or parameters do, 0 if there is none.
func (s *source) parametersEnd(i int) int {
	if i < len(s.tokens) && s.tokens[i].kind == tokFunction {
		i++
	}
	for i < len(s.tokens) && (s.tokens[i].kind == tokName || s.is(i, '.') || s.is(i, ':')) {
		i++
	}
	if i == len(s.tokens) || !s.is(i, '(') {
		return 0
	}
	return max(0, int(s.match[i]))
}

// hiddenArg says whether the function whose parameters end at token i has "..."
// and does not use arg, for which 5.1 keeps a register nevertheless.
func (s *source) hiddenArg(i int) bool {
	return i > 0 && s.tokens[i-1].kind == tokDots && s.declare[i] == ""
}
