package value

import (
	"math"
	"strconv"
	"testing"
)

func TestParseInt(t *testing.T) {
	tests := []struct {
		text string
		want int64
		ok   bool
	}{
		{"0", 0, true},
		{"7", 7, true},
		{"-7", -7, true},
		{"9223372036854775807", math.MaxInt64, true},
		{"-9223372036854775808", math.MinInt64, true},
		{"9223372036854775808", 0, false},
		{"-9223372036854775809", 0, false},
		{"9999999999999999999", 0, false},
		{"18446744073709551617", 0, false},
		{"", 0, false},
		{"-", 0, false},
		{"-0", 0, false},
		{"+1", 0, false},
		{"01", 0, false},
		{"-01", 0, false},
		{"00", 0, false},
		{" 1", 0, false},
		{"1 ", 0, false},
		{"1\x00", 0, false},
		{"1.0", 0, false},
		{"--1", 0, false},
		{"0x1", 0, false},
		{"1e3", 0, false},
	}
	for _, test := range tests {
		if got, ok := ParseInt(test.text); got != test.want || ok != test.ok {
			t.Errorf("ParseInt(%q) = %d, %t; want %d, %t", test.text, got, ok, test.want, test.ok)
		}
	}
}

// A text is canonical exactly if printing its number gives it back.
func FuzzParseInt(f *testing.F) {
	f.Add("-9223372036854775808")
	f.Add("+1")
	f.Add("00")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := strconv.ParseInt(s, 10, 64)
		want := err == nil && strconv.FormatInt(n, 10) == s
		if !want {
			n = 0
		}
		if got, ok := ParseInt(s); got != n || ok != want {
			t.Errorf("ParseInt(%q) = %d, %t; want %d, %t", s, got, ok, n, want)
		}
	})
}
