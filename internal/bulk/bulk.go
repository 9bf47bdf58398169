// Package bulk makes and copies what may be hundreds of megabytes. The garbage
// collector stops a goroutine where a function begins, or between two instructions
// of Go, but not within a copy; while it waits for a long one, it keeps a processor
// busy. So these copy in parts. Nor can a script be stopped while much memory is
// made for it, which must be cleared and may have to be found by the collector
// first: so another goroutine makes it, and this one looks whether it must end.
package bulk

import (
	"strings"
	"time"
	"unsafe"
)

// A Checker knows whether a call must end.
type Checker interface {
	// Check panics if it must.
	Check()
	// Done is closed when it must, if that can be known so; nil: it cannot.
	Done() <-chan struct{}
}

// A Meter is a Checker that counts work, in pieces of some ten nanoseconds, and
// looks when there is enough of it.
type Meter interface {
	Tick(n int)
	Checker
}

// large is how many bytes are made by another goroutine. To make them takes some
// 20 µs, but where the garbage collector is behind a thousand times as long.
const large = 256 << 10

// Make is the built-in make. This and the others that take a Checker do not look
// if c is nil.
func Make[E any](n int, c Checker) []E {
	if n*size[E]() <= large {
		return make([]E, n)
	}
	return elsewhere(func() []E { return make([]E, n) }, c)
}

// MakeMap is the built-in make for a map with room for n elements.
func MakeMap[K comparable, V any](n int, c Checker) map[K]V {
	if n*(size[K]()+size[V]()) <= large {
		return make(map[K]V, n)
	}
	return elsewhere(func() map[K]V { return make(map[K]V, n) }, c)
}

// size returns the size of an E.
func size[E any]() int {
	var e E
	return int(unsafe.Sizeof(e))
}

// elsewhere returns what another goroutine makes.
func elsewhere[T any](newT func() T, c Checker) T {
	if c == nil {
		return newT()
	}
	made := make(chan T, 1)
	go func() { made <- newT() }()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		select {
		case s := <-made:
			return s
		case <-look.C:
		case <-c.Done():
		}
		c.Check()
	}
}

// Grow returns n elements, which begin with those of s.
func Grow[E any](s []E, n int, c Checker) []E {
	grown := Make[E](n, c)
	Move(grown, s[:min(len(s), n)], c)
	return grown
}

// Room returns s, which is full, with room for more elements: a quarter, so that
// to add elements one by one takes amortised constant time. It returns a small s
// as it is.
func Room[E any](s []E, c Checker) []E {
	if cap(s)*size[E]() <= large {
		return s
	}
	return Grow(s, len(s)+len(s)/4, c)[:len(s)]
}

// Move is Copy, of which c can end the call, to where there is room for all.
func Move[E any](to, from []E, c Checker) {
	for i := 0; i < len(from); i += partsPerCheck * part {
		if i > 0 && c != nil {
			c.Check()
		}
		Copy(to[i:], from[i:min(len(from), i+partsPerCheck*part)])
	}
}

// Clear is the built-in clear, of which c can end the call.
func Clear[E any](s []E, c Checker) {
	for len(s) > part {
		clearPart(s)
		s = s[part:]
		if c != nil {
			c.Check()
		}
	}
	clear(s)
}

//go:noinline
func clearPart[E any](s []E) { clear(s[:part]) }

// partsPerCheck is few: where the garbage collector is at work, to copy a pointer
// takes tens of nanoseconds.
const partsPerCheck = 4

// part is how many elements are copied at once: a microsecond or so.
const part = 1 << 13

// Copy is the built-in copy.
func Copy[E any](to, from []E) int {
	if len(from) <= part {
		return copy(to, from)
	}
	return copyParts(to, from)
}

func copyParts[E any](to, from []E) (n int) {
	for n < min(len(to), len(from)) {
		n += copyPart(to[n:], from[n:])
	}
	return n
}

// copyPart copies the first part. Compiled as a function of its own, it is one
// that begins.
//
//go:noinline
func copyPart[E any](to, from []E) int { return copy(to, from[:min(len(from), part)]) }

// Append appends s to b, which has room for it.
func Append(b []byte, s string) []byte {
	if len(s) <= part {
		return append(b, s...)
	}
	n := len(b)
	b = b[:n+len(s)]
	Copy(b[n:], Bytes(s))
	return b
}

// Write writes s to b, which has room for it.
func Write(b *strings.Builder, s string) {
	for len(s) > part {
		s = s[writePart(b, s):]
	}
	b.WriteString(s)
}

//go:noinline
func writePart(b *strings.Builder, s string) int {
	n, _ := b.WriteString(s[:part])
	return n
}

// Clone is strings.Clone.
func Clone(s string, c Checker) string {
	if len(s) <= part {
		return strings.Clone(s)
	}
	b := Make[byte](len(s), c)
	Move(b, Bytes(s), c)
	return unsafe.String(&b[0], len(b))
}

// Bytes returns the bytes of s, which must not be changed.
func Bytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
