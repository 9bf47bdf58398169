// Package value holds the data structures that keys hold. They are plain Go
// types with their own tests and know nothing of Redis's commands or replies.
//
//	value.go        Value, what every type answers
//	integer.go      canonical integer texts
//	limits.go       Limits: how large values of compact encodings may be
//	string.go       String: bytes, edited in place, or an integer
//	hash.go         Hash: values under fields
//	hashexpiry.go   fields of a Hash that expire
//	set.go          Set: members
//	undo.go         how changes are undone
//	size.go         how much memory things take
//	table.go        the hash table of those that grew large
//	list.go         List: a deque
//	removal.go      the removal of elements of a List
//	sortedset.go    SortedSet: members in the order of their scores
//	sortedrange.go  the parts of a SortedSet by score and by member
//	skiplist.go     the order of a SortedSet
//	bits.go         the bits of a String
//	hyperloglog.go  HyperLogLog, a String that estimates
//	sparse.go       its sparse form
//	estimate.go     Registers, and what they estimate
//	stream.go       Stream: a log of entries
//	streamid.go     StreamID, by which they are in order
//	streamnode.go   its parts, and when they are full
//	streamtrim.go   StreamTrim: what to remove of its beginning
//	group.go        Group: who reads a stream together
//	idmap.go        a map in the order of StreamIDs
package value

import (
	"strings"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/journal"
)

// A Value is what a key holds. Its methods take constant time except Clone,
// which is linear in the value.
//
// What takes longer can be ended in the middle by a panic: what only reads, or
// makes something new, by the Checker that it takes, if that is not nil; and
// changes by the journal, where they are recorded there (journal.Journal.Tick).
// What is recorded undoes then what was done so far.
type Value interface {
	// Type is the name that TYPE answers: "string", "list", …
	Type() string
	// Encoding is the name that OBJECT ENCODING answers: "int", "embstr", …
	Encoding() string
	// Len is the number of elements, or of bytes for a String.
	Len() int
	// Size is about how many bytes of memory the value takes.
	Size() int
	// Clone returns an independent copy, which records nothing.
	Clone(w bulk.Checker) Value
	// Record makes the value record its changes in the journal, or in none where
	// it is nil. See undo.go.
	Record(j *journal.Journal)
	// Recording says whether it does; of a String one cannot say, and need not:
	// it may be told to record again.
	Recording() bool
}

// shortText is the longest text, in bytes, that is copied when it is stored.
const shortText = 64

// Own returns a text to be stored that keeps little else in memory: a short one
// may be a part of something several times as large.
func Own(text string) string {
	if len(text) <= shortText {
		return strings.Clone(text)
	}
	return text
}
