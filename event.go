package luastore

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/luastore/luastore/internal/pubsub"
)

// What a store tells: events of keys, traces of commands, and messages.

// An Event says what happened to a key, in the words of Redis's keyspace
// notifications: set, del, expire, hset, lpush, rename_from, …, and new for a
// key that was made. That a key has expired is found out by a call that looks
// for it, or by one of the next calls.
type Event struct {
	Name string
	Key  string
	DB   int
}

// events are on their way to Options.OnEvent. Calls append what they did while
// they hold the store's lock; one of them at a time delivers, without it.
type events struct {
	mu         sync.Mutex
	queue      []Event
	delivering bool
}

func (q *events) append(db int, name, key string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, Event{name, key, db})
}

// deliver calls to with each event, unless another does already: that one goes
// on until there are no more. What to does with the store itself comes that way
// too. If a connection made the call it gives its turn to others, which to may use.
func (q *events) deliver(to func(Event), by *connection) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.delivering || len(q.queue) == 0 {
		return
	}
	q.delivering = true
	if by != nil {
		by.stepOut()
	}
	defer func() { q.delivering = false }() // if to panics, the next call goes on
	for len(q.queue) > 0 {
		e := q.queue[0]
		q.queue[0] = Event{}
		q.queue = q.queue[1:]
		func() {
			q.mu.Unlock()
			defer q.mu.Lock()
			to(e)
		}()
	}
	q.queue = nil
}

// A TraceEvent is a command that a script or function called.
type TraceEvent struct {
	SHA      string        // the script's SHA-1 in hexadecimal,
	Name     string        // and its name, if it came from a file: see LoadScript;
	Function string        // or the name of the function
	Line     int           // where it is called, counted from 1; 0 outside of the script's text
	Args     []string      // the command, its name first
	Reply    Reply         // what it answered, an error too
	Duration time.Duration // that it took, by the system's clock
}

// A Message was published to a channel, by PUBLISH in Go or in a script.
type Message struct {
	Channel string
	Pattern string // by which it came, or "" if by the name of the channel
	Payload string
}

// Why a Subscription has no more messages. ErrClosed is also the error of every
// call of a Store that was closed.
var (
	// ErrClosed: Close was called, that of the Subscription or of the Store.
	ErrClosed = pubsub.ErrClosed
	// ErrSlow: more waited to be received than Redis allows, which is 32 MB, or
	// for a minute 8 MB.
	ErrSlow = pubsub.ErrSlow
)

// A Subscription receives the messages of channels, in the order in which they
// were published. They wait until they are received, without holding up who
// publishes. Close it after use. It may be used by several goroutines; each
// message goes to one of them.
type Subscription struct{ queue *pubsub.Queue }

// Subscribe subscribes to the channels, as SUBSCRIBE does: from its return on
// no message is missed. More can be added, or none be given at first.
func (s *Store) Subscribe(channels ...string) *Subscription {
	sub := s.subscription()
	sub.Subscribe(channels...)
	return sub
}

// PSubscribe subscribes to all channels that match one of the glob patterns, as
// PSUBSCRIBE does.
func (s *Store) PSubscribe(patterns ...string) *Subscription {
	sub := s.subscription()
	sub.PSubscribe(patterns...)
	return sub
}

func (s *Store) subscription() *Subscription {
	s.once.Do(s.init)
	return &Subscription{s.db.Broker.NewQueue()}
}

// Receive waits for the next message. It fails if the context ends, or with
// [ErrClosed] or [ErrSlow].
func (s *Subscription) Receive(ctx context.Context) (Message, error) {
	if ctx == nil {
		return Message{}, errNilContext
	}
	m, err := s.queue.Receive(ctx)
	return Message{m.Channel, m.Pattern, m.Payload}, err
}

// Messages yields what Receive returns, up to its first error; ErrClosed only
// ends it.
func (s *Subscription) Messages(ctx context.Context) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			m, err := s.Receive(ctx)
			if err == ErrClosed || !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// Subscribe adds channels.
func (s *Subscription) Subscribe(channels ...string) { s.add(pubsub.Channel, channels) }

// PSubscribe adds patterns.
func (s *Subscription) PSubscribe(patterns ...string) { s.add(pubsub.Pattern, patterns) }

func (s *Subscription) add(k pubsub.Kind, names []string) {
	for _, name := range names {
		s.queue.Subscribe(k, name)
	}
}

// Unsubscribe removes channels; none given, all. Messages that wait stay.
func (s *Subscription) Unsubscribe(channels ...string) { s.remove(pubsub.Channel, channels) }

// PUnsubscribe removes patterns; none given, all. Messages that wait stay.
func (s *Subscription) PUnsubscribe(patterns ...string) { s.remove(pubsub.Pattern, patterns) }

func (s *Subscription) remove(k pubsub.Kind, names []string) {
	if len(names) == 0 {
		names = s.queue.Names(k)
	}
	for _, name := range names {
		s.queue.Unsubscribe(k, name)
	}
}

// Close ends the subscription. Messages that wait are lost.
func (s *Subscription) Close() error {
	s.queue.Close()
	return nil
}
