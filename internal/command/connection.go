package command

import (
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/pubsub"
)

// Who is calling, and when.
var (
	connectionCommands = []Row{
		{Name: "asking", Arity: 1, Flags: Fast, Run: noCluster},
		{Name: "echo", Arity: 2, Flags: Loading | Stale | Fast, Run: echo},
		{Name: "hello", Arity: -1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, Secrets: helloSecrets, Run: hello},
		{Name: "ping", Arity: -1, Flags: Fast | WhileSubscribed, Tips: []string{AllShards, AllSucceed}, Run: ping},
		{Name: "quit", Arity: -1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy | NoQueue | EndsQueue | WhileSubscribed, Run: quit},
		{Name: "readonly", Arity: 1, Flags: Loading | Stale | Fast, Run: noCluster},
		{Name: "readwrite", Arity: 1, Flags: Loading | Stale | Fast, Run: noCluster},
		{Name: "reset", Arity: 1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy | NoQueue | EndsQueue | WhileSubscribed, Run: reset},
		{Name: "select", Arity: 2, Flags: Loading | Stale | Fast, Run: selectDB},
	}
	serverCommands = []Row{
		{Name: "time", Arity: 1, Flags: Loading | Stale | Fast, Tips: []string{AnyOutput}, Run: serverTime},
	}
)

func echo(c *Call) Reply { return Bulk(c.arg(1)) }

func hello(c *Call) Reply {
	client := c.client()
	resp, name := c.s.RESP, client.name
	if len(c.args) > 1 {
		resp = int(c.intOr(1, "ERR Protocol version is not an integer or out of range"))
		if resp < 2 || resp > 3 {
			c.fail("NOPROTO unsupported protocol version")
		}
	}
	for i := 2; i < len(c.args); i++ {
		switch more := len(c.args) - 1 - i; {
		case c.is(i, "auth") && more >= 2:
			c.authenticate(c.arg(i+1), c.arg(i+2))
			i += 2
		case c.is(i, "setname") && more >= 1:
			name = c.clientWord(i+1, errClientName)
			i++
		default:
			c.fail(ErrorLine("ERR Syntax error in HELLO option '" + cString(c.arg(i)) + "'"))
		}
	}
	if c.s.Stranger() {
		c.fail("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> " +
			"option can be used to authenticate the client and select the RESP protocol version at the same time")
	}
	c.s.RESP, client.name = max(resp, 2), name
	return Map(
		Bulk("server"), Bulk("redis"),
		Bulk("version"), Bulk(Version),
		Bulk("proto"), Int(c.s.RESP),
		Bulk("id"), Int(client.id),
		Bulk("mode"), Bulk("standalone"),
		Bulk("role"), Bulk("master"),
		Bulk("modules"), Array())
}

func ping(c *Call) Reply {
	if len(c.args) > 2 {
		c.fail(errArity(c.cmd.Name))
	}
	if c.s.hooks&hookSubscribed != 0 && c.s.RESP != 3 {
		return Bulks("pong", strings.Join(c.args[1:], ""))
	}
	if len(c.args) == 2 {
		return Bulk(c.arg(1))
	}
	return Status("PONG")
}

// client returns the client of the session, or fails the call.
func (c *Call) client() *Client {
	if c.s.Client == nil {
		c.fail("ERR " + strings.ToUpper(strings.ReplaceAll(c.cmd.Name, "|", " ")) + " needs a connection: see package redisconn")
	}
	return c.s.Client
}

func quit(c *Call) Reply {
	c.client().Closing = true
	return OK
}

// reset makes the session what it was when it began.
func reset(c *Call) Reply {
	client := c.client()
	for kind := range pubsub.Shard + 1 {
		for _, name := range client.subscriptions.Names(kind) {
			client.subscriptions.Unsubscribe(kind, name)
		}
	}
	c.db.stopMonitor(c.s)
	c.s.EndTransaction()
	c.db.stopTracking(c.s)
	client.name = ""
	client.silence.Store(speaks)
	c.s.Selected, c.s.RESP = 0, 2
	c.s.hooks &^= hookSubscribed
	c.db.limitClient(c.s)
	c.db.forgetUser(c.s)
	return Status("RESET")
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

// helloSecrets returns which arguments of HELLO are the user and the password, as
// far as its options are right.
func helloSecrets(args []string) (secrets []int) {
	for at := 2; at < len(args); at++ {
		switch more := len(args) - 1 - at; {
		case equalFold(args[at], "auth") && more >= 2:
			secrets = append(secrets, at+1, at+2)
			at += 2
		case equalFold(args[at], "setname") && more >= 1:
			at++
		default:
			return secrets
		}
	}
	return secrets
}
