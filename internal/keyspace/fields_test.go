package keyspace

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/value"
)

// fields are when the fields of a hash expire; 0: never.
type fields map[string]int64

func (f fields) drop(now int64) {
	maps.DeleteFunc(f, func(_ string, at int64) bool { return at != 0 && now > at })
}

// hashes are keys with hashes under them.
type hashes map[string]fields

func (m hashes) drop(now int64) {
	for _, f := range m {
		f.drop(now)
	}
	maps.DeleteFunc(m, func(_ string, f fields) bool { return len(f) == 0 })
}

// Whatever is done to keys with hashes, nobody ever sees a field that has
// expired, or a key without fields.
func TestFieldExpiryModel(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			var ks Keyspace
			m, now := hashes{}, int64(1)
			for range 300 {
				key, field := fmt.Sprint("key", rnd.IntN(6)), fmt.Sprint(rnd.IntN(6))
				switch rnd.IntN(10) {
				case 0, 1, 2:
					e := ks.Get(key, now)
					if e == nil {
						e = ks.Add(key, new(value.Hash), now)
						m[key] = fields{}
					}
					e.Value.(*value.Hash).Set(field, "")
					m[key][field] += 0
				case 3, 4, 5:
					if e := ks.Peek(key, now); e != nil {
						h := e.Value.(*value.Hash)
						if _, ok := h.Get(field); ok {
							at := now + rnd.Int64N(50)
							ks.SetFieldExpiry(e, h, field, at)
							m[key][field] = at
						}
					}
				case 6:
					if e := ks.Peek(key, now); e != nil && e.Value.(*value.Hash).Persist(field) {
						m[key][field] = 0
					}
				case 7: // as RENAME and COPY do
					e := ks.Peek(key, now)
					if to := ks.Peek(field, now); e != nil && to == nil {
						ks.Add(field, e.Value.Clone(nil), now)
						m[field] = maps.Clone(m[key])
						if rnd.IntN(2) == 0 {
							ks.Remove(e)
							delete(m, key)
						}
					}
				case 8:
					now += rnd.Int64N(20)
				case 9:
					switch rnd.IntN(3) {
					case 0:
						ks.Reclaim(now, rnd.IntN(4))
					case 1: // the expiry of a key beside those of its fields
						if e := ks.Peek(key, now); e != nil {
							ks.SetExpiry(e, math.MaxInt64)
							ks.Persist(e)
						}
					case 2:
						if e := ks.Random(rnd, now, func() {}); (e == nil) != (len(m) == 0) {
							m.drop(now)
							if (e == nil) != (len(m) == 0) {
								t.Fatalf("Random finds %v among %v", e, m)
							}
						}
					}
				}
				checkOrder(t, &ks)
				m.drop(now)
				var visited []string
				if rnd.IntN(2) == 0 {
					ks.Scan(0, math.MaxInt, now, func(e *Entry) { visited = append(visited, e.Key()) })
				} else {
					ks.All(now, func(e *Entry) { visited = append(visited, e.Key()) })
				}
				slices.Sort(visited)
				if diff := cmp.Diff(slices.Sorted(maps.Keys(m)), visited); diff != "" {
					t.Fatalf("keys (-want +got):\n%s", diff)
				}
				for key := range m {
					checkFields(t, ks.Peek(key, now), m[key])
				}
			}
			ks.Reclaim(math.MaxInt64, math.MaxInt)
			for _, f := range m {
				f.drop(math.MaxInt64)
			}
			checkOrder(t, &ks)
			if ks.Due() != 0 {
				t.Errorf("at the end of time %d keys are due", ks.Due())
			}
		})
	}
}

func checkFields(t *testing.T, e *Entry, want fields) {
	t.Helper()
	h, got := e.Value.(*value.Hash), fields{}
	for field := range h.All() {
		got[field] = h.ExpireAt(field)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", e.Key(), diff)
	}
}

// newHash adds a hash of fields that expire at 10, 11, 12, ….
func newHash(ks *Keyspace, key string, names ...string) *Entry {
	h := new(value.Hash)
	e := ks.Add(key, h, 1)
	for i, name := range names {
		h.Set(name, "")
		ks.SetFieldExpiry(e, h, name, 10+int64(i))
	}
	return e
}

// Fields that nobody touches go away, a few at a time.
func TestReclaimFields(t *testing.T) {
	var ks Keyspace
	h := newHash(&ks, "h", "a", "b", "c", "d").Value.(*value.Hash)
	newHash(&ks, "i", "a")
	h.Set("stays", "")
	for _, want := range []int{3, 2, 1, 1} {
		ks.Reclaim(100, 2)
		if h.Len() < want {
			t.Fatalf("Reclaim of two leaves %d fields, want %d or more", h.Len(), want)
		}
	}
	if h.Len() != 1 || ks.Len() != 1 || ks.Due() != 0 {
		t.Errorf("%d fields, %d keys, %d due are left; want 1, 1, 0", h.Len(), ks.Len(), ks.Due())
	}
}

func TestFieldsExpiredHears(t *testing.T) {
	tests := []struct {
		name string
		do   func(*Keyspace)
		want []string
	}{
		{"Peek before", func(ks *Keyspace) { ks.Peek("h", 10) }, nil},
		{"Peek after one", func(ks *Keyspace) { ks.Peek("h", 11) }, []string{"h 1"}},
		{"Get after all", func(ks *Keyspace) { ks.Get("h", 12) }, []string{"h 0"}},
		{"Scan after all", func(ks *Keyspace) { ks.Scan(0, 10, 12, func(*Entry) {}) }, []string{"h 0"}},
		{"Reclaim of one at a time", func(ks *Keyspace) { ks.Reclaim(12, 1); ks.Reclaim(12, 1) }, []string{"h 1", "h 0"}},
	}
	for _, test := range tests {
		var ks Keyspace
		var got []string
		ks.FieldsExpired = func(e *Entry) {
			if p, _ := ks.index.find(e.key, ks.order); (e.Value.Len() == 0) != (p == nil) {
				t.Errorf("%s: a key without fields is there, or one with fields is not", test.name)
			}
			got = append(got, fmt.Sprint(e.Key(), " ", e.Value.Len()))
		}
		newHash(&ks, "h", "a", "b")
		test.do(&ks)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestFieldExpiryTouches(t *testing.T) {
	var ks Keyspace
	newHash(&ks, "h", "a", "b")
	ks.Watch("h", 1)
	before := ks.Version("h", 10)
	if ks.Version("h", 11) == before {
		t.Error("the version is the same after a field has expired")
	}
}
