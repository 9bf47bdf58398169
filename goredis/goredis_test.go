package goredis

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
)

// The same scripts give the same on a Store, on a client of one, on a Redis, and on
// a cluster.
func TestScripters(t *testing.T) {
	for name, scripter := range map[string]func(*testing.T) luastore.Scripter{
		"Store":   func(*testing.T) luastore.Scripter { return new(luastore.Store) },
		"client":  func(t *testing.T) luastore.Scripter { return Remote(closed(t, NewClient(new(luastore.Store)))) },
		"Redis":   func(t *testing.T) luastore.Scripter { return Remote(startRedis(t)) },
		"cluster": func(t *testing.T) luastore.Scripter { return Remote(startCluster(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := scripter(t)
			testScripter(t, s)
			testAccessors(t, s)
			testArguments(t, s)
			if name == "cluster" {
				testKeysOfTwoSlots(t, s)
			}
		})
	}
}

func testScripter(t *testing.T, s luastore.Scripter) {
	ctx := t.Context()
	for source, want := range map[string]any{
		"return 7":                      int64(7),
		"return 'text'":                 "text",
		"return {ok='fine'}":            "fine",
		"return {1, {'a', false}, 'b'}": []any{int64(1), []any{"a", nil}, "b"},
		"return redis.call('SET', KEYS[1], ARGV[1])": "OK",
		"return redis.call('GET', KEYS[1])":          "v",
		"return {double=1.5}":                        1.5,
		"redis.setresp(3) return true":               true,
		"return {map={a=1}}":                         map[any]any{"a": int64(1)},
	} {
		if source == "return redis.call('GET', KEYS[1])" {
			s.Eval(ctx, "return redis.call('SET', KEYS[1], 'v')", []string{"{tag}k"})
		}
		got, err := s.Eval(ctx, source, []string{"{tag}k"}, "v").Result()
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", source, err, diff)
		}
	}
	if err := s.Eval(ctx, "return false", nil).Err(); err != luastore.ErrNil {
		t.Errorf("nil: %v", err)
	}
	err := s.Eval(ctx, "return redis.error_reply('MINE alone')", nil).Err()
	var failed *luastore.Error
	if !errors.As(err, &failed) || failed.Code != "MINE" || failed.Message != "alone" {
		t.Errorf("an error: %#v", err)
	}
	script := luastore.NewScript("return ARGV[1]")
	if err := s.EvalSha(ctx, script.Hash(), nil).Err(); !errors.Is(err, luastore.ErrNoScript) {
		t.Errorf("EVALSHA of a script that is not there: %v", err)
	}
	for range 2 { // by its source, then by its SHA-1
		if got, err := script.RunRO(ctx, s, nil, "x").Text(); got != "x" || err != nil {
			t.Errorf("Run: %q, %v", got, err)
		}
	}
	other := luastore.NewScript("return 2")
	if sha, err := other.Load(ctx, s); sha != other.Hash() || err != nil {
		t.Errorf("Load: %q, %v", sha, err)
	}
	known, err := s.ScriptExists(ctx, other.Hash(), luastore.NewScript("no").Hash())
	if diff := cmp.Diff([]bool{true, false}, known); diff != "" || err != nil {
		t.Errorf("ScriptExists: %v (-want +got):\n%s", err, diff)
	}
	if _, err := s.ScriptLoad(ctx, "return return"); !errors.As(err, &failed) || failed.Code != "ERR" {
		t.Errorf("ScriptLoad of nonsense: %v", err)
	}
}

// A cluster refuses keys that are not together on one of its servers.
func testKeysOfTwoSlots(t *testing.T, s luastore.Scripter) {
	err := s.Eval(t.Context(), "return 1", []string{"a", "b"}).Err()
	var failed *luastore.Error
	if !errors.As(err, &failed) || failed.Code != "CROSSSLOT" {
		t.Errorf("keys of two slots: %#v", err)
	}
}

func TestNewClient(t *testing.T) {
	client := closed(t, NewClient(new(luastore.Store)))
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	got, err := client.Eval(t.Context(), "return redis.call('GET', KEYS[1])", []string{"k"}).Text()
	if got != "v" || err != nil {
		t.Errorf("a script finds %q, %v", got, err)
	}
}
