// Package journal undoes changes: a Journal records, while it is on, what undoes
// each change of the data, and can do so in reverse order.
//
// Neither a change nor its undoing is bounded in size. So a change of many
// elements tells the Journal how it gets on, where the call may be ended; and what
// is undone, or only forgotten, is so in steps between which one can leave, to
// have the rest done later.
package journal

import (
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
)

// A Journal holds what undoes the changes of a turn. The zero Journal is off,
// and ready to use; so is a nil one, which stays off.
type Journal struct {
	on      bool
	left    state
	meter   bulk.Meter // nil: none
	work    int        // since meter has been told of it, or since Resume was called
	made    *Journal
	changes bulk.Pile[Change]
	tracked bulk.Pile[Recorder]
	saved   map[any]bool
	bytes   int // of the changes,
	told    int // and as many of them Grown has told of

	// Of a journal that Made has returned.
	of *Journal // nil: it is none
}

// state is what a Journal has still to do.
type state uint8

const (
	nothing state = iota
	undoing
	ending
)

// A Change is what undoes a change. Whose it is knows what the fields mean; Old is
// what would be forgotten otherwise.
type Change struct {
	Of        Undoer
	Text, Old string
	N         int64
	Op        int
}

// An Undoer undoes changes of itself. It finds everything as it was right after
// the change, but for what cannot be seen. What takes more than a few dozen
// nanoseconds it counts by Tick.
type Undoer interface{ Undo(c *Change) }

// Func is an Undoer for what happens rarely.
type Func func()

func (f Func) Undo(*Change) { f() }

// Steps is an Undoer for what takes long: it does a part, of some microseconds,
// each time that it is called, and reports whether more is to be done.
type Steps func() (more bool)

func (f Steps) Undo(*Change) {
	for f() {
	}
}

// A Recorder is something that records its changes in a Journal, after Record,
// and none after Record(nil).
type Recorder interface{ Record(j *Journal) }

// On reports whether changes are recorded.
func (j *Journal) On() bool { return j != nil && j.on }

// Begin begins to record. What the Journal was left to do must be done.
func (j *Journal) Begin() { j.on = true }

// Made returns the Journal of what was made while this one is on: it goes when
// that is undone, so nothing of it is recorded.
func (j *Journal) Made() *Journal {
	if j.of != nil {
		return j
	}
	if j.made == nil {
		j.made = &Journal{of: j}
	}
	return j.made
}

// Measure makes m count the work of changes from now on, and returns what did so
// before.
func (j *Journal) Measure(m bulk.Meter) (before bulk.Meter) {
	before, j.meter = j.meter, m
	return before
}

// ticks is how much work is told at once.
const ticks = 1000

// Tick counts work in the middle of a change, in ticks of a Meter, which may end
// the call there: what is recorded must undo what was done so far. Of a nil
// Journal it does nothing, nor where changes are not recorded: then they are made
// as a whole.
func (j *Journal) Tick(n int) {
	if j == nil {
		return
	}
	if j.of != nil {
		j = j.of
	}
	if j.work += n; j.work >= ticks && j.on {
		j.tell()
	}
}

func (j *Journal) tell() {
	n := j.work
	j.work = 0
	if j.meter != nil {
		j.meter.Tick(n)
	}
}

// Checker returns what can end the call in the middle of a change, as Tick does,
// or nil.
func (j *Journal) Checker() bulk.Checker {
	switch {
	case j == nil:
		return nil
	case j.of != nil:
		return j.of.Checker()
	case !j.on || j.meter == nil:
		return nil
	}
	return j.meter
}

// Add records a change that is about to be made.
func (j *Journal) Add(c Change) {
	if j.on {
		*j.changes.Add() = c
		j.bytes += int(unsafe.Sizeof(c)) + len(c.Old)
	}
}

// Len returns how many changes are recorded.
func (j *Journal) Len() int { return j.changes.Len() }

// AddFunc is Add where it takes a function to undo the change; it keeps about so
// many bytes alive.
func (j *Journal) AddFunc(bytes int, undo func()) {
	if j.on {
		j.Add(Change{Of: Func(undo)})
		j.Keep(bytes)
	}
}

// AddSteps is AddFunc for Steps.
func (j *Journal) AddSteps(bytes int, undo Steps) {
	if j.on {
		j.Add(Change{Of: undo})
		j.Keep(bytes)
	}
}

// Keep counts bytes that stay alive because of what is recorded.
func (j *Journal) Keep(bytes int) {
	if j.on {
		j.bytes += bytes
	}
}

// Saved reports whether it was called for x, a pointer, since Begin, and remembers
// that.
func (j *Journal) Saved(x any) bool {
	if j.saved[x] {
		return true
	}
	if j.saved == nil {
		j.saved = make(map[any]bool)
	}
	j.saved[x] = true
	return false
}

// Track ends the recording of r when the Journal ends.
func (j *Journal) Track(r Recorder) { *j.tracked.Add() = r }

// Grown returns how many bytes were recorded since the last time that it said
// so; 0 while they are few.
func (j *Journal) Grown() int {
	const few = 4096
	n := j.bytes - j.told
	if n < few {
		return 0
	}
	j.told = j.bytes
	return n
}

// Undo undoes what was recorded, the last change first, and ends, unless it is
// left before. It is left where leave, which is asked every some microseconds,
// returns true; then it is for Resume to go on. A nil leave never does.
func (j *Journal) Undo(leave func() bool) {
	j.on, j.left = false, undoing
	j.Resume(leave)
}

// End forgets what was recorded, and ends, as Undo does.
func (j *Journal) End(leave func() bool) {
	j.on, j.left = false, ending
	j.changes.Clear()
	const few = 64
	if j.tracked.Len() > few {
		j.Resume(leave)
		return
	}
	for i := range j.tracked.Len() {
		(*j.tracked.At(i)).Record(nil)
	}
	j.end()
}

// Owes reports whether something is left to be done.
func (j *Journal) Owes() bool { return j.left != nothing }

// Undoes reports whether something is left to be undone.
func (j *Journal) Undoes() bool { return j.left == undoing }

// perAsk is how much work, in ticks, is done before leave is asked again.
const perAsk = 1000

// Resume goes on with what Undo or End was left to do.
func (j *Journal) Resume(leave func() bool) {
	j.work = 0
	for j.left != nothing {
		if j.work >= perAsk {
			if j.work = 0; leave != nil && leave() {
				return
			}
		}
		j.step()
	}
}

// stepTicks is what a step takes at least, in ticks.
const stepTicks = 10

func (j *Journal) step() {
	j.work += stepTicks
	if n := j.changes.Len(); n > 0 {
		c := j.changes.At(n - 1)
		if f, ok := c.Of.(Steps); ok {
			if j.work += ticks; f() {
				return
			}
		} else {
			c.Of.Undo(c)
		}
		j.changes.Drop()
		return
	}
	j.left = ending
	if n := j.tracked.Len(); n > 0 {
		r := *j.tracked.At(n - 1)
		j.tracked.Drop()
		r.Record(nil)
		return
	}
	j.end()
}

// kept is how many elements' room a Journal keeps.
const kept = 1024

func (j *Journal) end() {
	j.changes.Clear()
	j.tracked.Clear()
	if len(j.saved) > kept {
		j.saved = nil
	} else if len(j.saved) > 0 {
		clear(j.saved)
	}
	j.left, j.meter, j.bytes, j.told, j.work = nothing, nil, 0, 0, 0
}
