package goredis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// closed closes the client when the test ends.
func closed[C redis.UniversalClient](t testing.TB, c C) C {
	t.Cleanup(func() { c.Close() })
	return c
}

// startRedis starts a redis-server without a port, which ends with the test.
func startRedis(t testing.TB) *redis.Client {
	socket := filepath.Join(t.TempDir(), "redis.sock")
	startServer(t, "--port", "0", "--unixsocket", socket, "--dir", filepath.Dir(socket))
	client := closed(t, redis.NewClient(&redis.Options{Network: "unix", Addr: socket}))
	eventually(t, "redis-server listens", func(ctx context.Context) bool { return client.Ping(ctx).Err() == nil })
	return client
}

// startCluster starts three masters on the loopback, which end with the test.
func startCluster(t testing.TB) *redis.ClusterClient {
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Skip("not compared with a real cluster: ", err)
	}
	var addrs []string
	const nodes = 3
	ports := freePorts(t, 2*nodes)
	for i := range nodes {
		port, bus := ports[i], ports[nodes+i]
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		addrs = append(addrs, addr)
		startServer(t, "--bind", "127.0.0.1", "--port", fmt.Sprint(port), "--dir", t.TempDir(),
			"--cluster-enabled", "yes", "--cluster-port", fmt.Sprint(bus))
		node := closed(t, redis.NewClient(&redis.Options{Addr: addr}))
		eventually(t, "redis-server listens", func(ctx context.Context) bool { return node.Ping(ctx).Err() == nil })
	}
	create := exec.CommandContext(t.Context(), cli, append([]string{"--cluster-yes", "--cluster", "create"}, addrs...)...)
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("redis-cli --cluster create: %v\n%s", err, out)
	}
	client := closed(t, redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs}))
	eventually(t, "all nodes know the cluster", func(ctx context.Context) bool {
		return client.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
			info, err := node.ClusterInfo(ctx).Result()
			if err == nil && !strings.Contains(info, "cluster_state:ok") {
				err = errors.New("not yet")
			}
			return err
		}) == nil
	})
	return client
}

// startServer starts a redis-server that keeps nothing and ends with the test.
func startServer(t testing.TB, args ...string) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("not compared with a real Redis: ", err)
	}
	server := exec.Command(path, append(args, "--save", "")...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
}

// freePorts returns ports on which nobody listens.
func freePorts(t testing.TB, n int) (ports []int) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // when all have another one
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// eventually waits until it is so.
func eventually(t testing.TB, what string, so func(context.Context) bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(t.Context()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it is not so that %s", what)
		}
	}
}
