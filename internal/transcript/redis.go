package transcript

import (
	"bufio"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/command"
)

// RedisVersion is the version whose replies this project gives.
const RedisVersion = "7.0.15"

// Server is an Executor that is a real Redis and one connection to it. It ends
// with the test that started it.
type Server struct {
	t      testing.TB
	socket string
	net    net.Conn
	conn   conn
}

// StartRedis starts a Redis, without a port and without files. Where there is
// no redis-server of RedisVersion it skips the test.
func StartRedis(t testing.TB) *Server {
	t.Helper()
	path, err := findRedis()
	if err != nil {
		if *update {
			t.Fatal("only a real Redis writes replies: ", err)
		}
		t.Skip("not compared with a real Redis: ", err)
	}
	socket := filepath.Join(t.TempDir(), "redis.sock")
	// The shell ends the server when its input ends, which it does with this
	// process, however that ends.
	cmd := exec.Command("sh", "-c", `"$@" & read -r _; kill -9 $!; wait`, "sh",
		path, "--port", "0", "--unixsocket", socket, "--dir", filepath.Dir(socket), "--save", "", "--appendonly", "no",
		"--enable-debug-command", "yes",
		"--hz", "500") // how often it looks whose waiting is over
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	input, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		input.Close()
		cmd.Wait()
	}
	t.Cleanup(stop)
	for wait := time.Millisecond; ; wait *= 2 {
		s, err := connect(t, socket)
		if err == nil {
			return s
		}
		if wait > 10*time.Second {
			stop()
			t.Fatalf("redis-server does not listen: %v\n%s", err, output.String())
		}
		time.Sleep(wait)
	}
}

// HasRedis reports whether StartRedis would start one.
func HasRedis() bool {
	_, err := findRedis()
	return err == nil
}

// findRedis returns the path of a redis-server of RedisVersion.
func findRedis() (path string, err error) {
	path, err = exec.LookPath("redis-server")
	if err != nil {
		return "", err
	}
	version, err := exec.Command(path, "--version").Output()
	if err == nil && !strings.Contains(string(version), " v="+RedisVersion+" ") {
		err = fmt.Errorf("%s is not of version %s: %s", path, RedisVersion, version)
	}
	return path, err
}

func connect(t testing.TB, socket string) (*Server, error) {
	c, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.Close() })
	return &Server{t, socket, c, conn{bufio.NewReader(c), bufio.NewWriter(c)}}, nil
}

// Connect returns another connection to the same Redis.
func (s *Server) Connect() *Server {
	s.t.Helper()
	other, err := connect(s.t, s.socket)
	if err != nil {
		s.t.Fatal(err)
	}
	return other
}

// Do sends a command and returns its reply. That the connection breaks ends
// the test, here and in Receive.
func (s *Server) Do(args []string) command.Reply {
	s.t.Helper()
	if err := s.conn.send(args); err != nil {
		s.t.Fatalf("redis-server, %q: %v", args, err)
	}
	r, err := s.receive()
	if err != nil {
		s.t.Fatalf("redis-server, %q: %v", args, err)
	}
	return r
}

// Receive returns the next reply or, to a subscriber, message.
func (s *Server) Receive() command.Reply {
	s.t.Helper()
	r, err := s.receive()
	if err != nil {
		s.t.Fatal("redis-server: ", err)
	}
	return r
}

func (s *Server) receive() (command.Reply, error) {
	s.net.SetReadDeadline(time.Now().Add(time.Minute))
	return s.conn.receive()
}

// Sleep waits, a little longer than d, so that an expiry of d has passed.
func (s *Server) Sleep(d time.Duration) { time.Sleep(d + 2*time.Millisecond) }

// Protocol changes the version of the protocol.
func (s *Server) Protocol(version int) { s.Do([]string{"HELLO", strconv.Itoa(version)}) }

// Reset makes the Redis as if it had just started.
func (s *Server) Reset() {
	for _, line := range []string{"RESET", "FLUSHALL", "SCRIPT FLUSH", "FUNCTION FLUSH", config, "CONFIG RESETSTAT", "SLOWLOG RESET", "LATENCY RESET"} {
		s.Do(strings.Fields(line))
	}
	s.Do([]string{"ACL", "LOG", "RESET"})
	for _, user := range s.Do([]string{"ACL", "USERS"}).Elems() {
		if user.Str() != "default" {
			s.Do([]string{"ACL", "DELUSER", user.Str()})
		}
	}
}

// config sets the parameters that tests change. Those of keyspace events are
// left to the tests that listen to them.
const config = "CONFIG SET hash-max-listpack-entries 512 hash-max-listpack-value 64 set-max-intset-entries 512 " +
	"zset-max-listpack-entries 128 zset-max-listpack-value 64 stream-node-max-entries 100 stream-node-max-bytes 4096 " +
	"list-max-listpack-size -2 hll-sparse-max-bytes 3000 proto-max-bulk-len 512mb " +
	"maxmemory 0 maxmemory-policy noeviction maxmemory-samples 5 lfu-log-factor 10 lfu-decay-time 1 busy-reply-threshold 5000 " +
	"slowlog-log-slower-than 10000 slowlog-max-len 128 latency-monitor-threshold 0 latency-tracking yes " +
	"acllog-max-len 128 acl-pubsub-default resetchannels"

// Dial returns another connection to the same Redis, without a protocol.
func (s *Server) Dial() net.Conn {
	s.t.Helper()
	c, err := net.Dial("unix", s.socket)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	return c
}
