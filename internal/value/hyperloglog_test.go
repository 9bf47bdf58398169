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

func newHyperLogLog(t testing.TB, s *String) HyperLogLog {
	t.Helper()
	h, ok := s.HyperLogLog()
	if !ok {
		t.Fatalf("%.40q is no HyperLogLog", s)
	}
	return h
}

func registersOf(t testing.TB, h HyperLogLog) *Registers {
	t.Helper()
	r := new(Registers)
	if !h.ReadInto(r) {
		t.Fatal("the registers cannot be read")
	}
	return r
}

// In either form a HyperLogLog has the registers that a plain array has.
func TestHyperLogLogModel(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 0))
			h := newHyperLogLog(t, NewHyperLogLog())
			model := new(Registers)
			elements := 1 << rnd.IntN(20)
			for range 60 {
				before := *model
				switch rnd.IntN(20) {
				case 0:
					h.MakeDense()
				case 1:
					other := new(Registers)
					for range rnd.IntN(40) {
						other[rnd.IntN(RegisterCount)] = uint8(rnd.IntN(51))
					}
					h.Merge(other)
					for i, n := range other {
						model[i] = max(model[i], n)
					}
				case 2:
					h.Keep(rnd.Int64())
				default:
					var added []string
					for range rnd.IntN(100) {
						e := strconv.Itoa(rnd.IntN(elements))
						added = append(added, e)
						i, n := place(e, nil)
						model[i] = max(model[i], n)
					}
					changed, ok := h.Add(added, nil)
					if !ok || changed != (before != *model) {
						t.Fatalf("Add says changed %t, ok %t", changed, ok)
					}
				}
				if _, kept := h.Kept(); kept && before != *model {
					t.Fatal("a change leaves the estimate")
				}
				if got := registersOf(t, h); *got != *model {
					t.Fatalf("registers (-want +got):\n%s", cmp.Diff(model, got))
				}
			}
		})
	}
}

func TestHyperLogLogForm(t *testing.T) {
	s := NewHyperLogLog()
	h := newHyperLogLog(t, s)
	for n := 0; !h.Dense(); n++ {
		if s.Len() > DefaultLimits.SparseBytes {
			t.Fatalf("the sparse form has %d bytes", s.Len())
		}
		h.Add([]string{strconv.Itoa(n)}, nil)
	}
	if s.Len() != denseSize {
		t.Errorf("the dense form has %d bytes, want %d", s.Len(), denseSize)
	}
}

func TestEstimate(t *testing.T) {
	h := newHyperLogLog(t, NewHyperLogLog())
	for n := 1; n <= 1_000_000; n++ {
		h.Add([]string{strconv.Itoa(n)}, nil)
		if n&(n-1) > 0 {
			continue
		}
		estimate := registersOf(t, h).Estimate()
		if off := float64(estimate)/float64(n) - 1; math.Abs(off) > 0.03 {
			t.Errorf("the estimate of %d is %d", n, estimate)
		}
	}
	if n := new(Registers).Estimate(); n != 0 {
		t.Errorf("the estimate of nothing is %d", n)
	}
}

// Texts that were handed out must not change, and clones go their own way.
func TestHyperLogLogShares(t *testing.T) {
	s := NewHyperLogLog()
	h := newHyperLogLog(t, s)
	for n := range 3000 {
		text, clone := s.String(), s.Clone(nil).(*String)
		was := strings.Clone(text)
		h.Add([]string{strconv.Itoa(n)}, nil)
		if text != was || clone.String() != was {
			t.Fatalf("adding element %d changes a text that was handed out, or a clone", n)
		}
		if n == 2000 {
			h.Keep(7)
		}
	}
}

func TestNoHyperLogLog(t *testing.T) {
	valid := NewHyperLogLog().String()
	for _, text := range []string{"", "HYLL", "12", valid[:15], "h" + valid[1:], "HYLL\x02" + valid[5:], "HYLL\x00" + valid[5:]} {
		if _, ok := NewString(text).HyperLogLog(); ok {
			t.Errorf("%q is a HyperLogLog", text)
		}
	}
	if _, ok := (*String)(nil).HyperLogLog(); ok {
		t.Error("a nil String is a HyperLogLog")
	}
}

// Whatever stands after the header, a method that fails changes nothing, none
// panics, and registers that could be read can be used.
func FuzzHyperLogLog(f *testing.F) {
	header := NewHyperLogLog().String()[:headerSize]
	for _, runs := range []string{"", "\x7f\xff", "\x7f", "\x80", "\x3f\x7f\xbf", "\x7f\xfb\x80\x80\x80\x80", "\xff\x7f\xfe", "\x7f\xff\x80"} {
		f.Add(header+runs, "element", uint16(3))
	}
	f.Fuzz(func(t *testing.T, text, element string, i uint16) {
		s := new(String)
		s.SetText(text)
		h, ok := s.HyperLogLog()
		if !ok {
			return
		}
		var r, after Registers
		valid := h.ReadInto(&r)
		if valid {
			r.Estimate()
		}
		for range h.Runs() {
		}
		if _, ok := h.Add([]string{element, "another", element + "2"}, nil); !ok && s.String() != text {
			t.Fatalf("a failed Add makes %q of %q", s, text)
		} else if valid && !ok {
			t.Fatalf("Add to %q fails", text)
		}
		if valid {
			r[i%RegisterCount] = uint8(i >> 10)
			h.Merge(&r)
			if !h.ReadInto(&after) || !h.MakeDense() || after[i%RegisterCount] < r[i%RegisterCount] {
				t.Fatalf("%q is broken after a merge", s)
			}
		} else if before := s.String(); h.MakeDense() && !h.Dense() || !h.Dense() && s.String() != before {
			t.Fatalf("MakeDense makes %q of %q", s, before)
		}
	})
}

func BenchmarkHyperLogLogAdd(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint("elements=", n), func(b *testing.B) {
			h := newHyperLogLog(b, NewHyperLogLog())
			elements := make([]string, n)
			for i := range elements {
				elements[i] = strconv.Itoa(i)
			}
			h.Add(elements, nil)
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				i = (i + 1) % n
				h.Add(elements[i:i+1], nil)
			}
		})
	}
}

func BenchmarkEstimate(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		b.Run(fmt.Sprint("elements=", n), func(b *testing.B) {
			h := newHyperLogLog(b, NewHyperLogLog())
			for i := range n {
				h.Add([]string{strconv.Itoa(i)}, nil)
			}
			for b.Loop() {
				registersOf(b, h).Estimate()
			}
		})
	}
}
