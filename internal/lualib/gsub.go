package lualib

import (
	"strings"

	"github.com/luastore/luastore/internal/luavm"
)

func (s *stringLibrary) gsub(c *luavm.Call) {
	src := c.Text(1)
	c.Text(2)
	most := optInteger(c, 4, len(src)+1)
	with := newReplacement(c)
	p, anchored := s.patternArg(c, 2)
	m := s.matcher(c, p, src)
	defer s.done(m)
	b := s.room.buffer(c)
	n, at := 0, 0
	for n < most {
		begin, end, ok := at, 0, false
		if anchored {
			end, ok = m.match(at)
		} else {
			begin, end, ok = m.search(at)
		}
		if !ok {
			break
		}
		b.add(src[at:begin])
		n++
		m.count(backCost)
		with.add(m, &b, begin, end)
		at = end
		if begin == end { // go on after the next byte
			if at == len(src) {
				break
			}
			b.addByte(src[at])
			at++
		}
		if anchored {
			break
		}
	}
	b.add(src[at:])
	r := c.Results(2)
	r[0], r[1] = b.value(), luavm.Int(n)
}

// A replacement is what gsub puts in the place of a match: a text, what a table
// has for the match, or what a function returns for it.
type replacement struct {
	value luavm.Value
	text  string
	plain bool // the text has no %
}

// newReplacement returns the replacement that argument 3 is.
func newReplacement(c *luavm.Call) replacement {
	r := replacement{value: c.Arg(3)}
	switch r.value.Kind() {
	case luavm.KindString, luavm.KindNumber:
		r.text = c.Text(3)
		r.plain = strings.IndexByte(r.text, '%') < 0
	case luavm.KindTable, luavm.KindFunction, luavm.KindGoFunction:
	default:
		c.ArgError(3, "string/function/table expected")
	}
	return r
}

func (r *replacement) add(m *matcher, b *buffer, begin, end int) {
	switch r.value.Kind() {
	case luavm.KindTable:
		m.replace(b, m.c.Index(r.value, m.capture(0, begin, end)), begin, end)
	case luavm.KindFunction, luavm.KindGoFunction:
		m.replace(b, m.c.Call(r.value, m.captured(begin, end)...), begin, end)
	default:
		if r.plain {
			b.add(r.text)
		} else {
			m.expand(b, r.text, begin, end)
		}
	}
}

// expand adds a replacement with its %1 and so on replaced.
func (m *matcher) expand(b *buffer, text string, begin, end int) {
	m.count(len(text))
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			break
		}
		b.add(text[:i])
		var sign byte // after the end there is C's NUL
		if text = text[i+1:]; text != "" {
			sign, text = text[0], text[1:]
		}
		switch {
		case sign == '0':
			b.add(m.src[begin:end])
		case '1' <= sign && sign <= '9':
			if from, to := m.bounds(int(sign-'1'), begin, end); to < 0 {
				b.add(luavm.FormatNumber(float64(from + 1)))
			} else {
				b.add(m.src[from:to])
			}
		default:
			b.addByte(sign)
		}
	}
	b.add(text)
}

// replace adds what a table or a function has for a match: nil or false leave
// it as it is.
func (m *matcher) replace(b *buffer, v luavm.Value, begin, end int) {
	if !v.Truth() {
		b.add(m.src[begin:end])
		return
	}
	s, ok := luavm.TextOf(v)
	if !ok {
		m.c.Errorf("invalid replacement value (a %s)", v.TypeName())
	}
	b.add(s)
}
