package luastore

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"log/slog"
	"math"
	"strings"
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/luavm"
)

// An api is a table of what Redis offers to scripts, while it is made. Its
// fields are made in Redis's order, since pairs shows it.
type api struct {
	*luavm.Table
	vm *luavm.Machine
}

func (e *engine) newAPI() api { return api{e.vm.NewTable(0, 0), e.vm} }

func (t api) set(name string, v luavm.Value) { t.vm.Set(t.Table, t.vm.Name(name), v) }

func (t api) function(name string, run func(*luavm.Call)) {
	t.set(name, t.vm.NewBuiltin(name, run).Value())
}

// addLog adds what scripts have, and libraries already while they are loaded.
func (e *engine) addLog(t api) {
	t.function("log", e.log)
	for level, name := range logLevelNames {
		t.set(name, luavm.Int(level))
	}
	t.set("REDIS_VERSION_NUM", luavm.Int(redisVersionNum))
	t.set("REDIS_VERSION", e.vm.NewString(redisVersion))
}

// redisTable makes the table redis, as functions of libraries have it.
func (e *engine) redisTable() api {
	t := e.newAPI()
	set, function := t.set, t.function
	function("call", e.call)
	function("pcall", e.pcall)
	e.addLog(t)
	function("setresp", e.setRESP)
	function("sha1hex", e.sha1hex)
	function("error_reply", e.errorReply)
	function("status_reply", e.statusReply)
	function("set_repl", e.setReplication)
	for _, r := range replicationFlags {
		set(r.name, luavm.Int(r.flag))
	}
	function("acl_check_cmd", e.aclCheckCommand)
	return t
}

// addScriptOnly adds what only scripts have in the table redis.
func (e *engine) addScriptOnly(t api) {
	function := t.function
	function("breakpoint", func(c *luavm.Call) { c.Return(luavm.Bool(e.debugger.breakpoint())) })
	function("debug", func(c *luavm.Call) { e.debugger.debug(c.Args()) })
	function("replicate_commands", func(c *luavm.Call) { c.Return(luavm.Bool(true)) })
}

// call is redis.call.
func (e *engine) call(c *luavm.Call) {
	r, usage := e.do(c)
	switch {
	case usage != "":
		e.raise(usage)
	case r.IsError():
		e.vm.Throw(e.blame(c, r))
	}
	c.Return(e.fromReply(r))
}

// How much of a command that failed an Error shows.
const (
	shownWords = 8
	shownBytes = 64 // of each
)

// blame is commandError for what redis.call raises, and redis.pcall returns, and
// remembers the call.
func (e *engine) blame(c *luavm.Call, r *command.Reply) luavm.Value {
	v := e.commandError(r.Str())
	words, _ := e.command(c)
	e.run.failed = failedCall{v.Table(), r.Str(), command.Shorten(words, shownWords, shownBytes), detail(r)}
	clear(words)
	return v
}

// pcall is redis.pcall: an error is a result.
func (e *engine) pcall(c *luavm.Call) {
	r, usage := e.do(c)
	if usage != "" {
		c.Return(e.complaint(usage))
		return
	}
	if r.IsError() {
		c.Return(e.blame(c, r))
		return
	}
	c.Return(e.fromReply(r))
}

// callCost is what a command counts for, in instructions.
const callCost = 50

// do runs the command that the arguments say. If they say none, usage is the
// error.
func (e *engine) do(c *luavm.Call) (r *command.Reply, usage string) {
	words, usage := e.command(c)
	if usage != "" {
		return r, usage
	}
	cmd := e.lookup(c.Arg(1), words)
	if e.watched {
		r = e.perform(c, cmd, words)
	} else {
		r = e.store.db.Run(&e.session, cmd, words)
	}
	c.Tick(len(r.Elems()) + r.TextLen()/100)
	clear(words)
	return r, ""
}

