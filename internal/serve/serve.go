// Serve serves an empty Store on a free port of the loopback, for tests: it
// prints HOST:PORT and goes on until it is killed.
package main

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/redisconn"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr())
	store := luastore.New(nil)
	for {
		conn, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go redisconn.Serve(context.Background(), store, conn)
	}
}
