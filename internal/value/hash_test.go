package value

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// field is a field of a hash as a plain list of them would hold it.
type field struct{ Name, Value string }

func byFieldName(a, b field) int { return strings.Compare(a.Name, b.Name) }

// A Hash must at all times read like a list of its fields: in their order while
// it is small, in any order afterwards.
func TestHashModel(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			h, model := new(Hash), []field(nil)
			for range 300 {
				name := fmt.Sprint(rnd.IntN(40))
				if seed%2 > 0 && rnd.IntN(100) == 0 {
					name = strings.Repeat("x", DefaultLimits.HashText+1)
				}
				at := slices.IndexFunc(model, func(f field) bool { return f.Name == name })
				switch rnd.IntN(5) {
				case 0, 1:
					text := fmt.Sprint(rnd.IntN(1000))
					if added := h.Set(name, text); added != (at < 0) {
						t.Fatalf("Set(%q) of a field that is at %d says %t", name, at, added)
					}
					if at < 0 {
						model = append(model, field{name, text})
					} else {
						model[at].Value = text
					}
				case 2, 3:
					if deleted := h.Delete(name); deleted != (at >= 0) {
						t.Fatalf("Delete(%q) of a field that is at %d says %t", name, at, deleted)
					}
					if at >= 0 {
						model = slices.Delete(model, at, at+1)
					}
				case 4:
					clone := h.Clone(nil).(*Hash)
					clone.Set(name, "changes of a clone stay in the clone")
					clone.Delete(fmt.Sprint(rnd.IntN(40)))
				}
				checkHash(t, h, model)
			}
		})
	}
}

func checkHash(t *testing.T, h *Hash, want []field) {
	t.Helper()
	var got []field
	for name, text := range h.All() {
		got = append(got, field{name, text})
		if found, ok := h.Get(name); found != text || !ok {
			t.Fatalf("Get(%q) is %q, %t; want %q", name, found, ok, text)
		}
	}
	if !h.small() {
		want = slices.SortedFunc(slices.Values(want), byFieldName)
		slices.SortFunc(got, byFieldName)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("fields (-want +got):\n%s", diff)
	}
	if h.Len() != len(want) {
		t.Fatalf("Len is %d, want %d", h.Len(), len(want))
	}
}

func TestHashEncoding(t *testing.T) {
	of := func(n int) *Hash {
		h := new(Hash)
		for i := range n {
			h.Set(fmt.Sprint(i), "v")
		}
		return h
	}
	with := func(name, text string) *Hash {
		h := of(1)
		h.Set(name, text)
		return h
	}
	again := of(512)
	again.Set("7", "w")
	shrunk := of(513)
	for i := range 513 {
		shrunk.Delete(fmt.Sprint(i))
	}
	long := strings.Repeat("x", 64)
	tests := []struct {
		reason string
		h      *Hash
		want   string
	}{
		{"the zero Hash is small", new(Hash), "listpack"},
		{"512 fields are few", of(512), "listpack"},
		{"a new value adds no field", again, "listpack"},
		{"513 fields are many", of(513), "hashtable"},
		{"64 bytes are short", with(long, long), "listpack"},
		{"65 bytes of a field are long", with(long+"x", "v"), "hashtable"},
		{"65 bytes of a value too, even of a field that was there", with("0", long+"x"), "hashtable"},
		{"a hash table stays one", shrunk, "hashtable"},
		{"and a clone is one", of(513).Clone(nil).(*Hash), "hashtable"},
	}
	for _, test := range tests {
		if got := test.h.Encoding(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.reason, got, test.want)
		}
	}
}

func TestNilHashIsEmpty(t *testing.T) {
	var h *Hash
	text, ok := h.Get("f")
	deleted := h.Delete("f")
	next := h.Scan(0, 10, func(string, string) { t.Error("Scan visits a field") })
	for range h.All() {
		t.Error("All yields a field")
	}
	if h.Len() != 0 || text != "" || ok || deleted || next != 0 {
		t.Errorf("Len is %d, Get is %q, %t, Delete is %t, Scan is %d", h.Len(), text, ok, deleted, next)
	}
}

