package value

// Limits say how large values may be in Redis's compact encodings, and its
// streams' nodes. A value that outgrows them takes another encoding when
// something is added, and keeps it.
type Limits struct {
	HashFields       int // of a listpack
	HashText         int // bytes of a field or a value
	SetIntegers      int // of an intset
	SortedSetMembers int // of a listpack
	SortedSetText    int // bytes of a member
	StreamEntries    int // of a node; 0: any number
	StreamBytes      int // of a node; 0: any number
	SparseBytes      int // of a sparse HyperLogLog
}

// DefaultLimits are those of Redis unless it is told otherwise.
var DefaultLimits = Limits{
	HashFields:       512,
	HashText:         64,
	SetIntegers:      512,
	SortedSetMembers: 128,
	SortedSetText:    64,
	StreamEntries:    100,
	StreamBytes:      4096,
	SparseBytes:      3000,
}
