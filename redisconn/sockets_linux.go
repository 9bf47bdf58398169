package redisconn

import (
	"cmp"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

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
	number  int32 // of the last of them
	events  [64]syscall.EpollEvent
	fresh   []*socket // have no place yet
}

// A socket is read by its goroutine.
type socket struct {
	raw    syscall.RawConn
	to     *stream
	line   *link.Line
	inode  uint64
	number int32 // 0: it is not one of the arrivals

	// What epoll has told and the goroutine does not know yet, with arrivals.mu held.
	came    *link.Place // for what has come; nil if nothing has
	ending  bool        // the end may have come with it
	stalled bool        // the goroutine waits for room, so that nothing is noted

	held *link.Place     // of what is read, or nil
	more bool            // there is something to read of which epoll has told
	buf  *[readSize]byte // n bytes were read into it
	n    int
	err  error
}

// reads are buffers of sockets.
var reads = sync.Pool{New: func() any { return new([readSize]byte) }}

// newSocket returns what reads conn for s, and the connection's first place in the
// line, held for the caller, if conn is a socket whose order is known; else nil.
//
// Where several connections are accepted at once, Go runs the goroutine of the last
// of them first. So each lets others run before it takes its place, and then those
// that are new take theirs in the order of their inodes, which Linux numbers as it
// accepts them.
func newSocket(conn net.Conn, s *stream, line *link.Line) (*socket, *link.Place) {
	var raw syscall.RawConn
	var err error
	switch c := conn.(type) { // a type that embeds one may read otherwise
	case *net.TCPConn:
		raw, err = c.SyscallConn()
	case *net.UnixConn:
		if c.LocalAddr().Network() != "unix" {
			return nil, nil
		}
		raw, err = c.SyscallConn()
	default:
		return nil, nil
	}
	if err != nil {
		return nil, nil
	}
	k := &socket{raw: raw, to: s, line: line}
	raw.Control(func(fd uintptr) {
		var stat syscall.Stat_t
		syscall.Fstat(int(fd), &stat)
		k.inode = uint64(stat.Ino)
	})
	a := &arrivals
	a.mu.Lock()
	a.fresh = append(a.fresh, k)
	a.mu.Unlock()
	time.Sleep(50 * time.Microsecond)
	a.mu.Lock()
	defer a.mu.Unlock()
	slices.SortFunc(a.fresh, func(x, y *socket) int { return cmp.Compare(x.inode, y.inode) })
	for _, f := range a.fresh {
		f.held = f.line.Join()
		f.register()
	}
	a.fresh = nil
	place := k.held
	k.held = nil
	if k.number == 0 {
		return nil, place
	}
	return k, place
}

// register makes k one of the arrivals, if it can. The caller has arrivals.mu.
func (k *socket) register() {
	a := &arrivals
	if len(a.sockets) == 0 {
		epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
		if err != nil {
			return
		}
		a.epoll, a.sockets = epoll, map[int32]*socket{}
	}
	defer a.closeEmpty()
	number := a.number + 1
	for number <= 0 || a.sockets[number] != nil {
		number = max(number+1, 1)
	}
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | edge, Fd: number}
	var err error
	failed := k.raw.Control(func(fd uintptr) { err = syscall.EpollCtl(a.epoll, syscall.EPOLL_CTL_ADD, int(fd), &event) })
	if err == nil && failed == nil {
		a.number, k.number, a.sockets[number] = number, number, k
	}
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
		n, err := k.to.tryWrite(k.buf[:k.n], k.held)
		if n < k.n && err == nil {
			k.stall()
			_, err = k.to.write(k.buf[n:k.n])
			k.goOn()
		}
		reads.Put(k.buf)
		if err != nil {
			return
		}
		if k.n == readSize || !k.more { // what may be left has its turn after others
			leave(k.held)
			k.held = nil
		}
	}
}

// stall leaves the line: its places would be before those of what has been read, and
// the goroutine is about to wait until that is dealt with.
func (k *socket) stall() {
	arrivals.mu.Lock()
	defer arrivals.mu.Unlock()
	leave(k.came)
	leave(k.held)
	k.came, k.held, k.stalled = nil, nil, true
}

func (k *socket) goOn() {
	arrivals.mu.Lock()
	defer arrivals.mu.Unlock()
	k.stalled, k.more = false, true
}

// read reads what has come, and reports whether something has, or the end. If so,
// k.held is its place.
func (k *socket) read(fd uintptr) bool {
	came, ending := k.arrived()
	if came == nil && !k.more {
		if !readable(int(fd)) {
			return false
		}
		came, ending = k.arrived() // what came a moment ago
	}
	switch {
	case came != nil:
		leave(k.held)
		k.held = came
	case k.held == nil:
		k.held = k.line.Join()
	}
	k.buf = reads.Get().(*[readSize]byte)
	for {
		if k.n, k.err = syscall.Read(int(fd), k.buf[:]); k.err != syscall.EINTR {
			break
		}
	}
	if k.n > 0 {
		k.more = k.n == readSize || ending
		return true
	}
	reads.Put(k.buf)
	if k.err != syscall.EAGAIN {
		return true
	}
	leave(k.held)
	k.held, k.more = nil, false
	return false
}

// readable reports whether there is something to read, or the end. Without that a
// socket would miss what epoll tells after it has asked, and Go's poller before.
func readable(fd int) bool {
	var b [1]byte
	for {
		_, _, err := syscall.Recvfrom(fd, b[:], syscall.MSG_PEEK)
		if err != syscall.EINTR {
			return err != syscall.EAGAIN
		}
	}
}

// arrived puts the sockets that have got something in their lines. It returns the
// place of k, held for the caller, if it is one of them, and whether the end may
// have come.
func (k *socket) arrived() (place *link.Place, ending bool) {
	a := &arrivals
	a.mu.Lock()
	defer a.mu.Unlock()
	for n := len(a.events); n == len(a.events); {
		n, _ = syscall.EpollWait(a.epoll, a.events[:], 0) // -1 if a signal came
		for _, e := range a.events[:max(n, 0)] {
			k := a.sockets[e.Fd]
			if k == nil {
				continue
			}
			if k.came == nil && !k.stalled {
				k.came = k.line.Join()
			}
			if e.Events&^syscall.EPOLLIN != 0 {
				k.ending = true
			}
		}
	}
	place = k.came
	k.came = nil
	return place, k.ending
}

// closeEmpty lets go of the epoll instance if no socket needs it.
func (a *arrivalOrder) closeEmpty() {
	if len(a.sockets) == 0 {
		syscall.Close(a.epoll)
		a.sockets = nil
	}
}
