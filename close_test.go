package luastore

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// Close ends all who wait, with ErrClosed, and every call after it has that
// error.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Store
		sub, idle := s.Subscribe("c"), s.Subscribe()
		must(t, s.Do(ctx, "PUBLISH", "c", "last"))
		ends := func(what string, call func() error) {
			go func() {
				if err := call(); !errors.Is(err, ErrClosed) {
					t.Errorf("%s: %v", what, err)
				}
			}()
		}
		ends("BLPOP", func() error { return s.Do(ctx, "BLPOP", "l", 0).Err() })
		ends("Receive", func() error { _, err := idle.Receive(ctx); return err })
		synctest.Wait()
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if m, err := sub.Receive(ctx); m.Payload != "last" {
			t.Errorf("what had come is %v, %v", m, err)
		}
		session, script := s.Session(), NewScript("return 1")
		for what, call := range map[string]func() error{
			"Do":          func() error { return s.Do(ctx, "PING").Err() },
			"BLPOP":       func() error { return s.Do(ctx, "BLPOP", "l", 0).Err() },
			"SCRIPT KILL": func() error { return s.ScriptKill(ctx) },
			"Session":     func() error { return session.Do(ctx, "PING").Err() },
			"Eval":        func() error { return s.Eval(ctx, "return 1", nil).Err() },
			"Run":         func() error { return script.Run(ctx, &s, nil).Err() },
			"FCall":       func() error { return s.FCall(ctx, "f", nil).Err() },
			"Update":      func() error { return s.Update(ctx, func(*Tx) error { return nil }) },
			"Receive":     func() error { _, err := sub.Receive(ctx); return err },
			"a new one":   func() error { _, err := s.PSubscribe("*").Receive(ctx); return err },
		} {
			if err := call(); !errors.Is(err, ErrClosed) {
				t.Errorf("%s: %v", what, err)
			}
		}
		session.Close()
	})
}

// Close stops a script that would never end, and undoes it, and waits for who is
// in the middle of an Update, which is not kept.
func TestCloseStops(t *testing.T) {
	var s Store
	result := make(chan error)
	go func() { result <- s.Eval(ctx, "redis.call('SET', 'k', 1) while true do end", nil).Err() }()
	for s.board.Script() == nil {
		time.Sleep(time.Millisecond)
	}
	s.Close()
	if err := <-result; !errors.Is(err, ErrClosed) {
		t.Errorf("the script: %v", err)
	}
	if r := s.db.Do(&s.session, []string{"DBSIZE"}); r.Int() != 0 {
		t.Error("what the script wrote is there")
	}
}

func TestCloseDuringUpdate(t *testing.T) {
	var s Store
	began, goOn, result, closed := make(chan bool), make(chan bool), make(chan error), make(chan bool)
	go func() {
		result <- s.Update(context.Background(), func(tx *Tx) error {
			close(began)
			<-goOn
			return tx.Do("SET", "k", 1).Err()
		})
	}()
	<-began
	go func() {
		s.Close()
		close(closed)
	}()
	for !s.closing.Load() {
		time.Sleep(time.Millisecond)
	}
	select {
	case <-closed:
		t.Error("Close does not wait for the Update")
	case <-time.After(20 * time.Millisecond):
	}
	close(goOn)
	if err := <-result; !errors.Is(err, ErrClosed) {
		t.Errorf("the Update: %v", err)
	}
	<-closed
}
