package command

// Replicas and files, as a server answers that has neither.
var (
	replicationCommands = []Row{
		{"lastsave", 1, Loading | Stale | Fast | Dangerous, nil, lastSave},
		{"role", 1, NoScript | Loading | Stale | Fast | Dangerous, nil, role},
	}
	waitCommands = []Row{
		{"wait", 3, NoScript, nil, waitForReplicas},
	}
)

// lastSave answers when the data were last what is on disk: at the beginning,
// when there were none.
func lastSave(c *Call) Reply { return Int(c.db.started.Unix()) }

func role(*Call) Reply { return Array(Bulk("master"), Int(0), Array()) }

// waitForReplicas answers how many replicas have what was written. There are
// none, and none can come, so that to wait would be in vain.
func waitForReplicas(c *Call) Reply {
	c.int(1)
	if c.intOr(2, "ERR timeout is not an integer or out of range") < 0 {
		c.fail("ERR timeout is negative")
	}
	return Int(0)
}

// LacksReplicas says whether Config asks for replicas, of which there are none.
func (db *DB) LacksReplicas() bool {
	return db.Config.MinReplicasToWrite > 0 && db.Config.MinReplicasMaxLag > 0
}

// beginsToWrite says whether the command writes, or EXEC would, unless what it is
// part of, a transaction or a script, has begun to.
func (db *DB) beginsToWrite(s *Session, cmd *Command, args []string) bool {
	if s.Script && s.Wrote || !s.Script && db.executing != nil {
		return false
	}
	flags := db.flags(cmd, args)
	if cmd.Name == "exec" && s.queueing() {
		flags = s.transaction.flags
	}
	return flags&Write != 0
}
