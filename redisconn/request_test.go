package redisconn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/internal/link"
)

var redisServer = flag.String("server", "", "the address of a redis-server 7.0.15 that writes testdata/raw.json")

// raw are bytes that a client sends, good and bad. A server has written into
// testdata/raw.json what it answers to each before the connection ends.
var raw = []string{
	"PING\r\n", "PING\n", "\r\n\r\nPING\r\n", "  PING  \r\n", "ping 'a b'\r\n", "PING \"\\x41\\n\"\r\n", "PING \"a\r\n", "PING 'a'b\r\n",
	"PING a\"b c\"\r\n", "PING 'it\\'s'\r\n", "\"\"\r\n", "foo\r\n", strings.Repeat("x", 70_000),
	strings.Repeat("x", 66_000) + "\r\n", "PING\x00\r\n",
	"*1\r\n$4\r\nPING\r\n", "*0\r\nPING\r\n", "*-1\r\nPING\r\n", "*-10\r\nPING\r\n", "*\r\n", "*a\r\n", "*+1\r\n$4\r\nPING\r\n", "* 1\r\n",
	"*2147483648\r\n", "*99999999999999999999\r\n", "*2147483647\r\n$1\r\na\r\n", "*" + strings.Repeat("1", 70_000), "*1\nx$4\r\nPING\r\n",
	"*1\r\n4\r\nPING\r\n", "*1\r\n:4\r\n", "*1\r\n\r\n", "*1\r\n$\r\n", "*1\r\n$a\r\n", "*1\r\n$-1\r\n", "*1\r\n$536870913\r\n",
	"*1\r\n$99999999999999999999\r\n", "*1\r\n$" + strings.Repeat("1", 70_000), "*1\r\n$4\r\nPINGxy*1\r\n$4\r\nPING\r\n",
	"*2\r\n$4\r\nPING\r\n$0\r\n\r\n", "*1\r\n$0\r\n\r\n", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$3\r\n\x00\r\n\r\nGET a\r\n",
	"PING\r\n*1\r\n!\r\nPING\r\n", "QUIT\r\nPING\r\n", "QUIT a b\r\n", "CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\nPING a\r\n",
	"CLIENT REPLY SKIP\r\nPING a\r\nPING b\r\n", "CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING\r\n",
	"CLIENT REPLY OFF\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING\r\n", "CLIENT REPLY OFF\r\nfoo\r\nGET\r\nSUBSCRIBE a\r\nCLIENT REPLY ON\r\n",
	"SUBSCRIBE a\r\nPING\r\nPING x\r\nGET a\r\nUNSUBSCRIBE\r\nPING\r\n", "SUBSCRIBE a\r\nRESET\r\nPING\r\n", "UNSUBSCRIBE a b\r\n",
	"PSUBSCRIBE a*\r\nSUBSCRIBE ab\r\nQUIT\r\n", "HELLO 3\r\nNOSUCH\r\n",
	"CLIENT KILL TYPE normal SKIPME no ID 0\r\nPING\r\n", "MONITOR x\r\n", "RESET\r\nRESET\r\n",
	"DEL k\r\nBLPOP k 0.01\r\nPING\r\n", "DEL k\r\nBLMOVE k k LEFT LEFT 0.01\r\n",
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\n\r\nPING\r\n", "CLIENT REPLY OFF\r\n*1\r\n!\r\n",
	"SUBSCRIBE a\r\nHELLO\r\nMULTI\r\n", "MULTI\r\nSUBSCRIBE a\r\nGET k\r\nSSUBSCRIBE a\r\nMONITOR\r\nEXEC\r\nGET k\r\n",
	"MONITOR\r\nGET k\r\nEVAL 'return 1' 0\r\n",
	"EVAL 'return {1,2.5,true,false}' 0\r\n", "ZADD z 1.5 a\r\nZSCORE z a\r\nCONFIG GET maxmemory\r\nHGETALL none\r\nDEL z\r\n",
	"DEBUG PROTOCOL attrib\r\nDEBUG PROTOCOL push\r\nDEBUG PROTOCOL map\r\n", "HELLO 3\r\nDEBUG PROTOCOL attrib\r\n", "HELLO 3\r\nDEBUG PROTOCOL push\r\n",
	"HELLO 3\r\nDEBUG PROTOCOL map\r\nDEBUG PROTOCOL set\r\nDEBUG PROTOCOL double\r\nDEBUG PROTOCOL bignum\r\nDEBUG PROTOCOL verbatim\r\n",
	"HELLO 3\r\nCLIENT REPLY OFF\r\nDEBUG PROTOCOL push\r\nDEBUG PROTOCOL attrib\r\n",
	"REPLCONF ACK 1\r\nPING\r\nREPLCONF capa eof getack *\r\nPING\r\n", "MULTI\r\nREPLCONF ack 1\r\nPING\r\nEXEC\r\n",
	"MULTI\r\nMODULE LOAD x\r\nEXEC\r\n",
	"HELLO 3\r\nMULTI\r\nDEBUG PROTOCOL attrib\r\nHELLO 2\r\nEXEC\r\nPING\r\n",
	"MULTI\r\nGET none\r\nDEBUG PROTOCOL map\r\nDEBUG PROTOCOL double\r\nHELLO 3\r\nGET none\r\nDEBUG PROTOCOL map\r\nDEBUG PROTOCOL push\r\n" +
		"DEBUG PROTOCOL verbatim\r\nHELLO 2\r\nDEBUG PROTOCOL true\r\nDEBUG PROTOCOL push\r\nDEBUG PROTOCOL attrib\r\nEXEC\r\nDEBUG PROTOCOL map\r\n",
	"HELLO 3\r\nMULTI\r\nGET none\r\nDEBUG PROTOCOL set\r\nRESET\r\nDEBUG PROTOCOL bignum\r\nMULTI\r\nHELLO 3\r\nDEBUG PROTOCOL bignum\r\nEXEC\r\n",
	"HELLO 3\r\nEVAL \"return {verbatim_string={string='x',format='\u00e4'}}\" 0\r\nEVAL \"return {verbatim_string={string='x',format='a\u00e4\u00f6'}}\" 0\r\n" +
		"EVAL \"return {verbatim_string={string='x',format='\u6f22\u5b57'}}\" 0\r\nEVAL \"return {verbatim_string={string='x',format='\u6f22'}}\" 0\r\nEVAL \"return {verbatim_string={string='x',format='a'}}\" 0\r\n" +
		"EVAL \"return {verbatim_string={string='x',format='abcd'}}\" 0\r\nEVAL \"return {verbatim_string={string='x',format=''}}\" 0\r\nEVAL \"return {verbatim_string={string='x',format='a\\\\0bc'}}\" 0\r\n",
}

