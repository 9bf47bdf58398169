package redisconn

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/luastore/luastore"
	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// testdata/debug.txt has sessions of the debugger, to the byte, which a real Redis
// wrote. A session begins with a line of "#"; lines of "|" are the script, which
// {} stands for; what follows are
//
//	> words      a command on the connection that debugs
//	! "bytes"    bytes on that connection, which are a command
//	~ "bytes"    bytes that are none yet
//	@ words      a command on another connection
//
// each with the lines that come back, indented.
const debugFile = "testdata/debug.txt"

// A debugLine is a line of the file with the lines that come back.
type debugLine struct {
	text    string
	replies []string
}

func readDebugFile(t *testing.T) (sessions [][]debugLine) {
	text, err := os.ReadFile(debugFile)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			sessions = append(sessions, nil)
		}
		last := &sessions[len(sessions)-1]
		if reply, ok := strings.CutPrefix(line, "  "); ok {
			l := &(*last)[len(*last)-1]
			l.replies = append(l.replies, reply)
		} else {
			*last = append(*last, debugLine{text: line})
		}
	}
	return sessions
}

func writeDebugFile(t *testing.T, sessions [][]debugLine) {
	var b strings.Builder
	for _, s := range sessions {
		for _, l := range s {
			fmt.Fprintln(&b, l.text)
			for _, r := range l.replies {
				fmt.Fprintln(&b, "  "+r)
			}
		}
	}
	if err := os.WriteFile(debugFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A debugClient is a client of a Redis or a Store.
type debugClient struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func newDebugClient(t *testing.T, conn net.Conn) *debugClient {
	t.Cleanup(func() { conn.Close() })
	return &debugClient{t, conn, bufio.NewReader(conn)}
}

func (c *debugClient) send(text string) { io.WriteString(c.conn, text) }

func request(words ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b.String()
}

// pointers, the addresses of values, differ from run to run.
var pointers = regexp.MustCompile(`0x[0-9a-f]{6,}`)

// line reads a line, as a word of Go without its quotes.
func (c *debugClient) line() (string, error) {
	c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	line, err := c.in.ReadString('\n')
	line = strconv.Quote(strings.TrimSuffix(line, "\r\n"))
	return pointers.ReplaceAllString(strings.ReplaceAll(line[1:len(line)-1], `\"`, `"`), "ADDRESS"), err
}

// receive reads a reply.
func (c *debugClient) receive() (lines []string) {
	line, err := c.line()
	if err != nil {
		if err != io.EOF {
			c.t.Error("of the last command: ", err)
		}
		return []string{"(closed)"}
	}
	lines = []string{line}
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '*', '~', '%':
		if line[0] == '%' {
			n *= 2
		}
		for range n {
			lines = append(lines, c.receive()...)
		}
	case '$':
		if n >= 0 {
			text, _ := c.line()
			lines = append(lines, text)
		}
	}
	return lines
}

// answers reads what a command gives: a reply or, at the end of a session, also
// that of EVAL, and the end of the connection.
func (c *debugClient) answers() []string {
	lines := c.receive()
	if lines[len(lines)-1] == "+<endsession>" {
		lines = append(append(lines, c.receive()...), c.receive()...)
	}
	return lines
}

// debugSession does what the lines say and returns them with what comes back.
func debugSession(t *testing.T, dial func() net.Conn, lines []debugLine) (seen []debugLine) {
	debugging, other := newDebugClient(t, dial()), newDebugClient(t, dial())
	for _, reset := range []string{"FLUSHALL", "SCRIPT FLUSH", "CONFIG SET busy-reply-threshold 5000 maxmemory 0"} {
		other.send(request(strings.Fields(reset)...))
		other.receive()
	}
	var script []string
	for _, l := range lines {
		now := debugLine{text: l.text}
		kind, rest, _ := strings.Cut(l.text, " ")
		switch kind {
		case "|":
			script = append(script, rest)
		case "!", "~":
			text, err := strconv.Unquote(rest)
			if err != nil {
				t.Fatal(l.text, err)
			}
			debugging.send(text)
			if kind == "!" {
				now.replies = debugging.answers()
			}
			time.Sleep(20 * time.Millisecond) // so that it is read alone
		case ">", "@":
			split, err := command.SplitWords(rest)
			if err != nil {
				t.Fatal(l.text, err)
			}
			var words []string
			for _, w := range split {
				if w.Text == "{}" {
					w.Text = strings.Join(script, "\n")
				}
				words = append(words, w.Text)
			}
			if kind == ">" {
				debugging.send(request(words...))
				now.replies = debugging.answers()
			} else {
				other.send(request(words...))
				now.replies = other.receive()
			}
		}
		seen = append(seen, now)
	}
	return seen
}

// TestDebug compares sessions of the debugger with those of a real Redis.
func TestDebug(t *testing.T) {
	sessions := readDebugFile(t)
	t.Run("redis", func(t *testing.T) {
		server := transcript.StartRedis(t)
		for i, want := range sessions {
			got := debugSession(t, server.Dial, want)
			if transcript.Updating() {
				sessions[i] = got
			} else if d := cmp.Diff(want, got, cmp.AllowUnexported(debugLine{})); d != "" {
				t.Errorf("%s (-want +got)\n%s", want[0].text, d)
			}
		}
		if transcript.Updating() {
			writeDebugFile(t, sessions)
		}
	})
	for _, want := range sessions {
		store := luastore.New(nil)
		got := debugSession(t, func() net.Conn { return dial(t, store) }, want)
		if d := cmp.Diff(want, got, cmp.AllowUnexported(debugLine{})); d != "" {
			t.Errorf("%s (-want +got)\n%s", want[0].text, d)
		}
		store.Close()
	}
	if len(sessions) == 0 || slices.ContainsFunc(sessions, func(s []debugLine) bool { return len(s) < 3 }) {
		t.Error(debugFile + " is not as it should be")
	}
}
