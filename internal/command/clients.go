package command

import (
	"fmt"
	"strings"

	"github.com/luastore/luastore/internal/pubsub"
)

// CLIENT: the connections, and the caller's own. CLIENT KILL, PAUSE and UNBLOCK
// are in clientkill.go, CLIENT TRACKING and what belongs to it in tracking.go.
var clientCommands = []Row{
	{Name: "client", Arity: -2},
	{Name: "client|caching", Arity: 3, Flags: NoScript | Loading | Stale, Run: clientCaching},
	{Name: "client|getname", Arity: 2, Flags: NoScript | Loading | Stale, Run: clientGetName},
	{Name: "client|getredir", Arity: 2, Flags: NoScript | Loading | Stale, Run: clientGetRedir},
	{Name: "client|help", Arity: 2, Flags: Loading | Stale, Run: clientHelp},
	{Name: "client|id", Arity: 2, Flags: NoScript | Loading | Stale, Run: clientID},
	{Name: "client|info", Arity: 2, Flags: NoScript | Loading | Stale, Tips: []string{AnyOutput}, Run: clientInfo},
	{Name: "client|kill", Arity: -3, Flags: Admin | NoScript | Loading | Stale | EndsDebugging, Run: clientKill},
	{Name: "client|list", Arity: -2, Flags: Admin | NoScript | Loading | Stale, Tips: []string{AnyOutput}, Run: clientList},
	{Name: "client|no-evict", Arity: 3, Flags: Admin | NoScript | Loading | Stale, Run: clientNoEvict},
	{Name: "client|no-touch", Arity: 3, Flags: NoScript | Loading | Stale, Run: clientNoTouch},
	{Name: "client|pause", Arity: -3, Flags: Admin | NoScript | Loading | Stale, Run: clientPause},
	{Name: "client|reply", Arity: 3, Flags: NoScript | Loading | Stale, Run: clientReply},
	{Name: "client|setinfo", Arity: 4, Flags: NoScript | Loading | Stale, Run: clientSetInfo},
	{Name: "client|setname", Arity: 3, Flags: NoScript | Loading | Stale, Run: clientSetName},
	{Name: "client|tracking", Arity: -3, Flags: NoScript | Loading | Stale, Run: clientTracking},
	{Name: "client|trackinginfo", Arity: 2, Flags: NoScript | Loading | Stale, Run: clientTrackingInfo},
	{Name: "client|unblock", Arity: -3, Flags: Admin | NoScript | Loading | Stale, Run: clientUnblock},
	{Name: "client|unpause", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Run: clientUnpause},
}

const errClientName = "ERR Client names cannot contain spaces, newlines or special characters."

// clientWord returns argument i, which must be of printable characters.
func (c *Call) clientWord(i int, complaint string) string {
	for _, ch := range []byte(c.arg(i)) {
		if ch < '!' || ch > '~' {
			c.fail(complaint)
		}
	}
	return strings.Clone(c.arg(i))
}

func clientGetName(c *Call) Reply {
	if name := c.client().name; name != "" {
		return Bulk(name)
	}
	return Reply{}
}

func clientHelp(c *Call) Reply {
	return c.Help(
		"CACHING (YES|NO)",
		"    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
		"GETREDIR",
		"    Return the client ID we are redirecting to when tracking is enabled.",
		"GETNAME",
		"    Return the name of the current connection.",
		"ID",
		"    Return the ID of the current connection.",
		"INFO",
		"    Return information about the current client connection.",
		"KILL <ip:port>",
		"    Kill connection made from <ip:port>.",
		"KILL <option> <value> [<option> <value> [...]]",
		"    Kill connections. Options are:",
		"    * ADDR (<ip:port>|<unixsocket>:0)",
		"      Kill connections made from the specified address",
		"    * LADDR (<ip:port>|<unixsocket>:0)",
		"      Kill connections made to specified local address",
		"    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
		"      Kill connections by type.",
		"    * USER <username>",
		"      Kill connections authenticated by <username>.",
		"    * SKIPME (YES|NO)",
		"      Skip killing current connection (default: yes).",
		"LIST [options ...]",
		"    Return information about client connections. Options:",
		"    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
		"      Return clients of specified type.",
		"UNPAUSE",
		"    Stop the current client pause, resuming traffic.",
		"PAUSE <timeout> [WRITE|ALL]",
		"    Suspend all, or just write, clients for <timeout> milliseconds.",
		"REPLY (ON|OFF|SKIP)",
		"    Control the replies sent to the current connection.",
		"SETNAME <name>",
		"    Assign the name <name> to the current connection.",
		"UNBLOCK <clientid> [TIMEOUT|ERROR]",
		"    Unblock the specified blocked client.",
		"TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
		"         [OPTIN] [OPTOUT] [NOLOOP]",
		"    Control server assisted client side caching.",
		"TRACKINGINFO",
		"    Report tracking status for the current connection.",
		"NO-EVICT (ON|OFF)",
		"    Protect current client connection from eviction.",
	)
}

func clientID(c *Call) Reply { return Int(c.client().id) }

func clientInfo(c *Call) Reply {
	c.client()
	return Verbatim(c.db.clientLine(c.s))
}

func clientList(c *Call) Reply {
	shown := func(*Session) bool { return true }
	switch n := len(c.args); {
	case n == 4 && c.is(2, "type"):
		class := c.clientClass(3)
		shown = func(s *Session) bool { return s.class() == class }
	case n > 3 && c.is(2, "id"):
		return c.listIDs()
	case n != 2:
		c.fail(errSyntax)
	}
	var b strings.Builder
	for _, s := range c.db.clients {
		if shown(s) {
			b.WriteString(c.db.clientLine(s))
		}
	}
	return Verbatim(b.String())
}

