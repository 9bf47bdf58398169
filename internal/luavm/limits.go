package luavm

import (
	"errors"
	"math"
)

// Limits bound what one Run may use. Zero means no limit. A run that reaches
// one is stopped: no pcall and no coroutine of the script can catch that. Lua
// 5.1's own limits, which scripts can catch, hold in any case.
type Limits struct {
	Instructions int64 // backward jumps, calls, and pieces of work in libraries
	Memory       int   // bytes that the machine can reach, as it counts them
	Depth        int   // nested calls
	// Lasting says that runs leave values behind that later ones find, so that
	// what Memory bounds is counted on from run to run.
	Lasting bool
}

// The causes of errors when a limit was reached.
var (
	ErrInstructions = errors.New("too many instructions")
	ErrMemory       = errors.New("not enough memory")
	ErrDepth        = errors.New("too many nested calls")
)

// pollEvery is the number of instructions between two calls of Poll: at some
// ten nanoseconds each, a tenth of a millisecond.
const pollEvery = 10_000

// budget is what a run may still use. Counters go down, so that the check on
// the way is one comparison with zero.
type budget struct {
	instructions int64 // until the next poll
	left         int64 // after that, until the limit
	memory       int   // bytes until the next look at what is reachable
	granted      int   // what memory was after the last one
}

// unlimited is the budget while nothing runs: nobody would catch a stop then.
var unlimited = budget{instructions: math.MaxInt64, memory: math.MaxInt}

// begin hands out what a run may use, and end takes it back.
func (m *Machine) begin() {
	b := &m.budget
	idle := unlimited.memory - b.memory // bytes made since the last run
	b.instructions, b.left = 0, m.Limits.Instructions
	b.refill(m)
	b.grant(m.Limits.Memory)
	if m.Limits.Lasting && m.lasting.granted > 0 {
		b.memory, b.granted = m.lasting.memory-idle, m.lasting.granted
	}
}

func (m *Machine) end() {
	if m.Limits.Lasting {
		m.lasting = m.budget
	}
	m.budget = unlimited
}

// grant hands out so many bytes; without a limit, as many as are to be counted
// as work at once.
func (b *budget) grant(bytes int) {
	if bytes == 0 {
		bytes = 64 << 20
	}
	b.memory, b.granted = bytes, bytes
}

// bytesPerInstruction is how many bytes count as an instruction where they are
// made, compared or searched in one go.
const bytesPerInstruction = 1024

// refill hands out the instructions until the next poll; false if none are
// left.
func (b *budget) refill(m *Machine) bool {
	if m.Limits.Instructions == 0 {
		b.instructions = pollEvery
		return true
	}
	more := min(b.left, pollEvery-b.instructions) // Tick may have counted many at once
	b.instructions += more
	b.left -= more
	return b.instructions > 0
}

// Tick counts n instructions: of library functions, one for about a hundred
// bytes looked at or each call back into Lua.
func (m *Machine) Tick(n int) {
	if m.budget.instructions -= int64(n); m.budget.instructions <= 0 {
		m.poll()
	}
}

func (m *Machine) poll() {
	if !m.budget.refill(m) {
		m.Stop(ErrInstructions)
	}
	m.Check()
}

// Check stops the run if Poll says so.
func (m *Machine) Check() {
	if m.Poll != nil && m.busy {
		if err := m.Poll(); err != nil {
			m.Stop(err)
		}
	}
}

// Done is closed when Check would stop the run, if that can be known so.
func (m *Machine) Done() <-chan struct{} {
	if m.Ending != nil && m.busy {
		return m.Ending()
	}
	return nil
}

// Alloc counts n bytes that are about to be allocated for values of the
// machine.
func (m *Machine) Alloc(n int) {
	if m.budget.memory -= n; m.budget.memory < 0 {
		m.takeStock(n)
	}
}

// Hold is Alloc for what is kept until the run is over, but not among values.
func (m *Machine) Hold(n int) {
	m.held += n
	m.Alloc(n)
}

// takeStock finds how much is really reachable, n bytes more being wanted, and
// lets the run go on until it may have half as much again.
func (m *Machine) takeStock(n int) {
	made := m.budget.granted - m.budget.memory
	if limit := m.Limits.Memory; limit == 0 {
		m.budget.grant(0)
	} else {
		live := m.Collect()
		if n > limit || live+n > limit {
			m.Stop(ErrMemory)
		}
		m.budget.grant(max(limit-live, limit/2))
		m.budget.memory -= n
	}
	m.Tick(made / bytesPerInstruction)
}

// Stop ends the run, of which err is then the Cause; no script can catch it. It
// makes nothing: where a script is stopped the garbage collector may be behind,
// and lets those wait who do.
func (m *Machine) Stop(err error) {
	m.stopped.err = err
	panic(&m.stopped)
}

// stop is the panic that ends a run past everything a script does.
type stop struct{ err error }
