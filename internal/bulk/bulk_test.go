package bulk

import (
	"slices"
	"strings"
	"testing"
)

func TestBulk(t *testing.T) {
	for _, n := range []int{0, 1, part - 1, part, part + 1, 3 * part, 3*part + 5} {
		numbers := make([]int, n)
		for i := range numbers {
			numbers[i] = i
		}
		for _, room := range []int{0, n / 2, n, n + part + 1} {
			got, want := make([]int, room), make([]int, room)
			if a, b := Copy(got, numbers), copy(want, numbers); a != b || !slices.Equal(got, want) {
				t.Errorf("Copy of %d to %d: %d, want %d", n, room, a, b)
			}
		}
		text := strings.Repeat("0123456789a", n/11+1)[:n]
		if got := Clone(text); got != text {
			t.Errorf("Clone of %d: %d other bytes", n, len(got))
		}
		if got := string(Append(append(make([]byte, 0, n+3), "abc"...), text)); got != "abc"+text {
			t.Errorf("Append of %d: %d other bytes", n, len(got))
		}
		var b strings.Builder
		b.Grow(n + 3)
		b.WriteString("abc")
		Write(&b, text)
		if b.String() != "abc"+text {
			t.Errorf("Write of %d: %d other bytes", n, b.Len())
		}
	}
}
