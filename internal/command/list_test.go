package command

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A limit counts the work that it lets pass, and stops what is more.
type limit struct{ left int }

func (l *limit) Tick(n int) {
	if l.left -= n; l.left < 0 {
		panic(l)
	}
}

func (l *limit) Alloc(int)             {}
func (l *limit) Hold(int)              {}
func (l *limit) Check()                {}
func (l *limit) Done() <-chan struct{} { return nil }

// Work on long lists is counted, and can be stopped as long as nothing is
// changed.
func TestLongLists(t *testing.T) {
	const n = 10_000
	elems := make([]string, n)
	for i := range elems {
		elems[i] = strconv.Itoa(i)
	}
	for _, line := range []string{
		"LINSERT l BEFORE 9999 x",
		"LMPOP 1 l LEFT COUNT 1000000000000000000",
		"LPOP l 9223372036854775807",
		"LPOS l nosuch",
		"LPOS l nosuch RANK -1 COUNT 0",
		"LRANGE l 0 -1",
		"LREM l 0 nosuch",
		"LREM l -1 0",
		"LTRIM l 1 0",
		"BLPOP l l 0", // the exception: it takes one
		"BLMPOP 0 1 l RIGHT COUNT 9223372036854775807",
		"COPY l m",
		"DUMP l",
		"SORT l",
		"SORT l BY nosort STORE l",
		"SORT l BY w_* GET #",
		"SORT_RO l LIMIT 0 1",
	} {
		db := New(NewTable(), time.Now)
		s := new(Session)
		db.Do(s, append([]string{"RPUSH", "l"}, elems...))

		s.Meter = &limit{left: n / copiedPerTick / 2}
		stopped := func() (stopped bool) {
			defer func() { stopped = recover() != nil }()
			db.Do(s, strings.Fields(line))
			return
		}()
		if want := !strings.HasPrefix(line, "BLPOP"); stopped != want {
			t.Errorf("%s is stopped: %t, want %t", line, stopped, want)
		}
		if !stopped {
			continue
		}
		s.Meter = nil
		if diff := cmp.Diff(Bulks(elems...), db.Do(s, []string{"LRANGE", "l", "0", "-1"})); diff != "" {
			t.Errorf("%s was stopped, and has changed the list (-want +got):\n%s", line, diff)
		}
		if r := db.Do(s, []string{"DBSIZE"}); r.Int() != 1 {
			t.Errorf("%s was stopped, and has left %d keys", line, r.Int())
		}
	}
}
