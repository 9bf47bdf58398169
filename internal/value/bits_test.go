package value

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/bulk"
)

// bitModel is a string as its bits, one character each.
type bitModel string

func bitsOf(text string) bitModel {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, "%08b", text[i])
	}
	return bitModel(b.String())
}

func (m bitModel) padded(n int) bitModel { return m + bitModel(strings.Repeat("0", max(0, n-len(m)))) }

// Whatever is done with the bits of a String, it is what happens to a row of
// noughts and ones.
func TestBitsModel(t *testing.T) {
	for seed := range uint64(300) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			s, model := new(String), bitModel("")
			var shared, was string
			for range 100 {
				off, width := rnd.IntN(300), 1+rnd.IntN(64)
				switch rnd.IntN(10) {
				case 0, 1, 2:
					n := rnd.Uint64()
					s.SetBits(off, width, n, nil)
					digits := fmt.Sprintf("%064b", n)[64-width:]
					model = model.padded((off + width + 7) / 8 * 8)
					model = model[:off] + bitModel(digits) + model[off+width:]
				case 3:
					n := rnd.IntN(60)
					s.Grow(n, nil)
					model = model.padded(n * 8)
				case 4:
					text := randomText(rnd)
					s.Set(text)
					model = bitsOf(text)
				case 5:
					shared, was = s.String(), strings.Clone(s.String())
				case 6:
					s.Not(nil)
					model = bitModel(strings.NewReplacer("0", "1", "1", "0").Replace(string(model)))
				case 7, 8, 9:
					text := NewString(randomText(rnd))
					other := bitsOf(text.String()).padded(len(model))
					model = model.padded(len(other))
					op := rnd.IntN(3)
					[]func(*String, *String, bulk.Checker){(*String).And, (*String).Or, (*String).Xor}[op](s, text, nil)
					digits := make([]byte, len(model))
					for i := range digits {
						a, b := model[i]-'0', other[i]-'0'
						digits[i] = '0' + [...]byte{a & b, a | b, a ^ b}[op]
					}
					model = bitModel(digits)
				}
				if diff := cmp.Diff(model, bitsOf(s.view())); diff != "" {
					t.Fatalf("bits (-want +got):\n%s", diff)
				}
				if shared != was {
					t.Fatalf("a text changed after it was handed out: %q became %q", was, shared)
				}
				checkBits(t, rnd, s, model)
			}
		})
	}
}

// checkBits compares what can be asked about a part of the bits.
func checkBits(t *testing.T, rnd *rand.Rand, s *String, model bitModel) {
	t.Helper()
	type view struct{ Count, Set, Clear int }
	find := func(part, bit string, from int) int {
		if i := strings.Index(part, bit); i >= 0 {
			return from + i
		}
		return -1
	}
	to := rnd.IntN(len(model) + 1)
	from := rnd.IntN(to + 1)
	part := string(model[from:to])
	want := view{strings.Count(part, "1"), find(part, "1", from), find(part, "0", from)}
	got := view{s.CountBits(from, to), s.FindBit(true, from, to), s.FindBit(false, from, to)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("bits %d to %d of %s (-want +got):\n%s", from, to, model, diff)
	}
	off, width := rnd.IntN(300), 1+rnd.IntN(64)
	digits := string(model.padded(off + width)[off : off+width])
	if got := fmt.Sprintf("%0*b", width, s.Bits(off, width)); got != digits {
		t.Fatalf("%d bits at %d of %s: got %s, want %s", width, off, model, got, digits)
	}
}

// Reading bits must not make the next edit copy the value.
func TestBitsEditInPlace(t *testing.T) {
	s := new(String)
	s.Grow(1<<20, nil)
	i := 0
	allocs := testing.AllocsPerRun(100, func() {
		s.SetBits(i, 1, ^s.Bits(i, 1), nil)
		s.CountBits(i, i+1)
		s.FindBit(true, i, i+1)
		i += 8
	})
	if allocs > 0 {
		t.Errorf("reading and editing bits allocates %v times", allocs)
	}
}

func benchmarkBits(b *testing.B, run func(s *String, n int)) {
	for _, n := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint("bytes=", n), func(b *testing.B) {
			s := new(String)
			s.Grow(n, nil)
			b.ReportAllocs()
			for b.Loop() {
				run(s, n)
			}
		})
	}
}

func BenchmarkSetBits(b *testing.B) {
	i := 0
	benchmarkBits(b, func(s *String, n int) { i += 77; s.SetBits(i%(8*n), 1, 1, nil) })
}

func BenchmarkBits(b *testing.B) {
	i := 0
	benchmarkBits(b, func(s *String, n int) { i += 77; s.Bits(i%(8*n), 32) })
}

func BenchmarkCountBits(b *testing.B) {
	benchmarkBits(b, func(s *String, n int) { s.CountBits(0, 8*n) })
}

func BenchmarkFindBit(b *testing.B) {
	benchmarkBits(b, func(s *String, n int) { s.FindBit(true, 0, 8*n) })
}

func BenchmarkXor(b *testing.B) {
	benchmarkBits(b, func(s *String, n int) { s.Xor(s, nil) })
}
