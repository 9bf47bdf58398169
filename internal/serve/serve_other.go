//go:build !linux

package main

import (
	"context"
	"net"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/redisconn"
)

// serve serves the connections to l.
func serve(l *net.TCPListener, store *luastore.Store) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go redisconn.Serve(context.Background(), store, conn)
	}
}
