// Package journal undoes changes: a Journal records, while it is on, what undoes
// each change of the data, and can do so in reverse order.
package journal

import (
	"slices"
	"unsafe"
)

// A Journal holds what undoes the changes of a turn. The zero Journal is off,
// and ready to use; so is a nil one, which stays off.
type Journal struct {
	on      bool
	changes []Change
	tracked []Recorder
	saved   map[any]bool
	bytes   int // of the changes,
	told    int // and as many of them Grown has told of
}

// A Change is what undoes a change. Whose it is knows what the fields mean; Old is
// what would be forgotten otherwise.
type Change struct {
	Of        Undoer
	Text, Old string
	N         int64
	Op        int
}

// An Undoer undoes changes of itself. It finds everything as it was right after
// the change, but for what cannot be seen.
type Undoer interface{ Undo(c *Change) }

// Func is an Undoer for what happens rarely.
type Func func()

func (f Func) Undo(*Change) { f() }

// A Recorder is something that records its changes in a Journal, after Record,
// and none after Record(nil).
type Recorder interface{ Record(j *Journal) }

// New is the Journal of what was made while another is on: it goes when that is
// undone, so nothing of it is recorded.
var New = new(Journal)

// On says whether changes are recorded.
func (j *Journal) On() bool { return j != nil && j.on }

// Begin begins to record.
func (j *Journal) Begin() { j.on = true }

// Add records a change that is about to be made.
func (j *Journal) Add(c Change) {
	if j.on {
		j.changes = append(j.changes, c)
		j.bytes += int(unsafe.Sizeof(c)) + len(c.Old)
	}
}

// Len returns how many changes are recorded.
func (j *Journal) Len() int { return len(j.changes) }

// AddFunc is Add where it takes a function to undo the change; it keeps about so
// many bytes alive.
func (j *Journal) AddFunc(bytes int, undo func()) {
	if j.on {
		j.Add(Change{Of: Func(undo)})
		j.Keep(bytes)
	}
}

// Keep counts bytes that stay alive because of what is recorded.
func (j *Journal) Keep(bytes int) {
	if j.on {
		j.bytes += bytes
	}
}

// Saved says whether it was called for x, a pointer, since Begin, and remembers
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
func (j *Journal) Track(r Recorder) { j.tracked = append(j.tracked, r) }

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

// Undo undoes what was recorded, the last change first, and ends.
func (j *Journal) Undo() {
	j.on = false
	for i := range slices.Backward(j.changes) {
		c := &j.changes[i]
		c.Of.Undo(c)
	}
	j.End()
}

// kept is how many changes' room a Journal keeps.
const kept = 1024

// End forgets what was recorded, and ends.
func (j *Journal) End() {
	for _, r := range j.tracked {
		r.Record(nil)
	}
	clear(j.changes)
	if len(j.tracked) > 0 {
		clear(j.tracked)
	}
	j.changes, j.tracked = j.changes[:0], j.tracked[:0]
	if cap(j.changes) > kept || cap(j.tracked) > kept || len(j.saved) > kept {
		j.changes, j.tracked, j.saved = nil, nil, nil
	}
	if len(j.saved) > 0 {
		clear(j.saved)
	}
	j.on, j.bytes, j.told = false, 0, 0
}
