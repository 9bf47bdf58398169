package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// The events are those that Redis's documentation names, where something was
// changed.
func TestFieldExpiryEvents(t *testing.T) {
	tests := []struct{ line, want string }{
		{"HEXPIRE h 100 FIELDS 2 f g", "hexpire"},
		{"HEXPIRE h 100 FIELDS 1 nosuch", ""},
		{"HEXPIRE h 100 XX FIELDS 1 f", ""},
		{"HPEXPIRE h 0 FIELDS 1 f", "hdel"},
		{"HPEXPIREAT h 1 FIELDS 3 f g i", "hdel del"},
		{"HEXPIREAT nosuch 1 FIELDS 1 f", ""},
		{"HTTL h FIELDS 1 f", ""},
		{"HPERSIST h FIELDS 2 f i", "hpersist"},
		{"HPERSIST h FIELDS 1 f", ""},
		{"HGETDEL h FIELDS 2 f nosuch", "hdel"},
		{"HGETDEL h FIELDS 3 f g i", "hdel del"},
		{"HGETDEL h FIELDS 1 nosuch", ""},
		{"HGETEX h FIELDS 1 f", ""},
		{"HGETEX h EX 100 FIELDS 1 f", "hexpire"},
		{"HGETEX h EX 100 FIELDS 1 nosuch", ""},
		{"HGETEX h PERSIST FIELDS 1 i", "hpersist"},
		{"HGETEX h PERSIST FIELDS 1 f", ""},
		{"HGETEX h PXAT 1 FIELDS 3 f g i", "hdel del"},
		{"HSETEX h FIELDS 1 f 1", "hset"},
		{"HSETEX h EX 100 FIELDS 1 f 1", "hset hexpire"},
		{"HSETEX h KEEPTTL FIELDS 1 i 1", "hset"},
		{"HSETEX h EX 0 FIELDS 1 f 1", "hset hdel"},
		{"HSETEX h FNX FIELDS 1 f 1", ""},
		{"HSETEX nosuch FXX FIELDS 1 f 1", ""},
		{"HSETEX nosuch FIELDS 1 f 1", "new hset"},
		{"HSETEX nosuch PX 0 FIELDS 1 f 1", "new hset hdel del"},
	}
	for _, test := range tests {
		local := newLocal().(*transcript.Local)
		local.Do(strings.Fields("HSET h f 1 g 2 i 3"))
		local.Do(strings.Fields("HEXPIRE h 50 FIELDS 1 i"))
		var got []string
		local.DB.OnEvent(func(db int, name, key string) { got = append(got, fmt.Sprintf("%d %q %s", db, key, name)) })
		args := strings.Fields(test.line)
		local.Do(args)
		var want []string
		for _, name := range strings.Fields(test.want) {
			want = append(want, fmt.Sprintf("0 %q %s", args[1], name))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: events (-want +got):\n%s", test.line, diff)
		}
	}
}

// Fields that have expired go even if nobody looks at them.
func TestFieldsExpireInTurns(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	db := command.New(command.NewTable(), func() time.Time { return now })
	s := new(command.Session)
	do := func(line string) command.Reply {
		db.Turn()
		return db.Do(s, strings.Fields(line))
	}
	for i := range 500 {
		do(fmt.Sprintf("HSETEX h PX 10 FIELDS 1 %d v", i))
		do(fmt.Sprintf("HSETEX %d PX 10 FIELDS 1 f v", i))
	}
	do("HSET h stays v")
	now = now.Add(time.Minute)
	for range 1000 {
		db.Turn()
	}
	// The clock goes back, so that only what was removed before is not there.
	now = now.Add(-time.Minute)
	if n := do("HLEN h").Int(); n != 1 {
		t.Errorf("%d fields that nobody has touched are left", n-1)
	}
	if n := do("DBSIZE").Int(); n != 1 {
		t.Errorf("%d keys that nobody has touched are left", n-1)
	}
}
