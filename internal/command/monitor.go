package command

import (
	"fmt"
	"slices"
	"strings"
)

// MONITOR: who watches sees each command when the turn ends, in its order.
var monitorCommands = []Row{
	{Name: "monitor", Arity: 1, Flags: Admin | NoScript | Loading | Stale, Run: monitor},
}

func monitor(c *Call) Reply {
	client := c.client()
	if c.db.executing == c.s {
		c.fail("ERR MONITOR isn't allowed for DENY BLOCKING client")
	}
	if client.monitors {
		return Replies()
	}
	client.monitors = true
	c.db.hooks |= hookMonitor
	return OK
}

// monitors says whether the session is that of a connection that watches. To
// Redis that is a kind of replica.
func (s *Session) monitors() bool { return s.Client != nil && s.Client.monitors }

// stopMonitor ends MONITOR for the session.
func (db *DB) stopMonitor(s *Session) {
	s.Client.monitors = false
	if !slices.ContainsFunc(db.clients, func(s *Session) bool { return s.Client.monitors }) {
		db.hooks &^= hookMonitor
	}
}

// performShown is perform for those who watch, who see a script before what it
// calls.
func (db *DB) performShown(s *Session, cmd *Command, args []string) {
	if cmd.Flags&RunsScript != 0 {
		db.show(s, cmd, args)
		db.perform(s, cmd, args, cmd.Run)
		return
	}
	db.perform(s, cmd, args, cmd.Run)
	db.show(s, cmd, args)
}

// show shows a command to those who watch, when the turn ends.
func (db *DB) show(s *Session, cmd *Command, args []string) {
	if cmd.Flags&(SkipMonitor|Admin) != 0 && cmd.Flags&RunsScript == 0 {
		return
	}
	who := "lua"
	if s.Client != nil {
		who = s.Client.Addr
	}
	var b strings.Builder
	now := db.Now().UnixMicro()
	fmt.Fprintf(&b, "%d.%06d [%d %s]", now/1e6, now%1e6, s.Selected, who)
	for _, a := range redacted(cmd, args) {
		b.WriteByte(' ')
		appendQuoted(&b, a)
	}
	db.news = append(db.news, news{line: b.String()})
	db.unheld += newsSize + b.Len()
}

// redacted returns the arguments as others may see them, without passwords and
// what is beside them.
func redacted(cmd *Command, args []string) []string {
	if cmd.Secrets == nil {
		return args
	}
	shown := slices.Clone(args)
	for _, i := range cmd.Secrets(args) {
		shown[i] = "(redacted)"
	}
	return shown
}

// from returns the numbers of the arguments from i on.
func from(i int, args []string) (all []int) {
	for ; i < len(args); i++ {
		all = append(all, i)
	}
	return all
}

// appendQuoted writes s in double quotes, with escapes for what is no printable
// ASCII.
func appendQuoted(b *strings.Builder, s string) {
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		ch := s[i]
		switch e := strings.IndexByte("\\\"\n\r\t\a\b", ch); {
		case e >= 0:
			b.WriteByte('\\')
			b.WriteByte("\\\"nrtab"[e])
		case ch < ' ' || ch > '~':
			fmt.Fprintf(b, `\x%02x`, ch)
		default:
			b.WriteByte(ch)
		}
	}
	b.WriteByte('"')
}

// sendLine sends those who watch a line.
func (db *DB) sendLine(line string) {
	for _, s := range db.clients {
		if s.Client.monitors && !s.Client.Silent() && !s.Client.Closing {
			s.Client.Push(Status(line))
		}
	}
}
