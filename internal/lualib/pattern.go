package lualib

import (
	"strings"
	"unsafe"

	"github.com/luastore/luastore/internal/luavm"
)

// A pattern is Lua's, compiled as far as matching it has come. So an error in
// it is raised when it is reached, as in Lua 5.1, or never.
type pattern struct {
	src      string // to the first NUL, where C ends
	read     int    // how much of it is compiled
	items    []item // the last is always itemMore or itemEnd
	choices  int    // items that may match in several ways
	captures []capture
	hold     *luavm.Call // the call that the items are counted for; nil: they are few
}

// capture says what is known of a capture as far as the pattern is compiled.
type capture uint8

const (
	captureOpen capture = iota
	captureClosed
	capturePosition
)

const maxCaptures = 32

// An item is a step of matching.
type item struct {
	op   itemOp
	one  oneOf // of itemOne and the repetitions: the bytes that match
	c, d byte  // oneByte: c; itemBalance: from c to d
	n    int32 // of a capture, or of a choice
	back int32 // the last item before that may match in another way; -1: none
	min  int32 // of itemMost: how many there must be
	max  int   // and how many there may be
	set  *byteSet
	text string
}

type itemOp uint8

const (
	itemMore     itemOp = iota // compile on
	itemEnd                    // all has matched
	itemOne                    // one byte
	itemText                   // text
	itemMost                   // bytes, as many as possible
	itemLeast                  // bytes, as few as possible
	itemOpen                   // capture n begins
	itemClose                  // capture n ends
	itemPosition               // capture n is a position
	itemSame                   // the text of capture n
	itemBalance                // from c to the d that balances it
	itemFrontier               // set begins here
	itemLast                   // the end of the subject
	itemNever                  // nothing
)

type oneOf uint8

const (
	oneAny oneOf = iota
	oneByte
	oneSet
)

// byteSet says of each byte whether it is in the set.
type byteSet [256]bool

// patternCache is where the last patterns used are, compiled.
type patternCache [64]*pattern

// longestCached bounds what the cache can keep.
const longestCached = 128

// pattern returns the pattern src, which begins after any anchor.
func (s *patternCache) pattern(c *luavm.Call, src string) *pattern {
	src = cString(src)
	if len(src) > longestCached {
		return newPattern(src, c)
	}
	slot := &s[0]
	if n := len(src); n > 0 {
		slot = &s[(n*5+int(src[0])+int(src[n/2])*3+int(src[n-1])*7)%len(s)]
	}
	if *slot == nil || (*slot).src != src {
		*slot = newPattern(strings.Clone(src), nil)
	}
	return *slot
}

func newPattern(src string, hold *luavm.Call) *pattern {
	return &pattern{src: src, items: []item{{op: itemMore, back: -1}}, hold: hold}
}

// compile compiles one more item, for a match that has come to it.
func (p *pattern) compile(c *luavm.Call) {
	if p.hold != nil {
		p.hold.Hold(int(unsafe.Sizeof(item{}) + unsafe.Sizeof(choice{})))
		p.hold.Tick(5)
	}
	last := len(p.items) - 1
	it := p.next(c)
	it.back = p.items[last].back
	p.items[last] = it
	if it.op == itemEnd {
		return
	}
	more := item{op: itemMore, back: it.back}
	if it.op == itemMost || it.op == itemLeast {
		more.back = int32(last)
	}
	p.items = append(p.items, more)
}

// next reads the next item.
func (p *pattern) next(c *luavm.Call) item {
	rest := p.src[p.read:]
	switch {
	case rest == "":
		return item{op: itemEnd}
	case rest[0] == '(':
		return p.open(c, rest)
	case rest[0] == ')':
		return p.close(c)
	case rest == "$":
		p.read++
		return item{op: itemLast}
	case rest[0] == '%' && len(rest) > 1:
		switch d := rest[1]; {
		case d == 'b':
			return p.balance(c, rest)
		case d == 'f':
			return p.frontier(c, rest)
		case '0' <= d && d <= '9':
			return p.same(c, int(d)-'1')
		}
	}
	if text := plainText(rest); text != "" {
		p.read += len(text)
		return item{op: itemText, text: text}
	}
	it, size := p.one(c, rest)
	p.read += size
	if size < len(rest) {
		p.repeat(&it, rest[size])
	}
	return it
}

// plainText returns the beginning of s that stands for itself, if that is
// more than one byte.
func plainText(s string) string {
	n := 0
	for n < len(s) && !isSpecial[s[n]] {
		n++
	}
	if n < len(s) && strings.IndexByte("*+?-", s[n]) >= 0 {
		n-- // that is repeated
	}
	if n < 2 {
		return ""
	}
	return s[:n]
}

