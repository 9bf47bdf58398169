package luastore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luastore/luastore/internal/arg"
	"github.com/luastore/luastore/internal/busy"
	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/link"
	"github.com/luastore/luastore/internal/lock"
	"github.com/luastore/luastore/internal/lualib"
)

// A Store is 16 databases of typed data, and scripts that work on them, behind
// one lock. The zero Store is empty and ready to use. Its methods may be
// called by any number of goroutines; each call is atomic.
//
// Every method takes a context, which must not be nil. If it ends while the
// call waits, the call does nothing; if it ends while a script runs, the
// script is stopped within milliseconds, and what it wrote until then is undone
// (see [Options].Rollback). In both cases the error is the context's, for
// errors.Is.
type Store struct {
	options Options

	once    sync.Once
	lock    *lock.Lock      // every exported method takes it, and nothing else does
	ctx     context.Context // of the call that holds the lock
	db      *command.DB
	scripts cache
	engine  *engine // nil: to be made when a script needs it
	library libraries
	random  *lualib.Random // of scripts and functions
	board   busy.Board     // shows the script that is running
	guest   guest          // the call that runs beside it
	session command.Session
	events  events
	line    link.Line   // of connections
	active  *connection // which made the call that holds the lock, or nil
	work    int         // that the meter has seen since it looked at ctx
	endedAt time.Time   // when it was seen that ctx has ended, but there is something to undo; zero: not yet
	alarm   bool        // expireLater waits
	watch   bool        // checkClientsLater waits

	closing atomic.Bool   // Close was called,
	closed  chan struct{} // which tells it who waits
}

