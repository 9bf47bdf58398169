package keyspace

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/luastore/luastore/internal/value"
)

// However many keys come and go, each is found while it is there.
func TestIndexModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 0))
	var ks Keyspace
	model := map[string]*Entry{}
	for _, most := range []int{10, 1000, 100_000, 0, 2000, 0} {
		for step := 0; len(model) != most; step++ {
			key := strconv.Itoa(rnd.IntN(2*most + 10))
			e := ks.Peek(key, 1)
			if e != model[key] {
				t.Fatalf("key %s has entry %v, want %v", key, e, model[key])
			}
			switch {
			case e == nil && (len(model) < most || step%8 == 0):
				model[key] = ks.Add(key, new(value.String), 1)
			case e != nil && (len(model) > most || step%8 == 0):
				ks.Remove(e)
				delete(model, key)
			}
			if len(model) > most && step > 20*most { // few of the keys that are tried are left
				for key, e := range model {
					ks.Remove(e)
					delete(model, key)
					break
				}
			}
		}
		if ks.Len() != most {
			t.Fatalf("%d keys, want %d", ks.Len(), most)
		}
		for key, e := range model {
			if ks.Peek(key, 1) != e {
				t.Fatalf("of %d keys %s is not found", most, key)
			}
		}
		checkIndex(t, &ks)
	}
	if ks.index.pages != nil {
		t.Error("a keyspace that has become empty keeps its pages")
	}
}

// checkIndex looks at all pages: each has the keys whose hash leads to it, and
// all together have every key once.
func checkIndex(t *testing.T, ks *Keyspace) {
	t.Helper()
	x := &ks.index
	seen := map[*page]bool{}
	keys := 0
	for i, p := range x.pages {
		if i>>(x.depth-p.depth)<<(x.depth-p.depth) == i && seen[p] {
			t.Fatalf("page %d is that of other first bits too", i)
		}
		if seen[p] {
			continue
		}
		seen[p] = true
		keys += int(p.n)
		n := 0
		for at, slot := range p.slots {
			if p.tags[at] == 0 {
				continue
			}
			n++
			if h := hash(ks.order[slot].key); x.page(h) != p || p.tags[at] != tag(h) {
				t.Fatalf("key %q is on the wrong page", ks.order[slot].key)
			}
		}
		if n != int(p.n) {
			t.Errorf("%d keys are on a page that says %d", n, p.n)
		}
	}
	if keys != ks.Len() {
		t.Errorf("%d keys on the pages, want %d", keys, ks.Len())
	}
}

func BenchmarkPeek(b *testing.B) {
	for _, n := range []int{10, 1000, 1_000_000} {
		b.Run("n="+strconv.Itoa(n), func(b *testing.B) {
			var ks Keyspace
			keys := make([]string, n)
			for i := range keys {
				keys[i] = "key:" + strconv.Itoa(i)
				ks.Add(keys[i], new(value.String), 1)
			}
			for i := 0; b.Loop(); i++ {
				ks.Peek(keys[i*7919%n], 1)
			}
		})
	}
}
