//go:build !linux

package redisconn

import "net"

// A socket is read in the order in which sockets have got something, which only
// Linux tells.
type socket struct{}

func newSocket(net.Conn, *stream) *socket { return nil }
func (*socket) pull()                     {}
