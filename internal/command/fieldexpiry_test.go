package command_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore"
)

// modelField is a field of a hash in a plain map.
type modelField struct {
	n  int
	at int64 // when it expires, in Unix milliseconds; 0: never
}

// hashModel is what hashes hold, with the fields' expiries, without any of the
// cleverness. Its methods are commands: they change it and say the reply.
type hashModel struct {
	keys map[string]map[string]modelField
	now  int64
}

func (m *hashModel) drop() {
	for key, fields := range m.keys {
		maps.DeleteFunc(fields, func(_ string, f modelField) bool { return f.at != 0 && f.at < m.now })
		if len(fields) == 0 {
			delete(m.keys, key)
		}
	}
}

// set stores a field.
func (m *hashModel) set(key, field string, f modelField) {
	if m.keys[key] == nil {
		m.keys[key] = map[string]modelField{}
	}
	m.keys[key][field] = f
}

func (m *hashModel) hset(key, field string, n int) any {
	_, there := m.keys[key][field]
	m.set(key, field, modelField{n: n})
	return 1 - truth(there)
}

func (m *hashModel) hincrby(key, field string, by int) any {
	f := m.keys[key][field]
	f.n += by
	m.set(key, field, f)
	return f.n
}

func (m *hashModel) hdel(key, field string) any {
	_, there := m.keys[key][field]
	delete(m.keys[key], field)
	return truth(there)
}

// hpexpire is HPEXPIRE of one field.
func (m *hashModel) hpexpire(key, field, condition string, after int64) any {
	f, there := m.keys[key][field]
	at := m.now + after
	switch {
	case !there:
		return -2
	case condition == "NX" && f.at != 0,
		condition == "XX" && f.at == 0,
		condition == "GT" && (f.at == 0 || at <= f.at),
		condition == "LT" && f.at != 0 && at >= f.at:
		return 0
	}
	if after == 0 {
		delete(m.keys[key], field)
		return 2
	}
	m.set(key, field, modelField{f.n, at})
	return 1
}

func (m *hashModel) hpersist(key, field string) any {
	f, there := m.keys[key][field]
	if !there {
		return -2
	}
	if f.at == 0 {
		return -1
	}
	m.set(key, field, modelField{n: f.n})
	return 1
}

func (m *hashModel) hpttl(key, field string) any {
	switch f, there := m.keys[key][field]; {
	case !there:
		return -2
	case f.at == 0:
		return -1
	default:
		return f.at - m.now
	}
}

func (m *hashModel) hget(key, field string) any {
	if f, there := m.keys[key][field]; there {
		return f.n
	}
	return nil
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Random commands about fields that expire, by a Store or in a script, must
// answer what a plain map says, at every moment.
func TestFieldExpiryModel(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			m := hashModel{map[string]map[string]modelField{}, 1_700_000_000_000}
			ctx := context.Background()
			store := luastore.New(&luastore.Options{Now: func() time.Time { return time.UnixMilli(m.now) }})
			rnd := rand.New(rand.NewPCG(seed, 0))
			pick := func(words ...string) string { return words[rnd.IntN(len(words))] }
			run := func(line string, want any) {
				t.Helper()
				words := strings.Fields(line)
				var r luastore.Reply
				if args := make([]any, len(words)); rnd.IntN(2) == 0 {
					for i, w := range words {
						args[i] = w
					}
					r = store.Do(ctx, args...)
				} else {
					r = store.Eval(ctx, "return redis.call(unpack(KEYS))", words)
				}
				if err := r.Err(); err != nil && !errors.Is(err, luastore.ErrNil) {
					t.Fatal(err)
				}
				if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(r.Val())); diff != "" {
					t.Fatalf("%s at %d (-want +got):\n%s", line, m.now, diff)
				}
			}
			for range 400 {
				key, f, g := pick("a", "b", "c"), pick("f", "g", "h", "i"), pick("f", "g", "h", "i")
				n, after := rnd.IntN(100), int64(rnd.IntN(6)*10)
				switch rnd.IntN(13) {
				case 0:
					run(fmt.Sprintf("HSET %s %s %d", key, f, n), m.hset(key, f, n))
				case 1:
					run(fmt.Sprintf("HINCRBY %s %s %d", key, f, n), m.hincrby(key, f, n))
				case 2:
					run(fmt.Sprintf("HDEL %s %s", key, f), m.hdel(key, f))
				case 3, 4:
					condition := pick("", "NX", "XX", "GT", "LT")
					want := []any{m.hpexpire(key, f, condition, after), m.hpexpire(key, g, condition, after)}
					run(fmt.Sprintf("HPEXPIRE %s %d %s FIELDS 2 %s %s", key, after, condition, f, g), want)
				case 5:
					run(fmt.Sprintf("HPERSIST %s FIELDS 2 %s %s", key, f, g), []any{m.hpersist(key, f), m.hpersist(key, g)})
				case 6:
					want := []any{m.hget(key, f)}
					m.hpexpire(key, f, "", after)
					run(fmt.Sprintf("HGETEX %s PXAT %d FIELDS 1 %s", key, m.now+after, f), want)
				case 7:
					want := []any{m.hget(key, f)}
					m.hpersist(key, f)
					run(fmt.Sprintf("HGETEX %s PERSIST FIELDS 1 %s", key, f), want)
				case 8:
					want := []any{m.hget(key, f)}
					m.hdel(key, f)
					run(fmt.Sprintf("HGETDEL %s FIELDS 1 %s", key, f), want)
				case 9:
					there, condition := m.hget(key, f) != nil, pick("", "FNX", "FXX")
					holds := condition == "" || there == (condition == "FXX")
					old, option := m.keys[key][f], pick("", "KEEPTTL", "PX "+strconv.FormatInt(after, 10))
					switch {
					case !holds:
					case option == "":
						m.hset(key, f, n)
					case option == "KEEPTTL":
						m.set(key, f, modelField{n, old.at})
					default:
						m.hset(key, f, n)
						m.hpexpire(key, f, "", after)
					}
					run(fmt.Sprintf("HSETEX %s %s %s FIELDS 1 %s %d", key, condition, option, f, n), truth(holds))
				case 10:
					other := pick("a", "b", "c", "d")
					from := m.keys[key]
					switch {
					case len(from) == 0 || other == key:
					case rnd.IntN(2) == 0:
						run(fmt.Sprintf("COPY %s %s REPLACE", key, other), 1)
						m.keys[other] = maps.Clone(from)
					default:
						run(fmt.Sprintf("RENAME %s %s", key, other), "OK")
						m.keys[other] = from
						delete(m.keys, key)
					}
				case 11:
					run("DEL "+key, truth(len(m.keys[key]) > 0))
					delete(m.keys, key)
				case 12:
					m.now += rnd.Int64N(25)
				}
				m.drop()
				for key := range m.keys {
					run("HLEN "+key, len(m.keys[key]))
				}
				run(fmt.Sprintf("HPTTL %s FIELDS 2 %s %s", key, f, g), []any{m.hpttl(key, f), m.hpttl(key, g)})
				run(fmt.Sprintf("HMGET %s %s %s", key, f, g), []any{m.hget(key, f), m.hget(key, g)})
				run("EXISTS a b c d", len(m.keys))
				run("DBSIZE", len(m.keys))
			}
		})
	}
}
