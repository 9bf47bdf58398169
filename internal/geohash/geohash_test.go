package geohash

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func randomPoint(rnd *rand.Rand, maxLatitude float64) Point {
	return Point{MaxLongitude * (2*rnd.Float64() - 1), maxLatitude * (2*rnd.Float64() - 1)}
}

// A point is in the cell that it is kept as, and the middle of that is kept as
// the same.
func TestEncode(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 0))
	for range 10_000 {
		p := randomPoint(rnd, MaxLatitude)
		bits := Encode(p)
		got := Decode(bits)
		if d := Distance(p, got); d > 0.6 {
			t.Fatalf("%v is kept as %v, %v metres away", p, got, d)
		}
		if Encode(got) != bits || FromScore(Score(p)) != got {
			t.Fatalf("%v is kept as %x, its middle as %x", p, bits, Encode(got))
		}
	}
}

func TestText(t *testing.T) {
	tests := []struct {
		p    Point
		want string
	}{
		{Point{-5.6, 42.6}, "ezs42"},
		{Point{10.40744, 57.64911}, "u4pruydqqv"},
		{Point{0, 0}, "s00000000"},
		{Point{-180, -90}, "0000000000"},
	}
	for _, test := range tests {
		if got := Text(test.p); !strings.HasPrefix(got, test.want) || len(got) != 11 {
			t.Errorf("Text(%v) is %s, want %s…", test.p, got, test.want)
		}
	}
}

func TestDistance(t *testing.T) {
	quarter := earthRadius * math.Pi / 2
	tests := []struct {
		a, b Point
		want float64
	}{
		{Point{10, 20}, Point{10, 20}, 0},
		{Point{0, 0}, Point{90, 0}, quarter},
		{Point{0, 0}, Point{180, 0}, 2 * quarter},
		{Point{-90, 0}, Point{180, 0}, quarter},
		{Point{7, -45}, Point{7, 45}, quarter},
		{Point{-90, 45}, Point{90, 45}, quarter},
	}
	for _, test := range tests {
		got, back := Distance(test.a, test.b), Distance(test.b, test.a)
		if math.Abs(got-test.want) > 1e-6 || got != back {
			t.Errorf("from %v to %v: %v, and back %v; want %v", test.a, test.b, got, back, test.want)
		}
	}
}

// What an area contains is in one of its ranges, and in no more, away from the
// poles, where the cells that Redis looks at do not cover all.
func TestRangesCoverArea(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 0))
	inside := 0
	for range 3_000 {
		size := math.Pow(10, 1+6*rnd.Float64())
		a := Area{Center: randomPoint(rnd, 50), Radius: size / 2, Box: rnd.IntN(2) == 0, Width: size, Height: size * rnd.Float64()}
		ranges := a.Ranges()
		for range 50 {
			degrees := size / 111_000
			p := Point{
				a.Center.Longitude + degrees*(2*rnd.Float64()-1),
				a.Center.Latitude + degrees*(2*rnd.Float64()-1),
			}
			if !p.Valid() {
				continue
			}
			if _, ok := a.Contains(p); !ok {
				continue
			}
			inside++
			bits, in := Encode(p), 0
			for _, r := range ranges {
				if r.Min <= bits && bits < r.Max {
					in++
				}
			}
			if in != 1 {
				t.Fatalf("%v, which is in %+v, is in %d of its ranges", p, a, in)
			}
		}
	}
	if inside < 10_000 {
		t.Errorf("only %d points were inside", inside)
	}
}

// Whatever the area, its ranges are few, and none is twice there.
func TestRangesDiffer(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 0))
	for _, size := range []float64{0, 1e-9, 1, 1e6, 1e7, 3e7, 1e300, math.Inf(1)} {
		for range 100 {
			a := Area{Center: randomPoint(rnd, MaxLatitude), Radius: size, Box: rnd.IntN(2) == 0, Width: size, Height: size}
			ranges := a.Ranges()
			seen := slices.Clone(ranges)
			slices.SortFunc(seen, func(a, b Range) int { return int(int64(a.Min) - int64(b.Min)) })
			if seen = slices.Compact(seen); len(seen) != len(ranges) || len(ranges) == 0 || len(ranges) > 9 {
				t.Fatalf("the ranges of %+v: %v", a, ranges)
			}
		}
	}
}

func TestBitsOfAnyScore(t *testing.T) {
	for score, want := range map[float64]uint64{
		0.9:          0,
		-1:           math.MaxUint64,
		1 << 52:      1 << 52,
		1 << 63:      1 << 63,
		1e300:        0,
		math.Inf(1):  0,
		math.Inf(-1): 1 << 63,
	} {
		if got := Bits(score); got != want {
			t.Errorf("Bits(%v) is %x, want %x", score, got, want)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for b.Loop() {
		Encode(Point{13.361389, 38.115556})
	}
}

func BenchmarkDistance(b *testing.B) {
	for b.Loop() {
		Distance(Point{13.361389, 38.115556}, Point{15.087269, 37.502669})
	}
}

func BenchmarkRanges(b *testing.B) {
	for _, radius := range []float64{1, 1e3, 1e6} {
		b.Run(fmt.Sprint("radius=", radius), func(b *testing.B) {
			a := Area{Center: Point{13.361389, 38.115556}, Radius: radius}
			for b.Loop() {
				a.Ranges()
			}
		})
	}
}
