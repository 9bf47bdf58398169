package command

import "strconv"

// Who is calling, and when.
var (
	connectionCommands = []Row{
		{"echo", 2, Loading | Stale | Fast, nil, echo},
		{"ping", -1, Fast, nil, ping},
		{"select", 2, Loading | Stale | Fast, nil, selectDB},
	}
	serverCommands = []Row{
		{"time", 1, Loading | Stale | Fast, nil, serverTime},
	}
)

func echo(c *Call) Reply { return Bulk(c.arg(1)) }

func ping(c *Call) Reply {
	if len(c.args) > 2 {
		c.fail(errArity(c.cmd.Name))
	}
	if len(c.args) == 2 {
		return Bulk(c.arg(1))
	}
	return Status("PONG")
}

func selectDB(c *Call) Reply {
	c.needsSession()
	n := c.int32Or(1, errNotInt, errNotInt32)
	c.space(n)
	c.s.Selected = n
	return OK
}

func serverTime(c *Call) Reply {
	t := c.db.Now()
	return Bulks(strconv.FormatInt(t.Unix(), 10), strconv.Itoa(t.Nanosecond()/1000))
}