// How redis.call must not be used.
const (
	noArguments = "ERR Please specify at least one argument for this redis lib call"
	badArgument = "ERR Lua redis lib command arguments must be strings or integers"
)

// command returns the arguments as the words of a command, which the caller
// must clear when it is done with them; or the error if they are none.
func (e *engine) command(c *luavm.Call) (words []string, usage string) {
	if c.Len() == 0 {
		return nil, noArguments
	}
	words = e.words[:0]
	size := 0
	for _, v := range c.Args() {
		switch v.Kind() {
		case luavm.KindString:
			words = append(words, v.Text())
			size += len(v.Text())
		case luavm.KindNumber:
			words = append(words, argNumber(v.Float()))
		default:
			clear(words)
			return nil, badArgument
		}
	}
	c.Tick(callCost + len(words) + size/100)
	e.words = words
	return words, ""
}

// lookup finds the command; a name that stands in the script remembers it.
func (e *engine) lookup(name luavm.Value, words []string) *command.Command {
	constant := name.Constant()
	if constant != nil {
		if cmd, ok := constant.Host.(*command.Command); ok {
			return cmd
		}
	}
	cmd := e.store.db.Lookup(words)
	if constant != nil && cmd != nil && cmd.Simple() {
		constant.Host = cmd
	}
	return cmd
}

// argNumber is the text of a number that is an argument of a command.
func argNumber(f float64) string {
	var buf [32]byte
	return string(luavm.AppendG(buf[:0], f, 17))
}

// commandError is the table for a command's error reply.
func (e *engine) commandError(text string) luavm.Value {
	t := e.vm.NewTable(0, 2)
	e.vm.Set(t, e.names.err, e.vm.NewString(text))
	e.vm.Set(t, e.names.ignore, luavm.Bool(true))
	return t.Value()
}

// textTable is a table with one field.
func (e *engine) textTable(field luavm.Value, text string) luavm.Value {
	t := e.vm.NewTable(0, 1)
	e.vm.Set(t, field, e.vm.NewString(text))
	return t.Value()
}

// complaint is the table for an error of the redis table's own functions, and
// raise raises that.
func (e *engine) complaint(text string) luavm.Value {
	e.debugger.failed(strings.TrimPrefix(text, "ERR "))
	return e.textTable(e.names.err, text)
}

func (e *engine) raise(text string) { e.vm.Throw(e.complaint(text)) }

// errorReply is redis.error_reply: the text with a code before it, ERR if it
// has none.
func (e *engine) errorReply(c *luavm.Call) {
	if c.Len() != 1 || c.Arg(1).Kind() != luavm.KindString {
		c.Return(e.complaint("ERR wrong number or type of arguments"))
		return
	}
	text := strings.TrimPrefix(c.Arg(1).Text(), "-")
	c.Tick(len(text) / 100)
	if e.debugger != nil {
		e.debugger.failed("-" + text)
	}
	code, message, ok := strings.Cut(text, " ")
	if !ok {
		code, message = "ERR", text
	}
	c.Return(e.textTable(e.names.err, bulk.Concat(e.vm, code, " ", strings.Trim(message, "\r\n"))))
}

// statusReply is redis.status_reply.
func (e *engine) statusReply(c *luavm.Call) {
	if c.Len() != 1 || c.Arg(1).Kind() != luavm.KindString {
		c.Return(e.complaint("ERR wrong number or type of arguments"))
		return
	}
	c.Return(e.textTable(e.names.ok, c.Arg(1).Text()))
}

// hashedAtOnce is how many bytes are hashed until one looks whether the script must
// end.
const hashedAtOnce = 1 << 18