// answer sends the bytes and returns what comes until the other end closes, or
// the client has closed its own.
func answer(t *testing.T, conn net.Conn, request string) string {
	t.Helper()
	defer conn.Close()
	go io.WriteString(conn, request)
	var got bytes.Buffer
	conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	io.Copy(&got, conn)
	return clientID.ReplaceAllString(got.String(), "$$2\r\nid\r\n:0\r\n")
}

// clientID is what HELLO says of the connection's number.
var clientID = regexp.MustCompile("\\$2\r\nid\r\n:\\d+\r\n")

// recorded returns what the server has answered to each of the requests, from the
// file. With -server it asks the server, and writes the file.
func recorded[A any](t *testing.T, file string, requests []string, ask func(*testing.T, net.Conn, string) A) []A {
	t.Helper()
	var want []A // by the place in requests
	if *redisServer != "" {
		for _, request := range requests {
			conn, err := net.Dial("tcp", *redisServer)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, ask(t, conn, request))
		}
		b, _ := json.MarshalIndent(want, "", "\t")
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(want) != len(requests) {
		t.Fatal("no server has answered all of this yet")
	}
	return want
}

func TestRawRequests(t *testing.T) {
	want := recorded(t, "testdata/raw.json", raw, answer)
	for i, request := range raw {
		name := request[:min(len(request), 40)]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var store luastore.Store
			if diff := cmp.Diff(want[i], answer(t, dial(t, &store), request)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", name, diff)
			}
		})
	}
}

// Whatever comes, in whatever pieces, requests are the same, and what is kept
// does not grow beyond what has come.
func FuzzRequests(f *testing.F) {
	for _, request := range raw {
		f.Add([]byte(request), uint8(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, piece uint8) {
		if len(b) > 4096 {
			return // it only takes longer; and of maxLine, how much has come matters
		}
		whole, wholeErr := parse(bytes.NewReader(b))
		pieces, piecesErr := parse(&inPieces{b, int(piece)%7 + 1})
		if !slices.EqualFunc(whole, pieces, slices.Equal) || wholeErr.Error() != piecesErr.Error() {
			t.Errorf("whole: %v, in pieces: %v (-whole +pieces):\n%s", wholeErr, piecesErr, cmp.Diff(whole, pieces))
		}
	})
}

// Whatever comes, Serve ends with it, and leaves nothing behind.
func FuzzServe(f *testing.F) {
	for _, request := range raw {
		f.Add([]byte(request))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4096 {
			return
		}
		store := luastore.New(&luastore.Options{MaxInstructions: 100_000, MaxMemory: 64 << 20})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := Serve(ctx, store, &bytesConn{from: bytes.NewReader(b)}); err != nil && !errors.As(err, new(protocolError)) {
			t.Errorf("Serve = %v", err)
		}
		if info, _ := store.Do(ctx, "INFO", "clients").Text(); !strings.Contains(info, "connected_clients:0\r\n") || !strings.Contains(info, "blocked_clients:0\r\n") {
			t.Errorf("at the end there is %s", info)
		}
	})
}

// bytesConn is a connection whose other end has sent all, and reads anything.
type bytesConn struct {
	net.Conn // nil
	from     io.Reader
}

