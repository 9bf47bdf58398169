package pubsub

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var ctx = context.Background()

func TestQueueOrder(t *testing.T) {
	var b Broker
	q := b.NewQueue()
	q.Subscribe(Channel, "c")
	const messages = 10_000
	go func() {
		for i := range messages {
			b.Publish(Channel, "c", string(rune('a'+i%26)), nil).Send()
		}
	}()
	for i := range messages {
		m, err := q.Receive(ctx)
		if want := string(rune('a' + i%26)); err != nil || m.Payload != want {
			t.Fatalf("message %d is %v, %v; want %s", i, m, err, want)
		}
	}
	if q.size != 0 {
		t.Errorf("an empty queue counts %d bytes", q.size)
	}
}

// Of several who wait, each message goes to one.
func TestQueueManyReceivers(t *testing.T) {
	const receivers, messages = 8, 10_000
	var b Broker
	q := b.NewQueue()
	q.Subscribe(Channel, "c")
	var all sync.WaitGroup
	var got [receivers]int
	for i := range receivers {
		all.Go(func() {
			for {
				m, err := q.Receive(ctx)
				if err != nil || m.Payload == "" {
					return
				}
				got[i]++
			}
		})
	}
	for range messages {
		b.Publish(Channel, "c", "x", nil).Send()
	}
	for range receivers {
		b.Publish(Channel, "c", "", nil).Send() // the end
	}
	all.Wait()
	sum := 0
	for _, n := range got {
		sum += n
	}
	if sum != messages {
		t.Errorf("%d of %d messages arrived", sum, messages)
	}
}

// One who stops to wait leaves the message to another, even if it was the one to be
// told of it, and whatever its context does.
func TestQueueLeavesMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for round := range 100 {
			var b Broker
			q := b.NewQueue()
			q.Subscribe(Channel, "c")
			got := make(chan string)
			for i := range 2 {
				c := &failing{Context: ctx, after: 2}
				go func() {
					defer func() {
						if p := recover(); p != nil {
							got <- ""
						}
					}()
					var m Message
					var err error
					if i == round%2 {
						m, err = q.Receive(c)
					} else {
						m, err = q.Receive(ctx)
					}
					if err != nil {
						t.Error(err)
					}
					got <- m.Payload
				}()
			}
			synctest.Wait()
			b.Publish(Channel, "c", "x", nil).Send()
			synctest.Wait()
			first := <-got
			if first == "" {
				first = <-got
			} else {
				b.Publish(Channel, "c", "y", nil).Send()
				<-got
			}
			if first != "x" {
				t.Errorf("received %q", first)
			}
			q.Close()
		}
	})
}

// failing is a context that panics when it is asked for the nth time.
type failing struct {
	context.Context
	after int
}

func (f *failing) Err() error {
	if f.after--; f.after <= 0 {
		panic("no")
	}
	return f.Context.Err()
}

func TestQueueEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Broker
		q := b.NewQueue()
		q.Subscribe(Channel, "c")
		waiting, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		begin := time.Now()
		if _, err := q.Receive(waiting); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Hour {
			t.Errorf("Receive = %v after %v; want the deadline exceeded after an hour", err, time.Since(begin))
		}
		b.Publish(Channel, "c", "x", nil).Send()
		if _, err := q.Receive(waiting); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Receive = %v with a context that has ended", err)
		}
		q.Receive(ctx) // what waits
		for range 2 {
			go func() {
				if _, err := q.Receive(ctx); err != ErrClosed {
					t.Errorf("Receive = %v, want ErrClosed", err)
				}
			}()
		}
		synctest.Wait()
		q.Close()
		q.Close()
		synctest.Wait()
		if _, err := q.Receive(ctx); err != ErrClosed {
			t.Errorf("Receive = %v, want ErrClosed", err)
		}
		if n := b.Subscribers(Channel, "c"); n != 0 {
			t.Errorf("%d subscriptions are left", n)
		}
	})
}

// A queue that nobody empties ends where Redis would close the connection.
func TestSlowSubscriber(t *testing.T) {
	mb := strings.Repeat("x", 1<<20)
	for _, test := range []struct {
		name   string
		do     func(b *Broker, q *Queue)
		ends   bool
		during time.Duration
	}{
		{"31 MB", func(b *Broker, q *Queue) { publish(b, mb, 31) }, false, 0},
		{"32 MB", func(b *Broker, q *Queue) { publish(b, mb, 32) }, true, 0},
		{"many small ones", func(b *Broker, q *Queue) { publish(b, "", hardLimit/messageSize) }, true, 0},
		{"9 MB for a minute", func(b *Broker, q *Queue) {
			publish(b, mb, 9)
			time.Sleep(time.Minute)
			publish(b, "", 1)
		}, false, time.Minute},
		{"9 MB for longer", func(b *Broker, q *Queue) {
			publish(b, mb, 9)
			time.Sleep(time.Minute + 1)
			publish(b, "", 1)
		}, true, time.Minute + 1},
		{"7 MB for longer", func(b *Broker, q *Queue) {
			publish(b, mb, 7)
			time.Sleep(time.Hour)
			publish(b, "", 1)
		}, false, time.Hour},
		{"9 MB and again, received in between", func(b *Broker, q *Queue) {
			publish(b, mb, 9)
			time.Sleep(50 * time.Second)
			q.Receive(ctx)
			q.Receive(ctx)
			publish(b, mb, 2)
			time.Sleep(50 * time.Second)
			publish(b, "", 1)
		}, false, 100 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b Broker
				q := b.NewQueue()
				q.Subscribe(Channel, "c")
				begin := time.Now()
				test.do(&b, q)
				if took := time.Since(begin); took != test.during {
					t.Fatalf("it took %v", took)
				}
				_, err := q.Receive(ctx)
				if ended := err == ErrSlow; ended != test.ends || !ended && err != nil {
					t.Errorf("Receive = %v", err)
				}
				if subscribed := b.Subscribers(Channel, "c") > 0; subscribed == test.ends {
					t.Errorf("subscribed: %t", subscribed)
				}
			})
		})
	}
}

func publish(b *Broker, payload string, times int) {
	for range times {
		b.Publish(Channel, "c", payload, nil).Send()
	}
}
