package rdb_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/rdb"
	"github.com/luastore/luastore/internal/value"
)

// contents describes a value.
func contents(v value.Value) []string {
	var lines []string
	switch v := v.(type) {
	case *value.String:
		lines = append(lines, v.String())
	case *value.List:
		lines = slices.Collect(v.All())
	case *value.Set:
		lines = slices.Sorted(v.All())
	case *value.Hash:
		for field, text := range v.All() {
			lines = append(lines, fmt.Sprintf("%q %q", field, text))
		}
	case *value.SortedSet:
		for member, score := range v.All() {
			lines = append(lines, fmt.Sprintf("%q %v", member, score))
		}
	case *value.Stream:
		lines = streamContents(v)
	}
	return append(lines, v.Type(), v.Encoding())
}

// texts are n texts, no two the same, of all sizes and of integers too.
func texts(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		switch t := strconv.Itoa(i); i % 4 {
		case 0:
			texts[i] = t
		case 1:
			texts[i] = strconv.FormatInt(-int64(i)<<(i%50), 10)
		case 2:
			texts[i] = t + strings.Repeat("x", i%300)
		case 3:
			texts[i] = "\x00\xff" + t
		}
	}
	return texts
}

// values are values of all types and encodings, of about n elements or bytes.
func values(n int) []value.Value {
	list, set, ints, hash, zset := new(value.List), new(value.Set), new(value.Set), new(value.Hash), value.NewSortedSet()
	for i, t := range texts(n) {
		list.PushBack(t)
		set.Add(t)
		ints.Add(strconv.Itoa(i << (i % 40)))
		hash.Set(t, t)
		zset.Set(t, []float64{float64(i), -1 / float64(i+1), math.Inf(1), math.Inf(-1), 1e300, 1 << 60, 0}[i%7])
	}
	return []value.Value{value.NewString(strings.Repeat("v", n)), list, set, ints, hash, zset, stream(n)}
}

func TestDump(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 100, 128, 129, 512, 513, 5000, 70_000} {
		for _, v := range values(n) {
			payload := rdb.Dump(v, nil)
			if len(payload) > rdb.Size(v, nil) {
				t.Fatalf("%s of %d: a payload of %d bytes, no more than %d", v.Type(), n, len(payload), rdb.Size(v, nil))
			}
			got, err := rdb.Restore(payload, nil, func(int) {}, nil)
			if err != nil {
				t.Fatalf("%s of %d: %v", v.Type(), n, err)
			}
			if diff := cmp.Diff(contents(v), contents(got)); diff != "" {
				t.Errorf("%s of %d (-want +got):\n%s", v.Type(), n, diff)
			}
		}
	}
}

// Restore counts about as much as the value takes, and all before it is there.
func TestRestoreCountsMemory(t *testing.T) {
	for _, n := range []int{100, 513, 5000, 70_000} {
		for _, v := range values(n) {
			counted := 0
			got, err := rdb.Restore(rdb.Dump(v, nil), nil, func(int) {}, func(n int) { counted += n })
			if err != nil {
				t.Fatal(err)
			}
			if size := got.Size(); counted < size*2/3-1000 || counted > 9*size+1000 {
				t.Errorf("%s of %d: counts %d bytes, the value has %d", v.Type(), n, counted, size)
			}
		}
	}
	type stop struct{}
	for name, object := range map[string]string{ // a megabyte of the number 1 in listpacks
		"list":   "\x12\x01\x02" + ones(1<<20),
		"stream": "\x13\x01\x10" + strings.Repeat("\x00", 16) + ones(1<<20),
	} {
		left := 4 << 20
		allocated := testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				func() {
					defer func() {
						if _, ok := recover().(stop); !ok {
							b.Errorf("%s: is not stopped", name)
						}
					}()
					left = 4 << 20
					rdb.Restore(rdb.Seal(object), nil, func(int) {}, func(n int) {
						if left -= n; left < 0 {
							panic(stop{})
						}
					})
				}()
			}
		}).AllocedBytesPerOp()
		if allocated > 8<<20 {
			t.Errorf("%s: allocates %d bytes, of which it counts 4 MiB", name, allocated)
		}
	}
}

// ones is the text of a listpack of so many bytes.
func ones(size int) string {
	n := size/2 - 4
	b := binary.BigEndian.AppendUint32([]byte{0x80}, uint32(7+2*n))
	b = append(binary.LittleEndian.AppendUint32(b, uint32(7+2*n)), 0xff, 0xff)
	return string(b) + strings.Repeat("\x01\x01", n) + "\xff"
}

