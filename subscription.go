package luastore

import (
	"context"
	"iter"

	"github.com/luastore/luastore/internal/pubsub"
)

// A Message was published to a channel, by PUBLISH in Go or in a script.
type Message struct {
	Channel string
	Pattern string // by which it came, or "" if by the name of the channel
	Payload string
}

// Why a Subscription has no more messages.
var (
	// ErrClosed: Close was called.
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
