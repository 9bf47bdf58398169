package keyspace

import (
	"testing"

	"github.com/luastore/luastore/internal/value"
)

func TestVersion(t *testing.T) {
	add := func(ks *Keyspace, key string) *Entry { return ks.Add(key, new(value.String), 1) }
	const now = 100
	tests := []struct {
		reason string
		before func(ks, other *Keyspace) // the watch begins
		change func(ks, other *Keyspace)
		differ bool
	}{
		{"nothing happens",
			func(ks, _ *Keyspace) { add(ks, "k") },
			func(ks, _ *Keyspace) {}, false},
		{"another key changes",
			func(ks, _ *Keyspace) { add(ks, "k"); add(ks, "other") },
			func(ks, _ *Keyspace) { ks.Touch("other") }, false},
		{"the key changes",
			func(ks, _ *Keyspace) { add(ks, "k") },
			func(ks, _ *Keyspace) { ks.Touch("k") }, true},
		{"a missing key is made and removed again",
			func(ks, _ *Keyspace) {},
			func(ks, _ *Keyspace) { e := add(ks, "k"); ks.Touch("k"); ks.Remove(e); ks.Touch("k") }, true},
		{"the key expires, and nobody looks",
			func(ks, _ *Keyspace) { ks.SetExpiry(add(ks, "k"), now) },
			func(ks, _ *Keyspace) {}, true},
		{"the key had expired before",
			func(ks, _ *Keyspace) { ks.SetExpiry(add(ks, "k"), now-1) },
			func(ks, _ *Keyspace) { ks.Get("k", now) }, false},
		{"the key is cleared away",
			func(ks, _ *Keyspace) { add(ks, "k") },
			func(ks, _ *Keyspace) { ks.Clear() }, true},
		{"a missing key is cleared away",
			func(ks, _ *Keyspace) { add(ks, "other") },
			func(ks, _ *Keyspace) { ks.Clear() }, false},
		{"the key is swapped away",
			func(ks, _ *Keyspace) { add(ks, "k") },
			func(ks, other *Keyspace) { ks.Swap(other, now) }, true},
		{"the key is swapped in",
			func(_, other *Keyspace) { add(other, "k") },
			func(ks, other *Keyspace) { other.Swap(ks, now) }, true},
		{"a missing key is swapped for a missing one",
			func(_, other *Keyspace) { add(other, "other") },
			func(ks, other *Keyspace) { ks.Swap(other, now) }, false},
		{"a swapped key changes where it was",
			func(ks, other *Keyspace) { ks.Swap(other, now) },
			func(_, other *Keyspace) { other.Touch("k") }, false},
	}
	for _, test := range tests {
		var ks, other Keyspace
		test.before(&ks, &other)
		ks.Watch("k", now)
		before := ks.Version("k", now)
		test.change(&ks, &other)
		if differs := ks.Version("k", now+1) != before; differs != test.differ {
			t.Errorf("%s: version differs: %t, want %t", test.reason, differs, test.differ)
		}
		ks.Unwatch("k")
	}
}

func TestUnwatch(t *testing.T) {
	var ks Keyspace
	ks.Watch("k", 1)
	ks.Watch("k", 1)
	ks.Touch("k")
	ks.Unwatch("k")
	before := ks.Version("k", 1)
	ks.Touch("k")
	if ks.Version("k", 1) == before {
		t.Error("the end of one watch ended another")
	}
	ks.Unwatch("k")
	if len(ks.watched) != 0 {
		t.Error("something is kept about a key that nobody watches")
	}
}