// Options are what New can set. The zero Options are those of a zero Store.
//
// A function here, or a method of an argument or context, that panics ends the call
// with that panic, and so does runtime.Goexit, of t.Fatal say. The store can be used
// on, and what a script, a transaction or an Update has written until then is undone,
// scripts and transactions unless Rollback is RollbackNever.
type Options struct {
	// DB is the number of the database, 0 to 15, that the Store's methods and
	// new Sessions use. Zero: 0.
	DB int
	// Now is the clock, for tests. It is read once in each call, as it begins; a
	// script sees time stand still. Nil: time.Now.
	Now func() time.Time
	// After is the timer that goes with Now: commands that wait, such as BLPOP,
	// use it to know when their time is over. Nil: time.After.
	After func(time.Duration) <-chan time.Time
	// Rand is where random numbers come from: those of SRANDMEMBER, SPOP,
	// RANDOMKEY and their like, and of eviction. It is used while the store is
	// locked. Those of math.random are the same in each run anyway, as in Redis.
	// Nil: those of package math/rand/v2.
	Rand rand.Source
	// Logger gets what scripts log with redis.log. It is called while the
	// store is locked, so it must not use the store. Nil: slog.Default().
	Logger *slog.Logger
	// MaxMemory is how many bytes the data may take, about: keys, values, and
	// what is kept about them; and, as in Redis, what waits in the buffers of
	// connections. Where they take more, keys are evicted as
	// MaxMemoryPolicy says, and if that does not help commands that may need more
	// memory answer [ErrOutOfMemory]. A script that has begun to write may go on,
	// by 1 MiB. Zero: no limit.
	MaxMemory int
	// MaxMemoryPolicy says which keys are evicted, in the words of Redis's
	// configuration: allkeys-lru, allkeys-lfu, allkeys-random, volatile-lru,
	// volatile-lfu, volatile-random, volatile-ttl, noeviction. Empty: noeviction.
	MaxMemoryPolicy string
	// Password is what connections must give before anything else: Redis's
	// requirepass. Empty: none.
	Password string
	// Users are the users that connections, and Sessions, may AUTH as, each a line
	// of rules as of Redis's ACL SETUSER: "alice on >secret ~cache:* +get". The
	// rules of the user "default" are those of connections before they do. The
	// Store's own methods may do everything.
	Users []string
	// OnEvent, if it is not nil, is called with every event of a key, in order,
	// once the call that caused it has ended and given the lock back; a command
	// that fails causes none. The goroutine that made the call delivers its
	// events before the call returns, and with them those of calls by others
	// that end meanwhile, who do not wait for that: so a slow OnEvent delays one
	// caller at a time and lets events pile up in memory, but never stops the
	// store. It may use the store itself.
	OnEvent func(Event)
	// Trace, if it is not nil, is called with each command that a script calls,
	// after it ran; package trace has what prints and counts them. It is called
	// while the store is locked, so it must not use the store, and delays the
	// script. What it gets it may keep.
	Trace func(TraceEvent)
	// DeclaredKeysOnly makes a command in a script fail that touches a key which
	// the script was not given in KEYS, as it might in a cluster. A pattern of
	// SORT's BY and GET counts as a key. Commands that take no keys are not
	// noticed: KEYS, SCAN, RANDOMKEY, FLUSHDB. It is for tests: each call costs
	// more.
	DeclaredKeysOnly bool
	// Intercept, if it is not nil, is called before each command that would run,
	// those in scripts and those that run scripts too. If it returns an error the
	// command does not run and answers it: an *[Error] as it is, another one as the
	// message of an ERR. It is called while the store is locked, so it must not use
	// the store, nor change or keep args. It is for tests: package luastoretest has
	// what makes commands fail or slow.
	Intercept func(ctx context.Context, args []string) error
	// MaxInstructions stops a script, uncatchably, that has made as many loop
	// turns, calls, and pieces of work in library functions. Zero: no limit.
	MaxInstructions int64
	// MaxScriptMemory stops a script, uncatchably, when its values, its reply, what
	// undoes its writes, and what it stores take more bytes. For functions that is with
	// what all libraries remember. What it stores is by how much the data grow while it
	// runs, but not what it was given as arguments, and not the first 256 bytes for each
	// word of a command that writes, up to eight times the limit: so a script may fill a
	// store with small things, but not with a few large ones, or copies of them. Zero:
	// 256 MiB; negative: no limit.
	MaxScriptMemory int
	// MaxReplySize makes the reply to a call an error, [ErrReplySize], if its
	// elements, 32 bytes each, and its texts have more bytes. It is known before
	// they take memory, and before a command changes anything; a script is
	// stopped. EXEC has one budget for all its replies. Texts count each time they
	// occur. Zero: 512 MiB; negative: no limit, but for MaxScriptMemory and the
	// 1 GiB that may wait on a connection.
	MaxReplySize int
	// BusyReply makes commands answer Redis's BUSY, [ErrBusy], as soon as a script
	// has run for so long, in whole milliseconds. It is Redis's
	// busy-reply-threshold, which CONFIG SET can change. Zero: on connections as in
	// Redis, 5 seconds; Do waits until the script or the context ends, unless CONFIG
	// SET says another time than 5 seconds.
	BusyReply time.Duration
	// ScriptTimeout stops a script, uncatchably, that has run for so long. A
	// context's deadline does the same for one call. Zero: no limit.
	ScriptTimeout time.Duration
	// Rollback says when the writes of a script or function are undone. Zero:
	// RollbackOnStop.
	Rollback Rollback
}

// DefaultMaxScriptMemory is what Options.MaxScriptMemory 0 means, in bytes.
const DefaultMaxScriptMemory = 256 << 20

// DefaultMaxReplySize is what Options.MaxReplySize 0 means, in bytes: enough for a
// string of the greatest length, 512 MiB, and a little around it.
const DefaultMaxReplySize = 512<<20 + 4<<10

