package command

import "fmt"

// Replicas and files, as a server answers that has neither.
var (
	replicationCommands = []Row{
		{Name: "lastsave", Arity: 1, Flags: Loading | Stale | Fast | Dangerous, Tips: []string{AnyOutput}, Run: lastSave},
		{Name: "replconf", Arity: -1, Flags: Admin | NoScript | Loading | Stale | AllowBusy, Run: replConf},
		{Name: "role", Arity: 1, Flags: NoScript | Loading | Stale | Fast | Dangerous, Run: role},
	}
	waitCommands = []Row{
		{Name: "wait", Arity: 3, Flags: NoScript, Tips: []string{"request_policy:all_shards", "response_policy:agg_min"}, Run: waitForReplicas},
	}
)

// lastSave answers when the data were last what is on disk: at the beginning,
// when there were none.
func lastSave(c *Call) Reply { return Int(c.db.started.Unix()) }

// replConf is what a replica says of itself before it asks for the data: it
// makes no difference, as nobody gets these.
func replConf(c *Call) Reply {
	if len(c.args)%2 == 0 {
		c.fail(errSyntax)
	}
	for i := 1; i < len(c.args); i += 2 {
		switch value := c.arg(i + 1); {
		case c.is(i, "listening-port"):
			c.int(i + 1)
		case c.is(i, "ip-address"):
			if len(value) >= longestHost {
				c.fail(fmt.Sprintf("ERR REPLCONF ip-address provided by replica instance is too long: %d bytes", len(value)))
			}
		case c.is(i, "capa"):
		case c.is(i, "ack"), c.is(i, "getack"):
			return Replies() // Redis does not answer either
		case c.is(i, "rdb-only"):
			if n := c.int(i + 1); n != 0 && n != 1 {
				c.fail("ERR value is out of range, value must between 0 and 1")
			}
		case c.is(i, "rdb-filter-only"):
			c.replicaFilter(value)
		default:
			c.fail(ErrorLine("ERR Unrecognized REPLCONF option: " + cString(c.arg(i))))
		}
	}
	return OK
}

// longestHost is of how many bytes the address of a replica must be less.
const longestHost = 256

// replicaFilter reads what a replica wants of the data.
func (c *Call) replicaFilter(line string) {
	words, err := SplitWords(cString(line))
	if err != nil {
		c.fail("ERR Missing rdb-filter-only values")
	}
	for _, w := range words {
		if text := cString(w.Text); !equalFold(text, "functions") {
			c.fail(ErrorLine("ERR Unsupported rdb-filter-only option: " + text))
		}
	}
}

func role(*Call) Reply { return Array(Bulk("master"), Int(0), Array()) }

// waitForReplicas answers how many replicas have what was written. There are
// none, and none can come: who wants some gets to wait all the time that he gives.
func waitForReplicas(c *Call) Reply {
	wanted := c.int(1)
	timeout := c.intOr(2, "ERR timeout is not an integer or out of range")
	if timeout < 0 {
		c.fail("ERR timeout is negative")
	}
	none := Int(0)
	if wanted > 0 {
		c.wait(&Waiter{Timeout: milliseconds(timeout), None: none})
	}
	return none
}

// LacksReplicas says whether Config asks for replicas, of which there are none.
func (db *DB) LacksReplicas() bool {
	return db.Config.MinReplicasToWrite > 0 && db.Config.MinReplicasMaxLag > 0
}
