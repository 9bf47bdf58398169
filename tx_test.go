package luastore

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

// TestUpdate: of what fn does all is kept or nothing.
func TestUpdate(t *testing.T) {
	no := errors.New("no")
	ending, end := context.WithCancel(ctx)
	defer end()
	tests := []struct {
		reason string
		ctx    context.Context
		fn     func(tx *Tx) error
		want   error
		n      any // afterwards
	}{
		{"it ends well", ctx, func(tx *Tx) error { return nil }, nil, "2"},
		{"a command fails, which does not matter", ctx, func(tx *Tx) error { tx.Do("INCR", "list"); return nil }, nil, "2"},
		{"it returns an error", ctx, func(tx *Tx) error { return no }, no, "1"},
		{"a script fails, which does not matter", ctx, func(tx *Tx) error { tx.Eval("error('no')", nil); return nil }, nil, "2"},
		{"a script asks to be undone", ctx,
			func(tx *Tx) error { tx.Eval("--!rollback\nreturn {err='MINE no'}", nil); return nil }, &Error{Code: "MINE"}, "1"},
		{"a script is stopped", ctx,
			func(tx *Tx) error { tx.Eval("while true do end", nil); return nil }, ErrInstructions, "1"},
		{"a script is stopped, and it returns another error", ctx,
			func(tx *Tx) error { tx.Eval("while true do end", nil); return no }, no, "1"},
		{"the context ends", ending, func(tx *Tx) error { end(); return nil }, context.Canceled, "1"},
	}
	for _, test := range tests {
		s := New(&Options{MaxInstructions: 100_000})
		must(t, s.Do(ctx, "SET", "n", 1))
		must(t, s.Do(ctx, "RPUSH", "list", "a"))
		var kept *Tx
		err := s.Update(test.ctx, func(tx *Tx) error {
			kept = tx
			must(t, tx.Do("INCR", "n"))
			must(t, tx.Eval("return redis.call('GET', 'n')", nil))
			return test.fn(tx)
		})
		if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: error %v, want %v", test.reason, err, test.want)
		}
		if got := s.Do(ctx, "GET", "n").Val(); got != test.n {
			t.Errorf("%s: n is %v, want %v", test.reason, got, test.n)
		}
		for _, r := range []Reply{kept.Do("GET", "n"), kept.Eval("return 1", nil), kept.EvalSha("", nil), kept.FCall("f", nil)} {
			if err := r.Err(); err != ErrTxDone {
				t.Errorf("%s: afterwards the Tx answers %v", test.reason, err)
			}
		}
	}
}

// TestUpdatePanics: a panic undoes what was done, passes on, and leaves a store
// that can be used.
func TestUpdatePanics(t *testing.T) {
	var s Store
	func() {
		defer func() {
			if p := recover(); p != "no" {
				t.Errorf("recovered %v", p)
			}
		}()
		s.Update(ctx, func(tx *Tx) error {
			must(t, tx.Do("SET", "k", "v"))
			panic("no")
		})
	}()
	if got := s.Do(ctx, "EXISTS", "k").Val(); got != int64(0) {
		t.Errorf("EXISTS k answers %v", got)
	}
}

// TestTx: what a Tx can do, and what it refuses.
func TestTx(t *testing.T) {
	var s Store
	sha, err := s.ScriptLoad(ctx, "return redis.call('INCRBY', KEYS[1], ARGV[1])")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.FunctionLoad(ctx, "#!lua name=lib\nredis.register_function('f', function(keys) return redis.call('INCR', keys[1]) end)"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		run          func(tx *Tx) Reply
		update, view string
	}{
		{func(tx *Tx) Reply { return tx.Do("INCR", "n") }, "1", "ERR INCR can write, which View does not allow"},
		{func(tx *Tx) Reply { return tx.Do("PUBLISH", "c", "m") }, "0", "ERR PUBLISH can write, which View does not allow"},
		{func(tx *Tx) Reply { return tx.EvalSha(sha, []string{"n"}, 5) }, "6", ""},
		{func(tx *Tx) Reply { return tx.Do("EVALSHA", sha, 1, "n", 5) }, "11", ""},
		{func(tx *Tx) Reply { return tx.FCall("f", []string{"n"}) }, "12", ""},
		{func(tx *Tx) Reply { return tx.Do("FCALL", "F", 1, "n") }, "13", ""},
		{func(tx *Tx) Reply { return tx.FCall("g", nil) }, "ERR Function not found", "ERR Function not found"},
		{func(tx *Tx) Reply { return tx.Eval("return #KEYS", []string{"a", "b"}) }, "2", "2"},
		{func(tx *Tx) Reply { return tx.Do("XREAD", "BLOCK", 0, "STREAMS", "none", 0) }, "luastore: nil", "luastore: nil"},
		{func(tx *Tx) Reply { return tx.Do("BLPOP", "none", 0) }, "ERR BLPOP is not allowed in Update and View", "ERR BLPOP is not allowed in Update and View"},
		{func(tx *Tx) Reply { return tx.Do("CONFIG", "GET", "maxmemory") },
			"ERR CONFIG|GET is not allowed in Update and View", "ERR CONFIG|GET is not allowed in Update and View"},
		{func(tx *Tx) Reply { return tx.Do() }, "luastore: no command", "luastore: no command"},
		{func(tx *Tx) Reply { return tx.Do("SELECT", 1) }, "OK", "OK"},
		{func(tx *Tx) Reply { return tx.Do("EXISTS", "n") }, "0", "0"},
	}
	for _, readOnly := range []bool{false, true} {
		do := s.Update
		if readOnly {
			do = s.View
		}
		must(t, s.Do(ctx, "DEL", "n"))
		err := do(ctx, func(tx *Tx) error {
			for i, test := range tests {
				r := test.run(tx)
				got, err := fmt.Sprint(r.Val()), r.Err()
				if err != nil {
					got = err.Error()
				}
				want := test.update
				if readOnly {
					want = test.view
				}
				if want == "" { // the error of a command in a script
					if err == nil {
						t.Errorf("%d in View: no error", i)
					}
				} else if got != want {
					t.Errorf("%d, read-only %t: %q, want %q", i, readOnly, got, want)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if got := s.Do(ctx, "EXISTS", "n").Val(); got != int64(0) {
		t.Error("View has written")
	}
}

// TestUpdateEvictsNothing: what an Update has seen stays, whatever the memory.
func TestUpdateEvictsNothing(t *testing.T) {
	s := New(&Options{MaxMemory: 1 << 20, MaxMemoryPolicy: "allkeys-random"})
	for i := range 20_000 {
		must(t, s.Do(ctx, "SET", i, i))
	}
	err := s.Update(ctx, func(tx *Tx) error {
		n := tx.Do("DBSIZE").Val()
		var last error
		for i := range 20_000 {
			if last = tx.Do("SET", -i-1, i).Err(); last != nil {
				break
			}
		}
		if !errors.Is(last, ErrOutOfMemory) {
			t.Errorf("error %v, want that memory is short", last)
		}
		if got := tx.Do("DBSIZE").Val(); got.(int64) < n.(int64) {
			t.Errorf("%v keys of %v are left", got, n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
