//go:build !linux

package redisconn

import (
	"net"

	"github.com/luastore/luastore/internal/link"
)

// A socket is read in the order in which sockets have got something, which only
// Linux tells.
type socket struct{}

func newSocket(net.Conn, *stream, *link.Line) (*socket, *link.Place) { return nil, nil }
func (*socket) pull()                                                {}
