package transcript

import (
	"time"

	"github.com/luastore/luastore/internal/command"
)

// Local is an Executor that runs this project's commands, under a clock that
// only Sleep moves.
type Local struct {
	DB      *command.DB
	Session command.Session
	now     time.Time
}

// NewLocal returns a Local on an empty DB of the table's commands, whose clock
// says now.
func NewLocal(t command.Table, now time.Time) *Local {
	l := &Local{now: now}
	l.DB = command.New(t, func() time.Time { return l.now })
	l.DB.UndoStopped = true
	l.DB.Connect(&l.Session, &command.Client{Addr: "local:0", Push: func(command.Reply) {}, Kill: func() {}})
	return l
}

func (l *Local) Do(args []string) command.Reply {
	l.DB.Turn()
	r := l.Session.Heard(l.DB.Do(&l.Session, args))
	l.DB.EndTurn()
	if r.Kind == command.RepliesKind && len(r.Elems()) > 0 {
		r = command.Array(r.Elems()[0].Elems()...) // the first, as of a real server
	}
	if l.Session.RESP != 3 {
		r = r.RESP2()
	}
	return r
}

func (l *Local) Sleep(d time.Duration) { l.now = l.now.Add(d) }

func (l *Local) Protocol(version int) { l.Session.RESP = version }
