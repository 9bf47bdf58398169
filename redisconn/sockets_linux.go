package redisconn

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/luastore/luastore/internal/link"
)

// The goroutines that read sockets run in no certain order. So each of them,
// before it reads, asks an epoll instance of all sockets which have got something,
// in the order in which they did, and puts these in their lines. It waits as
// others do, in Go's own poller.

// arrivals are the sockets that are served, of all Stores.
var arrivals arrivalOrder

type arrivalOrder struct {
	mu      sync.Mutex
	epoll   int // while there are sockets
	sockets map[int32]*socket
	number  int32
	events  [64]syscall.EpollEvent
}

// A socket is read by its goroutine.
type socket struct {
	raw    syscall.RawConn
	to     *stream
	number int32
	came   *link.Place // for what has come and is unread; with arrivals.mu held
	held   *link.Place // of what was read last; nil: there was no more to read then
	buf    []byte      // n bytes were read into it
	n      int
	err    error
}

// reads are buffers of sockets.
var reads = sync.Pool{New: func() any { return new([readSize]byte) }}

// newSocket returns what reads conn for s, if conn is a socket whose order is known;
// else nil.
func newSocket(conn net.Conn, s *stream) *socket {
	var raw syscall.RawConn
	var err error
	switch c := conn.(type) { // a type that embeds one may read otherwise
	case *net.TCPConn:
		raw, err = c.SyscallConn()
	case *net.UnixConn:
		if c.LocalAddr().Network() != "unix" {
			return nil
		}
		raw, err = c.SyscallConn()
	default:
		return nil
	}
	if k := (&socket{raw: raw, to: s}); err == nil && k.register() {
		return k
	}
	return nil
}

// register makes k one of the arrivals, and reports whether it could.
func (k *socket) register() bool {
	a := &arrivals
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.sockets) == 0 {
		epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
		if err != nil {
			return false
		}
		a.epoll, a.sockets = epoll, map[int32]*socket{}
	}
	for a.number++; a.sockets[a.number] != nil; a.number++ {
	}
	k.number = a.number
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | edge, Fd: k.number}
	var err error
	failed := k.raw.Control(func(fd uintptr) { err = syscall.EpollCtl(a.epoll, syscall.EPOLL_CTL_ADD, int(fd), &event) })
	if err == nil && failed == nil {
		a.sockets[k.number] = k
	}
	a.closeEmpty()
	return err == nil && failed == nil
}

// edge is syscall.EPOLLET, which is negative: each arrival is told once.
const edge = 1 << 31

func (k *socket) unregister() {
	a := &arrivals
	a.mu.Lock()
	defer a.mu.Unlock()
	k.raw.Control(func(fd uintptr) { syscall.EpollCtl(a.epoll, syscall.EPOLL_CTL_DEL, int(fd), &syscall.EpollEvent{}) }) // fails if it is closed
	delete(a.sockets, k.number)
	leave(k.came)
	leave(k.held)
	k.came, k.held = nil, nil
	a.closeEmpty()
}

// pull writes to its stream what comes on the socket, until no more does.
func (k *socket) pull() {
	defer k.unregister()
	for {
		err := k.raw.Read(k.read)
		switch {
		case err == nil && k.err != nil:
			err = os.NewSyscallError("read", k.err)
		case err == nil && k.n == 0:
			err = io.EOF
		}
		if err != nil {
			k.to.end(err, k.held)
			return
		}
		_, err = k.to.writeAt(k.held, k.buf[:k.n])
		full := k.n == readSize
		reads.Put((*[readSize]byte)(k.buf))
		if err != nil {
			return
		}
		if full { // others have their turn before what may be left
			leave(k.held)
			k.held = nil
		}
	}
}

// read reads what has come, and reports whether something has. If so, k.held is its
// place.
func (k *socket) read(fd uintptr) bool {
	came := k.arrived()
	b := reads.Get().(*[readSize]byte)
	for {
		if k.n, k.err = syscall.Read(int(fd), b[:]); k.err != syscall.EINTR {
			break
		}
	}
	if k.n > 0 {
		if came == nil {
			came = k.to.line.Join()
		}
		leave(k.held)
		k.buf, k.held, k.err = b[:], came, nil
		return true
	}
	reads.Put(b)
	if k.err != syscall.EAGAIN && k.held == nil {
		k.held = came // the end has the place of what came before it
		return true
	}
	leave(came)
	if k.err == syscall.EAGAIN {
		leave(k.held)
		k.held = nil
	}
	return k.err != syscall.EAGAIN
}

// arrived puts the sockets that have got something in their lines, and returns the
// place of k, held for the caller, if it is one of them.
func (k *socket) arrived() *link.Place {
	a := &arrivals
	a.mu.Lock()
	defer a.mu.Unlock()
	for n := len(a.events); n == len(a.events); {
		n, _ = syscall.EpollWait(a.epoll, a.events[:], 0) // -1 if a signal came
		for _, e := range a.events[:max(n, 0)] {
			if k := a.sockets[e.Fd]; k != nil && k.came == nil {
				k.came = k.to.line.Join()
			}
		}
	}
	place := k.came
	k.came = nil
	return place
}

// closeEmpty lets go of the epoll instance if no socket needs it.
func (a *arrivalOrder) closeEmpty() {
	if len(a.sockets) == 0 {
		syscall.Close(a.epoll)
		a.sockets = nil
	}
}
