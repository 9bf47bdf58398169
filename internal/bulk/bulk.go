// Package bulk copies what may be hundreds of megabytes. The garbage collector
// stops a goroutine where a function begins, or between two instructions of Go, but
// not within a copy; while it waits for a long one, it keeps a processor busy. So
// these copy in parts.
package bulk

import (
	"strings"
	"unsafe"
)

// part is how many elements are copied at once: a microsecond or so.
const part = 1 << 13

// Copy is the built-in copy.
func Copy[E any](to, from []E) (n int) {
	if len(from) <= part {
		return copy(to, from)
	}
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
	Copy(b[n:], unsafe.Slice(unsafe.StringData(s), len(s)))
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
func Clone(s string) string {
	if len(s) <= part {
		return strings.Clone(s)
	}
	b := Append(make([]byte, 0, len(s)), s)
	return unsafe.String(&b[0], len(b))
}
