package pubsub

import (
	"maps"
	"slices"
)

// A Client is a subscriber with its subscriptions, such as a connection has.
// It may be used by several goroutines.
type Client struct {
	broker     *Broker
	subscriber Subscriber

	// What the Broker's mutex guards:
	names  [kinds]map[string]bool
	closed bool
}

// NewClient returns a Client without subscriptions, whose messages go to s.
func (b *Broker) NewClient(s Subscriber) *Client { return &Client{broker: b, subscriber: s} }

// Subscribe subscribes to name, if the client has not, and is not closed. It
// returns how many subscriptions the client has then, as SUBSCRIBE counts them:
// those to channels and patterns together, or those to shard channels.
func (c *Client) Subscribe(k Kind, name string) int {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	if !c.closed && !c.names[k][name] {
		if c.names[k] == nil {
			c.names[k] = make(map[string]bool)
		}
		c.names[k][name] = true
		c.broker.add(c, k, name)
	}
	return c.count(k)
}

// Unsubscribe ends the subscription to name, if there is one, and returns how
// many are left, as Subscribe does.
func (c *Client) Unsubscribe(k Kind, name string) int {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	if c.names[k][name] {
		delete(c.names[k], name)
		c.broker.remove(c, k, name)
	}
	return c.count(k)
}

// Names returns what the client has subscribed to, in order.
func (c *Client) Names(k Kind) []string {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	return sortedKeys(c.names[k])
}

// Save returns a function that makes the subscriptions again those that there are
// now, where they have changed since. It takes time linear in their number.
func (c *Client) Save() (restore func()) {
	var before [kinds][]string
	for k := range kinds {
		before[k] = c.Names(k)
	}
	return func() {
		for k, names := range before {
			k := Kind(k)
			for _, name := range c.Names(k) {
				if _, stays := slices.BinarySearch(names, name); !stays {
					c.Unsubscribe(k, name)
				}
			}
			for _, name := range names {
				c.Subscribe(k, name)
			}
		}
	}
}

// Close ends all subscriptions for good.
func (c *Client) Close() {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	for k, names := range c.names {
		for name := range names {
			c.broker.remove(c, Kind(k), name)
		}
		c.names[k] = nil
	}
	c.closed = true
}

// Count returns how many subscriptions there are, as Subscribe does.
func (c *Client) Count(k Kind) int {
	c.broker.mu.Lock()
	defer c.broker.mu.Unlock()
	return c.count(k)
}

func (c *Client) count(k Kind) int {
	if k == Shard {
		return len(c.names[Shard])
	}
	return len(c.names[Channel]) + len(c.names[Pattern])
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
