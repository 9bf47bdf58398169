package luastore

import (
	"flag"
	"math"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// longBodies go on for ever, each at one thing that Lua's libraries or its operators
// do with a text of 100 MB, or a table of 5 million elements.
var longBodies = map[string]string{
	"tonumber":            "local s = ('1'):rep(1e8) while true do tonumber(s) end",
	"tonumber, fraction":  "local s = '0.' .. ('0'):rep(1e8) .. '1' while true do tonumber(s) end",
	"tonumber, spaces":    "local s = (' '):rep(1e8) .. '1' while true do tonumber(s) end",
	"tonumber, base":      "local s = ('1'):rep(1e8) while true do tonumber(s, 16) end",
	"tonumber, base, spc": "local s = (' '):rep(1e8) while true do tonumber(s, 16) end",
	"arithmetic":          "local s = ('1'):rep(1e8) while true do local x = s + 1 end",
	"for":                 "local s = ('1'):rep(1e8) while true do for i = s, 1 do end end",
	"argument":            "local s = ('1'):rep(1e8) while true do math.floor(s) end",
	"tostring":            "local s = ('1'):rep(1e8) while true do tostring(s) end",
	"concatenate":         "local s = ('x'):rep(1e8) while true do local t = s .. s end",
	"concatenate, more":   "local s = ('x'):rep(1e8) while true do local t = 'a' .. s .. 1 end",
	"append":              "local s = ('x'):rep(1e8) while true do local t = s .. 'a' t = t .. 'b' end",
	"equal":               "local s, t = ('x'):rep(1e8), ('x'):rep(1e8) while true do local b = s == t end",
	"less":                "local s, t = ('x'):rep(1e8), ('x'):rep(1e8) while true do local b = s < t end",
	"key":                 "local s = ('x'):rep(1e8 - 1) while true do local t = {} t[s .. 'y'] = 1 end",
	"field":               "local s = ('x'):rep(1e8 - 1) while true do local x = redis[s .. 'y'] end",
	"rep":                 "while true do local s = ('x'):rep(1e8) end",
	"rep of ten":          "while true do local s = ('0123456789'):rep(1e7) end",
	"sub":                 "local s = ('x'):rep(1e8) while true do local t = s:sub(6e7) end",
	"sub, half":           "local s = ('x'):rep(1e8) while true do local t = s:sub(2, 4e7) end",
	"byte":                "local s = ('x'):rep(1e8) while true do s:byte(1e8 - 7000, 1e8) end",
	"upper":               "local s = ('x'):rep(1e8) while true do s:upper() end",
	"lower":               "local s = ('x'):rep(1e8) while true do s:lower() end",
	"reverse":             "local s = ('x'):rep(1e8) while true do s:reverse() end",
	"len":                 "local s = ('x'):rep(1e8) while true do s:len() end",
	"format %s":           "local s = ('x'):rep(1e8) while true do ('%s'):format(s) end",
	"format %q":           "local s = ('\\n'):rep(5e7) while true do ('%q'):format(s) end",
	"format, plain":       "local s = ('x'):rep(1e8) while true do s:format() end",
	"find":                "local s = ('x'):rep(1e8) while true do s:find('y', 1, true) end",
	"find, two":           "local s = ('x'):rep(1e8) while true do s:find('xy', 1, true) end",
	"find, long":          "local s, p = ('x'):rep(1e8), ('x'):rep(5e7) .. 'y' while true do s:find(p, 1, true) end",
	"find, pattern":       "local s = ('x'):rep(1e8) while true do s:find('[a-w]') end",
	"find, most":          "local s = ('x'):rep(1e8) while true do s:find('^[a-x]*y') end",
	"find, least":         "local s = ('x'):rep(1e8) while true do s:find('^.-y') end",
	"find, text":          "local s = ('x'):rep(1e8) while true do s:find('xy+') end",
	"find, balance":       "local s = ('('):rep(1e8) while true do s:find('^%b()') end",
	"find, long pattern":  "local p = ('x'):rep(1e7) .. '+' while true do p:find(p) end",
	"match":               "local s = ('x'):rep(1e8) while true do s:match('x*') end",
	"match, capture":      "local s = ('x'):rep(1e8) while true do s:match('^x(.*)x$') end",
	"gmatch":              "local s = ('x'):rep(1e8) while true do for w in s:gmatch('x*') do end end",
	"gsub":                "local s = ('x'):rep(1e8) while true do s:gsub('y', 'z') end",
	"gsub, all":           "local s = ('x'):rep(1e7) while true do s:gsub('x', 'yz') end",
	"gsub, one":           "local s = ('x'):rep(1e8) while true do s:gsub('^x*', '%0%0') end",
	"concat":              "local t = {} for i = 1, 5e6 do t[i] = i end while true do table.concat(t, ',') end",
	"concat, long":        "local s = ('x'):rep(1e8) while true do table.concat({s, s}) end",
	"concat, separator":   "local s = ('x'):rep(1e8) while true do table.concat({1, 2}, s) end",
	"insert":              "local t = {} for i = 1, 5e6 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t) end",
	"insert, texts":       "local t = {} for i = 1, 5e6 do t[i] = 'x' end while true do table.insert(t, 1, 'x') table.remove(t) end",
	"remove":              "local t = {} for i = 1, 5e6 do t[i] = i end while true do table.remove(t, 1) t[#t + 1] = 1 end",
	"sort":                "local t = {} for i = 1, 5e6 do t[i] = i * 7919 % 5000011 end while true do table.sort(t) end",
	"sort, long texts":    "local t = {} local s = ('x'):rep(1e7) for i = 1, 8 do t[i] = s .. i end while true do table.sort(t) end",
	"maxn":                "local t = {} for i = 1, 5e6 do t[i] = i end while true do table.maxn(t) end",
	"unpack":              "local t = {} for i = 1, 7000 do t[i] = i end while true do local a = unpack(t) end",
	"length":              "local t = {} for i = 1, 5e6 do t[i] = i end while true do local n = #t end",
	"next":                "local t = {} for i = 1, 5e6 do t[i] = i end while true do for k in pairs(t) do end end",
	"table":               "while true do local t = {} for i = 1, 5e6 do t[i] = i end end",
	"table of texts":      "while true do local t = {} for i = 1, 5e5 do t['k' .. i] = i end end",
	"emptied":             "while true do local t = {} for i = 1, 3e6 do t[i] = i end for i = 1, 3e6 do t[i] = nil end t.x = 1 for i = 1, 9 do t['y' .. i] = 1 end end",
	"cjson.encode":        "local t = {} for i = 1, 5e6 do t[i] = i end while true do cjson.encode(t) end",
	"cjson.encode, text":  "local s = ('\\n'):rep(5e7) while true do cjson.encode(s) end",
	"cjson.encode, key":   "local s = ('x'):rep(1e8) while true do cjson.encode({[s] = s}) end",
	"cjson.decode":        "local s = '[' .. ('1,'):rep(5e6) .. '1]' while true do cjson.decode(s) end",
	"cjson.decode, text":  "local s = '\"' .. ('x'):rep(1e8) .. '\"' while true do cjson.decode(s) end",
	"cjson.decode, esc":   "local s = '\"' .. ('\\\\n'):rep(4e7) .. '\"' while true do cjson.decode(s) end",
	"cjson.decode, spc":   "local s = (' '):rep(1e8) .. '1' while true do cjson.decode(s) end",
	"cjson.decode, num":   "local s = ('1'):rep(1e8) while true do cjson.decode(s) end",
	"cmsgpack.pack":       "local t = {} for i = 1, 5e6 do t[i] = i end while true do cmsgpack.pack(t) end",
	"cmsgpack.pack, text": "local s = ('x'):rep(1e8) while true do cmsgpack.pack(s) end",
	"cmsgpack.unpack":     "local t = {} for i = 1, 5e6 do t[i] = i end local s = cmsgpack.pack(t) t = nil while true do cmsgpack.unpack(s) end",
	"cmsgpack.unpack txt": "local s = cmsgpack.pack(('x'):rep(3e7), ('x'):rep(7e7)) while true do cmsgpack.unpack(s) end",
	"struct.pack":         "local s = ('x'):rep(1e8) while true do struct.pack('s', s) end",
	"struct.pack, c0":     "local s = ('x'):rep(1e8) while true do struct.pack('Ic0', #s, s) end",
	"struct.unpack":       "local s = struct.pack('s', ('x'):rep(1e8)) while true do struct.unpack('s', s) end",
	"struct.unpack, none": "local s = ('x'):rep(1e8) while true do pcall(struct.unpack, 's', s) end",
	"struct.size":         "local s = ('i'):rep(1e8) while true do struct.size(s) end",
	"struct, format":      "local s = (' '):rep(1e8) while true do struct.pack(s) end",
	"bit":                 "local s = ('1'):rep(1e8) while true do pcall(bit.bor, s, 1) end",
	"sha1hex":             "local s = ('x'):rep(1e8) while true do redis.sha1hex(s) end",
	"error_reply":         "local s = ('x'):rep(1e8) while true do redis.error_reply(s) end",
	"status_reply":        "local s = ('x'):rep(1e8) while true do redis.status_reply(s) end",
	"log":                 "local s = ('x'):rep(1e8) while true do redis.log(redis.LOG_DEBUG, s, s) end",
	"setresp":             "local s = ('1'):rep(1e8) while true do pcall(redis.setresp, s) end",
	"error":               "local s = ('x'):rep(1e8) while true do pcall(error, s) end",
	"error, with place":   "local s = ('x'):rep(1e8) while true do pcall(function() error(s) end) end",
	"assert":              "local s = ('x'):rep(1e8) while true do pcall(assert, false, s) end",
	"bad argument":        "local s = ('x'):rep(1e8) while true do pcall(math.floor, s) end",
	"no global":           "local s = ('x'):rep(1e8) while true do pcall(function() return _G[s] end) end",
	"no field":            "local s = ('x'):rep(1e8) while true do pcall(function() return s.x.y end) end",
	"arithmetic on it":    "local s = ('x'):rep(1e8) while true do pcall(function() return s + 1 end) end",
	"redis.call":          "local s = ('x'):rep(1e8) while true do redis.pcall(s) end",
	"redis.call, echo":    "local s = ('x'):rep(1e8) while true do redis.call('ECHO', s) end",
	"loadstring":          "local s = ('x = 1 '):rep(1.7e5) while true do loadstring(s) end",
	"loadstring, comment": "local s = '--' .. ('x'):rep(1e6) while true do loadstring(s) end",
	"loadstring, name":    "local s = ('x'):rep(1e8) while true do loadstring('x = ', s) end",
	"load":                "local s = ('x'):rep(1e6) while true do load(function() return s end) end",
	"acl_check_cmd":       "local s = ('x'):rep(1e8) while true do pcall(redis.acl_check_cmd, 'GET', s) end",
	"select":              "local t = {} for i = 1, 7000 do t[i] = i end while true do local a = select(-1, unpack(t)) end",
	"char":                "local t = {} for i = 1, 7000 do t[i] = 65 end while true do string.char(unpack(t)) end",
	"collectgarbage":      "local t = {} for i = 1, 2e6 do t[i] = {} end while true do collectgarbage() end",
}

func longStore() *Store { return New(&Options{MaxScriptMemory: 1 << 30}) }

// raceDetector is set where the race detector is on, with which all takes ten times
// as long.
var raceDetector bool

func skipUnderRace(t *testing.T) {
	if raceDetector {
		t.Skip("it measures time or memory, which the race detector changes")
	}
}

var long = flag.Bool("long", false, "run the long tests at full length")

// TestCancelLua: whatever a script does with long texts and tables, it ends soon
// after its context. How soon BenchmarkCancelLua measures. Unless -long is set the
// texts and tables are a hundredth as long.
func TestCancelLua(t *testing.T) {
	skipUnderRace(t)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(2 << 30))
	s := longStore()
	shorter, after := strings.NewReplacer("e8", "e6", "e7", "e5", "5e6", "5e4"), 30*time.Millisecond
	if *long {
		shorter, after = strings.NewReplacer(), 300*time.Millisecond
	}
	for name, body := range longBodies {
		t.Run(name, func(t *testing.T) {
			if took := cancelAfter(t, s, shorter.Replace(body), after); took > 5*time.Second {
				t.Errorf("%v after its context", took)
			}
		})
	}
}

// BenchmarkCancelLua is how long scripts still run after their context is
// cancelled, at most, at several times.
func BenchmarkCancelLua(b *testing.B) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(2 << 30))
	s := longStore()
	for name, body := range longBodies {
		b.Run(name, func(b *testing.B) {
			worst, best, n := time.Duration(0), time.Duration(math.MaxInt64), 0
			for b.Loop() {
				took := cancelAfter(b, s, body, 700*time.Millisecond+time.Duration(n*37%300)*time.Millisecond)
				worst, best = max(worst, took), min(best, took)
				n++
			}
			b.ReportMetric(float64(worst.Microseconds()), "µs-worst")
			b.ReportMetric(float64(best.Microseconds()), "µs-best")
		})
	}
}
