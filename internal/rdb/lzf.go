package rdb

import "unsafe"

// decompress returns the text of the length that LZF made the bytes of. These
// are pieces: up to 32 bytes as they are, or a distance back in the text from
// which to repeat up to 264 bytes.
func decompress(compressed string, length uint64) string {
	const most = 264 // bytes that a piece of 3 stands for
	if length > uint64(len(compressed))*most/3 {
		fail()
	}
	text := make([]byte, 0, length)
	for r := (reader{compressed}); len(r.rest) > 0; {
		first := int(r.byte())
		if first < 32 {
			text = append(text, r.take(uint64(first+1))...)
			continue
		}
		n := first >> 5
		if n == 7 {
			n += int(r.byte())
		}
		from := len(text) - (first&0x1f<<8 | int(r.byte())) - 1
		if n += 2; from < 0 || len(text)+n > int(length) {
			fail()
		}
		for i := range n { // what is repeated may begin in itself
			text = append(text, text[from+i])
		}
	}
	if uint64(len(text)) != length {
		fail()
	}
	return unsafe.String(unsafe.SliceData(text), len(text))
}