// New returns an empty Store with the options; nil means none. It panics if an
// option is out of its range.
func New(options *Options) *Store {
	s := new(Store)
	if options != nil {
		s.options = *options
	}
	if s.options.DB < 0 || s.options.DB >= command.Databases {
		panic(fmt.Sprintf("luastore: Options.DB is %d, not 0 to %d", s.options.DB, command.Databases-1))
	}
	if s.options.MaxMemory < 0 {
		panic(fmt.Sprintf("luastore: Options.MaxMemory is %d, less than 0", s.options.MaxMemory))
	}
	if r := s.options.Rollback; r < RollbackOnStop || r > RollbackNever {
		panic(fmt.Sprintf("luastore: Options.Rollback is %d, which is none", r))
	}
	if p := s.options.MaxMemoryPolicy; p != "" && !command.Policy(p).Known() {
		panic(fmt.Sprintf("luastore: Options.MaxMemoryPolicy is %q, which is none", p))
	}
	if len(s.options.Users) > 0 {
		s.once.Do(s.init)
		for _, line := range s.options.Users {
			if complaint := s.db.SetUser(line); complaint != "" {
				panic(fmt.Sprintf("luastore: Options.Users has %q: %s", line, complaint))
			}
		}
	}
	return s
}

func (s *Store) init() {
	if s.options.After == nil {
		s.options.After = time.After
	}
	if s.options.Logger == nil {
		s.options.Logger = slog.Default()
	}
	s.lock = lock.New()
	s.closed = make(chan struct{})
	s.random = lualib.NewRandom()
	s.db = command.New(programs().table, s.options.Now)
	s.db.Host = (*host)(s)
	s.db.Listens = s.options.OnEvent != nil
	if s.db.MaxReply = max(s.options.MaxReplySize, 0); s.options.MaxReplySize == 0 {
		s.db.MaxReply = DefaultMaxReplySize
	}
	s.db.Leave = s.leaves
	s.db.UndoStopped = s.options.Rollback != RollbackNever
	if s.options.Rand != nil {
		s.db.Rand = rand.New(s.options.Rand)
	}
	if s.options.Intercept != nil {
		s.db.Intercept()
	}
	s.db.Config.MaxMemory = uint64(s.options.MaxMemory)
	if s.options.MaxMemoryPolicy != "" {
		s.db.Config.MaxMemoryPolicy = command.Policy(s.options.MaxMemoryPolicy)
	}
	s.db.Config.RequirePass = s.options.Password
	if s.options.BusyReply > 0 {
		s.db.Config.BusyReplyThreshold = int((s.options.BusyReply + time.Millisecond - 1) / time.Millisecond)
	}
	s.db.Configured()
	s.session = s.newSession(3)
	s.session.Stateless = true
}

var (
	errNilContext = errors.New("luastore: nil context")
	errNoCommand  = errors.New("luastore: no command")
)

