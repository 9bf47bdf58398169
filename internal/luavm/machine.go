package luavm

// A Machine is one world of Lua: globals, the metatable of strings, the
// coroutines that are running, and what they may use. Nothing that belongs to
// one machine may be used in another, nor by two goroutines at once.
type Machine struct {
	// Limits bound each Run. They may be set between runs.
	Limits Limits
	// Poll, if set, is called now and then while code runs or is loaded, at the
	// latest after some ten thousand instructions. An error stops the run, past every
	// pcall and coroutine, and is what Run returns; or it is what Load returns.
	Poll func() error
	// Ending, if set, returns a channel that is closed when Poll has an error, or
	// nil. Not each error of Poll needs to be told so.
	Ending func() <-chan struct{}
	// Debug, if set, makes Load compile code that calls it before each line that
	// it runs, as Lua 5.1 calls a line hook, but for what it calls itself.
	Debug func(*Pause)

	globals    *Table
	globalsUp  *Upvalue // through which functions see the globals
	stringMeta *Table
	lastID     uint32
	constants  map[string]*Constant // of the libraries: names that scripts use
	busy       bool                 // in Run
	main       *Thread
	running    *Thread
	budget     budget
	lasting    budget  // what the last run left, see Limits.Lasting
	stopped    stop    // what ends the run, if something does
	epoch      uint16  // of the last census
	held       int     // bytes, see Hold
	calls      []*Call // reused by calls of Go functions, by their depth
	depth      int     // of calls from Go
	metaNames  [metaEvents]*String
	recent     [recentTexts]*String // see NewCopy
	buried     []stacks             // see Bury
	joined     []byte               // what join made last, and room behind it
	lost       lost                 // by the coroutine that failed last
	debugging  bool                 // Debug is being called
}

// New returns a machine with no globals.
func New() *Machine {
	m := &Machine{constants: map[string]*Constant{}, budget: unlimited}
	for i, name := range metaEventNames {
		m.metaNames[i] = m.Name(name).str()
	}
	m.globalsUp = new(Upvalue)
	m.globalsUp.at = &m.globalsUp.closed
	m.SetGlobals(m.NewTable(0, 0))
	m.main = m.newThread()
	m.running = m.main
	return m
}

// Globals returns the table of globals.
func (m *Machine) Globals() *Table { return m.globals }

// SetGlobals makes t the table of globals of every function, whether loaded
// before or after.
func (m *Machine) SetGlobals(t *Table) {
	m.globals = t
	m.globalsUp.closed = t.Value()
}

// SetStringMeta sets the metatable that all strings share.
func (m *Machine) SetStringMeta(t *Table) { m.stringMeta = t }

// Name returns s as a string value that is the same object as the constant s
// in code, so that code finds it quickest. It is for the names of globals and
// fields, of which there are few: they are kept for the life of the machine.
func (m *Machine) Name(s string) Value { return m.constant(s, m.constants).value() }

// constant returns the Constant s of a chunk, whose own ones are in chunk.
func (m *Machine) constant(s string, chunk map[string]*Constant) *String {
	if c := m.constants[s]; c != nil {
		return &c.String
	}
	c := chunk[s]
	if c == nil {
		c = &Constant{String: newHashed(s, flagConstant)}
		chunk[s] = c
	}
	return &c.String
}

// newID returns a number for a new object.
func (m *Machine) newID() uint32 {
	m.lastID++
	return m.lastID
}

// metatable returns the metatable of v, or nil.
func (m *Machine) metatable(v Value) *Table {
	switch v.Kind() {
	case KindTable:
		return v.table().meta
	case KindString:
		return m.stringMeta
	}
	return nil
}

// Metatable returns the metatable of v, or nil.
func (m *Machine) Metatable(v Value) *Table { return m.metatable(v) }

// A metaEvent is an event that a metatable can define.
type metaEvent uint8

const (
	metaIndex metaEvent = iota
	metaNewIndex
	metaEq // those up to here are remembered as absent in Table.absent
	metaAdd
	metaSub
	metaMul
	metaDiv
	metaMod
	metaPow
	metaUnm
	metaLen
	metaLt
	metaLe
	metaConcat
	metaCall
	metaToString
	metaMetatable
	metaMode
	metaEvents
)

var metaEventNames = [metaEvents]string{"__index", "__newindex", "__eq", "__add", "__sub", "__mul", "__div", "__mod",
	"__pow", "__unm", "__len", "__lt", "__le", "__concat", "__call", "__tostring", "__metatable", "__mode"}

// handler returns what the metatable of v has for the event, or nil.
func (m *Machine) handler(v Value, e metaEvent) Value { return m.lookup(m.metatable(v), e) }

// lookup returns what the metatable meta, or nil, has for the event.
func (m *Machine) lookup(meta *Table, e metaEvent) Value {
	if meta == nil || e <= metaEq && meta.absent&(1<<e) != 0 {
		return Nil
	}
	v := meta.getString(m.metaNames[e])
	if v.IsNil() && e <= metaEq {
		meta.absent |= 1 << e
	}
	return v
}
