package bulk

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// never is a Checker of what need not end.
type never struct{}

func (never) Check()                {}
func (never) Done() <-chan struct{} { return nil }

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
		moved := make([]int, n)
		Move(moved, numbers, never{})
		if !slices.Equal(moved, numbers) {
			t.Errorf("Move of %d: other elements", n)
		}
		if Clear(moved, never{}); !slices.Equal(moved, make([]int, n)) {
			t.Errorf("Clear of %d: something is left", n)
		}
		text := strings.Repeat("0123456789a", n/11+1)[:n]
		if got := Concat(never{}, text); got != text {
			t.Errorf("Concat of one of %d: %d other bytes", n, len(got))
		}
		if got := string(Append(append(make([]byte, 0, n+3), "abc"...), text)); got != "abc"+text {
			t.Errorf("Append of %d: %d other bytes", n, len(got))
		}
		if got := Concat(never{}, "abc", "", text, text); got != "abc"+text+text {
			t.Errorf("Concat of %d: %d other bytes", n, len(got))
		}
	}
}

// A caller is a Checker, whose call ends once ended is closed.
type caller struct{ ended chan struct{} }

func (c *caller) Done() <-chan struct{} { return c.ended }

func (c *caller) Check() {
	select {
	case <-c.ended:
		panic(c)
	default:
	}
}

func TestGrow(t *testing.T) {
	goesOn := &caller{make(chan struct{})}
	for _, n := range []int{0, 1, large / 8, large/8 + 1, 3 * large / 8} {
		for _, had := range []int{0, n / 3, n, n + 1} {
			s := make([]int, had)
			for i := range s {
				s[i] = i + 1
			}
			want := make([]int, n)
			copy(want, s)
			if got := Grow(s, n, goesOn); !slices.Equal(got, want) {
				t.Errorf("%d elements of %d: other ones", n, had)
			}
		}
	}
}

// A call that must end does not wait for what is made for it.
func TestGrowEnds(t *testing.T) {
	c := &caller{make(chan struct{})}
	close(c.ended)
	for what, call := range map[string]func(){
		"Make":   func() { Make[byte](1<<30, c) },
		"Grow":   func() { Grow(make([]byte, large), large, c) },
		"Concat": func() { Concat(c, strings.Repeat("x", 1<<20)) },
		"Wait":   func() { Wait(func() bool { time.Sleep(time.Second); return true }, c) },
	} {
		func() {
			defer func() {
				if p := recover(); p != c {
					t.Errorf("%s: %v", what, p)
				}
			}()
			call()
		}()
	}
}
