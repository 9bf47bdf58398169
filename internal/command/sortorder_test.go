package command

import (
	"math"
	"testing"
)

// A real Redis that has met one number out of range goes on to say so of
// others, so that these are not in a transcript.
func TestParseScore(t *testing.T) {
	tests := []struct {
		text string
		want float64
		ok   bool
	}{
		{"", 0, true},
		{"-7", -7, true},
		{"01", 1, true},
		{" \t1.5e3", 1500, true},
		{"1\x00a", 1, true},
		{"-0x1p-3", -0.125, true},
		{"0x1F", 31, true},
		{"1e308", 1e308, true},
		{"1e-307", 1e-307, true},
		{"0e-400", 0, true},
		{"0x1p-1074", 0x1p-1074, true},
		{"-Infinity", math.Inf(-1), true},
		{"1e309", 0, false},
		{"-1e400", 0, false},
		{"1e5000", 0, false},
		{"1e-310", 0, false},
		{"1e-400", 0, false},
		{"nan", 0, false},
		{"1 ", 0, false},
		{" ", 0, false},
		{"1_0", 0, false},
		{"x", 0, false},
	}
	for _, test := range tests {
		got, ok := parseScore(test.text)
		if ok != test.ok || ok && got != test.want {
			t.Errorf("parseScore(%q) = %v, %t; want %v, %t", test.text, got, ok, test.want, test.ok)
		}
	}
}
