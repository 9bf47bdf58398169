package command

import (
	"strings"

	"github.com/luastore/luastore/internal/pubsub"
)

// Publish and subscribe: messages to channels, which have nothing to do with
// keys.
var pubSubCommands = []Row{
	{"psubscribe", -2, PubSub | NoScript | Loading | Stale, nil, needsSubscriber},
	{"publish", 3, PubSub | Loading | Stale | Fast | MayReplicate, nil, publish(pubsub.Channel)},
	{"pubsub", -2, 0, nil, nil},
	{"pubsub|channels", -2, PubSub | Loading | Stale, nil, pubSubNames(pubsub.Channel)},
	{"pubsub|help", 2, Loading | Stale, nil, pubSubHelp},
	{"pubsub|numpat", 2, PubSub | Loading | Stale, nil, pubSubNumPat},
	{"pubsub|numsub", -2, PubSub | Loading | Stale, nil, pubSubNumSub(pubsub.Channel)},
	{"pubsub|shardchannels", -2, PubSub | Loading | Stale, nil, pubSubNames(pubsub.Shard)},
	{"pubsub|shardnumsub", -2, PubSub | Loading | Stale, nil, pubSubNumSub(pubsub.Shard)},
	{"punsubscribe", -1, PubSub | NoScript | Loading | Stale, nil, needsSubscriber},
	{"spublish", 3, PubSub | Loading | Stale | Fast | MayReplicate, oneKey(NotKey), publish(pubsub.Shard)},
	{"ssubscribe", -2, PubSub | NoScript | Loading | Stale, allKeys(NotKey), needsSubscriber},
	{"subscribe", -2, PubSub | NoScript | Loading | Stale, nil, needsSubscriber},
	{"sunsubscribe", -1, PubSub | NoScript | Loading | Stale, allKeys(NotKey), needsSubscriber},
	{"unsubscribe", -1, PubSub | NoScript | Loading | Stale, nil, needsSubscriber},
}

// needsSubscriber refuses what only a caller can do to whom messages can be
// sent.
func needsSubscriber(c *Call) Reply {
	c.fail("ERR " + strings.ToUpper(c.cmd.Name) + " needs a connection, to send messages to: in Go, use Store.Subscribe and Store.PSubscribe")
	return Reply{}
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
