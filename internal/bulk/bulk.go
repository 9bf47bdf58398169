// Package bulk makes and copies what may be hundreds of megabytes. The garbage
// collector stops a goroutine where a function begins, or between two instructions
// of Go, but not within a copy; while it waits for a long one, it keeps a processor
// busy. So these copy in parts. Nor can a script be stopped while much memory is
// made for it, which must be cleared and may have to be found by the collector
// first: so another goroutine makes it, and this one looks whether it must end.
package bulk

import (
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
	return Wait(func() []E { return make([]E, n) }, c)
}

// MakeMap is the built-in make for a map with room for n elements.
func MakeMap[K comparable, V any](n int, c Checker) map[K]V {
	if n*(size[K]()+size[V]()) <= large {
		return make(map[K]V, n)
	}
	return Wait(func() map[K]V { return make(map[K]V, n) }, c)
}

// size returns the size of an E.
func size[E any]() int {
	var e E
	return int(unsafe.Sizeof(e))
}

// Wait returns what f, which does not look whether it must end, does on another
// goroutine. If c ends the call, f goes on to its end, and must not mind.
func Wait[T any](f func() T, c Checker) T {
	if c == nil {
		return f()
	}
	done := make(chan T, 1)
	go func() { done <- f() }()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for {
		select {
		case v := <-done:
			return v
		case <-look.C:
		case <-c.Done():
		}
		c.Check()
	}
}

// Concat returns the texts as one, of which c can end the making.
func Concat(c Checker, texts ...string) string {
	size := 0
	for _, s := range texts {
		size += len(s)
	}
	if size == 0 {
		return ""
	}
	b := Make[byte](size, c)
	at := b
	for _, s := range texts {
		Move(at, Bytes(s), c)
		at = at[len(s):]
	}
	return unsafe.String(&b[0], len(b))
}

// Bytes returns the bytes of s, which must not be changed.
func Bytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

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
