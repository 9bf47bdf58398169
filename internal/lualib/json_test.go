package lualib

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// The tests of cjson, and the values that are encoded.

// value returns an expression for a random value.
func (g generator) value(depth int) string {
	switch n := g.IntN(12); {
	case n < 3 && depth > 0:
		var b strings.Builder
		for range g.IntN(5) {
			b.WriteString(g.value(depth-1) + ",")
		}
		return "{" + b.String() + "}"
	case n < 6 && depth > 0:
		var b strings.Builder
		for range g.IntN(6) {
			switch g.IntN(5) {
			case 0:
				fmt.Fprintf(&b, "[%s]=%s,", g.one([]string{"1", "2", "3", "4", "-1", "0", "1.5", "12", "2^31", "1e20", "1e300", "2^53"}), g.value(depth-1))
			default:
				fmt.Fprintf(&b, "[%s]=%s,", g.text(), g.value(depth-1))
			}
		}
		return "{" + b.String() + "}"
	case n < 9:
		return g.number()
	case n < 11:
		return g.text()
	}
	return g.one([]string{"true", "false", "cjson.null", "1/0", "0/0", "type", "{[true]=1}", "{[1/0]=1}"})
}

func (g generator) number() string {
	switch g.IntN(6) {
	case 0:
		return strconv.Itoa(g.IntN(300) - 100)
	case 1:
		return g.one(strings.Split("0 -0 127 128 255 256 65535 65536 2^31 2^32 2^32-1 2^53 2^63 2^64 -1 -32 -33 -128 -129 -32768 -32769 -2^31 -2^31-1 -2^63 -2^64 1e14 1e15 1e16 123456789012345", " "))
	case 2:
		return strconv.FormatInt(g.Int64()>>g.IntN(64), 10)
	case 3:
		return strconv.FormatFloat(g.NormFloat64()*1000, 'g', -1, 64)
	case 4:
		return strconv.FormatFloat(float64(g.IntN(100000))/100, 'g', -1, 64)
	}
	return g.one(strings.Split("0.1 1.5 -2.5 1e100 -1e-100 5e-324 1.7976931348623157e308 3.14159265358979 1e21 1e-7 0.5", " "))
}

func (g generator) text() string {
	return `"` + g.some(5, "", strings.Split(`a|b|key|name|\"|\\|/|\n|\0|\127|\31|\200|\195\169|x1|1|true| |{|[`, "|")) + `"`
}

