package redisconn

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/luastore/luastore"
)

var soakTime = flag.Duration("soak", 3*time.Second, "how long TestSoak lets its clients work")

// Many clients do everything at once: each gets the replies to its own requests,
// in their order, until it is killed; in the end nothing is left.
func TestSoak(t *testing.T) {
	const clients = 64
	during := *soakTime
	if testing.Short() {
		during /= 10
	}
	before := runtime.NumGoroutine()
	var store luastore.Store
	end := time.Now().Add(during)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(i)))
			for time.Now().Before(end) {
				if err := soak(&store, rnd, end); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	over := make(chan bool)
	go func() {
		all.Wait()
		close(over)
	}()
	for working := true; working; { // else all may wait for a script that never ends
		select {
		case <-over:
			working = false
		case <-time.After(5 * time.Millisecond):
			store.ScriptKill(t.Context())
		}
	}
	store.Close()
	for patience := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(patience) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines were there before, and now:\n%s", before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// soak connects and sends pipelines of random requests, each with a number that
// must come back after its replies, until somebody kills the connection, or the
// end.
func soak(store *luastore.Store, rnd *rand.Rand, end time.Time) error {
	conn, err := Dialer(store)(context.Background(), "", "")
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(end.Add(30 * time.Second))
	r := bufio.NewReader(conn)
	if rnd.IntN(2) == 0 { // else messages would come as replies do
		fmt.Fprint(conn, "HELLO 3\r\n")
		if _, err := readReply(r); err != nil {
			return killed(err)
		}
	}
	for n := 0; n < 10_000 && time.Now().Before(end); {
		var pipeline strings.Builder
		first := n
		for range 1 + rnd.IntN(8) {
			pipeline.WriteString(soakRequest(rnd) + "\r\n" + "ECHO n" + strconv.Itoa(n) + "\r\n")
			n++
		}
		if _, err := io.WriteString(conn, pipeline.String()); err != nil {
			return killed(err)
		}
		for next := first; next < n; {
			text, err := readReply(r)
			if err != nil {
				return killed(err)
			}
			number, ok := strings.CutPrefix(text, "n")
			if !ok {
				continue // a reply to the request, or a message
			}
			if number != strconv.Itoa(next) {
				return fmt.Errorf("the reply to ECHO n%d is %q", next, text)
			}
			next++
		}
	}
	return nil
}

// killed returns the error, if it is not that the other end has closed the
// connection.
func killed(err error) error {
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return fmt.Errorf("no reply: %w", err)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF || err == io.ErrClosedPipe {
		return nil
	}
	return err
}

// soakRequest returns a random request, or a few that belong together. None of
// them answers a text that begins with n.
func soakRequest(rnd *rand.Rand) string {
	key := "k" + strconv.Itoa(rnd.IntN(8))
	switch rnd.IntN(40) {
	case 0:
		return "BLPOP l" + key + " 0.01"
	case 1:
		return "SUBSCRIBE c" + key + "\r\nUNSUBSCRIBE"
	case 2:
		return "PSUBSCRIBE c*\r\nPUBLISH c x\r\nPUNSUBSCRIBE"
	case 3:
		return "CLIENT PAUSE 2 WRITE"
	case 4:
		return "CLIENT PAUSE 1"
	case 5:
		return "CLIENT UNPAUSE"
	case 6:
		return "SCRIPT KILL"
	case 7:
		if rnd.IntN(20) == 0 {
			return "EVAL 'while true do end' 0" // until somebody kills it
		}
		return "EVAL 'for i = 1, 20000 do end' 0"
	case 8:
		if rnd.IntN(8) == 0 {
			return "CLIENT KILL ID " + strconv.Itoa(1+rnd.IntN(1000))
		}
		return "CLIENT ID"
	case 9:
		return "CLIENT UNBLOCK " + strconv.Itoa(1+rnd.IntN(200)) + " ERROR"
	case 10, 11:
		return "MULTI\r\nINCR i" + key + "\r\nGET i" + key + "\r\nEXEC"
	case 12:
		return "WATCH i" + key + "\r\nMULTI\r\nINCR i" + key + "\r\nEXEC"
	case 13:
		return "MULTI\r\nNOSUCH\r\nEXEC"
	case 14:
		return "CLIENT LIST"
	case 15:
		return "EVAL \"redis.call('RPUSH', KEYS[1], 'x') return redis.call('PUBLISH', 'c', 'x')\" 1 l" + key
	case 16, 17, 18:
		return "PUBLISH c" + key + " x"
	case 19:
		return "CLIENT REPLY SKIP\r\nSET " + key + " x"
	case 20, 21, 22, 23:
		return "RPUSH l" + key + " x"
	case 24:
		return "CLIENT NO-TOUCH ON\r\nCLIENT SETNAME x"
	case 25, 26:
		return "SET " + key + " x PX 1"
	}
	return "GET " + key
}

// readReply reads a reply and returns its text, if it is one.
func readReply(r *bufio.Reader) (text string, err error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch line[0] {
	case '$', '=':
		if n < 0 {
			return "", nil
		}
		b := make([]byte, n+2)
		_, err = io.ReadFull(r, b)
		return string(b[:n]), err
	case '%':
		n *= 2
		fallthrough
	case '*', '>', '~':
		for ; n > 0 && err == nil; n-- {
			_, err = readReply(r)
		}
		return "", err
	}
	return "", nil
}
