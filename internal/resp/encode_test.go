package resp

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unsafe"

	"github.com/luastore/luastore/internal/command"
)

// TestBuffer adds replies and writes parts of them in turn, in any sizes.
func TestBuffer(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b Buffer
	var want, got []byte
	write := func(most int) {
		next := b.Next()
		n := min(len(next), most)
		got = append(got, next[:n]...)
		b.Wrote(n)
	}
	for range 5000 {
		size := rnd.IntN(100)
		switch rnd.IntN(100) {
		case 0:
			size = sharedSize - 1 + rnd.IntN(3)
		case 1:
			size = rnd.IntN(3 * chunkSize)
		}
		text := strings.Repeat(string(rune('a'+rnd.IntN(26))), size)
		kind := command.Kind(rnd.IntN(int(command.Kinds)))
		r := command.Text(kind, text)
		if kind >= command.ArrayKind {
			r = command.Elements(kind, []command.Reply{command.Bulk(text), command.Int(1)})
		}
		version := 2 + rnd.IntN(2)
		if !b.Add(r, version, math.MaxInt) {
			t.Fatal("no limit, and it is exceeded")
		}
		var alone Buffer
		alone.Add(r, version, math.MaxInt)
		for alone.Len() > 0 {
			want = append(want, alone.Next()...)
			alone.Wrote(len(alone.Next()))
		}
		for rnd.IntN(3) == 0 {
			write(rnd.IntN(2 * chunkSize))
		}
		if b.Len() != len(want)-len(got) {
			t.Fatalf("%d bytes wait, want %d", b.Len(), len(want)-len(got))
		}
	}
	for b.Len() > 0 {
		write(math.MaxInt)
	}
	if !bytes.Equal(got, want) {
		t.Error("other bytes were written than encoded")
	}
	if len(b.Next()) != 0 {
		t.Error("there are bytes left")
	}
}

// TestSharedText: long texts are not copied.
func TestSharedText(t *testing.T) {
	text := strings.Repeat("x", sharedSize)
	elems := make([]command.Reply, 10_000)
	for i := range elems {
		elems[i] = command.Bulk(text)
	}
	var b Buffer
	b.Add(command.Array(elems...), 2, math.MaxInt)
	shared := 0
	for b.Len() > 0 {
		next := b.Next()
		if unsafe.SliceData(next) == unsafe.StringData(text) {
			shared++
		}
		b.Wrote(len(next))
	}
	if shared != len(elems) {
		t.Errorf("%d of %d texts are shared", shared, len(elems))
	}
}

// TestLimit: a reply that does not fit is not encoded to its end, unless it is the
// only one.
func TestLimit(t *testing.T) {
	elems := make([]command.Reply, 1_000_000)
	r := command.Array(elems...)
	var b Buffer
	if !b.Add(r, 2, 1000) || b.Len() < len(elems) {
		t.Errorf("a reply alone: %d bytes", b.Len())
	}
	b = Buffer{}
	b.Add(command.OK, 2, 1000)
	if b.Add(r, 2, 1000) || b.Len() > 2000 {
		t.Errorf("a reply after another one: %d bytes", b.Len())
	}
}
