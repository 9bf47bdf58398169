package command

import "github.com/luastore/luastore/internal/value"

// Consumer groups: who reads a stream together. What they have read but not
// acknowledged is in pending.go.
var groupCommands = []Row{
	{Name: "xack", Arity: -4, Flags: Write | Fast | MissAny, Keys: oneKey(RW | Update), Run: xAck},
	{Name: "xgroup", Arity: -2},
	{Name: "xgroup|create", Arity: -5, Flags: Write | DenyOOM, Keys: keyRange(RW|Insert, 2, 0, 1), Run: xGroupCreate},
	{Name: "xgroup|createconsumer", Arity: 5, Flags: Write | DenyOOM, Keys: keyRange(RW|Insert, 2, 0, 1), Run: xGroupCreateConsumer},
	{Name: "xgroup|delconsumer", Arity: 5, Flags: Write, Keys: keyRange(RW|Delete, 2, 0, 1), Run: xGroupDelConsumer},
	{Name: "xgroup|destroy", Arity: 4, Flags: Write, Keys: keyRange(RW|Delete, 2, 0, 1), Run: xGroupDestroy},
	{Name: "xgroup|help", Arity: 2, Flags: Loading | Stale, Run: xGroupHelp},
	{Name: "xgroup|setid", Arity: -5, Flags: Write, Keys: keyRange(RW|Update, 2, 0, 1), Run: xGroupSetID},
}

func xAck(c *Call) Reply {
	g := collection[*value.Stream](c, 1).Group(c.arg(2))
	if g == nil {
		return Int(0)
	}
	n := 0
	for _, id := range c.streamIDs(3) {
		if g.Acknowledge(id) {
			n++
		}
	}
	c.Count(n)
	return Int(n)
}

func xGroupCreate(c *Call) Reply {
	read, mkStream := c.groupOptions(true)
	s := collection[*value.Stream](c, 2)
	if s == nil && !mkStream {
		c.fail(errNoStream)
	}
	if len(c.args) > 8 {
		c.fail(errSubcommand(c.arg(0), c.arg(1)))
	}
	id := c.groupID(s, c.streamID)
	if s.Group(c.arg(3)) != nil {
		c.fail("BUSYGROUP Consumer Group name already exists")
	}
	if s == nil {
		s = makeCollection(c, 2, c.newStream)
		c.touch(c.ks, 2)
	}
	s.AddGroup(c.arg(3), id, read)
	c.groupEvent("xgroup-create", 2)
	return OK
}

func xGroupCreateConsumer(c *Call) Reply {
	_, g := c.existingGroup()
	if g.Consumer(c.arg(4)) != nil {
		return Int(0)
	}
	c.consumer(g, 4, 2)
	return Int(1)
}

func xGroupDelConsumer(c *Call) Reply {
	_, g := c.existingGroup()
	consumer := g.Consumer(c.arg(4))
	if consumer == nil {
		return Int(0)
	}
	c.ahead(consumer.PendingCount() * idTicks)
	n := consumer.PendingCount()
	g.RemoveConsumer(consumer)
	c.groupEvent("xgroup-delconsumer", 2)
	return Int(n)
}

func xGroupDestroy(c *Call) Reply {
	s := collection[*value.Stream](c, 2)
	if s == nil {
		c.fail(errNoStream)
	}
	if s.Group(c.arg(3)) == nil {
		return Int(0)
	}
	s.RemoveGroup(c.arg(3))
	c.groupEvent("xgroup-destroy", 2)
	c.db.arrived(place{c.ks, c.arg(2)}) // who waits as one of the group is told
	return Int(1)
}

func xGroupHelp(c *Call) Reply {
	return c.Help(
		"CREATE <key> <groupname> <id|$> [option]",
		"    Create a new consumer group. Options are:",
		"    * MKSTREAM",
		"      Create the empty stream if it does not exist.",
		"    * ENTRIESREAD entries_read",
		"      Set the group's entries_read counter (internal use).",
		"CREATECONSUMER <key> <groupname> <consumer>",
		"    Create a new consumer in the specified group.",
		"DELCONSUMER <key> <groupname> <consumer>",
		"    Remove the specified consumer.",
		"DESTROY <key> <groupname>",
		"    Remove the specified group.",
		"SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
		"    Set the current group ID and entries_read counter.",
	)
}

func xGroupSetID(c *Call) Reply {
	read, _ := c.groupOptions(false)
	s, g := c.existingGroup()
	if len(c.args) > 7 {
		c.fail(errSubcommand(c.arg(0), c.arg(1)))
	}
	g.Move(c.groupID(s, c.anyStreamID), read)
	c.groupEvent("xgroup-setid", 2)
	return OK
}

const errNoStream = "ERR The XGROUP subcommand requires the key to exist. " +
	"Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."

// idTicks is the work of finding an ID among many.
const idTicks = 10

// existingGroup returns the stream at key 2 and its group of the name that
// argument 3 is; both must be there.
func (c *Call) existingGroup() (*value.Stream, *value.Group) {
	s := collection[*value.Stream](c, 2)
	if s == nil {
		c.fail(errNoStream)
	}
	g := s.Group(c.arg(3))
	if g == nil {
		c.fail(errNoGroup(c.arg(3), c.arg(2)))
	}
	return s, g
}

// groupOptions reads the options of XGROUP CREATE and SETID, of which only
// CREATE makes a stream.
func (c *Call) groupOptions(create bool) (read int64, mkStream bool) {
	read = value.UnknownRead
	for i := 5; i < len(c.args); i++ {
		switch {
		case create && c.is(i, "mkstream"):
			mkStream = true
		case c.is(i, "entriesread") && i+1 < len(c.args):
			i++
			if read = c.int(i); read < 0 && read != value.UnknownRead {
				c.fail("ERR value for ENTRIESREAD must be positive or -1")
			}
		default:
			c.fail(errSubcommand(c.arg(0), c.arg(1)))
		}
	}
	return read, mkStream
}

// groupID reads argument 4 as where a group of the stream begins: an ID, as
// parse reads it, or $ for the end.
func (c *Call) groupID(s *value.Stream, parse func(i int, seq uint64) value.StreamID) value.StreamID {
	if cString(c.arg(4)) == "$" {
		return s.LastID()
	}
	return parse(4, 0)
}

// consumer returns the group's consumer whose name is argument i, and makes it
// where it is missing. The stream is at the argument key.
func (c *Call) consumer(g *value.Group, i, key int) *value.Consumer {
	consumer := g.Consumer(c.arg(i))
	if consumer == nil {
		consumer = g.AddConsumer(c.arg(i), c.now())
		c.groupEvent("xgroup-createconsumer", key)
	}
	consumer.See(c.now())
	return consumer
}
