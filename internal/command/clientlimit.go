package command

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/luastore/luastore/internal/pubsub"
)

// The limits of connections: how many there may be (maxclients), how long one may
// be idle (timeout), how much of a request and of replies one may leave in its
// buffers (client-query-buffer-limit, client-output-buffer-limit), and how much
// memory all may take together (maxmemory-clients). The buffers are package
// redisconn's: it tells how much is in them.

// An OutputLimit bounds the memory of the replies and messages that a client
// has not read.
type OutputLimit struct {
	Hard    uint64 // bytes at which the connection ends; 0: any number
	Soft    uint64 // bytes at which it ends after more than Seconds; 0: any number
	Seconds int32
}

// OutputLimits are the limits of the limitedClasses.
type OutputLimits [3]OutputLimit

// limitedClasses are the classes of connections that have an OutputLimit, by the
// names that CONFIG GET has for them.
var limitedClasses = [...]string{normalClass: "normal", replicaClass: "slave", pubsubClass: "pubsub"}

const (
	normalClass = iota
	replicaClass
	pubsubClass
)

var defaultOutputLimits = OutputLimits{
	replicaClass: {256 << 20, 64 << 20, 60},
	pubsubClass:  {32 << 20, 8 << 20, 60},
}

// TooManyClients is the error for a connection beyond maxclients.
const TooManyClients = "ERR max number of clients reached"

// Admits reports whether there may be another connection, and counts a
// connection that is refused.
func (db *DB) Admits() bool {
	if len(db.clients) < db.Config.MaxClients {
		return true
	}
	db.stats.rejectedClients++
	return false
}

// ClientLimits are what holds for a connection now. They are never modified, so
// they may be read without the DB.
type ClientLimits struct {
	MaxQuery int // bytes of requests that are read and have not run
	output   OutputLimit
	counted  bool
	evicts   bool
	replies  replyBuffers
}

// Counted reports whether the DB is to be told when the connection takes more or
// less memory.
func (l *ClientLimits) Counted() bool { return l.counted }

// Evicts reports whether connections are evicted that take too much memory.
func (l *ClientLimits) Evicts() bool { return l.evicts }

// Limits returns what holds for the connection. It may be called without the DB.
func (c *Client) Limits() *ClientLimits { return c.limits.Load() }

// limitClients applies the Config to all connections.
func (db *DB) limitClients() {
	for _, s := range db.clients {
		db.limitClient(s)
	}
	if !db.countsClients() {
		db.clientMemory = 0
	}
}

// limitClient applies the Config to the connection of the session. It must be
// called when its class has changed.
func (db *DB) limitClient(s *Session) {
	c, class := s.Client, normalClass
	if s.hooks&hookSubscribed != 0 {
		class = pubsubClass
	}
	l := ClientLimits{
		MaxQuery: db.Config.MaxQuery,
		output:   db.Config.MaxOutput[class],
		counted:  db.countsClients(),
		evicts:   db.Config.MaxMemoryClients != 0,
		replies:  db.replies,
	}
	was := c.limits.Load()
	if was != nil && *was == l {
		return
	}
	c.limits.Store(&l)
	if !l.counted {
		c.memory = 0
	} else {
		c.changed()
	}
	if was != nil && was.output != l.output && c.Recheck != nil {
		c.Recheck()
	}
}

// A Query tells how much a connection has read of requests that have not run. Its
// fields may be read and written without the DB.
type Query struct {
	Used  atomic.Int64 // bytes in the buffer: qbuf
	Free  atomic.Int64 // room for more bytes: qbuf-free
	Args  atomic.Int64 // bytes of the complete arguments of the request that is being read
	Words atomic.Int64 // number of these arguments
	Read  atomic.Bool  // something was read since the connection's last command
}

// Changed tells the DB that the connection takes more or less memory than before.
// It may be called without the DB.
func (c *Client) Changed() {
	if c.Limits().counted {
		c.changed()
	}
}

func (c *Client) changed() {
	if c.isChanged.CompareAndSwap(false, true) {
		c.db.unsettled.add(c)
	}
}

// Lost tells the DB that the connection has ended: it is forgotten when the turn
// ends, or before the next. It may be called without the DB.
func (c *Client) Lost() {
	if c.isLost.CompareAndSwap(false, true) {
		c.db.unsettled.add(c)
	}
}

// unsettled are connections that have changed, or ended, without the DB.
type unsettled struct {
	n       atomic.Int32
	lock    sync.Mutex
	clients []*Client
}

func (u *unsettled) add(c *Client) {
	u.lock.Lock()
	defer u.lock.Unlock()
	u.clients = append(u.clients, c)
	u.n.Store(int32(len(u.clients)))
}

func (u *unsettled) take() []*Client {
	u.lock.Lock()
	defer u.lock.Unlock()
	clients := u.clients
	u.clients = nil
	u.n.Store(0)
	return clients
}

// settleClients forgets the connections that have ended, and counts the memory of
// those that have changed. It must be called between two commands only.
func (db *DB) settleClients() {
	for _, c := range db.unsettled.take() {
		at, ok := db.findClient(c.id)
		if !ok {
			continue
		}
		if c.isLost.Load() {
			db.Disconnect(db.clients[at])
			continue
		}
		c.isChanged.Store(false)
		if c.Limits().counted {
			db.countClient(db.clients[at])
		}
	}
}

// countClient counts the memory of a connection.
func (db *DB) countClient(s *Session) {
	m := s.clientMemory()
	db.clientMemory += m - s.Client.memory
	s.Client.memory = m
}

// countsClients reports whether it matters how much memory connections take.
func (db *DB) countsClients() bool {
	return db.Config.MaxMemoryClients != 0 || db.Config.MaxMemory > 0
}

