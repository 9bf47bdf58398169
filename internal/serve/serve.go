// Serve serves an empty Store on a free port of the loopback, for tests: it
// prints HOST:PORT and goes on until it is killed.
package main

import (
	"fmt"
	"log"
	"net"

	"github.com/luastore/luastore"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr())
	log.Fatal(serve(l.(*net.TCPListener), luastore.New(nil)))
}