// sha1hex is redis.sha1hex.
func (e *engine) sha1hex(c *luavm.Call) {
	if c.Len() != 1 {
		e.raise("ERR wrong number of arguments")
	}
	text, _ := luavm.TextOf(c.Arg(1))
	sum := sha1.New()
	for len(text) > hashedAtOnce {
		sum.Write(bulk.Bytes(text[:hashedAtOnce]))
		text = text[hashedAtOnce:]
		c.Tick(hashedAtOnce / 100)
	}
	sum.Write(bulk.Bytes(text))
	c.Tick(len(text) / 100)
	c.ReturnText(hex.EncodeToString(sum.Sum(nil)))
}

// setRESP is redis.setresp: the protocol of the replies that the script sees,
// until it ends.
func (e *engine) setRESP(c *luavm.Call) {
	if c.Len() != 1 {
		e.raise("ERR redis.setresp() requires one argument.")
	}
	f, _ := c.ToNumber(c.Arg(1))
	version := truncate(f)
	if version != 2 && version != 3 {
		e.raise("ERR RESP version must be 2 or 3.")
	}
	e.session.RESP = int(version)
}

var replicationFlags = []struct {
	name string
	flag int
}{
	{"REPL_NONE", 0}, {"REPL_AOF", 1}, {"REPL_SLAVE", 2}, {"REPL_REPLICA", 2}, {"REPL_ALL", 3},
}

