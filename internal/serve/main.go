// Serve serves an empty Store on a free port of the loopback, for tests: it
// prints HOST:PORT and goes on until its input ends or it is signalled.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"

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
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				log.Fatal(err)
			}
			go redisconn.Serve(context.Background(), store, conn)
		}
	}()
	io.Copy(io.Discard, os.Stdin)
}
