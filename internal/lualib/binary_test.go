package lualib

import (
	"fmt"
	"strings"
	"testing"
)

// The tests of cmsgpack, struct and bit.

// quoteLua returns s as a constant of the language.
func quoteLua(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		fmt.Fprintf(&b, `\%03d`, s[i])
	}
	return b.String() + `"`
}

// TestMsgpack packs values, and unpacks what is right and what is not.
func TestMsgpack(t *testing.T) {
	g := newGenerator(12)
	var chunks []string
	for range 4000 {
		chunks = append(chunks, "return cmsgpack.pack("+g.value(4)+")")
		chunks = append(chunks, "local s = cmsgpack.pack("+g.value(3)+","+g.value(2)+") return s, cmsgpack.unpack(s)")
		b := make([]byte, g.IntN(12))
		for i := range b {
			b[i] = byte(g.one([]string{"\x00", "\x01", "\x81", "\x82", "\x91", "\x93", "\xa1", "\xa3", "\xc0", "\xc1", "\xc2", "\xc3", "\xca", "\xcb", "\xcc",
				"\xcd", "\xce", "\xcf", "\xd0", "\xd1", "\xd2", "\xd3", "\xd4", "\xd9", "\xda", "\xdb", "\xdc", "\xdd", "\xde", "\xdf", "\xe0", "\xff", "a"})[0])
		}
		s := quoteLua(string(b))
		chunks = append(chunks, "return cmsgpack.unpack("+s+")", fmt.Sprintf("return cmsgpack.unpack_one(%s, %d)", s, g.IntN(14)-1),
			fmt.Sprintf("return cmsgpack.unpack_limit(%s, %d, %d)", s, g.IntN(5)-1, g.IntN(6)))
	}
	for _, f := range strings.Fields("pack unpack unpack_one unpack_limit") {
		for range 100 {
			chunks = append(chunks, fmt.Sprintf("return pcall(cmsgpack.%s%s)", f, strings.TrimSuffix(","+g.some(3, ",", anyArgs), ",")))
		}
	}
	for _, n := range []int{3990, 3998, 3999, 4000, 7990, 7997, 7998, 8000} {
		chunks = append(chunks,
			fmt.Sprintf(`return type(cmsgpack.unpack(("\145"):rep(%d).."\1"))`, n),
			fmt.Sprintf(`return type(cmsgpack.unpack(("\129\1"):rep(%d).."\1"))`, n),
			fmt.Sprintf(`return select("#", cmsgpack.unpack(("\1"):rep(%d)))`, n),
			fmt.Sprintf(`return #cmsgpack.pack(unpack({}, 1, %d))`, min(n, 7997)))
	}
	compareRedis(t, chunks)
}

// TestStruct packs and unpacks by random formats.
func TestStruct(t *testing.T) {
	g := newGenerator(13)
	options := strings.Split("b|B|h|H|l|L|T|i|I|i1|i2|i3|I5|i8|I8|i9|I16|i32|i33|f|d|s|c|c0|c3|c10|x|>|<|!|!4|!8|!3|!1| |z|c99999999999|i0|!0|c2147483647", "|")
	var chunks []string
	for range 6000 {
		f := `"` + g.some(5, "", options) + `"`
		args := g.some(5, ",", []string{"1", "-1", "255", "2^31", "-2^63", "2^64", "1.5", "-2.5", `"abc"`, `"a\0b"`, `""`, "nil", "1e100", "0/0", `"12"`})
		chunks = append(chunks, "return struct.size("+f+")")
		chunks = append(chunks, strings.TrimSuffix("return struct.pack("+f+","+args, ",")+")")
		b := make([]byte, g.IntN(40))
		for i := range b {
			b[i] = byte(g.IntN(256) & g.IntN(256)) // mostly small numbers
		}
		chunks = append(chunks, fmt.Sprintf("return struct.unpack(%s, %s%s)", f, quoteLua(string(b)), g.one([]string{"", "", ", 3", ", 0", ", -1", ", 100"})))
	}
	chunks = append(chunks, `return struct.unpack(("b"):rep(8000), ("x"):rep(8000))`, `return select("#", struct.unpack(("b"):rep(7990), ("x"):rep(8000)))`)
	compareRedis(t, chunks)
}

// TestBit calls all functions with all kinds of numbers.
func TestBit(t *testing.T) {
	g := newGenerator(14)
	numbers := strings.Split(`0|1|-1|2|31|32|33|255|0x7fffffff|2^31|2^32|2^32-1|2^53|-2^31|-2^53|1.5|2.5|-0.5|-1.5|1e15|1e100|1/0|-1/0|0/0|"12"|"0xff"|"x"|nil|{}|65535|-2147483648`, "|")
	var chunks []string
	for range 500 {
		for _, f := range bit {
			chunks = append(chunks, fmt.Sprintf("return bit.%s(%s)", f.name, g.some(3, ",", numbers)))
		}
	}
	compareRedis(t, chunks)
}
