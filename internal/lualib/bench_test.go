package lualib

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/luavm"
)

// order is a document as scripts have them.
func order(t testing.TB) string {
	b, err := os.ReadFile("testdata/order.json")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// BenchmarkDocuments decodes and encodes a document, and 1500 of them in one.
func BenchmarkDocuments(b *testing.B) {
	small := order(b)
	big := "[" + strings.Repeat(small+",", 1499) + small + "]"
	for name, s := range map[string]string{"small": small, "big": big} {
		for op, chunk := range map[string]string{
			"decode": "return function() cjson.decode(s) end",
			"encode": "local t = cjson.decode(s) return function() cjson.encode(t) end",
			"pack":   "local t = cjson.decode(s) return function() cmsgpack.pack(t) end",
			"unpack": "local s = cmsgpack.pack(cjson.decode(s)) return function() cmsgpack.unpack(s) end",
		} {
			b.Run(fmt.Sprintf("%s/%s", op, name), func(b *testing.B) {
				m := luavm.New()
				Open(m, NewRandom())
				m.Set(m.Globals(), m.Name("s"), m.NewString(s))
				make, err := m.Load(chunk, "=make")
				check(b, err)
				check(b, m.Run(make, func(f luavm.Value) { m.Set(m.Globals(), m.Name("f"), f) }))
				run, err := m.Load("f()", "=run")
				check(b, err)
				b.SetBytes(int64(len(s)))
				b.ReportAllocs()
				for b.Loop() {
					check(b, m.Run(run, func(luavm.Value) {}))
				}
			})
		}
	}
}
