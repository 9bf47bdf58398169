package command

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitWords(t *testing.T) {
	tests := []struct {
		line string
		want []string
	}{
		{"", nil},
		{"  a\tb  ", []string{"a", "b"}},
		{`"" ''`, []string{"", ""}},
		{`"\x41\x4g\xff\n\r\t\a\b\q\\\""`, []string{"A" + "x4g\xff\n\r\t\a\bq\\\""}},
		{`'\x41\'"'`, []string{`\x41'"`}},
		{`a"b c"`, []string{"ab c"}},
		{`a\ b`, []string{`a\`, "b"}},
		{"\va\vb\f \"c\"\vd", []string{"a\vb\f", "c", "d"}},
	}
	for _, test := range tests {
		words, err := SplitWords(test.line)
		var got []string
		for _, w := range words {
			got = append(got, w.Text)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%q: %v (-want +got):\n%s", test.line, err, diff)
		}
	}
}
