package value

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// volatileField is what a map of fields would hold of one.
type volatileField struct {
	Value    string
	ExpireAt int64 // 0: never
}

// Whatever is done to a Hash, its fields are those of a map from which what has
// expired was removed by hand.
func TestHashExpiryModel(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			h, model, now := new(Hash), map[string]volatileField{}, int64(1)
			if seed%2 > 0 {
				h.enlarge()
			}
			for range 400 {
				name := fmt.Sprint(rnd.IntN(30))
				old, exists := model[name]
				switch rnd.IntN(8) {
				case 0, 1: // keeps the expiry
					text := fmt.Sprint(rnd.IntN(1000))
					h.Set(name, text)
					model[name] = volatileField{text, old.ExpireAt}
				case 2:
					if deleted := h.Delete(name); deleted != exists {
						t.Fatalf("Delete(%q) is %t, want %t", name, deleted, exists)
					}
					delete(model, name)
				case 3, 4:
					if at := max(1, now+rnd.Int64N(60)-20); exists {
						h.SetExpiry(name, at)
						model[name] = volatileField{old.Value, at}
					}
				case 5:
					if had := h.Persist(name); had != (old.ExpireAt != 0) {
						t.Fatalf("Persist(%q) of %+v is %t", name, old, had)
					}
					if exists {
						model[name] = volatileField{Value: old.Value}
					}
				case 6:
					now += rnd.Int64N(20)
					expired := 0
					for _, f := range model {
						if f.ExpireAt != 0 && f.ExpireAt < now {
							expired++
						}
					}
					if some := rnd.IntN(3); h.Expire(now, some) != min(some, expired) {
						t.Fatalf("Expire(%d, %d) removed another number of the %d", now, some, expired)
					}
					h.Expire(now, expired)
					maps.DeleteFunc(model, func(_ string, f volatileField) bool { return f.ExpireAt != 0 && f.ExpireAt < now })
				case 7:
					clone := h.Clone(nil).(*Hash)
					checkVolatile(t, clone, model, now)
					clone.Persist(name)
					clone.Set("of the clone", "")
					clone.SetExpiry("of the clone", 1)
				}
				checkVolatile(t, h, model, now)
			}
		})
	}
}

func checkVolatile(t *testing.T, h *Hash, want map[string]volatileField, now int64) {
	t.Helper()
	got := map[string]volatileField{}
	for name, text := range h.All() {
		got[name] = volatileField{text, h.ExpireAt(name)}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("fields (-want +got):\n%s", diff)
	}
	volatile, next, due := 0, int64(0), false
	for _, f := range want {
		if f.ExpireAt == 0 {
			continue
		}
		volatile++
		due = due || f.ExpireAt < now
		if next == 0 || f.ExpireAt < next {
			next = f.ExpireAt
		}
	}
	if h.Volatile() != volatile || h.NextDue() != next || h.Due(now) != due {
		t.Fatalf("Volatile, NextDue, Due are %d, %d, %t; want %d, %d, %t",
			h.Volatile(), h.NextDue(), h.Due(now), volatile, next, due)
	}
	if (h.expiries == nil) != (volatile == 0) {
		t.Fatal("only a Hash with fields that expire needs room for their expiries")
	}
}

func TestNilHashExpiry(t *testing.T) {
	var h *Hash
	if at, volatile := h.ExpireAt("a"), h.Volatile(); at != 0 || volatile != 0 {
		t.Errorf("ExpireAt is %d, Volatile is %d; want 0", at, volatile)
	}
}

func BenchmarkHashExpiry(b *testing.B) {
	for _, n := range sizes {
		names := make([]string, n)
		h := new(Hash)
		for i := range names {
			names[i] = fmt.Sprint("field:", i)
			h.Set(names[i], "v")
			h.SetExpiry(names[i], 1+rand.Int64N(1<<40))
		}
		run := func(what string, do func(i int)) {
			b.Run(fmt.Sprintf("%s/n=%d", what, n), func(b *testing.B) {
				for i := 0; b.Loop(); i++ {
					do(i)
				}
			})
		}
		run("ExpireAt", func(i int) { h.ExpireAt(names[i%n]) })
		run("SetExpiry", func(i int) { h.SetExpiry(names[i%n], 1+rand.Int64N(1<<40)) })
		run("Expire", func(i int) {
			next := h.expiries.heap[0].field
			h.Expire(h.NextDue()+1, 1)
			h.Set(next, "v")
			h.SetExpiry(next, 1+rand.Int64N(1<<40))
		})
	}
}
