package rdb_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/rdb"
	"github.com/luastore/luastore/internal/value"
)

// stream is a stream to which n entries were added, of which some were removed,
// with groups in all states.
func stream(n int) *value.Stream {
	s := new(value.Stream)
	texts := texts(n)
	for i, text := range texts {
		id := value.StreamID{Millis: uint64(i / 3), Seq: uint64(1 + i%3)}
		fields := []string{"field", text}
		if i%7 == 0 {
			fields = []string{text, "", strconv.Itoa(i), strings.Repeat("v", i%90)}
		}
		s.Append(id, fields)
	}
	s.AddGroup("g", value.StreamID{}, value.UnknownRead)
	s.AddGroup("12", s.LastID(), int64(n))
	s.AddGroup(strings.Repeat("h", 100), value.MaxStreamID, 3)
	g := s.Group("g")
	Ada, Grace := g.AddConsumer("Ada", -1), g.AddConsumer("7", 1_700_000_000_000)
	g.AddConsumer("", 0)
	i := 0
	for e := range s.Range(value.StreamID{}, value.MaxStreamID) {
		if i++; i%4 == 0 {
			continue
		}
		g.Deliver(s, e.ID)
		p := g.Assign(e.ID, []*value.Consumer{Ada, Grace}[i%2])
		p.Delivered, p.Count = int64(i)<<(i%50), int64(i%100)
	}
	for i := range n {
		if i%5 == 1 || i > n/2 && i < n/2+250 {
			s.Delete(value.StreamID{Millis: uint64(i / 3), Seq: uint64(1 + i%3)})
		}
	}
	s.Trim(value.StreamTrim{MaxLen: s.Len() - 3})
	s.SetAdded(1 << 63)
	s.SetLastID(value.StreamID{Millis: 1 << 40, Seq: 1 << 20})
	return s
}

// streamContents describes a stream, its gaps and what groups remember.
func streamContents(s *value.Stream) (lines []string) {
	line := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	line("%d %s %s %s %d", s.Len(), s.First(), s.LastID(), s.MaxDeletedID(), s.Added())
	for names, entries := range s.Parts() {
		line("names %q", names)
		for _, e := range entries {
			line("%s %t %q", e.ID, e.Removed(), e.Stored())
		}
	}
	for name, g := range s.Groups() {
		line("group %q %s %d", name, g.LastID, g.Read)
		for id, p := range g.Pending(value.StreamID{}) {
			line("%s %q %d %d", id, p.Consumer.Name, p.Delivered, p.Count)
		}
		for name, c := range g.Consumers() {
			line("consumer %q %d %d", name, c.Seen, c.PendingCount())
		}
	}
	return lines
}

