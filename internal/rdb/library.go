package rdb

import (
	"encoding/binary"
	"errors"

	"github.com/luastore/luastore/internal/bulk"
)

// typeLibrary is the first byte of a function library: its source follows.
const typeLibrary = 0xf5

// ErrNoLibrary is the error of a payload with something else than libraries.
var ErrNoLibrary = errors.New("rdb: no function library")

// DumpLibraries returns the payload of FUNCTION DUMP for libraries with the
// sources, in time linear in their length.
func DumpLibraries(sources []string) string {
	var w writer
	for _, source := range sources {
		w.byte(typeLibrary)
		w.bytes([]byte(source))
	}
	return string(seal(w.b, w.tick))
}

// RestoreLibraries returns the sources of the libraries in a payload. If it
// fails, with ErrChecksum, ErrFormat or ErrNoLibrary, the sources are those
// before the place where it did. It counts its work and memory as Restore does.
func RestoreLibraries(payload string, tick, alloc func(n int)) (sources []string, err error) {
	if err := check(payload, tick); err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			err = failed(p)
		}
	}()
	r := reader{rest: payload, tick: tick, alloc: alloc} // as in Restore
	for len(r.rest) > footerSize {
		if r.byte() != typeLibrary {
			return sources, ErrNoLibrary
		}
		sources = append(sources, r.text())
	}
	return sources, nil
}

// check says whether the footer of a payload is right.
func check(payload string, tick func(n int)) error {
	object := len(payload) - footerSize
	if object < 0 {
		return ErrChecksum
	}
	footer := []byte(payload[object:])
	if binary.LittleEndian.Uint16(footer) > version ||
		binary.LittleEndian.Uint64(footer[2:]) != checksum(bulk.Bytes(payload[:object+2]), tick) {
		return ErrChecksum
	}
	return nil
}
