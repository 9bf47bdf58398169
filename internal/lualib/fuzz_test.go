package lualib

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/lua51"
	"github.com/luastore/luastore/internal/luavm"
)

// fuzzMachine is a machine for as many runs as a fuzzing worker makes.
func fuzzMachine(f *testing.F) (*luavm.Machine, *lua51.Lua) {
	m := newMachine()
	m.Limits = luavm.Limits{Instructions: 2_000_000, Memory: 16 << 20}
	return m, lua51.On(f, m)
}

// agree compares a chunk with lua5.1, where that is installed.
func agree(t *testing.T, ours, lua *lua51.Lua, chunk string) {
	t.Helper()
	got := ours.Outcome(chunk)
	if lua == nil || strings.HasPrefix(got, "STOPPED") {
		return
	}
	if want := lua.Outcome(chunk); got != want {
		t.Errorf("%s\n got %s\nwant %s", chunk, got, want)
	}
}

// FuzzPattern matches any pattern with any subject.
func FuzzPattern(f *testing.F) {
	for _, seed := range [][3]string{
		{"hello world", "o w", "%0"}, {"key = val", "(%w+)%s*=%s*(%w+)", "%2=%1"}, {"(a(b)c)", "%b()", ""}, {"THE (quick) fox", "%f[%a]%a+%f[%A]", "<%0>"},
		{"a\x00b", "[%z]", "z"}, {"aXb", "^(a)(.-)(b)$", "%3%2%1"}, {"abab", "(ab)%1", "%1"}, {"x", "[a-%]", ""}, {"]", "[]]", "%"}, {"-", "[a-]", "%x"}, {"", "()", "%1"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	lua := lua51.Start(f)
	_, ours := fuzzMachine(f)
	f.Fuzz(func(t *testing.T, subject, pattern, replacement string) {
		signs := 0
		for _, c := range []byte(pattern) {
			if strings.IndexByte("*+-?", c) >= 0 {
				signs++
			}
		}
		if len(subject) > 60 || len(pattern) > 40 || len(replacement) > 40 || signs > 4 {
			t.Skip("lua5.1 may take for ever, or smash its stack")
		}
		s, p := quoteLua(subject), quoteLua(pattern)
		agree(t, ours, lua, fmt.Sprintf("return string.find(%s, %s)", s, p))
		agree(t, ours, lua, fmt.Sprintf("return string.match(%s, %s, -3)", s, p))
		agree(t, ours, lua, fmt.Sprintf("return string.gsub(%s, %s, %s)", s, p, quoteLua(replacement)))
		agree(t, ours, lua, fmt.Sprintf("local r = {} for a, b in string.gmatch(%s, %s) do r[#r+1] = tostring(a)..'|'..tostring(b) end return unpack(r)", s, p))
	})
}

// FuzzFormat formats any values by any format.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{"%d %s", "%5.2f|%-8x", "%#o %+i % d", "%q", "%c%c", "%.3s", "%%", "%10.4g", "%e", "%G", "%#x", "%05d", "%.0f", "%u"} {
		f.Add(seed, 3.25, "text")
		f.Add(seed, -1e15, "a\x00b")
	}
	lua := lua51.Start(f)
	_, ours := fuzzMachine(f)
	f.Fuzz(func(t *testing.T, format string, n float64, s string) {
		if len(format) > 60 {
			t.Skip("long enough")
		}
		number := fmt.Sprintf("%.17g", n)
		switch number {
		case "+Inf":
			number = "1/0"
		case "-Inf":
			number = "-1/0"
		case "NaN":
			number = "0/0"
		}
		format = quoteLua(format)
		agree(t, ours, lua, fmt.Sprintf("return string.format(%s, %s, %s)", format, number, quoteLua(s)))
		agree(t, ours, lua, fmt.Sprintf("return string.format(%s, %s, %s)", format, quoteLua(s), number))
		agree(t, ours, lua, fmt.Sprintf("return tostring(%s), tonumber(%s), tonumber(%s, 36)", number, quoteLua(s), quoteLua(s)))
	})
}

