package value

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A String must at all times read like a plain []byte that went through the
// same edits, and no text it handed out may ever change.
func TestStringModel(t *testing.T) {
	for seed := range uint64(200) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			s, model := new(String), []byte{}
			type reading struct{ text, was string }
			var readings []reading
			read := func(text string) { readings = append(readings, reading{text, strings.Clone(text)}) }

			for range 200 {
				switch text := randomText(rnd); rnd.IntN(8) {
				case 0:
					s.Set(text)
					model = []byte(text)
				case 1:
					s.SetText(text)
					model = []byte(text)
				case 2:
					n := int64(rnd.Uint64()) >> rnd.IntN(64)
					s.SetInt(n)
					model = strconv.AppendInt(nil, n, 10)
				case 3:
					s.Append(text, nil)
					model = append(model, text...)
				case 4:
					off := rnd.IntN(len(model) + 10)
					s.Overwrite(off, text, nil)
					if grown := off + len(text); grown > len(model) {
						model = append(model, make([]byte, grown-len(model))...)
					}
					copy(model[off:], text)
				case 5:
					read(s.String())
				case 6:
					start := rnd.IntN(len(model) + 1)
					end := start + rnd.IntN(len(model)-start+1)
					part := s.Slice(start, end, nil)
					if diff := cmp.Diff(string(model[start:end]), part); diff != "" {
						t.Fatalf("Slice(%d, %d) (-want +got):\n%s", start, end, diff)
					}
					read(part)
				case 7:
					clone := s.Clone(nil).(*String)
					clone.Overwrite(0, "edits of a clone stay in the clone", nil)
				}
				checkString(t, s, string(model))
			}
			for _, r := range readings {
				if r.text != r.was {
					t.Fatalf("a text changed after it was handed out: %q became %q", r.was, r.text)
				}
			}
		})
	}
}

func checkString(t *testing.T, s *String, want string) {
	t.Helper()
	type view struct {
		Len   int
		Int   int64
		IsInt bool
	}
	n, ok := s.Int()
	got := view{s.Len(), n, ok}
	n, ok = ParseInt(want)
	if diff := cmp.Diff(view{len(want), n, ok}, got); diff != "" {
		t.Fatalf("%q (-want +got):\n%s", want, diff)
	}
	for _, text := range []string{want, want + "x", strings.ToUpper(want), ""} {
		if got := s.Equal(text); got != (text == want) {
			t.Fatalf("%q.Equal(%q) is %t", want, text, got)
		}
	}
	// Reading the whole text shares it, which the next edit must respect; not
	// to share it each time, look at a clone.
	if diff := cmp.Diff(want, s.Clone(nil).(*String).String()); diff != "" {
		t.Fatalf("String() (-want +got):\n%s", diff)
	}
}

func randomText(rnd *rand.Rand) string {
	switch rnd.IntN(4) {
	case 0:
		return ""
	case 1:
		return strconv.Itoa(rnd.IntN(1000) - 500)
	case 2:
		return strings.Repeat("x", rnd.IntN(100))
	}
	return string([]byte{byte(rnd.Uint32()), 0, byte(rnd.Uint32())})
}

func TestStringEncoding(t *testing.T) {
	edited := func(text string) *String {
		s := NewString(text)
		s.Append("", nil)
		return s
	}
	text := new(String)
	text.SetText("12")
	set := edited("x")
	set.Set("12")
	tests := []struct {
		reason string
		s      *String
		want   string
	}{
		{"the zero String is a short text", new(String), "embstr"},
		{"44 bytes are the longest short text", NewString(strings.Repeat("x", 44)), "embstr"},
		{"45 bytes are long", NewString(strings.Repeat("x", 45)), "raw"},
		{"an integer's text becomes one", NewString("-12"), "int"},
		{"but not another text of the number", NewString("012"), "embstr"},
		{"nor where a text is asked for", text, "embstr"},
		{"an edit, even an empty one, makes it raw", edited("x"), "raw"},
		{"of an integer too", edited("12"), "raw"},
		{"a clone keeps the form", edited("12").Clone(nil).(*String), "raw"},
		{"Set does not", set, "int"},
	}
	for _, test := range tests {
		if got := test.s.Encoding(); got != test.want {
			t.Errorf("%s: got %s, want %s", test.reason, got, test.want)
		}
	}
}

func TestNilStringIsEmpty(t *testing.T) {
	var s *String
	if !s.Equal("") || s.Equal("a") {
		t.Error("a nil String equals a, or not the empty text")
	}
	n, ok := s.Int()
	if s.String() != "" || s.Len() != 0 || s.Slice(0, 0, nil) != "" || n != 0 || !ok {
		t.Errorf("a nil String reads as %q, %d bytes, integer %d (%t)", s.String(), s.Len(), n, ok)
	}
}

// Neither a small part of a large value nor a repeated edit may cost a copy of
// the whole.
func TestStringEditsInPlace(t *testing.T) {
	s := new(String)
	s.Overwrite(1<<20-1, "x", nil)
	i := 0
	allocs := testing.AllocsPerRun(100, func() {
		s.Overwrite(i, "y", nil)
		_ = s.Slice(i, i+1, nil)
		i++
	})
	if allocs > 1 {
		t.Errorf("an edit and a short Slice allocate %v times", allocs)
	}
	s = NewString("1")
	if allocs := testing.AllocsPerRun(100, func() { s.SetInt(1 << 40); s.Set("17") }); allocs > 0 {
		t.Errorf("setting an integer allocates %v times", allocs)
	}
}

func TestIntLen(t *testing.T) {
	for _, n := range []int64{0, 9, 10, -1, -9, -10, 99, 100, math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
		s := new(String)
		s.SetInt(n)
		if want := len(strconv.FormatInt(n, 10)); s.Len() != want {
			t.Errorf("Len of %d is %d, want %d", n, s.Len(), want)
		}
	}
}
