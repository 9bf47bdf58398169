package lualib

import "github.com/luastore/luastore/internal/luavm"

// collector answers for a garbage collector that scripts can steer. Go's does
// the work, and what a script sets is only remembered.
type collector struct {
	pause, step int
	halfway     bool // in a cycle, which takes two steps
}

func (g *collector) collectgarbage(c *luavm.Call) {
	option := cString(c.OptText(1, "collect"))
	switch option {
	case "collect", "stop", "restart", "count", "step", "setpause", "setstepmul":
	default:
		c.ArgError(1, "invalid option '"+option+"'")
	}
	n, result := optInteger(c, 2, 0), 0.0
	switch option {
	case "collect":
		inUse(c)
		c.Machine().Collect()
	case "count":
		result = float64(inUse(c)) / 1024
	case "step":
		c.Return(luavm.Bool(g.halfway))
		g.halfway = !g.halfway
		return
	case "setpause":
		result, g.pause = float64(g.pause), n
	case "setstepmul":
		result, g.step = float64(g.step), n
	}
	c.ReturnNumber(result)
}

func gcinfo(c *luavm.Call) { c.ReturnNumber(float64(inUse(c) / 1024)) }

// inUse returns the number of bytes that the machine can reach.
func inUse(c *luavm.Call) int {
	n := c.Machine().InUse()
	c.Tick(n / 100)
	return n
}
