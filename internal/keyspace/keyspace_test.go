package keyspace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/value"
)

// modelEntry is an entry as a map of plain data would hold it.
type modelEntry struct {
	Text     string
	ExpireAt int64
}

// model is a keyspace without any of the cleverness.
type model map[string]modelEntry

func (m model) drop(now int64) {
	for key, e := range m {
		if e.ExpireAt != 0 && now > e.ExpireAt {
			delete(m, key)
		}
	}
}

// Whatever is done to a keyspace, what can be seen of it at a time is what a
// map without expired keys holds.
func TestKeyspaceModel(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			var ks, other Keyspace
			m, otherModel := model{}, model{}
			now := int64(1)
			for range 300 {
				key := fmt.Sprint("key", rnd.IntN(12))
				switch rnd.IntN(12) {
				case 0, 1, 2:
					text := fmt.Sprint(rnd.IntN(100))
					if e := ks.Get(key, now); e != nil {
						e.Value = value.NewString(text)
						ks.Persist(e)
					} else {
						ks.Add(key, value.NewString(text), now)
					}
					m[key] = modelEntry{Text: text}
				case 3:
					if e := ks.Peek(key, now); e != nil {
						ks.Remove(e)
					}
					delete(m, key)
				case 4, 5, 6, 7:
					if e := ks.Peek(key, now); e != nil {
						at := max(1, now+rnd.Int64N(50)-5)
						ks.SetExpiry(e, at)
						m[key] = modelEntry{m[key].Text, at}
					}
				case 8:
					if e := ks.Peek(key, now); e != nil {
						ks.Persist(e)
						m[key] = modelEntry{Text: m[key].Text}
					}
				case 9:
					now += rnd.Int64N(20)
				case 10:
					ks.Reclaim(now, rnd.IntN(4))
				case 11:
					switch rnd.IntN(10) {
					case 0:
						ks.Clear()
						clear(m)
					case 1, 2:
						ks.Swap(&other, now)
						m, otherModel = otherModel, m
					}
				}
				m.drop(now)
				checkKeyspace(t, &ks, m, now)
			}
			ks.Reclaim(now, ks.Due())
			if ks.Len() != len(m) {
				t.Errorf("Reclaim left %d keys, want %d", ks.Len(), len(m))
			}
		})
	}
}