func TestDumpIntegers(t *testing.T) {
	l := new(value.List)
	for shift := range 64 {
		for _, n := range []int64{1 << shift, 1<<shift - 1, -1 << shift, -1<<shift - 1} {
			text := strconv.FormatInt(n, 10)
			l.PushBack(text)
			payload := rdb.Dump(value.NewString(text), nil)
			got, err := rdb.Restore(payload, nil, func(int) {}, nil)
			if err != nil || got.(*value.String).String() != text {
				t.Errorf("%s becomes %v, %v", text, got, err)
			}
		}
	}
	payload := rdb.Dump(l, nil)
	got, err := rdb.Restore(payload, nil, func(int) {}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(contents(l), contents(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The sizes at which lengths in listpacks begin to take more bytes.
func TestDumpLengths(t *testing.T) {
	l := new(value.List)
	for _, about := range []int{1 << 6, 1 << 7, 1 << 12, 1 << 14, 1 << 21} {
		for n := about - 10; n < about+3; n++ {
			l.PushBack(strings.Repeat("x", n))
		}
	}
	payload := rdb.Dump(l, nil)
	got, err := rdb.Restore(payload, nil, func(int) {}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(contents(l), contents(got)) {
		t.Error("the list is not the same")
	}
}

// What is cut off or changed anywhere must not be taken for something else.
func TestRestoreChanged(t *testing.T) {
	for _, v := range values(10) {
		payload := rdb.Dump(v, nil)
		for i := range len(payload) {
			changed := []byte(payload)
			changed[i] ^= 0x10
			for _, p := range []string{payload[:i], string(changed)} {
				if _, err := rdb.Restore(p, nil, func(int) {}, nil); !errors.Is(err, rdb.ErrChecksum) {
					t.Errorf("%s: %q answers %v", v.Type(), p, err)
				}
			}
		}
	}
}

// A text that is short only in the payload counts as what it is.
func TestRestoreTicks(t *testing.T) {
	const pieces = 10_000
	long := "\x00\xc3\x80\x00\x00\x75\x32\x80\x00\x28\x48\x81\x00a" + strings.Repeat("\xe0\xff\x00", pieces)
	ticks := 0
	v, err := rdb.Restore(rdb.Seal(long), nil, func(n int) { ticks += n }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v.Len() != 1+264*pieces || ticks < v.Len()/10 {
		t.Errorf("%d bytes in %d ticks", v.Len(), ticks)
	}
}

func TestDecompress(t *testing.T) {
	tests := []struct {
		compressed string
		length     uint64
		want       string
		ok         bool
	}{
		{"", 0, "", true},
		{"\x02abc", 3, "abc", true},
		{"\x02abc\x20\x02", 6, "abcabc", true},
		{"\x00a\xe0\xff\x00", 265, strings.Repeat("a", 265), true}, // repeats itself
		{"\x02abc", 4, "", false},
		{"\x02abc", 2, "", false},
		{"\x02ab", 3, "", false},
		{"\x00a\x20\x01", 4, "", false}, // begins before the text
		{"\x00a\x20\x00", 3, "", false},
		{"\x00a\xe0", 9, "", false},
		{"\x00a", 1 << 62, "", false},
		{"\x00a", math.MaxUint64, "", false},
	}
	for _, test := range tests {
		got, ok := rdb.Decompress(test.compressed, test.length)
		if got != test.want || ok != test.ok {
			t.Errorf("%q of %d is %q, %t, want %q, %t", test.compressed, test.length, got, ok, test.want, test.ok)
		}
	}
}

// Whatever is in a payload, it is a value or an error, in memory that the
// payload accounts for; and a value can be written and read again.
func FuzzRestore(f *testing.F) {
	for _, n := range []int{1, 5, 150, 600} {
		for _, v := range values(n) {
			payload := rdb.Dump(v, nil)
			f.Add(payload[:len(payload)-10])
		}
	}
	for _, object := range []string{
		"\x00\xc3\x09\x40\x64\x01aa\xe0\x57\x00\x01aa",
		"\x01\x02\x01a\xc0\x05",
		"\x03\x04\x01a\x032.5\x01b\xff\x01c\xfe\x01d\x017",
		"\x09\x10\x02\x01f\x01\x00v\x01g\x02\x03ab\x00\x00\x00\xff",
		"\x0a\x10\x10\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01b\x03\xf4\xff",
		"\x0c\x18\x18\x00\x00\x00\x12\x00\x00\x00\x04\x00\x00\x01a\x03\xf2\x02\x01b\x03\x032.5\xff",
		"\x0d\x16\x16\x00\x00\x00\x13\x00\x00\x00\x04\x00\x00\x01f\x03\x01v\x03\x01g\x03\xf6\xff",
		"\x0e\x02\x0e\x0e\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x01a\xff\x10\x10\x00\x00\x00\x0d\x00\x00\x00\x02\x00\x00\x01b\x03\xf4\xff",
		"\x12\x02\x01\x01a\x02\x07\x07\x00\x00\x00\x00\x00\xff",
		oldStream,
		"\x00\x81\x7f\xff\xff\xff\xff\xff\xff\xff",
		"\x02\x80\xff\xff\xff\xff",
	} {
		f.Add(object)
	}
	f.Fuzz(func(t *testing.T, object string) {
		v, err := rdb.Restore(rdb.Seal(object), nil, func(int) {}, nil)
		if err != nil {
			return
		}
		// LZF makes at most 88 bytes of one, and an element of two.
		if size := rdb.Size(v, nil); size > 1000*(len(object)+10) {
			t.Errorf("%d bytes became %d", len(object), size)
		}
		payload := rdb.Dump(v, nil)
		again, err := rdb.Restore(payload, nil, func(int) {}, nil)
		if err != nil {
			t.Fatalf("cannot read its own payload %q: %v", payload, err)
		}
		if diff := cmp.Diff(contents(v), contents(again)); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
	})
}

func BenchmarkDump(b *testing.B) {
	each(b, func(b *testing.B, v value.Value) {
		for b.Loop() {
			rdb.Dump(v, nil)
		}
	})
}

func BenchmarkRestore(b *testing.B) {
	each(b, func(b *testing.B, v value.Value) {
		payload := rdb.Dump(v, nil)
		for b.Loop() {
			rdb.Restore(payload, nil, func(int) {}, nil)
		}
	})
}

func each(b *testing.B, bench func(*testing.B, value.Value)) {
	for _, n := range []int{10, 1000, 100_000} {
		for _, v := range values(n) {
			b.Run(fmt.Sprintf("%s/%s/n=%d", v.Type(), v.Encoding(), n), func(b *testing.B) { bench(b, v) })
		}
	}
}
