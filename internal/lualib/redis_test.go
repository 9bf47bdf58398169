package lualib

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/luavm"
	"github.com/luastore/luastore/internal/transcript"
)

var record = flag.Bool("record", false, "write what the real Redis gives for the first chunks of each test")

// recorded is the number of chunks of which testdata/redis has the outcomes.
const recorded = 400

// compareRedis runs chunks here and in a real Redis, in the same order, since
// settings stay.
func compareRedis(t *testing.T, chunks []string) {
	t.Helper()
	server, driver := transcript.StartRedis(t), redisDriver(t)
	here := newRedisMachine(t)
	differ := 0
	var wants []string
	const batch = 100
	for from := 0; from < len(chunks); from += batch {
		some := chunks[from:min(from+batch, len(chunks))]
		reply := server.Do(append([]string{"EVAL", driver, "0"}, some...))
		if len(reply.Elems) != len(some) {
			t.Fatalf("redis-server: %v", reply)
		}
		got := here.outcomes(some)
		for i, want := range reply.Elems {
			wants = append(wants, want.Str)
			if got[i] == want.Str {
				continue
			}
			if differ++; differ <= 20 {
				t.Errorf("%q\n got %s\nwant %s", some[i], got[i], want.Str)
			}
		}
	}
	t.Logf("%d chunks, %d differ", len(chunks), differ)
	if *record {
		writeRecord(t, chunks[:min(recorded, len(chunks))], wants)
	}
}

func redisDriver(t *testing.T) string {
	t.Helper()
	driver, err := os.ReadFile("testdata/redis.lua")
	if err != nil {
		t.Fatal(err)
	}
	return string(driver)
}

// redisMachine runs chunks as redis.lua does in Redis.
type redisMachine struct {
	t   *testing.T
	m   *luavm.Machine
	run *luavm.Closure
}

func newRedisMachine(t *testing.T) *redisMachine {
	t.Helper()
	m := luavm.New()
	Open(m)
	m.Limits = luavm.Limits{Instructions: 500_000_000, Memory: 256 << 20}
	run, err := m.Load(redisDriver(t), "@user_script")
	if err != nil {
		t.Fatal(err)
	}
	return &redisMachine{t, m, run}
}

func (r *redisMachine) outcomes(chunks []string) (outcomes []string) {
	r.t.Helper()
	m := r.m
	argv := m.NewTable(len(chunks), 0)
	for i, s := range chunks {
		m.SetInt(argv, i+1, m.NewString(s))
	}
	m.Set(m.Globals(), m.Name("ARGV"), argv.Value())
	err := m.Run(r.run, func(v luavm.Value) {
		for i := range chunks {
			outcomes = append(outcomes, v.Table().GetInt(i+1).Text())
		}
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return outcomes
}

// A row is a chunk and its outcome, of which the bytes are written as code
// points.
type row struct{ Source, Want string }

func writeRecord(t *testing.T, chunks, wants []string) {
	var b strings.Builder
	for i, s := range chunks {
		line, err := json.Marshal(row{toLatin1(s), toLatin1(wants[i])})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	if err := os.WriteFile("testdata/redis/"+t.Name()+".jsonl", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestRecorded compares with what Redis gave for the first chunks of the tests
// that need one.
func TestRecorded(t *testing.T) {
	files, err := filepath.Glob("testdata/redis/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded outcomes: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
			here := newRedisMachine(t)
			for _, r := range readRows(t, file) {
				if got := here.outcomes([]string{r.Source})[0]; got != r.Want {
					t.Errorf("%q\n got %s\nwant %s", r.Source, got, r.Want)
				}
			}
		})
	}
}

// TestRedis compares what is Redis's own: pcall, random numbers, limits.
func TestRedis(t *testing.T) {
	g := newGenerator(10)
	chunks := strings.Split(`return pcall(error, {x = 1})
return pcall(error, {err = "E x"})
return pcall(error, {err = 5})
return pcall(error, {err = true})
return pcall(error, setmetatable({}, {__index = function() return "y" end}))
return pcall(pcall, error, setmetatable({}, {__index = function() error("z") end}))
return pcall()
return pcall(nil)
return (pairs({})) == next, (ipairs({})) == (ipairs({1})), _G._G == _G, _VERSION
return select("#", unpack({}, 1, 7997))
return unpack({}, 1, 7998)
return pcall(unpack, {}, 1, 1e8)
return pcall(unpack, {}, 0, 2^31-1)
return unpack({}, 1, 2^31)
return pcall(string.byte, ("x"):rep(8000), 1, -1)
return pcall(string.byte, ("x"):rep(7990), 1, -1)
return pcall(rawset, string, "x", 1)
return pcall(setmetatable, string, {})
return pcall(table.insert, string, 1)
return pcall(table.remove, string)
return pcall(table.sort, string)
return pcall(function() string.x = 1 end)
return getmetatable("")
return pcall(rawset, getmetatable(""), "x", 1)
return tostring(cjson.null), type(cjson.null), cjson.null == cjson.new().null
return pcall(table.sort, {3, 2, "x"})
return loadstring(string.dump(function() end))
return loadstring("\\0"), loadstring("x", "="..("y"):rep(100))
return pcall(coroutine.wrap(function() error({err = "E"}) end))
return coroutine.resume(coroutine.create(function() error({err = "E"}) end))
return pcall(xpcall, error)
return xpcall(function() error({err = "E"}) end, function(e) return e end)
math.randomseed(1) return math.random(), math.random()
math.randomseed(-1) return math.random(), math.random(10), math.random(-3, 3)
math.randomseed(2^31) return math.random(), math.random(2^31-1), math.random(-2^31, 2^31-1)
math.randomseed("7") return math.random()
return pcall(math.random, 0)
return pcall(math.random, 2, 1)
return pcall(math.random, 1, 2, 3)
return pcall(math.randomseed)
return collectgarbage("setpause", 100), collectgarbage("setpause", 200), collectgarbage("setstepmul", 1)`, "\n")
	for range 500 {
		chunks = append(chunks, fmt.Sprintf("math.randomseed(%d) return math.random(), math.random(%d), math.random(-%d, %d)",
			g.Int64N(1<<40)-1<<39, 1+g.IntN(1<<20), g.IntN(1000), g.IntN(1000)))
	}
	for _, library := range strings.Fields("string table math coroutine bit struct cjson cmsgpack") {
		chunks = append(chunks, fmt.Sprintf(`local r = {} for k, v in pairs(%s) do r[#r+1] = k..":"..type(v) end return table.concat(r, " ")`, library))
	}
	compareRedis(t, chunks)
}

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
