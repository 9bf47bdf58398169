package redisconn

import (
	"net"
	"sync"

	"github.com/luastore/luastore/internal/command"
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
	buf     []byte
	spare   []byte // of drain
	flight  int    // bytes that drain writes
	muted   bool
	box     *command.Outbox
	lost    func(error) // is told that the connection ends because of a limit
	serving bool        // requests are being served: they will flush
	writing bool        // drain is
	drained sync.Cond   // it is not any more
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
	o.buf = appendReply(o.buf, r, resp)
	o.added()
}

// push adds what nobody asked for.
func (o *output) push(r command.Reply, resp int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil || o.muted {
		return
	}
	o.buf = appendReply(o.buf, r, resp)
	o.added()
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
	o.buf = append(o.buf, b...)
	o.added()
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
			o.box.Holds(0)
			return
		}
		o.buf = o.buf[:copy(o.buf, o.buf[n:])]
		o.box.Holds(len(o.buf))
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
		o.flight = len(b)
		for o.flight > 0 && o.err == nil {
			part := b[len(b)-o.flight:][:min(o.flight, drainMost)]
			o.mu.Unlock()
			_, err := o.conn.Write(part)
			o.mu.Lock()
			if o.flight -= len(part); err != nil {
				o.fail(err)
			}
			o.box.Holds(o.flight + len(o.buf))
		}
		o.flight = 0
		o.spare = kept(b)
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
