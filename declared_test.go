package luastore

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestDeclaredKeysOnly: a script that touches a key that it did not declare
// fails there, and before the command does anything.
func TestDeclaredKeysOnly(t *testing.T) {
	keys := []string{"a", "b", "c"}
	for _, test := range []struct {
		script string
		key    string // that is touched without being declared; "" for none
	}{
		{"redis.call('SET', KEYS[1], 1) redis.call('RENAME', KEYS[1], KEYS[2]) redis.call('COPY', 'b', 'c')", ""},
		{"redis.call('PING') redis.call('PUBLISH', 'x', 'y') redis.call('DBSIZE')", ""},
		{"redis.pcall('GET') redis.pcall('NOSUCH', 'x')", ""},
		{"redis.call('SET', 'x', 1)", "x"},
		{"redis.call('RENAME', KEYS[1], KEYS[1] .. 'x')", "ax"},
		{"redis.call('MSET', 'a', 1, 'x', 2)", "x"},
		{"redis.call('ZUNIONSTORE', 'a', 2, 'b', 'x')", "x"},
		{"redis.call('ZUNIONSTORE', 'x', 2, 'b', 'a')", "x"},
		{"redis.call('LPUSH', 'b', 1) redis.call('SORT', 'b', 'STORE', 'x')", "x"},
		{"redis.call('LPUSH', 'b', 1) redis.call('SORT', 'b', 'LIMIT', 0, 1, 'BY', 'nosort', 'GET', '#')", ""},
		{"redis.call('LPUSH', 'b', 1) redis.call('SORT', 'b', 'by', 'w_*', 'GET', '#')", "w_*"},
		{"redis.call('LPUSH', 'b', 1) redis.call('SORT_RO', 'b', 'GET', 'h*->f')", "h*->f"},
		{"redis.call('XREAD', 'STREAMS', 'a', 'x', 0, 0)", "x"},
		{"redis.call('OBJECT', 'ENCODING', 'x')", "x"},
		{"redis.call('SET', 'two\\nlines', 1)", "two lines"},
	} {
		s := New(&Options{DeclaredKeysOnly: true})
		err := s.Eval(ctx, "redis.call('SET', 'a', 'old')\n"+test.script, keys).Err()
		want := ErrNil.Error()
		if test.key != "" {
			want = "ERR Script attempted to access undeclared key '" + test.key + "' script: "
		}
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v; want %s", test.script, err, want)
		}
		var e *Error
		if test.key != "" && (!errors.As(err, &e) || e.Line != 2 || len(e.Command) == 0) {
			t.Errorf("%s: %+v", test.script, err)
		}
		left, _ := s.Do(ctx, "KEYS", "*").StringSlice()
		if slices.Contains(left, test.key) {
			t.Errorf("%s: the key is there", test.script)
		}
		if err := New(nil).Eval(ctx, "redis.call('SET', 'a', 'old')\n"+test.script, keys).Err(); strings.Contains(err.Error(), "undeclared") {
			t.Errorf("%s: without the option %v", test.script, err)
		}
	}
}

// TestDeclaredKeysOnlyFunctions: the keys of a function are those of its FCALL,
// and those of a call are none of the next.
func TestDeclaredKeysOnlyFunctions(t *testing.T) {
	s := New(&Options{DeclaredKeysOnly: true})
	if _, err := s.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function(keys, args) return redis.call('SET', args[1], 1) end)"); err != nil {
		t.Fatal(err)
	}
	must(t, s.FCall(ctx, "f", []string{"a", "b"}, "b"))
	for _, err := range []error{s.FCall(ctx, "f", []string{"a"}, "b").Err(), s.FCall(ctx, "f", nil, "b").Err(), s.Eval(ctx, "redis.call('GET', 'b')", nil).Err()} {
		if err == nil || !strings.HasPrefix(err.Error(), "ERR Script attempted to access undeclared key 'b'") {
			t.Error(err)
		}
	}
	must(t, s.Do(ctx, "SET", "b", 2)) // not in a script
}