// acquire takes the lock for a call, unless the context ends before.
func (s *Store) acquire(ctx context.Context) error {
	if ctx == nil {
		return errNilContext
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.once.Do(s.init)
	if err := s.lock.Acquire(ctx); err != nil {
		return err
	}
	return s.acquired(ctx)
}

// acquired begins the call that has just got the lock.
func (s *Store) acquired(ctx context.Context) error {
	if s.closing.Load() {
		s.lock.Release()
		return ErrClosed
	}
	if s.db.Owes() {
		if err := s.settleUp(ctx); err != nil {
			s.lock.Release()
			return err
		}
	}
	s.ctx = ctx
	if s.options.Now != nil {
		s.turn()
	} else {
		s.db.Turn()
	}
	return nil
}

// turn begins a turn of the database with a clock that may panic, which ends the
// call.
func (s *Store) turn() {
	begun := false
	defer func() {
		if !begun {
			s.release()
		}
	}()
	s.db.Turn()
	begun = true
}

// settleUp does what the call before has left undone when its context ended, unless
// this one's ends, too.
func (s *Store) settleUp(ctx context.Context) error {
	var err error
	s.db.SettleUp(func() bool {
		err = s.ended(ctx)
		return err != nil
	})
	if s.db.Owes() {
		return err
	}
	return nil
}

// leaves reports whether the call, the context of which has ended, does not wait
// any longer for what it has done to be undone. For what is undone as soon as it
// does wait, so that mostly nothing is left.
func (s *Store) leaves() bool {
	const patience = 2 * time.Millisecond
	switch {
	case s.ctx == nil || s.ended(s.ctx) == nil:
		return false
	case s.endedAt.IsZero():
		s.endedAt = time.Now()
	}
	return time.Since(s.endedAt) > patience
}

// release ends the call: it undoes what is not to be kept, serves the waiters for
// what the call brought, gives the lock back, and delivers events. Between acquire
// and the defer of release nothing may panic: so the lock is given back however the
// call ends.
func (s *Store) release() {
	defer s.unlock()
	if s.db.CanUndo() { // something has panicked, or an Update failed
		s.db.Undo()
	}
	s.db.EndTurn()
	if s.db.ExpiryMatters() {
		s.expireLater()
	}
	if s.db.ChecksClients() && !s.watch {
		s.checkClientsLater()
	}
}

// unlock gives the lock back, and delivers events.
func (s *Store) unlock() {
	s.board.Withdraw() // if the engine could not
	active := s.active
	s.ctx, s.active, s.endedAt = nil, nil, time.Time{}
	s.lock.Release()
	if s.options.OnEvent != nil {
		s.events.deliver(s.options.OnEvent, active)
	}
}

// expireLater makes keys expire while nobody calls, which matters to connections
// that keep what they have read, and to subscribers. It waits no longer than a
// second at once, so as not to keep the store for the sake of connections that are
// gone, and does nothing under a clock that is not time's own.
func (s *Store) expireLater() {
	if s.alarm || s.options.Now != nil {
		return
	}
	due, ok := s.db.NextDue()
	if !ok {
		return
	}
	s.alarm = true
	time.AfterFunc(min(max(due, 10*time.Millisecond), time.Second), func() {
		if s.acquire(context.Background()) == nil {
			defer s.release()
			s.alarm = false
			s.db.Reclaim()
		}
	})
}

// checkClientsLater checks the connections a second later, for as long as that is
// asked for.
func (s *Store) checkClientsLater() {
	s.watch = true
	time.AfterFunc(time.Second, func() {
		if s.acquire(context.Background()) == nil {
			s.watch = false
			s.db.CheckClients()
			s.release()
		}
	})
}

// Close ends what goes on in the store, so that nobody waits for it any more:
// connections are closed; callers that wait, in BLPOP, say, get [ErrClosed], and
// so does who receives from a [Subscription]; a script is stopped, as by its
// context, and with it an Update. From then on every call is ErrClosed. Close
// returns when all that is done, and no call has the data; it never fails. A store
// that has no connections and no callers need not be closed.
func (s *Store) Close() error {
	s.once.Do(s.init)
	if !s.closing.Swap(true) {
		close(s.closed)
		s.db.Broker.Close()
	}
	s.lock.Acquire(context.Background()) // which does not end
	defer s.lock.Release()
	s.db.DisconnectAll()
	return nil
}

// Do runs one command, such as
//
//	store.Do(ctx, "SET", "user:1", "Ada", "EX", 60)
//
// with the name in any case. Arguments are strings, []byte, numbers, booleans,
// time.Time, time.Duration (nanoseconds) or what marshals itself. The commands
// that would change the caller's state, such as SELECT, answer an error: they
// need a [Session]. Those that wait for data, such as BLPOP, block the caller
// until there is some, their time is over by the system's clock, or the context
// ends; other calls go on meanwhile.
func (s *Store) Do(ctx context.Context, args ...any) Reply { return s.do(ctx, &s.session, args) }

func (s *Store) do(ctx context.Context, session *command.Session, args []any) Reply {
	buffer := wordBuffers.Get().(*wordBuffer)
	words, err := arg.Append(buffer.words[:0], args)
	if err == nil && len(words) == 0 {
		err = errNoCommand
	}
	if err != nil {
		return Reply{err: err}
	}
	reply := s.call(ctx, session, programs().table.Lookup(words), words, "")
	buffer.keep(words)
	return reply
}

// call runs a command for a caller in Go: the one entrance. The row is nil for
// an unknown command. If the command runs a script that comes from a file, it is
// told the file's name. Nothing keeps the words when the call has ended.
func (s *Store) call(ctx context.Context, session *command.Session, cmd *command.Command, words []string, file string) (reply Reply) {
	if r, answered := s.enter(ctx, cmd.Has(), s.patience); answered {
		return r
	}
	left := false
	defer func() {
		if left {
			return
		}
		if w := session.Waiter(); w != nil { // a callback has panicked
			defer w.Leave()
		}
		s.leave()
		if err := stoppedBy(recover()); err != nil {
			reply = Reply{err: err}
		}
	}()
	session.File = file
	reply.reply = *s.db.Run(session, cmd, words)
	waiter := session.Waiter()
	left = true
	if waiter == nil {
		s.leave()
		return reply
	}
	defer waiter.Leave() // unless a callback has panicked it was served, or has left
	s.leave()
	return s.wait(ctx, waiter)
}

// wait waits, without the lock, for the reply of a command, until its time is
// over or the context ends. What another call takes for the waiter before it has
// left is its reply in any case: nothing is lost.
func (s *Store) wait(ctx context.Context, w *command.Waiter) Reply {
	var timeout <-chan time.Time
	if w.Timeout > 0 {
		timeout = s.options.After(w.Timeout)
	}
	none := Reply{reply: w.None}
	select {
	case r := <-w.Reply:
		return Reply{reply: r}
	case <-timeout:
	case <-s.closed:
		none = Reply{err: ErrClosed}
	case <-ctx.Done():
		none = Reply{err: ctx.Err()}
	}
	if served := w.Leave(); served {
		return Reply{reply: <-w.Reply}
	}
	if s.lock.TryAcquire() { // whoever has it forgets w
		s.db.Forget()
		s.lock.Release()
	}
	return none
}

// host is a Store as its DB sees it: a command.Host.
type host Store

// Programs counts scripts and functions.
func (h *host) Programs() command.Programs {
	return command.Programs{Scripts: len(h.scripts.bySHA), Functions: len(h.library.functions), Libraries: len(h.library.byName)}
}

// Log logs what DEBUG LOG is given.
func (h *host) Log(text string) { h.options.Logger.Warn(text) }

// Event passes an event on to Options.OnEvent, when the call has ended.
func (h *host) Event(db int, name, key string) { h.events.append(db, name, key) }

// Intercept asks Options.Intercept. A call whose context has ended meanwhile ends
// as always.
func (h *host) Intercept(session *command.Session, words []string) command.Reply {
	err := h.options.Intercept(h.ctx, words)
	if (*Store)(h).ended(h.ctx) != nil {
		session.Meter.Tick(pollEvery)
	}
	if err == nil {
		return command.Reply{}
	}
	return intercepted(err).reply()
}

// intercepted returns the reply to a command that Options.Intercept has rejected.
func intercepted(err error) *Error {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Code: "ERR", Message: err.Error()}
	}
	reply := newError(command.ErrorLine(e.Error()))
	reply.cause = err
	return reply
}

// A meter ends a long command when the context of the call has ended.
type meter Store

// pollEvery is the pieces of work, or instructions of a script, between two looks
// at the context.
const pollEvery = 10_000

// stopped is the panic by which it does so.
type stopped struct{ err error }

// stoppedBy returns why a call was stopped; p is what was recovered. Any other
// panic goes on.
func stoppedBy(p any) error {
	switch p := p.(type) {
	case nil:
		return nil
	case stopped:
		return p.err
	default:
		panic(p)
	}
}

func (m *meter) Tick(n int) {
	if m.work += n; m.work < pollEvery {
		return
	}
	m.work = 0
	m.Check()
}

func (m *meter) Check() {
	if err := (*Store)(m).ended(m.ctx); err != nil {
		panic(stopped{err})
	}
}

func (m *meter) Alloc(int)             {}
func (m *meter) Hold(int)              {}
func (m *meter) Done() <-chan struct{} { return m.ctx.Done() }

// ended returns why a call with the context must end, or nil. The context's own
// timer may be late where goroutines have one processor to share, and this one
// keeps it busy.
func (s *Store) ended(ctx context.Context) error {
	if s.closing.Load() {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Now().After(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}
