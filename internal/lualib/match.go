package lualib

import (
	"strings"

	"github.com/luastore/luastore/internal/luavm"
)

// A matcher matches a pattern with a subject. It goes through the items one by
// one; where one fails it goes back to the last that may match otherwise. So
// it needs no more room than a place for each such item.
type matcher struct {
	c       *luavm.Call
	p       *pattern
	src     string
	choices []choice
	starts  [maxCaptures]int
	ends    [maxCaptures]int
	work    int // bytes looked at, one by one, and not yet counted
	values  []luavm.Value
}

// choice is what an item that may match otherwise has matched.
type choice struct{ from, to int }

// keptChoices is how many a matcher keeps room for.
const keptChoices = 64

// Going back once costs as much as so many bytes.
const backCost = 12

// matcher returns a matcher, which is to be given back with done.
func (s *stringLibrary) matcher(c *luavm.Call, p *pattern, src string) *matcher {
	m := s.spare
	if s.spare = nil; m == nil { // a function that gsub calls may come in between
		m = new(matcher)
	}
	m.c, m.p, m.src = c, p, src
	c.Keep(&m.values)
	m.makeChoices()
	return m
}

// compile compiles one more item of the pattern.
func (m *matcher) compile() {
	m.p.compile(m.c)
	m.makeChoices()
}

func (m *matcher) makeChoices() {
	if more := m.p.choices - len(m.choices); more > 0 {
		m.choices = append(m.choices, make([]choice, more)...)
	}
}

func (s *stringLibrary) done(m *matcher) {
	m.tick()
	m.c, m.p, m.src = nil, nil, ""
	clear(m.values)
	if cap(m.choices) > keptChoices {
		m.choices = nil
	}
	s.spare = m
}

// count counts work, of so many bytes.
func (m *matcher) count(n int) {
	if m.work += n; m.work > 10_000 {
		m.tick()
	}
}

// tick counts the work done so far.
func (m *matcher) tick() {
	if n := m.work / bytesPerTick; n > 0 {
		m.c.Tick(n)
		m.work = 0
	}
}

// search returns the first match that begins at from or later.
func (m *matcher) search(from int) (start, end int, ok bool) {
	if m.p.items[0].op == itemMore {
		m.compile()
	}
	for s := from; s <= len(m.src); s++ {
		if s = m.candidate(s); s < 0 {
			break
		}
		if end, ok = m.match(s); ok {
			return s, end, true
		}
	}
	return 0, 0, false
}

// candidate returns the first place from s on where the pattern's first item
// may match; -1 if there is none.
func (m *matcher) candidate(s int) int {
	first := &m.p.items[0]
	n := 0
	switch {
	case first.op == itemText:
		n = index(m.c, m.src[s:], first.text)
	case first.op == itemOne && first.one == oneByte:
		n = index(m.c, m.src[s:], string([]byte{first.c}))
	case first.op == itemOne, first.op == itemMost && first.min > 0:
		for n = s; n < len(m.src) && !first.has(m.src[n]); n++ {
			if n%piece == piece-1 {
				m.c.Machine().Check()
			}
		}
		if n -= s; n == len(m.src)-s {
			n = -1
		}
	default:
		return s
	}
	if n < 0 {
		m.work += len(m.src) - s
		return -1
	}
	m.work += n
	return s + n
}

// has says whether an item for one byte is for c.
func (it *item) has(c byte) bool {
	switch it.one {
	case oneByte:
		return c == it.c
	case oneSet:
		return it.set[c]
	}
	return true
}

// repeated returns how many bytes from s on the item is for.
func (m *matcher) repeated(it *item, s int) (n int) {
	most := min(it.max, len(m.src)-s)
	for n < most {
		end := min(n+piece, most)
		n += it.count(m.src[s+n : s+end])
		if n < end || n == most {
			break
		}
		m.c.Machine().Check()
	}
	return n
}

// count returns how many bytes at the beginning of s the item is for.
func (it *item) count(s string) int {
	if len(s) > it.max {
		s = s[:it.max]
	}
	switch it.one {
	case oneByte:
		for i := 0; i < len(s); i++ {
			if s[i] != it.c {
				return i
			}
		}
	case oneSet:
		for i := 0; i < len(s); i++ {
			if !it.set[s[i]] {
				return i
			}
		}
	}
	return len(s)
}