// What some things take beside their texts, in bytes.
const (
	clientSize       = int(unsafe.Sizeof(Client{}) + unsafe.Sizeof(Session{}))
	watchedSize      = int(unsafe.Sizeof(watchedKey{}))
	subscriptionSize = 48
	prefixSize       = 64
)

// clientMemory returns how many bytes the connection of the session takes, about:
// its buffers, and what the session keeps.
func (s *Session) clientMemory() int {
	c := s.Client
	out := c.outbox()
	words, args := c.args()
	n := clientSize + out.Room + out.Memory + words*wordSize + args + int(c.Query.Used.Load()+c.Query.Free.Load())
	if t := s.shownTransaction(); t != nil {
		n += t.size
	}
	if t := s.transaction; t != nil {
		n += len(t.watched) * watchedSize
	}
	if s.hooks&hookSubscribed != 0 {
		n += subscriptionSize * (c.subscriptions.Count(pubsub.Channel) + c.subscriptions.Count(pubsub.Shard))
	}
	if c.tracking != nil {
		n += prefixSize * len(c.tracking.prefixes)
	}
	return n
}

// args returns how many arguments of the client's current request have been read,
// and how many bytes these have.
func (c *Client) args() (n, bytes int) {
	words := c.current
	if c.waiting() {
		words = c.waiter.args
	}
	if words == nil {
		return int(c.Query.Words.Load()), int(c.Query.Args.Load())
	}
	for _, w := range words {
		bytes += len(w)
	}
	return len(words), bytes
}

// outbox returns what waits to be sent to the client.
func (c *Client) outbox() Waiting {
	if c.Outbox == nil {
		return Waiting{Room: defaultReplyBuffer}
	}
	return c.Outbox()
}

// buffered returns how many bytes the connections take beyond what an idle one
// does. It counts towards maxmemory.
func (db *DB) buffered() int {
	return max(0, db.clientMemory-len(db.clients)*(clientSize+2*defaultReplyBuffer))
}

// leastClientMemory is the least number of bytes that maxmemory-clients allows,
// so that there is always a way to set another.
const leastClientMemory = 128 << 10

// maxClientMemory returns at how many bytes connections are evicted, or 0.
func (db *DB) maxClientMemory() int {
	n, all := db.Config.MaxMemoryClients, db.Config.MaxMemory
	switch {
	case n < 0 && all > 0:
		n = int64(min(float64(all)*-float64(n)/100, math.MaxInt64/2))
	case n <= 0:
		return 0
	}
	return int(max(min(n, math.MaxInt), leastClientMemory))
}

// evictClients ends connections, those that take most memory first, until all
// take less than maxmemory-clients.
func (db *DB) evictClients() {
	limit := db.maxClientMemory()
	if limit == 0 {
		return
	}
	if db.clientMemory < limit {
		return
	}
	var evictable []*Session
	for _, s := range db.clients {
		if !s.Client.unevictable && !s.Client.monitors {
			db.countClient(s)
			evictable = append(evictable, s)
		}
	}
	slices.SortStableFunc(evictable, func(a, b *Session) int {
		return cmp.Compare(memoryBucket(b.Client.memory), memoryBucket(a.Client.memory))
	})
	for _, s := range evictable {
		if db.clientMemory < limit {
			return
		}
		s.Client.Kill()
		db.Disconnect(s)
		db.stats.evictedClients++
	}
}

// memoryBucket returns which of the groups of Redis a connection that takes so
// many bytes is in: those of one group are evicted in the order in which they came.
func memoryBucket(n int) int { return min(max(bits.Len(uint(n)), 15), 33) }

// ChecksClients reports whether CheckClients must be called about once a second.
func (db *DB) ChecksClients() bool {
	return (db.Config.ClientTimeout > 0 || db.Config.MaxMemoryClients != 0) && len(db.clients) > 0
}

// CheckClients ends the connections that have been idle for too long.
func (db *DB) CheckClients() {
	if db.cronPaused {
		return
	}
	timeout := time.Duration(db.Config.ClientTimeout) * time.Second
	if timeout == 0 {
		return
	}
	now := db.Now()
	for _, s := range slices.Clone(db.clients) {
		c := s.Client
		if c.Query.Read.Swap(false) {
			c.active = now
		}
		idle := now.Truncate(time.Second).Sub(c.active.Truncate(time.Second))
		if idle > timeout && !c.monitors && !db.blocks(c) && s.hooks&hookSubscribed == 0 {
			c.Kill()
			db.Disconnect(s)
		}
	}
}

// blocks reports whether the client's last command waits, or CLIENT PAUSE holds up
// the next.
func (db *DB) blocks(c *Client) bool { return c.waiting() || db.paused() && db.pause.holds[c] }

// allClientMemory returns how many bytes all connections take.
func (db *DB) allClientMemory() (sum int) {
	for _, s := range db.clients {
		sum += s.clientMemory()
	}
	return sum
}

// largestBuffers returns the most bytes that the input and the output of one
// connection take.
func (db *DB) largestBuffers() (input, output int) {
	for _, s := range db.clients {
		q := &s.Client.Query
		_, args := s.Client.args()
		input = max(input, int(q.Used.Load()+q.Free.Load())+args)
		output = max(output, s.Client.outbox().Memory)
	}
	return input, output
}

// leastElement is the least number of bytes of an element of a reply.
const leastElement = len("$0\r\n\r\n")

// overflows ends the client's connection if it must not leave a reply of so many
// bytes unread.
func (c *Call) overflows(bytes int) {
	if client := c.s.Client; client != nil {
		if hard := client.Limits().output.Hard; hard > 0 && uint64(bytes) >= hard {
			client.Kill()
			client.Lost()
		}
	}
}
