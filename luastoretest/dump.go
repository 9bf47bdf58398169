package luastoretest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
)

// Data is all that a Store holds: databases by their numbers, without the empty
// ones, and keys by their names.
type Data map[int]map[string]Key

// A Key is what is kept under a key.
type Key struct {
	// Value is a string, List, Set, Hash, SortedSet or Stream. Bitmaps and
	// HyperLogLogs are strings.
	Value any
	// TTL is for how long the key still lives, to the millisecond; 0: for ever.
	TTL time.Duration
	// FieldTTL is the same for those fields of a Hash that expire.
	FieldTTL map[string]time.Duration
}

// The types of values, beside string.
type (
	// A List is its elements, from left to right.
	List []string
	// A Set has a true for each member.
	Set map[string]bool
	// A Hash is values by their fields.
	Hash map[string]string
	// A SortedSet is scores by their members.
	SortedSet map[string]float64
	// A Stream is its entries in their order, and its groups by their names.
	Stream struct {
		Entries []Entry
		LastID  string // of what was ever added
		Groups  map[string]Group
	}
)

// An Entry is one of a Stream.
type Entry struct {
	ID     string
	Fields []string // and values, in turn
}

// A Group is a consumer group of a Stream.
type Group struct {
	LastID    string // of what was delivered
	Consumers []string
	Pending   []Pending
}

// Pending is an entry that was delivered to a consumer and not acknowledged yet.
type Pending struct {
	ID         string
	Consumer   string
	Deliveries int64
}

// Dump returns all that the store holds, a [luastore.Store] or one of this
// package. To be of one moment it must not be changed meanwhile. It takes time
// linear in the data.
func Dump(t testing.TB, store interface{ Session() *luastore.Session }) Data {
	t.Helper()
	d := dumper{t, store.Session()}
	data := Data{}
	for db := range databases {
		d.do("SELECT", db)
		for _, key := range must(d.do("KEYS", "*").StringSlice()) {
			if data[db] == nil {
				data[db] = map[string]Key{}
			}
			data[db][key] = d.key(key)
		}
	}
	return data
}

// Equal fails the test, without ending it, if got is not what the test wants,
// and shows the difference.
func Equal(t testing.TB, got, want Data) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}

// A dumper asks a store for its data.
type dumper struct {
	t       testing.TB
	session *luastore.Session
}

func (d dumper) do(args ...any) luastore.Reply {
	d.t.Helper()
	r := d.session.Do(unfailing, args...)
	if err := r.Err(); err != nil {
		d.t.Fatalf("luastoretest: %q: %v", args, err)
	}
	return r
}

// must is for replies that do has looked at, and whose types are known.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (d dumper) key(name string) Key {
	d.t.Helper()
	k := Key{TTL: d.ttl(d.do("PTTL", name).Val())}
	switch kind := must(d.do("TYPE", name).Text()); kind {
	case "string":
		k.Value = must(d.do("GET", name).Text())
	case "list":
		k.Value = List(must(d.do("LRANGE", name, 0, -1).StringSlice()))
	case "set":
		set := Set{}
		for _, member := range must(d.do("SMEMBERS", name).StringSlice()) {
			set[member] = true
		}
		k.Value = set
	case "zset":
		set := SortedSet{}
		for _, pair := range must(d.do("ZRANGE", name, 0, -1, "WITHSCORES").Slice()) {
			set[pair.([]any)[0].(string)] = pair.([]any)[1].(float64)
		}
		k.Value = set
	case "hash":
		k.Value, k.FieldTTL = d.hash(name)
	case "stream":
		k.Value = d.stream(name)
	default:
		d.t.Fatalf("luastoretest: key %q has the unknown type %q", name, kind)
	}
	return k
}

// ttl returns what PTTL or HPTTL says, 0 for ever.
func (d dumper) ttl(reply any) time.Duration {
	return time.Duration(max(0, reply.(int64))) * time.Millisecond
}

func (d dumper) hash(name string) (h Hash, ttls map[string]time.Duration) {
	d.t.Helper()
	h = Hash{}
	for field, v := range must(d.do("HGETALL", name).Map()) {
		h[field.(string)] = v.(string)
		of := must(d.do("HPTTL", name, "FIELDS", 1, field).Slice())
		if ttl := d.ttl(of[0]); ttl > 0 {
			if ttls == nil {
				ttls = map[string]time.Duration{}
			}
			ttls[field.(string)] = ttl
		}
	}
	return h, ttls
}

func (d dumper) stream(name string) (s Stream) {
	d.t.Helper()
	info := must(d.do("XINFO", "STREAM", name, "FULL", "COUNT", 0).Map())
	s.LastID = info["last-generated-id"].(string)
	for _, e := range info["entries"].([]any) {
		entry := Entry{ID: e.([]any)[0].(string)}
		for _, text := range e.([]any)[1].([]any) {
			entry.Fields = append(entry.Fields, text.(string))
		}
		s.Entries = append(s.Entries, entry)
	}
	for _, g := range info["groups"].([]any) {
		if s.Groups == nil {
			s.Groups = map[string]Group{}
		}
		group := g.(map[any]any)
		s.Groups[group["name"].(string)] = newGroup(group)
	}
	return s
}

func newGroup(info map[any]any) Group {
	g := Group{LastID: info["last-delivered-id"].(string)}
	for _, c := range info["consumers"].([]any) {
		g.Consumers = append(g.Consumers, c.(map[any]any)["name"].(string))
	}
	for _, p := range info["pending"].([]any) {
		p := p.([]any)
		g.Pending = append(g.Pending, Pending{ID: p[0].(string), Consumer: p[1].(string), Deliveries: p[3].(int64)})
	}
	return g
}
