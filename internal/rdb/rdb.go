// Package rdb is the form in which DUMP answers a value and RESTORE takes it:
// an object as Redis's RDB files have it, the version of the format, and a
// checksum. It writes version 10, Redis 7.0's, and reads all up to that.
//
//	rdb.go       Dump, Restore; the types of objects
//	write.go     objects, from values
//	read.go      values, from objects
//	stream.go    streams, both ways
//	reader.go    the bytes of an object: lengths, texts, numbers
//	listpack.go  listpacks, in which Redis keeps what is small
//	ziplist.go   what it kept that in before: ziplists and zipmaps
//	lzf.go       compressed texts
//	library.go   function libraries: what FUNCTION DUMP answers
package rdb

import (
	"encoding/binary"
	"errors"
	"hash/crc64"
	"sync"
	"unsafe"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/value"
)

// The first byte of an object, Redis's RDB_TYPE_STRING, RDB_TYPE_LIST and so
// on: what it is and how it is written.
const (
	typeString         = 0
	typeList           = 1 // texts
	typeSet            = 2
	typeZset           = 3 // with scores as texts
	typeHash           = 4
	typeZset2          = 5 // with scores of 8 bytes
	typeHashZipmap     = 9
	typeListZiplist    = 10
	typeSetIntset      = 11
	typeZsetZiplist    = 12
	typeHashZiplist    = 13
	typeListQuicklist  = 14 // ziplists
	typeHashListpack   = 16
	typeZsetListpack   = 17
	typeListQuicklist2 = 18 // listpacks, and texts that are too long for one
	typeStream         = 15 // without what streams and groups count
	typeStream2        = 19
)

const (
	version    = 10
	footerSize = 10 // the version's two bytes and the checksum's eight
)

var (
	ErrChecksum = errors.New("rdb: a version to come or a wrong checksum")
	ErrFormat   = errors.New("rdb: no value in a known format")
)

// Dump returns the payload of v, in time linear in its size. m counts the work, and
// may end it; nil: nothing does.
func Dump(v value.Value, m bulk.Meter) string {
	w := writer{bulk.Make[byte](Size(v, m), m)[:0], m}
	w.object(v)
	b := seal(w.b, w.tick)
	return unsafe.String(&b[0], len(b))
}

// Overhead is how many bytes of a payload are not the value: its type, the
// version and the checksum.
const Overhead = 1 + footerSize

// Restore returns the value of a payload, in time linear in the size of that
// value. It fails with ErrChecksum or ErrFormat. It counts its work, which the
// length of the payload does not tell, by calling tick with numbers of some ten
// nanoseconds each, and about how many bytes it is going to allocate by calling
// alloc, if that is not nil; both may end it by a panic. What may be in a compact
// encoding is up to the limits; nil means value.DefaultLimits.
func Restore(payload string, limits *value.Limits, tick, alloc func(n int)) (v value.Value, err error) {
	if err := check(payload, tick); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, failed(p)
		}
	}()
	if limits == nil {
		limits = &value.DefaultLimits
	}
	r := reader{payload, limits, tick, alloc} // Redis, too, lets an object go on in the footer
	v = r.object()
	if v.Len() == 0 && v.Type() != "string" && v.Type() != "stream" {
		fail()
	}
	return v, nil
}

// seal returns the object with version and checksum.
func seal(object []byte, tick func(n int)) []byte {
	b := binary.LittleEndian.AppendUint16(object, version)
	return binary.LittleEndian.AppendUint64(b, checksum(b, tick))
}

// The polynomial is Jones's, its bits reversed.
var jones = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(0x95ac9329ac4bc9b5) })

// checksum is the CRC that begins with 0 and is not inverted at the end, as
// crc64's is.
//
// It counts its work by tick.
func checksum(b []byte, tick func(n int)) uint64 {
	const part = 1 << 16 // bytes
	sum := ^uint64(0)
	for len(b) > part {
		tick(part / bytesPerTick)
		sum, b = crc64.Update(sum, jones(), b[:part]), b[part:]
	}
	tick(len(b) / bytesPerTick)
	return ^crc64.Update(sum, jones(), b)
}
