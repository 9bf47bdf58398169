package luastore

import (
	"strings"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/ldb"
	"github.com/luastore/luastore/internal/luavm"
)

// SCRIPT DEBUG makes the next EVAL of a connection a session of Redis's debugger
// (package ldb) over that connection, which ends with it. Redis forks in mode YES,
// so that the script runs on a copy of everything; here it runs on an engine of
// its own, and what it has written is undone. In both modes the lock is held until
// the session is over.

// A debugger debugs the running script for the client of a connection. A nil one
// is that of all other scripts. It is an ldb.Host.
type debugger struct {
	engine  *engine
	mode    command.DebugMode
	session *ldb.Session
	in      <-chan []byte
	send    func([]byte)
}

var debugModes = map[string]command.DebugMode{"no": command.DebugNo, "yes": command.DebugYes, "sync": command.DebugSync}

func scriptDebug(c *command.Call) command.Reply {
	session := c.Session()
	client := session.Client
	mode, known := debugModes[strings.ToLower(c.Args()[2])]
	switch {
	case client != nil && (client.Unsent() || !session.MayWait): // EXEC has begun to reply
		return command.Err("ERR SCRIPT DEBUG must be called outside a pipeline")
	case !known:
		return command.Err("ERR Use SCRIPT DEBUG YES/SYNC/NO")
	case client != nil && mode != command.DebugNo:
		client.Debug = max(client.Debug, mode)
	case client != nil:
		client.Debug = command.DebugNo
	case mode != command.DebugNo:
		return command.Err("ERR SCRIPT DEBUG needs a connection: see package redisconn")
	}
	return command.OK
}

// defaultPatience is after what time a script stops that does not do so by itself,
// if busy-reply-threshold does not say so.
const defaultPatience = 5 * time.Second

// debug is EVAL for a client that debugs.
func (s *Store) debug(c *command.Call, bySHA, readOnly bool) command.Reply {
	caller := c.Session()
	switch {
	case bySHA:
		return command.Err("ERR Please use EVAL instead of EVALSHA for debugging")
	case !caller.MayWait:
		return command.Err("ERR Scripts cannot be debugged in a transaction")
	}
	d := &debugger{mode: caller.Client.Debug}
	d.in, d.send = caller.Client.Raw()
	caller.Client.Closing = true
	switch {
	case d.drops():
		d.engine = newScriptEngine(s)
	case s.engine == nil:
		s.engine = newScriptEngine(s)
		fallthrough
	default:
		d.engine = s.engine
	}
	d.session = ldb.New(d, d.engine.vm, c.Args()[1])
	if d.session.Patience = time.Duration(s.db.BusyReply.Load()); d.session.Patience <= 0 {
		d.session.Patience = defaultPatience
	}
	r := d.eval(c, readOnly)
	d.session.End()
	return r
}

// eval runs the script.
func (d *debugger) eval(c *command.Call, readOnly bool) command.Reply {
	args, e := c.Args(), d.engine
	s := e.store
	keys, argv, problem := splitKeys(args, evalNotInt)
	if problem != "" {
		return command.Err(problem)
	}
	if !d.drops() {
		if sc, failure := s.script(args[1], false, ""); sc == nil {
			return failure
		}
	}
	e.vm.Debug, e.debugger, e.watched = d.session.Line, d, true
	defer func() { e.vm.Debug, e.debugger, e.watched = nil, nil, s.watches() }()
	sc, failure := e.compile(args[1], "")
	if failure != nil {
		return failure.reply()
	}
	if text := s.gate(sc.flags, readOnly); text != "" {
		return command.Err(text)
	}
	if d.drops() {
		s.db.Begin()
		defer s.db.Undo()
	}
	return e.runScript(sc, c, keys, argv, readOnly)
}

// drops says whether what the script does is undone.
func (d *debugger) drops() bool { return d != nil && d.mode == command.DebugYes }

// Send is that of ldb.Host.
func (d *debugger) Send(b []byte) { d.send(b) }

// Receive waits as a script that runs would: whoever may end it ends it, and it
// stands aside for its guests. Its time limit does not count that.
func (d *debugger) Receive() (b []byte, ok bool) {
	e := d.engine
	s, x, began := e.store, e.publish(), time.Now()
	defer func() {
		if !e.run.timeout.IsZero() {
			e.run.timeout = e.run.timeout.Add(time.Since(began))
		}
	}()
	for {
		select {
		case b, ok = <-d.in:
			if ok {
				return b, true
			}
			e.vm.Check() // the connection was killed, perhaps
			if d.drops() {
				e.vm.Stop(ErrKilled) // nobody would see what it did
			}
			return nil, false
		case k := <-x.Kills():
			if err := e.killed(x, k); err != nil {
				e.vm.Stop(err)
			}
		case left := <-x.Guests():
			<-left
		case <-s.closed:
			e.vm.Stop(ErrClosed)
		case <-s.ctx.Done():
			e.vm.Stop(s.ctx.Err())
		}
	}
}

// Redis is that of ldb.Host.
func (d *debugger) Redis(words []string) {
	e := d.engine
	e.vm.Tick(callCost)
	d.called(words)
	d.answered(words, e.permitted(e.store.db.Lookup(words), words))
}

// Fail is that of ldb.Host.
func (d *debugger) Fail(text string) { d.engine.raise(text) }

// breakpoint is redis.breakpoint, which says whether somebody debugs.
func (d *debugger) breakpoint() bool {
	if d == nil {
		return false
	}
	d.session.Breakpoint()
	return true
}

// debug is redis.debug.
func (d *debugger) debug(args []luavm.Value) {
	if d != nil {
		d.session.Debug(args)
	}
}

// failed shows an error that the table redis makes.
func (d *debugger) failed(text string) {
	if d != nil {
		d.session.Failed(text)
	}
}

// called shows a command that the script calls.
func (d *debugger) called(words []string) {
	if d != nil {
		d.session.Called(words)
	}
}

// answered shows the reply to a command, or why it did not run, in the form in
// which Redis has that.
func (d *debugger) answered(words []string, r *command.Reply) {
	if d == nil {
		return
	}
	e, text := d.engine, r.Str()
	switch {
	case !r.IsError():
	case text == command.OutOfMemory, text == command.NoReplicas:
		d.session.Failed("-" + text + "\r\n")
		return
	case e.store.db.StaticCheck(&e.session, words) != "", strings.HasPrefix(text, "ERR The user executing the script "):
		d.session.Failed(strings.TrimPrefix(text, "ERR "))
		return
	}
	d.session.Answered(r, e.session.RESP)
}