func (c *bytesConn) Read(b []byte) (int, error)      { return c.from.Read(b) }
func (c *bytesConn) Write(b []byte) (int, error)     { return len(b), nil }
func (c *bytesConn) SetReadDeadline(time.Time) error { return nil }
func (c *bytesConn) RemoteAddr() net.Addr            { return pipeAddr(1) }
func (c *bytesConn) LocalAddr() net.Addr             { return pipeAddr(0) }
func (c *bytesConn) Close() error                    { return nil }

// parse returns all requests, and why there are no more.
func parse(from io.Reader) (all [][]string, err error) {
	r := requests{from: from, Limits: link.Limits{Bulk: 512 << 20}}
	for {
		words, err := r.next()
		if err != nil {
			return all, err
		}
		if words != nil {
			all = append(all, append([]string{}, words...))
			continue
		}
		if err := r.more(); err != nil {
			return all, err
		}
		if cap(r.buf) > 1<<20 && len(r.buf) < 1<<18 {
			panic("the buffer grows by itself")
		}
	}
}

// inPieces is a reader of n bytes at a time.
type inPieces struct {
	b []byte
	n int
}

func (r *inPieces) Read(b []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.b[:min(r.n, len(r.b))])
	r.b = r.b[n:]
	return n, nil
}

// An error names the byte that came, be it text or not.
func TestWrongByte(t *testing.T) {
	conn := dial(t, new(luastore.Store))
	say(t, conn, "*1\r\n\xff4")
	expect(t, conn, "-ERR Protocol error: expected '$', got '\xff'\r\n")
}

// A server that needs a password takes little from who has not given it.
func TestPassword(t *testing.T) {
	store := luastore.New(&luastore.Options{Password: "secret"})
	for request, want := range map[string]string{
		"GET a":       "-NOAUTH Authentication required.\r\n",
		"AUTH wrong":  "-WRONGPASS invalid username-password pair or user is disabled.\r\n",
		"AUTH secret": "+OK\r\n",
		"MODULE LOAD a": "-ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it from a local connection, " +
			"otherwise you need to set this option in the configuration file, and then restart the server.\r\n",
		"*11":          "-ERR Protocol error: unauthenticated multibulk length\r\n",
		"*1\r\n$16385": "-ERR Protocol error: unauthenticated bulk length\r\n",
		"HELLO 3": "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> " +
			"option can be used to authenticate the client and select the RESP protocol version at the same time\r\n",
	} {
		conn := dial(t, store)
		say(t, conn, request)
		expect(t, conn, want)
	}
}

// Connections see, end, unblock and hold each other up.
func TestClients(t *testing.T) {
	var store luastore.Store
	a := dial(t, &store)
	say(t, a, "CLIENT ID")
	expect(t, a, ":1\r\n")
	b := dial(t, &store)
	say(t, b, "CLIENT ID", "BLPOP l 0")
	expect(t, b, ":2\r\n")
	for unblocked := false; !unblocked; {
		say(t, a, "CLIENT UNBLOCK 2 ERROR")
		reply := make([]byte, 4)
		io.ReadFull(a, reply)
		unblocked = string(reply) == ":1\r\n"
	}
	expect(t, b, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")
	say(t, b, "INFO errorstats")
	expect(t, b, "$43\r\n# Errorstats\r\nerrorstat_UNBLOCKED:count=1\r\n\r\n")
	for _, reason := range []string{"TIMEOUT", "ERROR"} {
		say(t, b, "WAIT 1 0")
		for unblocked := false; !unblocked; {
			say(t, a, "CLIENT UNBLOCK 2 "+reason)
			reply := make([]byte, 4)
			io.ReadFull(a, reply)
			unblocked = string(reply) == ":1\r\n"
		}
	}
	expect(t, b, ":0\r\n-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")
	say(t, b, "MONITOR")
	expect(t, b, "+OK\r\n")
	say(t, a, `EVAL "return redis.call('echo', 'x')" 0`)
	expect(t, a, "$1\r\nx\r\n")
	var lines strings.Builder
	for strings.Count(lines.String(), "\r\n") < 2 {
		reply := make([]byte, 1)
		if _, err := b.Read(reply); err != nil {
			t.Fatal(err)
		}
		lines.Write(reply)
	}
	if got := lines.String(); !strings.Contains(got, `] "EVAL" "return redis.call('echo', 'x')" "0"`) || !strings.Contains(got, `[0 lua] "echo" "x"`) {
		t.Errorf("MONITOR shows %q", got)
	}
	say(t, a, "CLIENT PAUSE 50", "PING")
	begin := time.Now()
	expect(t, a, "+OK\r\n+PONG\r\n")
	if time.Since(begin) < 40*time.Millisecond {
		t.Error("nothing was held up")
	}
	say(t, a, "CLIENT KILL ID 2")
	expect(t, a, ":1\r\n")
	if rest, err := io.ReadAll(b); err != nil {
		t.Errorf("who was killed read %q, %v", rest, err)
	}
}

// Serve ends with its context.
func TestServeEnds(t *testing.T) {
	var store luastore.Store
	ctx, cancel := context.WithCancel(t.Context())
	client, server := newPipe()
	done := make(chan error)
	go func() { done <- Serve(ctx, &store, server) }()
	say(t, client, "BLPOP l 0")
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("Serve = %v", err)
	}
}