// setReplication is redis.set_repl. It says where writes go beside the data
// themselves, and here they go nowhere.
func (e *engine) setReplication(c *luavm.Call) {
	if c.Len() != 1 {
		e.raise("ERR redis.set_repl() requires two arguments.")
	}
	f, _ := c.ToNumber(c.Arg(1))
	if truncate(f)&^3 != 0 {
		e.raise("ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
}

// aclCheckCommand is redis.acl_check_cmd: whether the script's caller may run the
// command.
func (e *engine) aclCheckCommand(c *luavm.Call) {
	words, usage := e.command(c)
	if usage != "" {
		e.raise(usage)
	}
	defer clear(words)
	cmd := e.store.db.Lookup(words)
	if cmd == nil {
		e.raise("ERR Invalid command passed to redis.acl_check_cmd()")
	}
	c.Return(luavm.Bool(e.store.db.Permits(&e.session, cmd, words)))
}

// errorHandler is the global __redis__err__handler: it makes an error's value
// the table that Redis has for it.
func (e *engine) errorHandler(c *luavm.Call) {
	v := c.Arg(1)
	if v.Table() == nil {
		v = e.textTable(e.names.err, "ERR "+c.ToString(v))
	}
	source, line := c.Position()
	c.Set(v.Table(), e.vm.Name("source"), e.vm.NewString(source))
	c.Set(v.Table(), e.vm.Name("line"), luavm.Int(line))
	c.Return(v)
}

var logLevelNames = [...]string{"LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING"}

// The levels of slog for those of Redis.
var logLevels = [len(logLevelNames)]slog.Level{slog.LevelDebug, slog.LevelDebug + 2, slog.LevelInfo, slog.LevelWarn}

// log is redis.log.
func (e *engine) log(c *luavm.Call) {
	if c.Len() < 2 {
		e.raise("ERR redis.log() requires two arguments or more.")
	}
	f, ok := c.ToNumber(c.Arg(1))
	if !ok {
		e.raise("ERR First argument must be a number (log level).")
	}
	level := int(f)
	if level < 0 || level >= len(logLevels) {
		e.raise("ERR Invalid debug level.")
	}
	var texts []string
	size := 0
	for _, v := range c.Args()[1:] {
		if s, ok := luavm.TextOf(v); ok {
			texts = append(texts, s)
			size += len(s)
		}
	}
	c.Tick(callCost + size/10)
	c.Hold(size)
	e.store.options.Logger.LogAttrs(e.store.ctx, logLevels[level], strings.Join(texts, " "),
		slog.String(e.run.program.noun, cmp.Or(e.run.program.file, e.run.program.name)), slog.Int("line", c.LineIn(e.run.program.chunk())))
}

// maxNesting is how deep a result may be, in the measure of Redis: a table is
// 1, a map or set 3.
const maxNesting = 7995

// A reply of so many elements is large: making values of it, one looks whether the
// script must end for each elementsPerCheck. To make one takes some 30 ns, but a
// thousand times as long where the garbage collector is behind.
const (
	manyElements     = 1 << 12
	elementsPerCheck = 1 << 5
)

// elementSize is what an element of a reply takes, in bytes, beside its text.
const elementSize = int(unsafe.Sizeof(command.Reply{}))

// toReply makes a reply of a script's result, and counts it.
func (e *engine) toReply(r *command.Reply, v luavm.Value, depth int) {
	e.vm.Tick(1)
	*r = e.convert(v, depth)
	if r.Kind != command.BulkKind {
		e.vm.Hold(r.TextLen()) // a copy
	}
	if e.run.room -= elementSize + r.TextLen(); e.run.room < 0 {
		e.vm.Stop(ErrReplySize)
	}
}

func (e *engine) convert(v luavm.Value, depth int) command.Reply {
	switch v.Kind() {
	case luavm.KindString:
		return command.Bulk(v.Text())
	case luavm.KindNumber:
		return command.Int(truncate(v.Float()))
	case luavm.KindBoolean:
		switch {
		case e.session.RESP == 3:
			return command.Bool(v.Truth())
		case v.Truth():
			return command.Int(1)
		}
	case luavm.KindTable:
		if depth >= maxNesting {
			const text = "ERR reached lua stack limit"
			e.countError(nil, text, false)
			return command.Err(text)
		}
		return e.tableReply(v.Table(), depth)
	}
	return command.Reply{}
}

// truncate is C's conversion of a double to a 64-bit integer.
func truncate(f float64) int64 {
	if f >= -(1<<63) && f < 1<<63 {
		return int64(f)
	}
	return math.MinInt64
}

// tableReply makes a reply of a table: of what its fields say it is, else an
// array.
func (e *engine) tableReply(t *luavm.Table, depth int) command.Reply {
	if err := t.Get(e.names.err); err.Kind() == luavm.KindString {
		text := command.ErrorLine(err.Text())
		e.countError(t, text, depth == 0)
		if depth == 0 {
			return e.explainReply(text, t.Value()).reply()
		}
		return command.Err(text)
	}
	if ok := t.Get(e.names.ok); ok.Kind() == luavm.KindString {
		return command.Status(command.OneLine(ok.Text()))
	}
	if f := t.Get(e.names.double); f.IsNumber() {
		return command.Double(f.Float())
	}
	if m := t.Get(e.names.mapping).Table(); m != nil {
		return command.Map(e.pairs(m, depth, true)...)
	}
	if set := t.Get(e.names.set).Table(); set != nil {
		return command.Set(e.pairs(set, depth, false)...)
	}
	if n := t.Get(e.names.bigNumber); n.Kind() == luavm.KindString {
		return command.BigNumber(n.Text())
	}
	if verbatim := t.Get(e.names.verbatim).Table(); verbatim != nil {
		text, format := verbatim.Get(e.names.text), verbatim.Get(e.names.format)
		if text.Kind() == luavm.KindString && format.Kind() == luavm.KindString {
			return command.VerbatimOf(format.Text(), text.Text())
		}
	}
	n := min(t.Len(), len(t.Array())) // most likely: elsewhere in a table there may be few
	e.vm.Hold(n * elementSize)
	elems := bulk.Make[command.Reply](n, e.vm)[:0]
	for i := 1; ; i++ {
		v := t.GetInt(i)
		if v.IsNil() {
			return command.Array(elems...)
		}
		if i > n {
			e.vm.Hold(elementSize)
		}
		elems = append(elems, command.Reply{})
		e.toReply(&elems[i-1], v, depth+1)
	}
}

// pairs makes replies of a table's keys and, if withValues, values.
func (e *engine) pairs(t *luavm.Table, depth int, withValues bool) (elems []command.Reply) {
	var k, v luavm.Value
	for {
		var more bool
		if k, v, more, _ = t.Next(k); !more {
			return elems
		}
		e.vm.Hold(2 * elementSize)
		elems = append(elems, command.Reply{})
		e.toReply(&elems[len(elems)-1], k, depth+3)
		if withValues {
			elems = append(elems, command.Reply{})
			e.toReply(&elems[len(elems)-1], v, depth+3)
		}
	}
}

// fromReply makes a Lua value of a command's reply, in the script's protocol.
func (e *engine) fromReply(r *command.Reply) luavm.Value {
	vm, resp3 := e.vm, e.session.RESP == 3
	switch r.Kind {
	case command.IntKind:
		return luavm.Number(float64(r.Int()))
	case command.BulkKind:
		return vm.NewString(r.Str())
	case command.StatusKind:
		if r.Str() == "OK" {
			return e.fieldTable(e.names.ok, e.names.okText)
		}
		return e.textTable(e.names.ok, r.Str())
	case command.ErrorKind:
		return e.commandError(r.Str())
	case command.ArrayKind, command.PushKind:
		return e.arrayTable(r.Elems())
	case command.BoolKind:
		if resp3 {
			return luavm.Bool(r.Int() != 0)
		}
		return luavm.Number(float64(r.Int()))
	case command.DoubleKind:
		if resp3 {
			return e.fieldTable(e.names.double, luavm.Number(r.Double()))
		}
		return vm.NewString(r.DoubleText())
	case command.MapKind:
		if !resp3 {
			return e.arrayTable(r.Elems())
		}
		t := vm.NewTable(0, len(r.Elems())/2)
		for i := 0; i+1 < len(r.Elems()); i += 2 {
			e.setKey(t, e.fromReply(&r.Elems()[i]), e.fromReply(&r.Elems()[i+1]))
		}
		return e.fieldTable(e.names.mapping, t.Value())
	case command.SetKind:
		if !resp3 {
			return e.arrayTable(r.Elems())
		}
		t := vm.NewTable(0, len(r.Elems()))
		for i := range r.Elems() {
			e.setKey(t, e.fromReply(&r.Elems()[i]), luavm.Bool(true))
		}
		return e.fieldTable(e.names.set, t.Value())
	case command.BigNumberKind:
		if resp3 {
			return e.textTable(e.names.bigNumber, r.Str())
		}
		return vm.NewString(r.Str())
	case command.VerbatimKind:
		if !resp3 {
			return vm.NewString(r.VerbatimText())
		}
		t := vm.NewTable(0, 2)
		vm.Set(t, e.names.text, vm.NewString(r.VerbatimText()))
		vm.Set(t, e.names.format, vm.NewString(r.VerbatimFormat()))
		return e.fieldTable(e.names.verbatim, t.Value())
	case command.RepliesKind:
		answer := r.Answer()
		return e.fromReply(&answer)
	}
	if resp3 {
		return luavm.Nil
	}
	return luavm.Bool(false)
}

func (e *engine) arrayTable(elems []command.Reply) luavm.Value {
	t := e.vm.NewTable(len(elems), 0)
	for i := range elems {
		if i%elementsPerCheck == elementsPerCheck-1 && len(elems) >= manyElements {
			e.vm.Check()
		}
		e.vm.SetInt(t, i+1, e.fromReply(&elems[i]))
	}
	return t.Value()
}

// setKey sets t[k] to v, unless k is nil, which is no key of a table.
func (e *engine) setKey(t *luavm.Table, k, v luavm.Value) {
	if !k.IsNil() {
		e.vm.Set(t, k, v)
	}
}

func (e *engine) fieldTable(field, v luavm.Value) luavm.Value {
	t := e.vm.NewTable(0, 1)
	e.vm.Set(t, field, v)
	return t.Value()
}
