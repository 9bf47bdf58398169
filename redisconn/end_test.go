package redisconn

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore"
)

// slowConn is a connection whose other end has sent all, and takes longer to read
// than other connections wait for one that ends.
type slowConn struct{ bytesConn }

func (c *slowConn) Write(b []byte) (int, error) {
	time.Sleep(2 * patience)
	return len(b), nil
}

// A connection that ends while its other end reads slowly does not wait for what
// the other end has sent behind.
func TestSlowEnd(t *testing.T) {
	for _, request := range []string{"*1\r\n$a\r\nPING\r\n", "QUIT\r\nPING\r\n", "PING\r\n"} {
		var store luastore.Store
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		Serve(ctx, &store, &slowConn{bytesConn{from: strings.NewReader(request)}})
		if ctx.Err() != nil {
			t.Errorf("%q: it has not ended", request)
		}
		cancel()
	}
}
