package luastoretest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/luastoretest"
)

// visit counts a user's visits within a minute.
var visit = luastore.NewScript(`
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], 60) end
return n`)

func TestVisits(t *testing.T) {
	store, keys := luastoretest.New(t, nil), []string{"visits:ann"}
	for want := 1; want <= 2; want++ {
		if n, err := visit.Run(t.Context(), store, keys).Int(); n != want || err != nil {
			t.Errorf("visit %d: %d, %v", want, n, err)
		}
	}
	store.Advance(20 * time.Second)
	luastoretest.Equal(t, luastoretest.Dump(t, store), luastoretest.Data{
		0: {"visits:ann": {Value: "2", TTL: 40 * time.Second}},
	})
	store.Advance(41 * time.Second)
	luastoretest.Equal(t, luastoretest.Dump(t, store), luastoretest.Data{})
}

func TestVisitsFail(t *testing.T) {
	store, broken := luastoretest.New(t, nil), errors.New("broken")
	store.Fail("INCR", broken).Times(1) // the first one, in a script too
	for _, want := range []error{broken, nil} {
		if err := visit.Run(t.Context(), store, []string{"visits:ann"}).Err(); !errors.Is(err, want) {
			t.Errorf("visit: %v, want %v", err, want)
		}
	}
}
