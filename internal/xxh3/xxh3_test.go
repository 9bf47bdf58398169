package xxh3

import (
	"fmt"
	"strings"
	"testing"
)

// The hashes are those of another implementation, github.com/zeebo/xxh3: about
// each length from which on the algorithm is another one.
func TestSum64(t *testing.T) {
	text := make([]byte, 3000)
	for i := range text {
		text[i] = byte(i*7 + i>>3)
	}
	for _, test := range []struct {
		length int
		want   uint64
	}{
		{0, 0x2d06800538d394c2},
		{1, 0xc44bdff4074eecdb},
		{2, 0x9093381c8763d62e},
		{3, 0xc3489259e968ad9e},
		{4, 0xd3d60c1519014e89},
		{5, 0x559935c0f3f7327f},
		{8, 0xb88dee77f6bf6980},
		{9, 0xe30d5caca7837bfc},
		{16, 0xc4b97053044ed655},
		{17, 0xfa8112ca470ffc9d},
		{32, 0x644edb0fd7b2e1ba},
		{33, 0x6506a62c48d005f6},
		{64, 0xce516c49f0e8c71b},
		{96, 0x0dd2b26232edf140},
		{128, 0x21eba62914e61259},
		{129, 0x4c5204f73632c1ca},
		{144, 0x0ff4e094edae7084},
		{239, 0xa1fd78d068280921},
		{240, 0x21ecbd55f2201088},
		{241, 0x14d2ef1929c20074},
		{256, 0x43af63c4943d145c},
		{1023, 0x85638301a06e78fd},
		{1024, 0xaafe3582686eb30e},
		{1025, 0xc33726655b5d4ce2},
		{2048, 0xe4a7ffa2e9d4e113},
		{2049, 0x7edcb7f67607b998},
		{3000, 0x0f236410cebf0c58},
	} {
		if got := Sum64(string(text[:test.length]), nil); got != test.want {
			t.Errorf("%d bytes: %016x, want %016x", test.length, got, test.want)
		}
	}
}

func BenchmarkSum64(b *testing.B) {
	for _, n := range []int{8, 100, 10_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := strings.Repeat("x", n)
			b.SetBytes(int64(n))
			for b.Loop() {
				Sum64(s, nil)
			}
		})
	}
}
