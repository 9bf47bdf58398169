package redisconn

import (
	"net"
	"sync"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/resp"
)

// maxOutput is how many bytes may wait for the other end to read them, if the
// client's limits are not less.
const maxOutput = 1 << 30

// output is what waits to be written. Nobody who adds to it waits for the other
// end: what cannot be written at once is left to a goroutine, which ends when it
// has written all. So requests are read while replies wait, as Redis does it.
type output struct {
	conn net.Conn

	mu      sync.Mutex
	buf     resp.Buffer // what is being written among it
	muted   bool
	box     *command.Outbox
	lost    func(error) // is told that the connection ends because of a limit
	serving bool        // requests are being served: they will flush
	replied bool        // and something was added since they did
	writing bool        // drain is
	drained sync.Cond   // it is not any more
	err     error
}

func newOutput(conn net.Conn) *output {
	o := &output{conn: conn}
	o.drained.L = &o.mu
	return o
}

// reply adds a reply, which flush will write.
func (o *output) reply(r command.Reply, version int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.serving = true; o.err != nil {
		return
	}
	before := o.buf.Len()
	o.added(o.buf.Add(r, version, maxOutput))
	o.replied = o.replied || o.buf.Len() > before
}

// push adds what nobody asked for.
func (o *output) push(r command.Reply, version int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil || o.muted {
		return
	}
	o.added(o.buf.Add(r, version, maxOutput))
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
	o.buf.AddBytes(b)
	o.added(o.buf.Len() <= maxOutput)
	o.write()
}

// unsent says whether there is something that flush would write.
func (o *output) unsent() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Len() > 0
}

// flush sees to it that what was added is written.
func (o *output) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.serving, o.replied = false, false
	o.write()
}

// write writes what it can at once, and leaves the rest to drain.
func (o *output) write() {
	if o.writing || o.err != nil {
		return
	}
	p, inMemory := o.conn.(*pipeEnd)
	for inMemory && o.buf.Len() > 0 {
		b := o.buf.Next()
		n, err := p.tryWrite(b)
		if err != nil {
			o.fail(err)
			return
		}
		o.buf.Wrote(n)
		o.box.Holds(o.buf.Len())
		if n < len(b) {
			break
		}
	}
	if o.buf.Len() > 0 {
		o.writing = true
		go o.drain()
	}
}

// drain writes all.
func (o *output) drain() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.buf.Len() > 0 && o.err == nil {
		b := o.buf.Next()
		b = b[:min(len(b), drainMost)]
		o.mu.Unlock()
		_, err := o.conn.Write(b)
		o.mu.Lock()
		switch {
		case err != nil:
			o.fail(err)
		case o.err == nil:
			o.buf.Wrote(len(b))
			o.box.Holds(o.buf.Len())
		}
	}
	o.writing = false
	o.drained.Broadcast()
}

// fail ends the connection.
func (o *output) fail(err error) {
	if o.err == nil {
		o.err, o.buf = err, resp.Buffer{}
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
