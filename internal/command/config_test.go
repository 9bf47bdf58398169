package command_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/transcript"
)

// otherValues are the parameters whose values are other than in the server of
// the tests, and why.
var otherValues = map[string]string{
	"dir":        "there are no files",
	"hz":         "that server has another",
	"unixsocket": "there is no connection",
}

// otherSettings are those that CONFIG SET refuses, and those that take what a
// server refuses, and why.
var otherSettings = map[string]string{
	"appendonly":                "there are no files",
	"cluster-announce-hostname": "there is no cluster",
	"port":                      "a server listens on it, if it can",
	"maxclients":                "a server knows how many the system allows",
	"proc-title-template":       "the process is not only ours",
}

// Parameters must have the values that they have in a Redis, and take those
// that they take there.
func TestParameters(t *testing.T) {
	server, local := transcript.StartRedis(t), newLocal()
	get := func(e transcript.Executor) map[string]string {
		params := map[string]string{}
		reply := e.Do(strings.Fields("CONFIG GET *")).Elems()
		for i := 0; i < len(reply); i += 2 {
			if name := reply[i].Str(); !strings.HasPrefix(name, "tls-") {
				params[name] = reply[i+1].Str()
			}
		}
		return params
	}
	want, got := get(server), get(local)
	for name := range otherValues {
		if want[name] == got[name] {
			t.Errorf("%s is %q in both", name, got[name])
		}
		delete(want, name)
		delete(got, name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, text := range want {
		if _, ok := otherSettings[name]; ok {
			continue
		}
		for _, text := range []string{"\x01", "", "-2", "-1", "0", "1", "123456", "9223372036854775807", "9223372036854775808", "yes", "no", text, "50%", "101%", "-1%", "%", "10MB", "normal 1mb 2mb 60 replica 3mb 4k 70", "PUBSUB 5mb 0 8", "slave 1 2 -1", "normal 1 2 3s", "normal  1 2 3", "pubsub 1x 2 3", "pubsub 1 2y 3", "master 1 2 3", "nosuch 1 2 3", "normal 1 2",
			"nosave now force", "save nosave", "default now", "save x", "1 2 3", "-2000 0 2001", "1 2", "3 2 x"} {
			args := []string{"CONFIG", "SET", name, text}
			if diff := cmp.Diff(transcript.Render(server.Do(args), transcript.Exact), transcript.Render(local.Do(args), transcript.Exact)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", args, diff)
			}
		}
	}
}