// roundTrip runs a chunk that returns true, or raises an error.
func roundTrip(t *testing.T, m *luavm.Machine, ours *lua51.Lua, chunk string, s string) {
	t.Helper()
	m.Set(m.Globals(), m.Name("s"), m.NewString(s))
	got := ours.Outcome(same + chunk)
	if got != "OK true" && !strings.HasPrefix(got, "ERR ") && !strings.HasPrefix(got, "STOPPED") {
		t.Errorf("%s of %q: %s", chunk, s, got)
	}
}

// same compares values with all that is in them.
const same = `local function same(a, b)
	if type(a) ~= "table" or type(b) ~= "table" then return a == b or a ~= a and b ~= b end
	for k, v in pairs(a) do if not same(v, b[k]) then return false end end
	for k in pairs(b) do if a[k] == nil then return false end end
	return true
end `

// FuzzJSON decodes any text; what it is comes back from what it is encoded to.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2,{"b":null}],"c":"\u00e9\n"}`, `[1.5e3,-0,0x10,inf,"\ud83d\ude00"]`, `[[[[]]]]`, `"\q"`, `{"a":1,"a":2}`, `nan`, `[1,]`, "[1\x00", `{"1":{"2":{}}}`} {
		f.Add(seed)
	}
	m, ours := fuzzMachine(f)
	f.Fuzz(func(t *testing.T, s string) {
		roundTrip(t, m, ours, `cjson.encode_number_precision(14) cjson.encode_invalid_numbers(true) cjson.encode_sparse_array(false, 0)
			local v = cjson.decode(s) local w = cjson.decode(cjson.encode(v)) return same(cjson.decode(cjson.encode(w)), w)`, s)
	})
}

// FuzzMsgpack unpacks any bytes; what they are comes back from what it is
// packed to, tables in more than 16 others excepted.
func FuzzMsgpack(f *testing.F) {
	for _, seed := range []string{"\x93\x01\xa1a\xc0", "\x82\xa1a\x01\xa1b\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00", "\xdc\x00\x02\x01\x02", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
		"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "\xd9\x03abc", "\xca\x7f\xc0\x00\x00", "\xde\x00\x01\x01\x02", "\xc1"} {
		f.Add(seed)
	}
	m, ours := fuzzMachine(f)
	f.Fuzz(func(t *testing.T, s string) {
		tables := 0
		for _, c := range []byte(s) {
			if 0x80 <= c && c < 0xA0 || c >= 0xDC {
				tables++
			}
		}
		if tables > 16 || strings.Count(s, "\xc0") > 0 {
			t.Skip("nil is lost in tables, and deep tables are nil")
		}
		roundTrip(t, m, ours, `local v = {cmsgpack.unpack(s)} if #v == 0 then return true end local e = cmsgpack.pack(unpack(v)) local w = {cmsgpack.unpack(e)}
			local g = cmsgpack.pack(unpack(w)) return #e == #g`, s)
		roundTrip(t, m, ours, `local at, v = 0 while at >= 0 do at, v = cmsgpack.unpack_one(s, at) end return true`, s)
	})
}

// FuzzStruct unpacks any bytes by any format; packed again they are the same.
func FuzzStruct(f *testing.F) {
	for _, seed := range [][2]string{{"<i4>i2", "\x01\x02\x03\x04\x05\x06"}, {"bBhHlL", strings.Repeat("\xff", 40)}, {"!8 bd", strings.Repeat("\x00", 20)},
		{"sc3", "ab\x00xyz"}, {"bc0", "\x03abc"}, {"I9", strings.Repeat("a", 9)}, {"f", "\x00\x00\x80?"}} {
		f.Add(seed[0], seed[1])
	}
	m, ours := fuzzMachine(f)
	f.Fuzz(func(t *testing.T, format, data string) {
		check := "return true"
		if !strings.ContainsAny(format, "lLTiIfdc") { // numbers lose bits, and c0 takes one that is not packed
			check = "local e = struct.pack(f, unpack(v)) local w = {struct.unpack(f, e)} return #w == #v and same(v, w)"
		}
		roundTrip(t, m, ours, "local f = "+quoteLua(format)+" local v = {struct.unpack(f, s)} "+check, data)
		roundTrip(t, m, ours, "local f = "+quoteLua(format)+" struct.pack(f, s, "+strconv.Itoa(len(data))+", -1, s) return struct.size(f) >= 0", data)
	})
}