// match matches the whole pattern with the subject from s on, and returns
// where the match ends.
func (m *matcher) match(s int) (end int, ok bool) {
	src := m.src
	from := 0 // the item to which it last went back
	for i := 0; ; {
		it := &m.p.items[i]
		switch it.op {
		case itemMore:
			m.compile()
			continue
		case itemEnd:
			m.work += i - from
			return s, true
		case itemOne:
			if s < len(src) && it.has(src[s]) {
				s++
				i++
				continue
			}
		case itemText:
			if strings.HasPrefix(src[s:], it.text) {
				s += len(it.text)
				i++
				m.work += len(it.text)
				continue
			}
		case itemMost:
			n := m.repeated(it, s)
			if m.work += n; n >= int(it.min) {
				m.choices[it.n] = choice{s + int(it.min), s + n}
				s += n
				i++
				continue
			}
		case itemLeast:
			m.choices[it.n] = choice{s, s}
			i++
			continue
		default:
			if next := m.special(it, s); next >= 0 {
				s = next
				i++
				continue
			}
		}
		m.work += i - from
		if i, s = m.back(int(it.back)); i < 0 {
			return 0, false
		}
		from = i
	}
}

// back goes back to item i, or the last one before that can match otherwise,
// and returns the item to go on with, and where.
func (m *matcher) back(i int) (next, s int) {
	m.count(backCost)
	for i >= 0 {
		it := &m.p.items[i]
		ch := &m.choices[it.n]
		if it.op == itemMost {
			if ch.to > ch.from {
				ch.to--
				return i + 1, ch.to
			}
		} else if ch.to < len(m.src) && it.has(m.src[ch.to]) {
			ch.to++
			return i + 1, ch.to
		}
		i = int(it.back)
	}
	return -1, 0
}

// special matches the items that are rare, and returns where to go on, or -1.
func (m *matcher) special(it *item, s int) int {
	switch it.op {
	case itemOpen:
		m.starts[it.n] = s
		return s
	case itemClose:
		m.ends[it.n] = s
		return s
	case itemPosition:
		m.starts[it.n] = s
		return s
	case itemSame:
		text := m.src[m.starts[it.n]:m.ends[it.n]]
		m.work += len(text)
		if strings.HasPrefix(m.src[s:], text) {
			return s + len(text)
		}
	case itemBalance:
		return m.balanced(it, s)
	case itemFrontier:
		var before, after byte
		if s > 0 {
			before = m.src[s-1]
		}
		if s < len(m.src) {
			after = m.src[s]
		}
		if !it.set[before] && it.set[after] {
			return s
		}
	case itemLast:
		if s == len(m.src) {
			return s
		}
	}
	return -1
}

// balanced returns the end of what begins at s and is balanced, or -1.
func (m *matcher) balanced(it *item, s int) int {
	if s >= len(m.src) || m.src[s] != it.c {
		return -1
	}
	depth := 1
	for i := s + 1; i < len(m.src); i++ {
		switch m.src[i] {
		case it.d:
			if depth--; depth == 0 {
				m.work += i - s
				return i + 1
			}
		case it.c:
			depth++
		}
		if i%piece == piece-1 {
			m.c.Machine().Check()
		}
	}
	m.work += len(m.src) - s
	return -1
}

// captured returns the captures, or the whole match if there are none.
func (m *matcher) captured(start, end int) []luavm.Value {
	m.values = m.values[:0]
	for i := range max(1, len(m.p.captures)) {
		m.values = append(m.values, m.capture(i, start, end))
	}
	return m.values
}

// capture returns capture i, from 0, of a match; the first is the whole match
// if there is no other.
func (m *matcher) capture(i, start, end int) luavm.Value {
	from, to := m.bounds(i, start, end)
	if to < 0 {
		return luavm.Int(from + 1)
	}
	return slice(m.c, m.src, from, to)
}

// bounds returns where capture i begins and ends; the end of a position is -1.
func (m *matcher) bounds(i, start, end int) (from, to int) {
	if i >= len(m.p.captures) {
		if i > 0 {
			m.c.Errorf("invalid capture index")
		}
		return start, end
	}
	switch m.p.captures[i] {
	case captureOpen:
		m.c.Errorf("unfinished capture")
	case capturePosition:
		return m.starts[i], -1
	}
	return m.starts[i], m.ends[i]
}
