package command_test

import (
	"testing"
	"time"

	"github.com/luastore/luastore/internal/command"
)

// Those who have left are forgotten, even if nothing ever comes: no more of
// them are kept than others wait.
func TestLeaversAreForgotten(t *testing.T) {
	const n = 1000
	db := command.New(command.NewTable(), time.Now)
	s := &command.Session{MayWait: true}
	wait := func(args ...string) *command.Waiter {
		db.Turn()
		db.Do(s, args)
		db.EndTurn()
		return s.Waiter()
	}
	stays := wait("BLPOP", "l", "m", "l", "0")
	for range n {
		if served := wait("BLPOP", "l", "other", "0").Leave(); served {
			t.Fatal("served with nothing")
		}
	}
	db.Forget()
	if kept := db.Waiters(); kept > 2*2+2 { // in l and m, and as many
		t.Errorf("%d are kept after %d have left", kept, n)
	}
	var all []*command.Waiter
	for range n {
		all = append(all, wait("XREAD", "BLOCK", "0", "STREAMS", "s", "l", "$", "$"))
	}
	for _, w := range all {
		w.Leave()
	}
	db.Forget()
	if kept := db.Waiters(); kept > 2*2+2 {
		t.Errorf("%d are kept after %d have left", kept, n)
	}
	db.Turn()
	db.Do(&command.Session{}, []string{"RPUSH", "l", "a"})
	db.EndTurn()
	if r := <-stays.Reply; len(r.Elems()) != 2 || r.Elems()[1].Str() != "a" {
		t.Errorf("who stays gets %v", r)
	}
	if !stays.Leave() || db.Waiting() != 0 || db.Waiters() != 0 {
		t.Errorf("%d keys are waited for, by %d", db.Waiting(), db.Waiters())
	}
}
