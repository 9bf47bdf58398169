package lualib

import (
	"strings"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/luavm"
)

// openBase makes the functions that are globals, in Redis's order, since
// scripts can see it.
func openBase(m *luavm.Machine) {
	g := m.Globals()
	gc := &collector{pause: 200, step: 200}
	m.Set(g, m.Name("_G"), g.Value())
	fill(m, g, []function{
		{"assert", assert},
		{"collectgarbage", gc.collectgarbage},
		{"error", raise},
		{"gcinfo", gcinfo},
		{"getmetatable", getmetatable},
		{"load", load},
		{"loadstring", loadstring},
	})
	m.Set(g, m.Name("next"), m.NewNext().Value())
	fill(m, g, []function{
		{"pcall", pcall},
		{"rawequal", rawequal},
		{"rawget", rawget},
		{"rawset", rawset},
		{"select", selectArgs},
		{"setmetatable", setmetatable},
		{"tonumber", tonumber},
		{"tostring", tostring},
		{"type", typeName},
		{"unpack", unpack},
		{"xpcall", xpcall},
	})
	m.Set(g, m.Name("_VERSION"), m.Name("Lua 5.1"))
	fill(m, g, []function{
		{"ipairs", ipairs(m)},
		{"pairs", pairs(m)},
	})
}

// ipairs and pairs have iterators of their own, pairs another than next.

func ipairs(m *luavm.Machine) func(*luavm.Call) {
	iterator := m.NewIpairs().Value()
	return func(c *luavm.Call) { c.Return(iterator, c.Table(1).Value(), luavm.Int(0)) }
}

func pairs(m *luavm.Machine) func(*luavm.Call) {
	iterator := m.NewNext().Value()
	return func(c *luavm.Call) { c.Return(iterator, c.Table(1).Value(), luavm.Nil) }
}

func assert(c *luavm.Call) {
	if !c.Any(1).Truth() {
		c.Errorf("%s", cString(c.OptText(2, "assertion failed!")))
	}
	copy(c.Results(c.Len()), c.Args())
}

func raise(c *luavm.Call) {
	v := c.Arg(1)
	if level := optInteger(c, 2, 1); level > 0 {
		if s, ok := luavm.TextOf(v); ok {
			v = c.Machine().NewString(bulk.Concat(c.Machine(), c.Where(level), s))
		}
	}
	c.Machine().Throw(v)
}

func getmetatable(c *luavm.Call) {
	meta := c.Machine().Metatable(c.Any(1))
	switch {
	case meta == nil:
		c.Return(luavm.Nil)
	case protection(meta).IsNil():
		c.Return(meta.Value())
	default:
		c.Return(protection(meta))
	}
}

// protection is what scripts see instead of the metatable, which they then
// cannot replace.
func protection(meta *luavm.Table) luavm.Value { return meta.GetText("__metatable") }

func setmetatable(c *luavm.Call) {
	t, meta := c.Table(1), c.Arg(2)
	if c.Len() < 2 || !meta.IsNil() && meta.Table() == nil {
		c.ArgError(2, "nil or table expected")
	}
	if old := t.Meta(); old != nil && !protection(old).IsNil() {
		c.Errorf("cannot change a protected metatable")
	}
	checkWritable(c, t)
	t.SetMeta(meta.Table())
	c.Return(t.Value())
}

func load(c *luavm.Call) {
	name := cString(c.OptText(2, "=(load)"))
	read := c.Function(1)
	var src strings.Builder
	for src.Len() <= luavm.MaxSource {
		v, ok := c.Try(read)
		if !ok {
			c.Return(luavm.Nil, v)
			return
		}
		piece, ok := luavm.TextOf(v)
		if !ok && !v.IsNil() {
			c.Return(luavm.Nil, c.Machine().NewString("reader function must return a string"))
			return
		}
		if piece == "" {
			break
		}
		c.Hold(len(piece))
		src.WriteString(piece)
	}
	compile(c, src.String(), name)
}

func loadstring(c *luavm.Call) {
	src := c.Text(1)
	compile(c, src, cString(c.OptText(2, src)))
}

// compile returns the function that src is, or nil and what is wrong with it.
func compile(c *luavm.Call, src, name string) {
	m := c.Machine()
	c.Tick(200 + 5*len(src) + len(name)/100) // compiling takes so long
	f, err := m.Load(src, name)
	if err != nil {
		c.Return(luavm.Nil, m.NewString(err.Error()))
		return
	}
	c.Return(m.FunctionValue(f))
}

// pcall is Redis's: of an error that is a table, as redis.call raises them, it
// returns the text. Of a table without one, it returns what it found instead.
func pcall(c *luavm.Call) {
	if c.Len() == 0 {
		// Redis calls the value that it has put below the results.
		c.Return(luavm.Bool(false), c.Machine().NewString("attempt to call a boolean value"))
		return
	}
	c.PCall(nil)
	if c.Result(1).Truth() || c.Result(2).Table() == nil {
		return
	}
	v := c.Result(2)
	switch err := c.Index(v, c.Machine().Name("err")); err.Kind() {
	case luavm.KindString, luavm.KindNumber:
		c.Return(luavm.Bool(false), err)
	default:
		c.Return(luavm.Bool(false), v, err)
	}
}

func xpcall(c *luavm.Call) {
	c.Any(2)
	c.XPCall()
}

func rawequal(c *luavm.Call) { c.Return(luavm.Bool(c.Machine().RawEqual(c.Any(1), c.Any(2)))) }

func rawget(c *luavm.Call) { c.Return(c.Table(1).Get(c.Any(2))) }

func rawset(c *luavm.Call) {
	t, k, v := c.Table(1), c.Any(2), c.Any(3)
	c.Set(t, k, v)
	c.Return(t.Value())
}

func selectArgs(c *luavm.Call) {
	n := c.Len()
	if v := c.Arg(1); v.Kind() == luavm.KindString && strings.HasPrefix(v.Text(), "#") {
		c.ReturnNumber(float64(n - 1))
		return
	}
	i := integer(c, 1)
	if i < 0 {
		i += n
	}
	if i < 1 {
		c.ArgError(1, "index out of range")
	}
	rest := c.Args()[min(i, n):]
	c.Tick(len(rest) / valuesPerTick)
	copy(c.Results(len(rest)), rest)
}

func tostring(c *luavm.Call) {
	v := c.Any(1)
	if v.Kind() == luavm.KindString {
		c.Return(v)
		return
	}
	if meta := c.Machine().Metatable(v); meta != nil {
		if f := meta.GetText("__tostring"); !f.IsNil() {
			c.Return(c.Call(f, v))
			return
		}
	}
	c.ReturnText(c.ToString(v))
}

func typeName(c *luavm.Call) { c.Return(c.Machine().Name(c.Any(1).TypeName())) }

// maxResults is how many values a function written in C may have in its part
// of the stack (LUAI_MAXCSTACK).
const maxResults = 8000

func unpack(c *luavm.Call) {
	t, i := c.Table(1), optInteger(c, 2, 1)
	last := optLast(c, 3, t)
	if i > last {
		return
	}
	n := last - i + 1
	if n+c.Len() > maxResults {
		c.Errorf("too many results to unpack")
	}
	c.Tick(n / valuesPerTick)
	results := c.Results(n)
	if a := t.Array(); i >= 1 && last <= len(a) {
		copy(results, a[i-1:last])
		return
	}
	for j := range results {
		results[j] = t.GetInt(i + j)
	}
}
