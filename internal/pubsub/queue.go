package pubsub

import (
	"context"
	"errors"
	"sync"
	"unsafe"
)

// Why a Queue has no more messages.
var (
	ErrClosed = errors.New("luastore: closed")
	ErrSlow   = errors.New("luastore: subscription ended: too many messages wait to be received")
)

const messageSize = int(unsafe.Sizeof(Message{}))

func (m *Message) size() int { return messageSize + len(m.Pattern) + len(m.Channel) + len(m.Payload) }

// A Queue is a Subscriber that keeps its messages until they are received. It
// ends with ErrSlow, and forgets them, if they become too many. It may be used
// by several goroutines.
type Queue struct {
	*Client

	mu       sync.Mutex
	messages []Message
	size     int // of the messages, in bytes
	backlog  Backlog
	end      error           // why there are no more; nil: it goes on
	news     chan struct{}   // tells one who waits to look
	ended    chan struct{}   // is closed with the queue,
	over     <-chan struct{} // and with the broker
}

// NewQueue returns a Queue that is a client of b without subscriptions.
func (b *Broker) NewQueue() *Queue {
	q := &Queue{news: make(chan struct{}, 1), ended: make(chan struct{}), over: b.done()}
	q.Client = b.NewClient(q)
	return q
}

// Message appends a message.
func (q *Queue) Message(m Message) {
	if !q.append(m) {
		q.close(ErrSlow)
	}
}

// append says whether there was room for the message.
func (q *Queue) append(m Message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.end != nil {
		return true
	}
	q.messages = append(q.messages, m)
	if q.size += m.size(); !q.backlog.Fits(q.size) {
		return false
	}
	q.tellOne()
	return true
}

// Receive returns the next message. It waits for one until the context ends,
// whose error it returns then.
func (q *Queue) Receive(ctx context.Context) (m Message, err error) {
	received := false
	defer func() {
		if !received { // another must look in the place of this one, who may have been told to
			q.mu.Lock()
			defer q.mu.Unlock()
			q.tellOne()
		}
	}()
	for {
		if err := ctx.Err(); err != nil {
			return Message{}, err
		}
		if m, received, err = q.next(); received || err != nil {
			return m, err
		}
		select {
		case <-q.news:
		case <-q.ended:
		case <-q.over:
			q.Close()
		case <-ctx.Done():
		}
	}
}

// next takes the first message, if there is one, or returns why there will be
// none.
func (q *Queue) next() (m Message, ok bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.messages) == 0 {
		return m, false, q.end
	}
	m, q.messages[0] = q.messages[0], Message{}
	q.messages = q.messages[1:]
	q.size -= m.size()
	q.backlog.Fits(q.size) // it does, and it may be little again
	q.tellOne()
	return m, true, nil
}

// tellOne tells one who waits to look, if there is something to see and none
// was told before. The queue is locked.
func (q *Queue) tellOne() {
	if len(q.messages) > 0 {
		select {
		case q.news <- struct{}{}:
		default:
		}
	}
}

// Close ends the queue, and with it the subscriptions. Receive returns
// ErrClosed then.
func (q *Queue) Close() { q.close(ErrClosed) }

func (q *Queue) close(why error) {
	q.Client.Close()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.end == nil {
		q.end, q.messages, q.size = why, nil, 0
		close(q.ended)
	}
}
