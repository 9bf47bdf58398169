package luastore

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestLimits: each limit stops a script that reaches it, with an error that
// errors.Is knows and the script cannot catch, and leaves the store as usable
// as before.
func TestLimits(t *testing.T) {
	for name, tt := range map[string]struct {
		options Options
		script  string
		want    error
	}{
		"instructions":          {Options{MaxInstructions: 100_000}, "while true do end", ErrInstructions},
		"instructions, caught":  {Options{MaxInstructions: 100_000}, "while true do pcall(function() while true do end end) end", ErrInstructions},
		"instructions, pattern": {Options{MaxInstructions: 100_000}, "return (('a'):rep(1e5):find('.-.-.-b'))", ErrInstructions},
		"memory":                {Options{MaxScriptMemory: 1 << 20}, "local t = {} for i = 1, 1e5 do t[i] = {} end", ErrMemory},
		"memory, doubling":      {Options{MaxScriptMemory: 1 << 20}, "local s = 'x' while true do s = s .. s end", ErrMemory},
		"memory, caught":        {Options{MaxScriptMemory: 1 << 20}, "while true do pcall(function() local s = 'x' while true do s = s .. s end end) end", ErrMemory},
		"memory, reply":         {Options{MaxScriptMemory: 1 << 20}, "local t = {} for i = 1, 30 do t = {t, t} end return t", ErrMemory},
		"memory, default":       {Options{}, "local s = 'x' while true do s = s .. s end", ErrMemory},
		"reply":                 {Options{MaxReplySize: 1000}, "local t = {} for i = 1, 100 do t[i] = i end return t", ErrReplySize},
		"reply, text":           {Options{MaxReplySize: 1000}, "return ('x'):rep(1000)", ErrReplySize},
		"reply, error":          {Options{MaxReplySize: 1000}, "return {err = ('x'):rep(1000)}", ErrReplySize},
		"reply, no memory":      {Options{MaxReplySize: 1000, MaxScriptMemory: -1}, "local t = {} for i = 1, 64 do t = {t, t} end return t", ErrReplySize},
		"time":                  {Options{ScriptTimeout: 200 * time.Millisecond}, "while true do end", ErrTimeout},
		"time, coroutine":       {Options{ScriptTimeout: 200 * time.Millisecond}, "while true do coroutine.wrap(function() while true do end end)() end", ErrTimeout},
	} {
		s := New(&tt.options)
		must(t, s.Do(ctx, "SET", "k", "v"))
		err := s.Eval(ctx, "redis.call('INCR', 'runs') "+tt.script, nil).Err()
		var e *Error
		if !errors.Is(err, tt.want) || !errors.As(err, &e) || e.SHA == "" {
			t.Errorf("%s: %v; want %v", name, err, tt.want)
		}
		// What every limit lets through.
		got, err := s.Eval(ctx, "local n = 0 for i = 1, 50000 do n = n + #('x' .. i) end return redis.call('GET', 'runs') .. redis.call('GET', 'k')", nil).Text()
		if got != "1v" || err != nil {
			t.Errorf("%s: afterwards %q, %v; want 1v", name, got, err)
		}
	}
}

// TestReplyFits: a reply up to the limit is whole.
func TestReplyFits(t *testing.T) {
	s := New(&Options{MaxReplySize: 1000})
	if got, err := s.Eval(ctx, "return {1, 2, ('x'):rep(500)}", nil).Slice(); len(got) != 3 || err != nil {
		t.Errorf("%v, %v; want three elements", got, err)
	}
}

func TestDeadline(t *testing.T) {
	var s Store
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := s.Eval(short, "while true do end", nil).Err(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v; want the deadline exceeded", err)
	}
}
