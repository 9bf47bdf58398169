package lualib

import "github.com/luastore/luastore/internal/luavm"

// openString makes the library and, of it, the metatable of strings.
func openString(m *luavm.Machine, room *scratch) {
	s := &stringLibrary{room: room}
	t := library(m, "string", []function{
		{"byte", byteAt},
		{"char", char},
		{"dump", dump},
		{"find", s.find},
		{"format", s.format},
		{"gfind", s.gmatch},
		{"gmatch", s.gmatch},
		{"gsub", s.gsub},
		{"len", length},
		{"lower", s.lower},
		{"match", s.match},
		{"rep", s.rep},
		{"reverse", s.reverse},
		{"sub", sub},
		{"upper", s.upper},
	})
	m.Set(t, m.Name("gfind"), t.GetText("gmatch"))
	meta := m.NewTable(0, 1)
	m.Set(meta, m.Name("__index"), t.Value())
	meta.SetReadOnly(true)
	m.SetStringMeta(meta)
}

// stringLibrary is what the library keeps to be quick.
type stringLibrary struct {
	patterns patternCache
	room     *scratch
	spare    *matcher
}

// position returns where i is in a text of n bytes, -1 being the last; a
// negative one too far is 0.
func position(i, n int) int {
	if i < 0 {
		i += n + 1
	}
	return max(i, 0)
}

func byteAt(c *luavm.Call) {
	s := c.Text(1)
	from := position(c.OptInt(2, 1), len(s))
	to := min(position(c.OptInt(3, from), len(s)), len(s))
	from = max(from, 1)
	if from > to {
		return
	}
	if c.Len()+to-from+1 > maxResults {
		c.Errorf("stack overflow (string slice too long)")
	}
	c.Tick((to - from) / valuesPerTick)
	for i, r := from-1, c.Results(to-from+1); i < to; i++ {
		r[i-from+1] = luavm.Int(int(s[i]))
	}
}

func char(c *luavm.Call) {
	var small [32]byte
	b := small[:0]
	if c.Len() > len(small) {
		c.Hold(c.Len())
		b = make([]byte, 0, c.Len())
	}
	c.Tick(c.Len() / valuesPerTick)
	for i := 1; i <= c.Len(); i++ {
		n := integer(c, i)
		if n < 0 || n > 255 {
			c.ArgError(i, "invalid value")
		}
		b = append(b, byte(n))
	}
	c.Return(newBytes(c.Machine(), b))
}

// dump returns no more of a function than the head of a binary chunk: Redis
// loads none, and so there is nothing to be done with the rest.
func dump(c *luavm.Call) {
	if c.Function(1).Kind() != luavm.KindFunction {
		c.Errorf("unable to dump given function")
	}
	c.ReturnText("\x1bLuaQ\x00\x01\x04\x08\x04\x08\x00")
}

func length(c *luavm.Call) { c.ReturnNumber(float64(len(c.Text(1)))) }

func (s *stringLibrary) lower(c *luavm.Call) { s.mapped(c, &toLower) }

func (s *stringLibrary) upper(c *luavm.Call) { s.mapped(c, &toUpper) }

// The cases of ASCII, as C's locale has them.
var toLower, toUpper = func() (lower, upper [256]byte) {
	for i := range lower {
		lower[i], upper[i] = byte(i), byte(i)
	}
	for i := 'A'; i <= 'Z'; i++ {
		lower[i], upper[i+'a'-'A'] = byte(i+'a'-'A'), byte(i)
	}
	return lower, upper
}()

// Going through so many bytes one by one is one piece of work.
const bytesPerTick = 25

// piece is how many bytes, or values, are gone through in one go: who has hundreds
// of megabytes must be stopped in between.
const piece = 1 << 16

// pieceEnd returns where the piece ends that begins at from, of n in all, and
// counts it.
func pieceEnd(c *luavm.Call, from, n, perTick int) int {
	end := min(from+piece, n)
	c.Tick((end - from) / perTick)
	return end
}

// mapped returns argument 1 with each byte replaced.
func (s *stringLibrary) mapped(c *luavm.Call, table *[256]byte) {
	text := c.Text(1)
	b := s.room.buffer(c)
	to := b.extend(len(text))
	for i := 0; i < len(to); {
		for end := pieceEnd(c, i, len(to), bytesPerTick); i < end; i++ {
			to[i] = table[text[i]]
		}
	}
	c.Return(b.value())
}

func (s *stringLibrary) rep(c *luavm.Call) {
	text, n := c.Text(1), integer(c, 2)
	if n <= 0 || text == "" {
		c.ReturnText("")
		return
	}
	if n > maxString/len(text) {
		c.Fail("not enough memory")
	}
	b := s.room.buffer(c)
	to := b.extend(n * len(text))
	for done := copy(to, text); done < len(to); { // doubling what there is
		end := pieceEnd(c, done, len(to), 100*bytesPerTick)
		done += copy(to[done:end], to[done%len(text):done])
	}
	c.Return(b.value())
}

func (s *stringLibrary) reverse(c *luavm.Call) {
	text := c.Text(1)
	b := s.room.buffer(c)
	to := b.extend(len(text))
	for i := 0; i < len(to); {
		for end := pieceEnd(c, i, len(to), bytesPerTick); i < end; i++ {
			to[i] = text[len(text)-1-i]
		}
	}
	c.Return(b.value())
}

func sub(c *luavm.Call) {
	s := c.Text(1)
	from := max(position(c.Int(2), len(s)), 1)
	to := min(position(c.OptInt(3, -1), len(s)), len(s))
	if from > to {
		c.ReturnText("")
		return
	}
	c.Return(slice(c, s, from-1, to))
}

// slice returns s[from:to] as a value. It shares the bytes of s only if it is
// most of them, for it may outlive s.
func slice(c *luavm.Call, s string, from, to int) luavm.Value {
	part := s[from:to]
	if len(part) == len(s) || len(part) >= 64 && len(part) >= len(s)/2 {
		return c.Machine().NewString(part)
	}
	return c.Machine().NewCopy(part)
}
