package command

import (
	"fmt"
	"slices"
	"strings"
)

// MONITOR: who watches sees each command when the turn ends, in its order.
var monitorCommands = []Row{
	{"monitor", 1, Admin | NoScript | Loading | Stale, nil, monitor},
}

func monitor(c *Call) Reply {
	client := c.client()
	if client.monitors {
		return Replies()
	}
	client.monitors = true
	c.db.hooks |= hookMonitor
	return OK
}

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
	if runsScript(cmd) {
		db.show(s, cmd, args)
		db.perform(s, cmd, args, cmd.Run)
		return
	}
	db.perform(s, cmd, args, cmd.Run)
	db.show(s, cmd, args)
}

// show shows a command to those who watch, when the turn ends.
func (db *DB) show(s *Session, cmd *Command, args []string) {
	if cmd.Flags&(SkipMonitor|Admin) != 0 && !runsScript(cmd) {
		return
	}
	who := "lua"
	if s.Client != nil {
		who = s.Client.Addr
	}
	var b strings.Builder
	now := db.Now().UnixMicro()
	fmt.Fprintf(&b, "%d.%06d [%d %s]", now/1e6, now%1e6, s.Selected, who)
	for i, a := range args {
		if secret(cmd, args, i) {
			a = redacted
		}
		b.WriteByte(' ')
		appendQuoted(&b, a)
	}
	db.news = append(db.news, news{line: b.String()})
	db.unheld += newsSize + b.Len()
}

// runsScript says whether the command shows itself before what it runs.
func runsScript(cmd *Command) bool {
	return cmd.category == "scripting" && cmd.Flags&MovableKeys != 0
}

// redacted is shown in the place of what is secret.
const redacted = "(redacted)"

// secret says whether argument i is a password, or what stands beside one.
func secret(cmd *Command, args []string, i int) bool {
	switch cmd.Name {
	case "acl|setuser":
		return i > 1
	case "config|set":
		return i > 2 && i%2 == 1 && sensitive[lower(args[i-1])]
	case "auth":
		return i > 0
	case "hello":
		return i > 2 && (equalFold(args[i-1], "auth") || i > 3 && equalFold(args[i-2], "auth"))
	}
	return false
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
		if s.Client.monitors {
			s.Client.Push(Status(line))
		}
	}
}

// sensitive are the parameters that are secret.
var sensitive = map[string]bool{"masterauth": true, "masteruser": true, "requirepass": true}