// What is restored goes on as the stream would have: with nodes that are as
// full as before.
func TestRestoredStreamGrows(t *testing.T) {
	for _, n := range []int{0, 1, 5, 99, 100, 130, 300} {
		s := stream(n)
		v, err := rdb.Restore(rdb.Dump(s, nil), nil, func(int) {}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := v.(*value.Stream)
		for range 300 {
			for _, s := range []*value.Stream{s, got} {
				s.Append(s.LastID().Next(), []string{"field", strings.Repeat("v", 30)})
			}
			if diff := cmp.Diff(rdb.Dump(s, nil), rdb.Dump(got, nil)); diff != "" {
				t.Fatalf("%d entries (-want +got):\n%s", n, diff)
			}
		}
	}
}

// oldStream is as Redis 5 and 6 wrote it: two entries, of which one is delivered.
const oldStream = "\x0f\x01\x10" + "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01" + "\x27" +
	"\x27\x00\x00\x00\x0f\x00" + "\x02\x01\x00\x01\x01\x01\x81f\x02\x00\x01" +
	"\x02\x01\x00\x01\x00\x01\x81v\x02\x04\x01" + "\x02\x01\x01\x01\x00\x01\x07\x01\x04\x01" + "\xff" +
	"\x02\x05\x00" + "\x01\x01g\x01\x01" + "\x01" + "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01" +
	"\x10\x00\x00\x00\x00\x00\x00\x00\x03" + "\x01\x01c\x20\x00\x00\x00\x00\x00\x00\x00" +
	"\x01" + "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"

func TestRestoreOldStream(t *testing.T) {
	v, err := rdb.Restore(rdb.Seal(oldStream), nil, func(int) {}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2 1-1 5-0 0-0 2",
		`names ["f"]`,
		`1-1 false ["f" "v"]`,
		`2-1 false ["f" "7"]`,
		`group "g" 1-1 1`,
		`1-1 "c" 16 3`,
		`consumer "c" 32 1`,
	}
	if diff := cmp.Diff(want, streamContents(v.(*value.Stream))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A stream that says something of itself that is not so is refused.
func TestRestoreBadStream(t *testing.T) {
	first := "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01"
	tests := []struct {
		reason   string
		old, new string // bytes of oldStream
	}{
		{"the length of an ID", "\x0f\x01\x10\x00", "\x0f\x01\x0f"},
		{"an entry too few", "\x0f\x00\x02\x01\x00\x01", "\x0f\x00\x03\x01\x00\x01"},
		{"an entry that is not removed", "\x0f\x00\x02\x01\x00\x01", "\x0f\x00\x02\x01\x01\x01"},
		{"more names than there are texts", "\x01\x01\x81f", "\x7f\x01\x81f"},
		{"names without their end", "\x81f\x02\x00\x01", "\x81f\x02\x01\x01"},
		{"another number of elements", "\x81v\x02\x04\x01", "\x81v\x02\x05\x01"},
		{"an entry with fields of its own that are not there", "\x02\x01\x01\x01\x00\x01\x07\x01\x04\x01", "\x00\x01\x01\x01\x00\x01\x07\x01\x04\x01"},
		{"the same ID twice", "\x02\x01\x01\x01\x00\x01\x07", "\x02\x01\x00\x01\x00\x01\x07"},
		{"another length", "\xff\x02\x05\x00", "\xff\x03\x05\x00"},
		{"a last ID before the last entry", "\x02\x05\x00", "\x02\x01\x01"},
		{"a pending entry that nobody has", "\x20\x00\x00\x00\x00\x00\x00\x00\x01" + first, "\x20\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"a pending entry that is in no group", "\x20\x00\x00\x00\x00\x00\x00\x00\x01" + first, "\x20\x00\x00\x00\x00\x00\x00\x00\x01" + strings.Repeat("\x00", 16)},
		{"a pending entry twice", "\x20\x00\x00\x00\x00\x00\x00\x00\x01" + first, "\x20\x00\x00\x00\x00\x00\x00\x00\x02" + first + first},
		{"a consumer twice", "\x01\x01c\x20\x00\x00\x00\x00\x00\x00\x00\x01" + first,
			"\x02\x01c\x20\x00\x00\x00\x00\x00\x00\x00\x00\x01c\x20\x00\x00\x00\x00\x00\x00\x00\x01" + first},
		{"a group twice", "\x01\x01g\x01\x01\x01", "\x02\x01g\x01\x01\x00\x00\x01g\x01\x01\x01"},
		{"a node twice", oldStream[1 : strings.Index(oldStream, "\xff")+1], "\x02" + strings.Repeat(oldStream[2:strings.Index(oldStream, "\xff")+1], 2)},
		{"a node without entries", oldStream[1 : strings.Index(oldStream, "\xff")+2],
			"\x01\x10" + first + "\x12\x12\x00\x00\x00\x05\x00\x00\x01\x00\x01\x01\x01\x81f\x02\x00\x01\xff\x00"},
		{"numbers without end", "\x02\x05\x00\x01", "\x02\x05\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff"},
	}
	for _, test := range tests {
		if strings.Count(oldStream, test.old) != 1 {
			t.Fatalf("%s: %q is not in the stream", test.reason, test.old)
		}
		object := strings.Replace(oldStream, test.old, test.new, 1)
		if _, err := rdb.Restore(rdb.Seal(object), nil, func(int) {}, nil); !errors.Is(err, rdb.ErrFormat) {
			t.Errorf("%s: answers %v", test.reason, err)
		}
	}
}
