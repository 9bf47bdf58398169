package main

import (
	"context"
	"io"
	"net"
	"sync"
	"syscall"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/redisconn"
)

// serve serves the connections to l, and deals with what comes in the order in
// which it comes, as Redis does and Redis's tests expect: Go runs the goroutines
// of sockets that were ready at once in the opposite order.
func serve(l *net.TCPListener, store *luastore.Store) error {
	epoll, err := syscall.EpollCreate1(0)
	if err != nil {
		return err
	}
	listener, err := watch(epoll, l)
	if err != nil {
		return err
	}
	s := server{store: store, epoll: epoll}
	events := make([]syscall.EpollEvent, 64)
	for {
		n, err := syscall.EpollWait(epoll, events, -1)
		if err != nil && err != syscall.EINTR {
			return err
		}
		for _, e := range events[:max(n, 0)] {
			if e.Fd != listener {
				s.read(e.Fd)
			} else if err := s.accept(l); err != nil {
				return err
			}
		}
	}
}

// A server leads sockets to connections in memory.
type server struct {
	store *luastore.Store
	epoll int
	conns sync.Map // net.Conn, by the descriptors of the sockets
	buf   [64 << 10]byte
}

func (s *server) accept(l *net.TCPListener) error {
	socket, err := l.AcceptTCP()
	if err != nil {
		return err
	}
	conn, err := redisconn.Dialer(s.store)(context.Background(), "", "")
	if err != nil {
		return err
	}
	fd, err := watch(s.epoll, socket)
	if err != nil {
		return err
	}
	s.conns.Store(fd, conn)
	go func() {
		io.Copy(socket, conn)
		s.conns.Delete(fd) // before another socket gets the descriptor
		socket.Close()
	}()
	return nil
}

// read hands on what has come from the socket.
func (s *server) read(fd int32) {
	conn, ok := s.conns.Load(fd)
	if !ok {
		return
	}
	n, err := syscall.Read(int(fd), s.buf[:])
	switch {
	case n > 0:
		conn.(net.Conn).Write(s.buf[:n])
	case err != syscall.EAGAIN && err != syscall.EINTR:
		conn.(net.Conn).Close()
	}
}

// watch adds the socket to those that epoll watches, and returns its descriptor.
func watch(epoll int, socket syscall.Conn) (fd int32, err error) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0, err
	}
	add := func(number uintptr) {
		fd = int32(number)
		err = syscall.EpollCtl(epoll, syscall.EPOLL_CTL_ADD, int(number), &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: fd})
	}
	if failed := raw.Control(add); failed != nil {
		return 0, failed
	}
	return fd, err
}