// TestJSON encodes and decodes what is right and what is not, with all
// settings.
func TestJSON(t *testing.T) {
	g := newGenerator(11)
	settings := strings.Split(`encode_sparse_array()|encode_sparse_array(true)|encode_sparse_array(false, 2, 10)|encode_sparse_array(true, 0, 3)|
encode_sparse_array("on", 1, 1)|encode_sparse_array("x")|encode_sparse_array(true, -1)|encode_sparse_array(1,2,3,4)|encode_sparse_array(false, 3, 0)|
encode_max_depth()|encode_max_depth(3)|encode_max_depth(1000)|encode_max_depth(0)|encode_max_depth("x")|encode_max_depth(1, 2)|
decode_max_depth()|decode_max_depth(2)|decode_max_depth(1000)|decode_max_depth({})|
encode_number_precision()|encode_number_precision(3)|encode_number_precision(14)|encode_number_precision(15)|encode_number_precision(7)|
encode_keep_buffer()|encode_keep_buffer(false)|encode_keep_buffer("on")|
encode_invalid_numbers()|encode_invalid_numbers(true)|encode_invalid_numbers("null")|encode_invalid_numbers(false)|encode_invalid_numbers("of")|encode_invalid_numbers({})|
decode_invalid_numbers()|decode_invalid_numbers(true)|decode_invalid_numbers(false)|decode_invalid_numbers(1)|new()|encode()|encode(1, 2)|decode()|decode("1", 2)|decode({})|decode(12)`, "|")
	var chunks []string
	for range 200 {
		chunks = append(chunks, "return cjson."+strings.TrimSpace(g.one(settings)))
		for range 20 {
			chunks = append(chunks, "return cjson.encode("+g.value(3)+")")
		}
		for range 30 {
			chunks = append(chunks, "return cjson.decode("+strconv.Quote(g.json(3))+")")
			chunks = append(chunks, "return cjson.decode("+quoteLua(g.mutate(g.json(3)))+")")
		}
		chunks = append(chunks, "local v = "+g.value(4)+" local ok, s = pcall(cjson.encode, v) if ok then local t = cjson.decode(s) return s, t, cjson.encode(t) end return s")
	}
	for _, n := range []int{999, 1000, 1001, 1002, 4000, 7990, 8000, 8010} {
		chunks = append(chunks,
			fmt.Sprintf(`cjson.decode_max_depth(1000) return cjson.decode(("["):rep(%d)..("]"):rep(%d)) ~= nil`, n, n),
			fmt.Sprintf(`cjson.decode_max_depth(1e6) return cjson.decode(("["):rep(%d)..("]"):rep(%d)) ~= nil`, n, n),
			fmt.Sprintf(`cjson.decode_max_depth(1e6) return cjson.decode(('{"a":'):rep(%d)..'1'..("}"):rep(%d)) ~= nil`, n, n),
			fmt.Sprintf(`cjson.encode_max_depth(1000) local t = {} for i = 2, %d do t = {t} end return #cjson.encode(t)`, n),
			fmt.Sprintf(`cjson.encode_max_depth(1e6) local t = {} for i = 2, %d do t = {t} end return #cjson.encode(t)`, n),
			fmt.Sprintf(`cjson.encode_max_depth(1e6) local t = {} for i = 2, %d do t = {a=t} end return #cjson.encode(t)`, n))
	}
	compareRedis(t, chunks)
}

// json returns a random text of JSON, with some of what cjson takes beyond it.
func (g generator) json(depth int) string {
	space := g.one([]string{"", "", "", " ", "\n", "\t ", "\r"})
	switch n := g.IntN(12); {
	case n < 3 && depth > 0:
		var items []string
		for range g.IntN(5) {
			items = append(items, g.json(depth-1))
		}
		return space + "[" + strings.Join(items, ",") + space + "]"
	case n < 6 && depth > 0:
		var items []string
		for range g.IntN(10) {
			items = append(items, space+g.jsonText()+space+":"+g.json(depth-1))
		}
		return "{" + strings.Join(items, ",") + space + "}" + space
	case n < 9:
		return space + g.one(strings.Split("0 -0 1 -1 12 123456 1.5 -2.25 0.1 1e3 1E-2 1.5e+3 01 0x10 0X1p4 +1 -.5 1. inf -inf NaN nan -Infinity infinity 1e400 1e-400 "+
			"123456789012345678901234567890 0.1234567890123456789 1e 1e+ 0x -- 9007199254740993 4.35 0.000001 1.7976931348623157e308 100000000000000000000000", " "))
	case n < 11:
		return g.jsonText()
	}
	return space + g.one([]string{"true", "false", "null", "nul", "True", "tru", "nan(1)", "x"})
}

func (g generator) jsonText() string {
	return `"` + g.some(4, "", strings.Split(`a|b|key|name|\"|\\|\/|\n|\u0041|\u00e9|\u20ac|\ud83d\ude00|é|1|id|`+"\x7f|\x01", "|")) + `"`
}

// mutate changes a few bytes.
func (g generator) mutate(s string) string {
	b := []byte(s)
	for range 1 + g.IntN(2) {
		i := g.IntN(len(b) + 1)
		switch g.IntN(3) {
		case 0:
			b = append(b[:i:i], b[min(i+1, len(b)):]...)
		case 1:
			c := "{}[],:\"\\ud0123456789eE+-.xnaNtfl\x00 '"[g.IntN(35)]
			b = append(b[:i:i], append([]byte{c}, b[i:]...)...)
		case 2:
			b = b[:i]
		}
		if len(b) == 0 {
			break
		}
	}
	return string(b)
}
