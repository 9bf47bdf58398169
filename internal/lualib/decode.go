package lualib

import (
	"strings"
	"unicode/utf8"

	"github.com/luastore/luastore/internal/luavm"
)

func (j *cjson) decode(c *luavm.Call) {
	if c.Len() != 1 {
		c.ArgError(1, "expected 1 argument")
	}
	s := c.Text(1)
	if len(s) >= 2 && (s[0] == 0 || s[1] == 0) {
		c.Errorf("JSON parser does not support UTF-16 or UTF-32")
	}
	c.Tick(len(s) / 100)
	d := decoder{valueStack: j.stack, j: j, s: s, slots: 1}
	d.begin(c)
	defer d.end()
	v := d.value()
	if d.peek() != tokenEnd {
		d.unexpected("the end")
	}
	c.Return(v)
}

// decoder reads JSON.
type decoder struct {
	*valueStack
	j     *cjson
	s     string
	pos   int
	depth int
	slots int // what C would have on its stack
}

// tokenEnd is what ends the text for C: a NUL, whether in it or after it.
const tokenEnd = 0

// peek skips white space and returns the byte after it, tokenEnd if there is
// none.
func (d *decoder) peek() byte {
	for d.pos < len(d.s) {
		switch b := d.s[d.pos]; b {
		case ' ', '\t', '\n', '\r':
			if d.pos++; d.pos%piece == 0 {
				d.c.Machine().Check()
			}
		default:
			return b
		}
	}
	return tokenEnd
}

// value reads any value.
func (d *decoder) value() luavm.Value {
	switch b := d.peek(); b {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"':
		return d.string("value")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if f, size := d.number(); size > 0 {
			d.pos += size
			return luavm.Number(f)
		}
	default:
		if v, size := d.word(); size > 0 {
			d.pos += size
			return v
		}
	}
	d.unexpected("value")
	return luavm.Nil
}

// word reads a value that is a word, and its size.
func (d *decoder) word() (v luavm.Value, size int) {
	switch rest := d.s[d.pos:]; {
	case strings.HasPrefix(rest, "true"):
		return luavm.Bool(true), 4
	case strings.HasPrefix(rest, "false"):
		return luavm.Bool(false), 5
	case strings.HasPrefix(rest, "null"):
		return d.j.null, 4
	case d.j.decodeInvalid != 0 && isInvalidNumber(rest):
		if f, size := scanNumber(rest); size > 0 {
			return luavm.Number(f), size
		}
	}
	return luavm.Nil, 0
}

// descend counts one more table, for which C needs room for so many values.
func (d *decoder) descend(slots int) {
	d.pos++
	if d.depth++; d.depth > d.j.decodeDepth || d.slots+slots > maxResults {
		d.c.Errorf("Found too many nested data structures (%d) at character %d", d.depth, d.pos)
	}
	d.slots++
}

func (d *decoder) ascend() {
	d.pos++
	d.depth--
	d.slots--
}

func (d *decoder) array() luavm.Value {
	first := len(d.values)
	d.descend(2)
	if d.peek() != ']' {
		for {
			d.push(d.value())
			b := d.peek()
			if b == ']' {
				break
			}
			if b != ',' {
				d.unexpected("comma or array end")
			}
			d.pos++
		}
	}
	d.ascend()
	return d.popArray(first)
}

func (d *decoder) object() luavm.Value {
	first := len(d.values)
	d.descend(3)
	if d.peek() != '}' {
		for {
			if d.peek() != '"' {
				d.unexpected("object key string")
			}
			d.push(d.string("object key string"))
			if d.peek() != ':' {
				d.unexpected("colon")
			}
			d.pos++
			d.slots++
			d.push(d.value())
			d.slots--
			b := d.peek()
			if b == '}' {
				break
			}
			if b != ',' {
				d.unexpected("comma or object end")
			}
			d.pos++
		}
	}
	d.ascend()
	return d.popHash(first)
}

// string reads a string, which stands where that is wanted.
func (d *decoder) string(want string) luavm.Value {
	from := d.pos + 1
	for i := from; i < len(d.s); {
		for end := min(i+piece, len(d.s)); i < end; i++ {
			switch d.s[i] {
			case '"':
				d.pos = i + 1
				return slice(d.c, d.s, from, i)
			case '\\', 0:
				return d.escaped(want, from, i)
			}
		}
		d.c.Machine().Check()
	}
	d.complain(want, "unexpected end of string", len(d.s))
	return luavm.Nil
}

// escaped reads a string that begins at from and has its first escape at i.
func (d *decoder) escaped(want string, from, i int) luavm.Value {
	b := d.j.room.buffer(d.c)
	b.add(d.s[from:i])
	for n := 1; ; n++ {
		if n%piece == 0 {
			d.c.Machine().Check()
		}
		var c byte
		if i < len(d.s) {
			c = d.s[i]
		}
		switch c {
		case '"':
			d.pos = i + 1
			return b.value()
		case 0:
			d.complain(want, "unexpected end of string", i)
		case '\\':
			i += d.escape(&b, want, i)
		default:
			b.addByte(c)
			i++
		}
	}
}

// escape adds what the escape at i stands for, and returns its size.
func (d *decoder) escape(b *buffer, want string, i int) int {
	var c byte
	if i+1 < len(d.s) {
		c = d.s[i+1]
	}
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 't':
		c = '\t'
	case 'n':
		c = '\n'
	case 'f':
		c = '\f'
	case 'r':
		c = '\r'
	case 'u':
		r, size := unicodeEscape(d.s[i:])
		if size == 0 {
			d.complain(want, "invalid unicode escape code", i)
		}
		b.need(utf8.UTFMax)
		b.b = utf8.AppendRune(b.b, r)
		return size
	default:
		d.complain(want, "invalid escape code", i)
	}
	b.addByte(c)
	return 2
}