// isSpecial says which bytes may mean more than themselves.
var isSpecial = setOf("^$*+?.([%-)")

func setOf(s string) (set byteSet) {
	for i := 0; i < len(s); i++ {
		set[s[i]] = true
	}
	return set
}

// one reads an item for one byte, and its size in the pattern.
func (p *pattern) one(c *luavm.Call, s string) (it item, size int) {
	switch s[0] {
	case '.':
		return item{op: itemOne, one: oneAny}, 1
	case '%':
		if len(s) == 1 {
			c.Errorf("malformed pattern (ends with '%%')")
		}
		if set := class(s[1]); set != nil {
			return item{op: itemOne, one: oneSet, set: set}, 2
		}
		return item{op: itemOne, one: oneByte, c: s[1]}, 2
	case '[':
		set, size := p.set(c, s)
		return item{op: itemOne, one: oneSet, set: set}, size
	}
	return item{op: itemOne, one: oneByte, c: s[0]}, 1
}

// repeat makes of an item for one byte what the sign after it says.
func (p *pattern) repeat(it *item, sign byte) {
	it.max = maxString
	switch sign {
	case '?':
		it.op, it.max = itemMost, 1
	case '*':
		it.op = itemMost
	case '+':
		it.op, it.min = itemMost, 1
	case '-':
		it.op = itemLeast
	default:
		return
	}
	p.read++
	it.n = int32(p.choices)
	p.choices++
}

func (p *pattern) open(c *luavm.Call, s string) item {
	if len(p.captures) >= maxCaptures {
		c.Errorf("too many captures")
	}
	n := int32(len(p.captures))
	if len(s) > 1 && s[1] == ')' {
		p.read += 2
		p.captures = append(p.captures, capturePosition)
		return item{op: itemPosition, n: n}
	}
	p.read++
	p.captures = append(p.captures, captureOpen)
	return item{op: itemOpen, n: n}
}

func (p *pattern) close(c *luavm.Call) item {
	for n := len(p.captures) - 1; n >= 0; n-- {
		if p.captures[n] == captureOpen {
			p.read++
			p.captures[n] = captureClosed
			return item{op: itemClose, n: int32(n)}
		}
	}
	c.Errorf("invalid pattern capture")
	return item{}
}

func (p *pattern) same(c *luavm.Call, n int) item {
	if n < 0 || n >= len(p.captures) || p.captures[n] == captureOpen {
		c.Errorf("invalid capture index")
	}
	p.read += 2
	if p.captures[n] == capturePosition {
		return item{op: itemNever}
	}
	return item{op: itemSame, n: int32(n)}
}

func (p *pattern) balance(c *luavm.Call, s string) item {
	if len(s) < 4 {
		c.Errorf("unbalanced pattern")
	}
	p.read += 4
	return item{op: itemBalance, c: s[2], d: s[3]}
}

func (p *pattern) frontier(c *luavm.Call, s string) item {
	if len(s) < 3 || s[2] != '[' {
		c.Errorf("missing '[' after '%%f' in pattern")
	}
	set, size := p.set(c, s[2:])
	p.read += 2 + size
	return item{op: itemFrontier, set: set}
}

// set reads a set in brackets, and its size.
func (p *pattern) set(c *luavm.Call, s string) (set *byteSet, size int) {
	end := p.setEnd(c, s)
	if p.hold != nil {
		p.hold.Hold(len(set))
	}
	set = new(byteSet)
	i := 1
	complement := s[1] == '^'
	if complement {
		i++
	}
	for ; i < end; i++ {
		switch {
		case s[i] == '%':
			i++
			set.addClass(s[i])
		case s[i+1] == '-' && i+2 < end:
			for b := int(s[i]); b <= int(s[i+2]); b++ {
				set[b] = true
			}
			i += 2
		default:
			set[s[i]] = true
		}
	}
	if complement {
		for b := range set {
			set[b] = !set[b]
		}
	}
	return set, end + 1
}

// setEnd returns where the bracket is that closes the set: the first one that
// is neither the set's first byte nor escaped.
func (p *pattern) setEnd(c *luavm.Call, s string) int {
	i := 1
	if i < len(s) && s[i] == '^' {
		i++
	}
	for first := true; first || i < len(s) && s[i] != ']'; first = false {
		if i < len(s) && s[i] == '%' {
			i++
		}
		i++
	}
	if i >= len(s) {
		c.Errorf("malformed pattern (missing ']')")
	}
	return i
}
