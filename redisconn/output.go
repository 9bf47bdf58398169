package redisconn

import (
	"errors"
	"net"
	"sync"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/pubsub"
)

// maxOutput is how many bytes may wait for the other end to read them. What is
// pushed has its own limit, which is Redis's: a pubsub.Backlog.
const maxOutput = 1 << 30

// errSlow ends a connection whose other end does not read.
var errSlow = errors.New("redisconn: too many replies wait to be read")

// output is what waits to be written. Nobody who adds to it waits for the other
// end: what cannot be written at once is left to a goroutine, which ends when it
// has written all. So requests are read while replies wait, as Redis does it.
type output struct {
	conn net.Conn

	mu      sync.Mutex
	buf     []byte
	spare   []byte // of drain
	backlog pubsub.Backlog
	serving bool      // requests are being served: they will flush
	writing bool      // drain is
	drained sync.Cond // it is not any more
	err     error
}

// outputKept is how much room is kept for the next output.
const outputKept = 64 << 10

func newOutput(conn net.Conn) *output {
	o := &output{conn: conn}
	o.drained.L = &o.mu
	return o
}

// reply adds a reply, which flush will write.
func (o *output) reply(r command.Reply, resp int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.serving = true; o.err != nil {
		return
	}
	if o.buf = appendReply(o.buf, r, resp); len(o.buf) > maxOutput {
		o.fail(errSlow)
	}
}

// push adds what nobody asked for.
func (o *output) push(r command.Reply, resp int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return
	}
	if o.buf = appendReply(o.buf, r, resp); !o.backlog.Fits(len(o.buf)) {
		o.fail(errSlow)
	}
	if !o.serving {
		o.write()
	}
}

// raw adds bytes that are no reply, and writes them.
func (o *output) raw(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return
	}
	if o.buf = append(o.buf, b...); len(o.buf) > maxOutput {
		o.fail(errSlow)
	}
	o.write()
}

// unsent says whether there is something that flush would write.
func (o *output) unsent() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.buf) > 0
}

// flush sees to it that what was added is written.
func (o *output) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.serving = false
	o.write()
}

// write writes what it can at once, and leaves the rest to drain.
func (o *output) write() {
	if o.writing || o.err != nil || len(o.buf) == 0 {
		return
	}
	if p, ok := o.conn.(*pipeEnd); ok {
		n, err := p.tryWrite(o.buf)
		switch {
		case err != nil:
			o.fail(err)
			return
		case n == len(o.buf):
			o.buf = kept(o.buf)
			return
		}
		o.buf = o.buf[:copy(o.buf, o.buf[n:])]
	}
	o.writing = true
	go o.drain()
}

// drain writes all.
func (o *output) drain() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.buf) > 0 && o.err == nil {
		b := o.buf
		o.buf = o.spare[:0]
		o.mu.Unlock()
		_, err := o.conn.Write(b)
		o.mu.Lock()
		if o.spare = kept(b); err != nil {
			o.fail(err)
		}
	}
	o.writing = false
	o.drained.Broadcast()
}

// kept returns b without what is in it, and without too much room.
func kept(b []byte) []byte {
	if cap(b) > outputKept {
		return nil
	}
	return b[:0]
}

// fail ends the connection.
func (o *output) fail(err error) {
	if o.err == nil {
		o.err, o.buf = err, nil
	}
	o.conn.Close()
}

// busy reports whether something is still being written.
func (o *output) busy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.writing
}

// finish waits until all is written and returns what went wrong.
func (o *output) finish() error {
	o.flush()
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing {
		o.drained.Wait()
	}
	return o.err
}
