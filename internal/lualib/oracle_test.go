package lualib

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// An oracle is a real Lua 5.1, which says what chunks give.
type oracle struct {
	in  io.WriteCloser
	out *bufio.Reader
}

// startLua starts an oracle, or returns nil if lua5.1 is not installed.
func startLua(t testing.TB) *oracle {
	t.Helper()
	path, err := exec.LookPath("lua5.1")
	if err != nil {
		return nil
	}
	driver, err := os.ReadFile("testdata/driver.lua")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-e", string(driver))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return &oracle{in, bufio.NewReader(out)}
}

// outcome returns what a chunk gives, in the notation of outcome.
func (o *oracle) outcome(t testing.TB, chunk string) string {
	t.Helper()
	fmt.Fprintln(o.in, hex.EncodeToString([]byte(chunk)))
	line, err := o.out.ReadString('\n')
	if err != nil {
		t.Fatalf("lua5.1, of %q: %v", chunk, err)
	}
	return strings.TrimSuffix(line, "\n")
}
