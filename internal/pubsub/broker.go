// Package pubsub is publish and subscribe: who has subscribed to what, and
// messages that wait for their subscriber.
//
//	backlog.go  Backlog: how much may wait for a subscriber
//	broker.go   Broker: who gets what is published
//	client.go   Client: the subscriptions of one subscriber
//	queue.go    Queue: a subscriber that takes its messages one by one
package pubsub

import (
	"slices"
	"sync"
)

// A Kind says what a subscription is to.
type Kind uint8

const (
	Channel Kind = iota // a channel: SUBSCRIBE, PUBLISH
	Pattern             // the channels that fit a glob pattern: PSUBSCRIBE, PUBLISH
	Shard               // a shard channel: SSUBSCRIBE, SPUBLISH
	kinds
)

// A Message is what a subscriber gets, by a subscription of the kind.
type Message struct {
	Kind    Kind
	Pattern string // by which it came, if it is a Pattern
	Channel string
	Payload string
}

// A Subscriber receives messages, in the order in which they were published.
// Whoever publishes calls Message, under a lock: it must not block, nor
// publish.
type Subscriber interface {
	Message(Message)
}

// A Broker knows who has subscribed to what. The zero Broker knows of nobody
// and is ready to use. It may be used by several goroutines.
type Broker struct {
	mu       sync.Mutex
	clients  [kinds]map[string][]*Client // in the order in which they subscribed
	patterns []*pattern                  // and so these, with some that are gone,
	byText   map[string]*pattern         // which are not here
	over     chan struct{}               // nil: nobody has asked for it
	closed   bool
}

// A pattern has subscribers, or had them.
type pattern struct {
	text string
	gone bool
}

// Close ends all queues, also those to come: who receives from them gets what
// waits, and then ErrClosed.
func (b *Broker) Close() {
	over := b.done()
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		close(over)
	}
}

// done returns what Close closes.
func (b *Broker) done() chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over == nil {
		b.over = make(chan struct{})
	}
	return b.over
}

// A Publication is a message on its way to each of the subscribers that there
// were when it was published, once for each of their subscriptions.
type Publication []delivery

type delivery struct {
	to      *Client
	message Message
}

// Send delivers the message.
func (p Publication) Send() {
	for _, d := range p {
		d.to.subscriber.Message(d.message)
	}
}

// Publish addresses the payload to the subscribers of the channel and, if it is
// no Shard, of the patterns that it matches. Its time is linear in the number
// of patterns that there are.
func (b *Broker) Publish(k Kind, channel, payload string, match func(pattern, channel string) bool) (p Publication) {
	b.mu.Lock()
	defer b.mu.Unlock() // match may panic
	for _, c := range b.clients[k][channel] {
		p = append(p, delivery{c, Message{Kind: k, Channel: channel, Payload: payload}})
	}
	if k == Shard {
		return p
	}
	for _, pattern := range b.patterns {
		if !pattern.gone && match(pattern.text, channel) {
			for _, c := range b.clients[Pattern][pattern.text] {
				p = append(p, delivery{c, Message{Pattern, pattern.text, channel, payload}})
			}
		}
	}
	return p
}

// Names returns what there are subscriptions to, in order.
func (b *Broker) Names(k Kind) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return sortedKeys(b.clients[k])
}

// Subscribers returns how many have subscribed to name.
func (b *Broker) Subscribers(k Kind, name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.clients[k][name])
}

// Patterns returns how many patterns have subscribers.
func (b *Broker) Patterns() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.byText)
}

// Busy says whether there are subscribers to channels or patterns.
func (b *Broker) Busy() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.byText) > 0 || len(b.clients[Channel]) > 0
}

func (b *Broker) add(c *Client, k Kind, name string) {
	if b.clients[k] == nil {
		b.clients[k] = make(map[string][]*Client)
	}
	if k == Pattern && b.byText[name] == nil {
		if b.byText == nil {
			b.byText = make(map[string]*pattern)
		}
		p := &pattern{text: name}
		b.byText[name] = p
		b.patterns = append(b.patterns, p)
	}
	b.clients[k][name] = append(b.clients[k][name], c)
}

// remove takes time linear in the number of subscribers of name.
func (b *Broker) remove(c *Client, k Kind, name string) {
	left := slices.DeleteFunc(b.clients[k][name], func(other *Client) bool { return other == c })
	if b.clients[k][name] = left; len(left) > 0 {
		return
	}
	delete(b.clients[k], name)
	if k == Pattern {
		b.byText[name].gone = true
		delete(b.byText, name)
		if len(b.patterns) >= 2*len(b.byText) { // constant time for each of them
			b.patterns = slices.DeleteFunc(b.patterns, func(p *pattern) bool { return p.gone })
		}
	}
}
