package command

import (
	"strings"

	"github.com/luastore/luastore/internal/pubsub"
)

// Publish and subscribe: messages to channels, which have nothing to do with
// keys.
var pubSubCommands = []Row{
	{Name: "psubscribe", Arity: -2, Flags: PubSub | NoScript | Loading | Stale | WhileSubscribed, Channels: Channels{Last: -1, Pattern: true}, Run: subscribe(pubsub.Pattern)},
	{Name: "publish", Arity: 3, Flags: PubSub | Loading | Stale | Fast | MayReplicate, Channels: Channels{Last: 1}, Run: publish(pubsub.Channel)},
	{Name: "pubsub", Arity: -2},
	{Name: "pubsub|channels", Arity: -2, Flags: PubSub | Loading | Stale, Run: pubSubNames(pubsub.Channel)},
	{Name: "pubsub|help", Arity: 2, Flags: Loading | Stale, Run: pubSubHelp},
	{Name: "pubsub|numpat", Arity: 2, Flags: PubSub | Loading | Stale, Run: pubSubNumPat},
	{Name: "pubsub|numsub", Arity: -2, Flags: PubSub | Loading | Stale, Run: pubSubNumSub(pubsub.Channel)},
	{Name: "pubsub|shardchannels", Arity: -2, Flags: PubSub | Loading | Stale, Run: pubSubNames(pubsub.Shard)},
	{Name: "pubsub|shardnumsub", Arity: -2, Flags: PubSub | Loading | Stale, Run: pubSubNumSub(pubsub.Shard)},
	{Name: "punsubscribe", Arity: -1, Flags: PubSub | NoScript | Loading | Stale | WhileSubscribed, Run: unsubscribe(pubsub.Pattern)},
	{Name: "spublish", Arity: 3, Flags: PubSub | Loading | Stale | Fast | MayReplicate, Keys: oneKey(NotKey), Channels: Channels{Last: 1}, Run: publish(pubsub.Shard)},
	{Name: "ssubscribe", Arity: -2, Flags: PubSub | NoScript | Loading | Stale | WhileSubscribed, Keys: allKeys(NotKey), Channels: Channels{Last: -1}, Run: subscribe(pubsub.Shard)},
	{Name: "subscribe", Arity: -2, Flags: PubSub | NoScript | Loading | Stale | WhileSubscribed, Channels: Channels{Last: -1}, Run: subscribe(pubsub.Channel)},
	{Name: "sunsubscribe", Arity: -1, Flags: PubSub | NoScript | Loading | Stale | WhileSubscribed, Keys: allKeys(NotKey), Run: unsubscribe(pubsub.Shard)},
	{Name: "unsubscribe", Arity: -1, Flags: PubSub | NoScript | Loading | Stale | WhileSubscribed, Run: unsubscribe(pubsub.Channel)},
}

// subscriber returns the client of the session, or fails the call.
func (c *Call) subscriber() *pubsub.Client {
	if c.s.Client == nil {
		c.fail("ERR " + strings.ToUpper(c.cmd.Name) + " needs a connection, to send messages to: in Go, use Store.Subscribe and Store.PSubscribe")
	}
	return c.s.Client.subscriptions
}

// subscribe answers for each of the channels or patterns how many subscriptions
// there are with it.
func subscribe(k pubsub.Kind) func(*Call) Reply {
	return func(c *Call) Reply {
		s := c.subscriber()
		if k == pubsub.Shard && c.db.executing == c.s {
			c.fail("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client")
		}
		c.UndoingOnce(s, s.Save)
		replies := c.room(len(c.args) - 1)
		c.reserveElems(3 * (len(c.args) - 1))
		for _, name := range c.args[1:] {
			replies = append(replies, Push(Bulk(c.cmd.Name), Bulk(name), Int(s.Subscribe(k, name))))
		}
		c.s.hooks |= hookSubscribed
		c.db.limitClient(c.s)
		return Replies(replies...)
	}
}

// unsubscribe answers for each of the channels or patterns, all where none is
// given, how many subscriptions are left without it.
func unsubscribe(k pubsub.Kind) func(*Call) Reply {
	return func(c *Call) Reply {
		s := c.subscriber()
		names := c.args[1:]
		if len(names) == 0 {
			names = s.Names(k)
		}
		c.UndoingOnce(s, s.Save)
		replies := c.room(len(names))
		c.reserveElems(3 * len(names))
		for _, name := range names {
			replies = append(replies, Push(Bulk(c.cmd.Name), Bulk(name), Int(s.Unsubscribe(k, name))))
		}
		if len(names) == 0 {
			replies = append(replies, Push(Bulk(c.cmd.Name), Reply{}, Int(s.Count(k))))
		}
		if s.Count(pubsub.Channel)+s.Count(pubsub.Shard) == 0 {
			c.s.hooks &^= hookSubscribed
			c.db.limitClient(c.s)
		}
		return Replies(replies...)
	}
}

func publish(k pubsub.Kind) func(*Call) Reply {
	return func(c *Call) Reply {
		channel, payload := c.arg(1), c.arg(2)
		p := c.db.Broker.Publish(k, channel, payload, func(pattern, channel string) bool { return c.glob(pattern, channel, false) })
		if len(p) == 0 {
			return Int(0)
		}
		c.hold(len(p)*newsSize + len(channel) + len(payload))
		c.db.news = append(c.db.news, news{message: p})
		return Int(len(p))
	}
}

func pubSubNames(k pubsub.Kind) func(*Call) Reply {
	return func(c *Call) Reply {
		if len(c.args) > 3 {
			c.fail(errSubcommand("pubsub", c.arg(1)))
		}
		names := c.db.Broker.Names(k)
		elems := c.room(len(names))
		for _, name := range names {
			if len(c.args) == 2 || c.glob(c.arg(2), name, false) {
				elems = append(elems, Bulk(name))
			}
		}
		return Array(elems...)
	}
}

func pubSubHelp(c *Call) Reply {
	return c.Help(
		"CHANNELS [<pattern>]",
		"    Return the currently active channels matching a <pattern> (default: '*').",
		"NUMPAT",
		"    Return number of subscriptions to patterns.",
		"NUMSUB [<channel> ...]",
		"    Return the number of subscribers for the specified channels, excluding",
		"    pattern subscriptions(default: no channels).",
		"SHARDCHANNELS [<pattern>]",
		"    Return the currently active shard level channels matching a <pattern> (default: '*').",
		"SHARDNUMSUB [<shardchannel> ...]",
		"    Return the number of subscribers for the specified shard level channel(s)",
	)
}

func pubSubNumPat(c *Call) Reply { return Int(c.db.Broker.Patterns()) }

func pubSubNumSub(k pubsub.Kind) func(*Call) Reply {
	return func(c *Call) Reply {
		names := c.args[2:]
		elems := c.room(2 * len(names))
		for _, name := range names {
			elems = append(elems, Bulk(name), Int(c.db.Broker.Subscribers(k, name)))
		}
		return Array(elems...)
	}
}
