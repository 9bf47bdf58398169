package luastore

import "sync"

// An Event says what happened to a key, in the words of Redis's keyspace
// notifications: set, del, expire, hset, lpush, rename_from, …, and new for a
// key that was made. That a key has expired is found out by a call that looks
// for it, or by one of the next 16.
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
// too.
func (q *events) deliver(to func(Event)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.delivering {
		return
	}
	q.delivering = true
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
