package bulk

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPile(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var p Pile[int]
		var want []int
		for range 20 {
			switch n := rnd.IntN(3 * chunk); rnd.IntN(8) {
			case 0:
				p.Clear()
				want = nil
			case 1, 2, 3:
				for range min(n, len(want)) {
					p.Drop()
					want = want[:len(want)-1]
				}
			default:
				for i := range n {
					*p.Add() = i
					want = append(want, i)
				}
			}
			got := make([]int, p.Len())
			for i := range got {
				got[i] = *p.At(i)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: %d elements, want %d", seed, len(got), len(want))
			}
		}
	}
}
