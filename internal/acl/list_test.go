package acl

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A list has what was added and not removed, in order.
func TestList(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var l list
	want := []string{}
	for step := range 5000 {
		text := strconv.Itoa(rnd.IntN(50))
		at := slices.Index(want, text)
		if rnd.IntN(2) == 0 {
			if l.add(text, text); at < 0 {
				want = append(want, text)
			}
		} else {
			if l.remove(text) != (at >= 0) {
				t.Fatalf("step %d: removes %q, of %v", step, text, want)
			}
			if at >= 0 {
				want = slices.Delete(want, at, at+1)
			}
		}
		if step%100 == 0 {
			l = l.clone()
		}
		if diff := cmp.Diff(want, slices.AppendSeq([]string{}, l.all())); diff != "" {
			t.Fatalf("step %d (-want +got):\n%s", step, diff)
		}
		if len(l.texts) > 2*len(want)+1 {
			t.Fatalf("step %d: keeps %d texts for %d", step, len(l.texts), len(want))
		}
	}
}
