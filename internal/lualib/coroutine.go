package lualib

import "github.com/luastore/luastore/internal/luavm"

var coroutine = []function{
	{"create", cocreate},
	{"resume", coresume},
	{"running", corunning},
	{"status", costatus},
	{"wrap", cowrap},
	{"yield", coyield},
}

func cocreate(c *luavm.Call) { c.Return(newCoroutine(c)) }

// newCoroutine makes one of argument 1, which must be written in Lua.
func newCoroutine(c *luavm.Call) luavm.Value {
	f := c.Arg(1)
	if f.Kind() != luavm.KindFunction {
		c.ArgError(1, "Lua function expected")
	}
	return c.Machine().NewThread(f)
}

func checkCoroutine(c *luavm.Call) *luavm.Thread {
	t := c.Arg(1).Thread()
	if t == nil {
		c.ArgError(1, "coroutine expected")
	}
	return t
}

func coresume(c *luavm.Call) {
	t := checkCoroutine(c)
	values, ok := resume(c, t, c.Args()[1:])
	results := c.Results(1 + len(values))
	results[0] = luavm.Bool(ok)
	copy(results[1:], values)
	c.Machine().Bury(t)
}

// resume returns what the coroutine yields or returns; else the error.
func resume(c *luavm.Call, t *luavm.Thread, args []luavm.Value) (values []luavm.Value, ok bool) {
	if status := t.Status(); status != "suspended" {
		return []luavm.Value{c.Machine().NewString("cannot resume " + status + " coroutine")}, false
	}
	return c.Resume(t, args)
}

func cowrap(c *luavm.Call) {
	m, v := c.Machine(), newCoroutine(c)
	c.Return(m.NewIterator("wrap", func(c *luavm.Call) {
		values, ok := resume(c, v.Thread(), c.Args())
		if !ok {
			err := values[0]
			m.Bury(v.Thread())
			if s, isText := luavm.TextOf(err); isText {
				err = m.NewString(c.Where(1) + s)
			}
			m.PassOn(err)
			m.Throw(err)
		}
		copy(c.Results(len(values)), values)
		m.Bury(v.Thread())
	}, v).Value())
}

func costatus(c *luavm.Call) { c.ReturnText(checkCoroutine(c).Status()) }

func corunning(c *luavm.Call) {
	if t := c.Machine().Running(); t != nil {
		c.Return(t.Value())
	} else {
		c.Return(luavm.Nil)
	}
}

func coyield(c *luavm.Call) { c.Yield() }