// listIDs is CLIENT LIST ID.
func (c *Call) listIDs() Reply {
	lines := map[int]string{} // by the place of the client, of which each is made once
	var places []int
	for i := 3; i < len(c.args); i++ {
		c.tick(elementTicks)
		at, ok := c.db.findClient(c.intOr(i, "ERR Invalid client ID"))
		if !ok {
			continue
		}
		line, made := lines[at]
		if !made {
			line = c.db.clientLine(c.db.clients[at])
			lines[at] = line
		}
		c.reserve(len(line))
		c.alloc(len(line))
		places = append(places, at)
	}
	var b strings.Builder
	b.Grow(c.reserved)
	for _, at := range places {
		b.WriteString(lines[at])
	}
	return Verbatim(b.String())
}

// clientClass returns the class of connections that argument i names.
func (c *Call) clientClass(i int) string {
	switch name := lower(cString(c.arg(i))); name {
	case "normal", "pubsub", "master", "replica":
		return name
	case "slave":
		return "replica"
	}
	c.fail(ErrorLine("ERR Unknown client type '" + cString(c.arg(i)) + "'"))
	return ""
}

// class is the class of the session's connection.
func (s *Session) class() string {
	if s.hooks&hookSubscribed != 0 {
		return "pubsub"
	}
	return "normal"
}

// clientLine is what CLIENT LIST says of the session's connection.
func (db *DB) clientLine(s *Session) string {
	c, now := s.Client, db.Now()
	flags := ""
	queued, queuedSize := -1, 0
	if t := s.shownTransaction(); t != nil {
		queued, queuedSize = len(t.queue), t.argsSize
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"O", c.monitors},
		{"P", s.hooks&hookSubscribed != 0},
		{"x", queued >= 0},
		{"b", db.blocks(c)},
		{"t", c.tracking != nil},
		{"R", c.tracking != nil && c.tracking.broken},
		{"B", c.tracking != nil && c.tracking.broadcast},
		{"d", s.dirty(now.UnixMilli())},
		{"c", c.Closing},
		{"e", c.unevictable},
		{"T", s.hooks&hookNoTouch != 0},
	} {
		if f.set {
			flags += f.name
		}
	}
	if flags == "" {
		flags = "N"
	}
	last := "NULL"
	if c.last != nil {
		last = c.last.Name
	}
	_, args := c.args()
	out, events := c.outbox(), "r"
	if out.Writing {
		events = "rw"
	}
	line := fmt.Sprintf("id=%d addr=%s laddr=%s fd=-1 name=%s age=%d idle=%d flags=%s db=%d sub=%d psub=%d ssub=%d multi=%d "+
		"qbuf=%d qbuf-free=%d argv-mem=%d multi-mem=%d rbs=%d rbp=%d obl=%d oll=%d omem=%d tot-mem=%d events=%s cmd=%s user=%s redir=%d resp=%d",
		c.id, c.Addr, c.LocalAddr, c.name, int(now.Sub(c.created).Seconds()), int(now.Sub(c.active).Seconds()), flags, s.Selected,
		len(c.subscriptions.Names(pubsub.Channel)), len(c.subscriptions.Names(pubsub.Pattern)), len(c.subscriptions.Names(pubsub.Shard)),
		queued, c.Query.Used.Load(), c.Query.Free.Load(), args, queuedSize,
		out.Room, out.Peak, out.Buffered, out.Blocks, out.Memory, s.clientMemory(), events, last, s.userName(), c.redirect(), max(s.RESP, 2))
	if c.library != [2]string{} {
		line += " lib-name=" + c.library[0] + " lib-ver=" + c.library[1]
	}
	return line + "\n"
}

// onOff returns whether argument i is ON, and not OFF.
func (c *Call) onOff(i int) bool {
	on := c.is(i, "on")
	if !on && !c.is(i, "off") {
		c.fail(errSyntax)
	}
	return on
}

func clientNoEvict(c *Call) Reply {
	c.client().unevictable = c.onOff(2)
	return OK
}

func clientNoTouch(c *Call) Reply {
	c.client()
	if c.onOff(2) {
		c.s.hooks |= hookNoTouch
	} else {
		c.s.hooks &^= hookNoTouch
	}
	return OK
}

func clientReply(c *Call) Reply {
	client := c.client()
	switch {
	case c.is(2, "on"):
		client.silence.Store(speaks)
		return OK
	case c.is(2, "off"):
		client.silence.Store(mute)
	case c.is(2, "skip"):
		if client.silence.Load() != mute {
			client.silence.Store(skipsNext)
		}
	default:
		c.fail(errSyntax)
	}
	return Replies()
}

func clientSetInfo(c *Call) Reply {
	client := c.client()
	option := lower(c.arg(2))
	at := 0
	switch option {
	case "lib-name":
	case "lib-ver":
		at = 1
	default:
		c.fail(ErrorLine("ERR Unrecognized option '" + cString(c.arg(2)) + "'"))
	}
	client.library[at] = c.clientWord(3, "ERR "+option+" cannot contain spaces, newlines or special characters.")
	return OK
}

func clientSetName(c *Call) Reply {
	c.client().name = c.clientWord(2, errClientName)
	return OK
}