// Fields that stay from the beginning to the end of an iteration are visited,
// whatever happens to the others meanwhile.
func TestHashScanGuarantee(t *testing.T) {
	for seed := range uint64(100) {
		h := new(Hash)
		scanGuarantee(t, seed, scanned{
			add:    func(name string) { h.Set(name, "v") },
			remove: func(name string) { h.Delete(name) },
			scan: func(cursor uint64, count int, visit func(string)) uint64 {
				return h.Scan(cursor, count, func(name, _ string) { visit(name) })
			},
		})
	}
}

// scanned is a collection that is being scanned.
type scanned struct {
	add, remove func(name string)
	scan        func(cursor uint64, count int, visit func(string)) uint64
}

// scanGuarantee scans a collection, which must be empty, while it changes. It
// has from the beginning on, or only later, more than a small one has.
func scanGuarantee(t *testing.T, seed uint64, c scanned) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 0))
	n := 400 + rnd.IntN(400)
	staying := map[string]bool{}
	for i := range n {
		if name := fmt.Sprint(i); i%2 == 0 {
			staying[name] = true
			c.add(name)
		} else if rnd.IntN(4) > 0 {
			c.add(name)
		}
	}
	steps := 0
	for cursor := uint64(0); ; steps++ {
		count, visited := 1+rnd.IntN(50), 0
		cursor = c.scan(cursor, count, func(name string) {
			delete(staying, name)
			visited++
		})
		if cursor == 0 {
			break
		}
		if visited > count {
			t.Fatalf("seed %d: a step of %d visits %d", seed, count, visited)
		}
		for range rnd.IntN(40) {
			name := fmt.Sprint(2*rnd.IntN(n) + 1)
			if rnd.IntN(3) == 0 {
				c.add(name)
			} else {
				c.remove(name)
			}
		}
	}
	if len(staying) > 0 {
		t.Errorf("seed %d: after %d steps not visited: %v", seed, steps, staying)
	}
}

func TestScanCursor(t *testing.T) {
	tests := []struct {
		reason string
		n      int
		cursor uint64
		count  int
		next   uint64
		want   []int
	}{
		{"nothing to visit", 0, 0, 10, 0, nil},
		{"all at once", 3, 0, math.MaxInt, 0, []int{2, 1, 0}},
		{"exactly all", 3, 0, 3, 0, []int{2, 1, 0}},
		{"a part", 3, 0, 2, 1, []int{2, 1}},
		{"the rest", 3, 1, 10, 0, []int{0}},
		{"a cursor beyond the end, as after removals, begins at the end", 3, math.MaxUint64, 2, 1, []int{2, 1}},
	}
	for _, test := range tests {
		var got []int
		next := Scan(test.n, test.cursor, test.count, func(i int) { got = append(got, i) })
		if diff := cmp.Diff(test.want, got); next != test.next || diff != "" {
			t.Errorf("%s: cursor %d, want %d; visited (-want +got):\n%s", test.reason, next, test.next, diff)
		}
	}
}

// sizes are the numbers of elements that benchmarks are run with, to show that
// these make no difference.
var sizes = []int{10, 1000, 100_000}

func BenchmarkHash(b *testing.B) {
	for _, n := range sizes {
		names := make([]string, n)
		h := new(Hash)
		for i := range names {
			names[i] = fmt.Sprint("field:", i)
			h.Set(names[i], "v")
		}
		run := func(what string, do func(name string)) {
			b.Run(fmt.Sprintf("%s/n=%d", what, n), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					do(names[i%n])
				}
			})
		}
		run("Get", func(name string) { h.Get(name) })
		run("Set", func(name string) { h.Set(name, "w") })
		run("DeleteSet", func(name string) { h.Delete(name); h.Set(name, "v") })
		run("At", func(string) { h.At(rand.IntN(h.Len())) })
		run("Scan", func(string) { h.Scan(uint64(n), 10, func(string, string) {}) })
	}
}
