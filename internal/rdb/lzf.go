package rdb

import "unsafe"

// decompress reads a text of the length that LZF made into bytes of the size:
// pieces, up to 32 bytes as they are, or a distance back in the text from
// which to repeat up to 264 bytes.
func (r *reader) decompress(size, length uint64) string {
	const most = 264 // bytes that a piece of 3 stands for
	p := reader{rest: r.take(size)}
	if length > size*most/3 {
		fail()
	}
	r.tick(int(length / bytesPerTick))
	r.need(int(length))
	text := make([]byte, 0, length)
	for len(p.rest) > 0 {
		first := int(p.byte())
		if first < 32 {
			text = append(text, p.take(uint64(first+1))...)
			continue
		}
		n := first >> 5
		if n == 7 {
			n += int(p.byte())
		}
		from := len(text) - (first&0x1f<<8 | int(p.byte())) - 1
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