// checkKeyspace compares what the keyspace shows with the model, and its
// inner order with itself.
func checkKeyspace(t *testing.T, ks *Keyspace, want model, now int64) {
	t.Helper()
	got := model{}
	ks.All(now, func(e *Entry) {
		got[e.Key()] = modelEntry{e.Value.(*value.String).String(), e.ExpireAt()}
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("keyspace (-want +got):\n%s", diff)
	}
	volatile := 0
	for _, e := range want {
		if e.ExpireAt != 0 {
			volatile++
		}
	}
	if ks.Volatile() != volatile {
		t.Fatalf("%d entries are volatile, want %d", ks.Volatile(), volatile)
	}
	checkOrder(t, ks)
}

// checkOrder compares the keyspace's inner order with itself.
func checkOrder(t *testing.T, ks *Keyspace) {
	t.Helper()
	due := 0
	for i, e := range ks.order {
		if p, at := ks.index.find(e.key, ks.order); p == nil || p.slots[at] != uint32(i) {
			t.Fatalf("entry %q is not where it says", e.key)
		}
		at := e.dueAt()
		if e.due == 0 {
			if at != 0 {
				t.Fatalf("entry %q expires at %d and is not due", e.key, at)
			}
			continue
		}
		due++
		if item := ks.due.items[e.due-1]; item.entry != e || at != 0 && item.at > at {
			t.Fatalf("entry %q is due at %d, expires at %d", e.key, item.at, at)
		}
	}
	if ks.Due() != due {
		t.Fatalf("%d entries are due, want %d", ks.Due(), due)
	}
	for i, item := range ks.due.items {
		if item.at < ks.due.items[max(0, (i-1)/2)].at {
			t.Fatalf("due item %d comes before its parent", i)
		}
		if first := ks.NextDue(); first > item.at {
			t.Fatalf("NextDue is %d, item %d is due at %d", first, i, item.at)
		}
	}
}

func TestExpiryIsAfterItsMillisecond(t *testing.T) {
	var ks Keyspace
	e := ks.Add("k", new(value.String), 1)
	ks.SetExpiry(e, 100)
	if ks.Peek("k", 100) == nil {
		t.Error("the key is gone at its expiry, want after it")
	}
	if ks.Peek("k", 101) != nil {
		t.Error("the key is there after its expiry")
	}
}

func TestExpiredHears(t *testing.T) {
	newKeyspace := func() *Keyspace {
		ks := new(Keyspace)
		for i, key := range []string{"a", "b", "c"} {
			ks.SetExpiry(ks.Add(key, new(value.String), 1), int64(8+i))
		}
		ks.Add("d", new(value.String), 1)
		return ks
	}
	ways := []struct {
		name string
		do   func(*Keyspace)
		want []string
	}{
		{"Get", func(ks *Keyspace) { ks.Get("b", 11) }, []string{"b"}},
		{"Peek of a key that has not expired", func(ks *Keyspace) { ks.Peek("b", 9) }, nil},
		{"Reclaim of two", func(ks *Keyspace) { ks.Reclaim(11, 2) }, []string{"a", "b"}},
		{"Scan", func(ks *Keyspace) { ks.Scan(0, 10, 11, func(*Entry) {}) }, []string{"a", "b", "c"}},
		{"Remove", func(ks *Keyspace) { ks.Remove(ks.Peek("a", 1)) }, nil},
		{"Clear", func(ks *Keyspace) { ks.Clear() }, nil},
	}
	for _, way := range ways {
		ks, got := newKeyspace(), []string(nil)
		ks.Expired = func(e *Entry) {
			if p, _ := ks.index.find(e.Key(), ks.order); p != nil {
				t.Errorf("%s: Expired hears of %q before its removal", way.name, e.Key())
			}
			got = append(got, e.Key())
		}
		way.do(ks)
		slices.Sort(got)
		if diff := cmp.Diff(way.want, got); diff != "" {
			t.Errorf("%s: expired (-want +got):\n%s", way.name, diff)
		}
	}
}

// A postponed expiry, as a session that is used again and again has, must cost
// nothing until its old time has come.
func TestPostponedExpiry(t *testing.T) {
	var ks Keyspace
	e := ks.Add("k", new(value.String), 1)
	ks.SetExpiry(e, 10)
	ks.SetExpiry(e, 1000)
	if ks.NextDue() != 10 {
		t.Errorf("NextDue is %d: a postponed item was moved at once", ks.NextDue())
	}
	ks.Reclaim(11, 1)
	if ks.Len() != 1 || ks.NextDue() != 1000 {
		t.Errorf("after Reclaim %d keys, next due at %d", ks.Len(), ks.NextDue())
	}
}

func TestUsedAt(t *testing.T) {
	var ks Keyspace
	e := ks.Add("k", new(value.String), 5000)
	ks.Peek("k", 6000)
	if e.UsedAt() != 5000 {
		t.Errorf("used at %d after Peek, want 5000", e.UsedAt())
	}
	ks.Get("k", 7000)
	if e.UsedAt() != 7000 {
		t.Errorf("used at %d after Get, want 7000", e.UsedAt())
	}
	if e.SetUsedAt(-1); e.UsedAt() != 0 {
		t.Errorf("used at %d, want 0 for what is before all time", e.UsedAt())
	}
}

func TestRandom(t *testing.T) {
	var ks Keyspace
	rnd := rand.New(rand.NewPCG(1, 2))
	if ks.Random(rnd, 1, func() {}) != nil {
		t.Error("an empty keyspace has a random key")
	}
	ks.Add("stays", new(value.String), 1)
	for i := range 100 {
		ks.SetExpiry(ks.Add(fmt.Sprint(i), new(value.String), 1), 10)
	}
	for range 200 {
		if e := ks.Random(rnd, 11, func() {}); e == nil || e.Key() != "stays" {
			t.Fatalf("random key %v has expired", e)
		}
	}
	ks.Remove(ks.Peek("stays", 11))
	if ks.Random(rnd, 11, func() {}) != nil {
		t.Error("a keyspace of expired keys has a random key")
	}
}
