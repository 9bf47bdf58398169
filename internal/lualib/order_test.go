package lualib

import (
	"fmt"
	"strings"
	"testing"
)

// The order of tables, which scripts see in pairs, next and what they encode.

// looker defines look, which shows all that scripts can see of a table, in
// order.
const looker = `local look
function look(t)
	if type(t) ~= "table" then return tostring(t) end
	local border, last, n, r = #t, table.maxn(t), 0, {}
	for _ in ipairs(t) do n = n + 1 end
	for k, v in pairs(t) do r[#r+1] = tostring(k).."="..look(v) end
	local k = next(t)
	while k ~= nil do r[#r+1] = tostring(k) k = next(t, k) end
	return "{"..table.concat(r, " ").." #"..border.." "..last.." "..n.." "..select("#", unpack(t)).."}"
end `

// TestOrder makes tables in all ways, and looks at the order of what is in them.
func TestOrder(t *testing.T) {
	g := newGenerator(15)
	var chunks []string
	for range 10_000 {
		chunks = append(chunks, looker+g.makeTable(anyKeys)+"return look(t)")
	}
	compare(t, chunks)
}

// TestOrderEncoded encodes such tables.
func TestOrderEncoded(t *testing.T) {
	g := newGenerator(16)
	var chunks []string
	for range 2000 {
		chunks = append(chunks,
			g.makeTable(redisKeys)+"return t, cmsgpack.pack(t)",
			g.makeTable(jsonKeys)+"return cjson.encode(t), cmsgpack.pack(t)")
	}
	compareRedis(t, chunks)
}

// Keys of a table, as expressions. Redis hashes all bytes of a string, Lua 5.1
// some of those of long ones, which therefore come in another order there.
var (
	stringKeys = strings.Fields(`"a" "b" "c" "id" "name" "user" "price" "count" "k1" "k2" "k3" "k10" "k11" "" "\0" "x\0y" "\200" "1" "2" "true"
		("x"):rep(30) ("x"):rep(31) "1"..("y"):rep(29) "2"..("y"):rep(29) "user:1000:session:expires:at:1" "user:1000:session:expires:at:2"`)
	longKeys = strings.Fields(`("x"):rep(32) ("x"):rep(33) ("x"):rep(34) ("y"):rep(40).."1" ("y"):rep(40).."2" "1"..("y"):rep(40) "2"..("y"):rep(40)
		"p"..("ab"):rep(50).."q" "p"..("ab"):rep(50).."r" "user:1000:session:token:expires:at:1" "user:1000:session:token:expires:at:2" ("z"):rep(300) ("z"):rep(301)`)
	smallKeys = strings.Fields("1 2 3 4 5 6 7 8 9 10 11 12 15 16 17 18 31 32 33")
	largeKeys = strings.Fields("0 -1 -2 -10 63 64 65 100 1000 1e6 2^26 2^26+1 2^31-1 2^31 -2^31 2^32 2^53 -2^53 1e15 1e20")
	oddKeys   = strings.Fields("0.5 1.5 2.5 -0.5 0.1 1/3 1e-5 1e300 -1e300 5e-324 1/0 -1/0 true false")
	anyKeys   = [][]string{stringKeys, stringKeys, smallKeys, smallKeys, smallKeys, largeKeys, oddKeys}
	redisKeys = [][]string{stringKeys, longKeys, smallKeys, smallKeys, largeKeys, oddKeys}
	jsonKeys  = [][]string{stringKeys, stringKeys, longKeys, smallKeys}
)

// makeTable returns code that makes a table t of keys of these kinds. The
// collector could take the place of a deleted key away, now or later, and must
// not run meanwhile.
func (g generator) makeTable(kinds [][]string) string {
	var b strings.Builder
	key := func() string { return g.one(kinds[g.IntN(len(kinds))]) }
	b.WriteString("collectgarbage() collectgarbage('stop') local t = " + g.constructor(key, 2) + " ")
	for range g.IntN(25) {
		a := 1 + g.IntN(20)
		z := a + g.IntN(30)
		switch g.IntN(16) {
		case 0, 1, 2, 3:
			fmt.Fprintf(&b, "t[%s] = %d ", key(), g.IntN(100))
		case 4, 5:
			fmt.Fprintf(&b, "t[%s] = nil ", key())
		case 6:
			fmt.Fprintf(&b, "t[#t+1] = %d ", g.IntN(100))
		case 7:
			b.WriteString("t[#t] = nil ")
		case 8:
			fmt.Fprintf(&b, "for i = %d, %d do t[i] = i end ", a, z)
		case 9:
			fmt.Fprintf(&b, "for i = %d, %d, -1 do t[i] = i end ", z, a)
		case 10:
			fmt.Fprintf(&b, "for i = %d, %d do t[i] = nil end ", a, z)
		case 11:
			fmt.Fprintf(&b, "for i = %d, %d do t['k'..i] = %s end ", a, z, g.one([]string{"i", "i", "nil"}))
		case 12:
			fmt.Fprintf(&b, "local n = 0 for k in pairs(t) do n = n + 1 if n %% %d == 0 then t[k] = nil end end ", 1+g.IntN(3))
		case 13:
			fmt.Fprintf(&b, "pcall(table.insert, t, %s) ", g.one([]string{"1", "1, 2", "2, 3", "3, 4", "#t, 5"}))
		case 14:
			fmt.Fprintf(&b, "table.remove(t%s) ", g.one([]string{"", "", ", 1", ", 2"}))
		case 15:
			fmt.Fprintf(&b, "t[%s] = %s ", key(), g.constructor(key, 2))
		}
	}
	return b.String()
}

// constructor returns a table constructor, of fields and items in any order.
func (g generator) constructor(key func() string, depth int) string {
	var b strings.Builder
	b.WriteByte('{')
	for range g.IntN(g.IntN(12) + 1) {
		value := fmt.Sprint(g.IntN(100))
		switch n := g.IntN(8); {
		case n == 0:
			value = "nil"
		case n == 1 && depth > 0:
			value = g.constructor(key, depth-1)
		}
		switch g.IntN(4) {
		case 0:
			fmt.Fprintf(&b, "[%s] = %s, ", key(), value)
		case 1:
			fmt.Fprintf(&b, "%s = %s, ", g.one([]string{"a", "b", "id", "name", "x1", "k1", "k2"}), value)
		default:
			b.WriteString(value + ", ")
		}
	}
	if g.IntN(6) == 0 {
		b.WriteString(g.one([]string{"unpack({1, 2, 3, 4, 5})", "unpack({})", "(unpack({1, 2}))", "unpack({1, nil, 3}, 1, 3)"}))
	}
	return b.String() + "}"
}
