package lualib

import (
	"strings"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/luavm"
)

// patternArg returns argument i as a pattern, and whether it was anchored.
func (s *stringLibrary) patternArg(c *luavm.Call, i int) (p *pattern, anchored bool) {
	src := c.Text(i)
	c.Tick(len(src) / bytesPerTick)
	if anchored = strings.HasPrefix(src, "^"); anchored {
		src = src[1:]
	}
	return s.patterns.pattern(c, src), anchored
}

func (s *stringLibrary) find(c *luavm.Call) {
	src, p := c.Text(1), c.Text(2)
	from := start(c, 3, src)
	c.Tick(len(p) / bytesPerTick)
	if !c.Arg(4).Truth() && !isPlain(p) {
		s.findPattern(c, src, from, true)
		return
	}
	c.Tick((len(src) - from) / 100)
	if i := index(c, src[from:], p); i >= 0 {
		r := c.Results(2)
		r[0], r[1] = luavm.Int(from+i+1), luavm.Int(from+i+len(p))
	} else {
		c.Return(luavm.Nil)
	}
}

// The bytes that index searches at once, and the length of a text that takes long
// to be searched for.
const (
	searched = 16 * piece
	longText = piece
)

// index is strings.Index, in the midst of which the run can end.
func index(c *luavm.Call, s, text string) int {
	if len(text) > longText {
		return bulk.Wait(func() int { return strings.Index(s, text) }, c.Machine())
	}
	for from := 0; ; from += searched {
		end := min(from+searched+len(text), len(s))
		if i := strings.Index(s[from:end], text); i >= 0 {
			return from + i
		}
		if end == len(s) {
			return -1
		}
		c.Machine().Check()
	}
}

// isPlain says whether find takes the pattern p as the text to look for.
func isPlain(p string) bool {
	for i := 0; i < len(p) && p[i] != 0; i++ {
		if isSpecial[p[i]] && p[i] != ')' {
			return false
		}
	}
	return true
}

// start returns where in src a search begins that argument i says.
func start(c *luavm.Call, i int, src string) int {
	return min(max(position(c.OptInt(i, 1), len(src))-1, 0), len(src))
}

func (s *stringLibrary) match(c *luavm.Call) {
	src := c.Text(1)
	c.Text(2)
	s.findPattern(c, src, start(c, 3, src), false)
}

// findPattern returns the captures of the first match from a place on; with
// positions, after the places where it begins and ends.
func (s *stringLibrary) findPattern(c *luavm.Call, src string, from int, positions bool) {
	p, anchored := s.patternArg(c, 2)
	m := s.matcher(c, p, src)
	defer s.done(m)
	begin, end, ok := from, 0, false
	if anchored {
		end, ok = m.match(from)
	} else {
		begin, end, ok = m.search(from)
	}
	switch {
	case !ok:
		c.Return(luavm.Nil)
	case !positions:
		captures := m.captured(begin, end)
		copy(c.Results(len(captures)), captures)
	default:
		var captures []luavm.Value
		if len(p.captures) > 0 {
			captures = m.captured(begin, end)
		}
		r := c.Results(2 + len(captures))
		r[0], r[1] = luavm.Int(begin+1), luavm.Int(end)
		copy(r[2:], captures)
	}
}

// gmatch returns an iterator. An anchor has no meaning for it.
func (s *stringLibrary) gmatch(c *luavm.Call) {
	src, pattern := c.Text(1), c.Text(2)
	next := 0
	c.Return(c.Machine().NewIterator("gmatch", func(c *luavm.Call) {
		m := s.matcher(c, s.patterns.pattern(c, pattern), src)
		defer s.done(m)
		if next > len(src) {
			return
		}
		begin, end, ok := m.search(next)
		if !ok {
			next = len(src) + 1
			return
		}
		if next = end; begin == end {
			next++
		}
		captures := m.captured(begin, end)
		copy(c.Results(len(captures)), captures)
	}, c.Arg(1), c.Arg(2)).Value())
}
