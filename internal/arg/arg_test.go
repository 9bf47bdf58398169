package arg

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAppend(t *testing.T) {
	text, number, at := "text", 7, time.Date(2024, 5, 6, 7, 8, 9, 10, time.UTC)
	var noText *string
	var noNumber *int
	var noTime *time.Time
	got, err := Append([]string{"first"}, []any{"a", 1, -2.5, true, nil, []byte("b"), time.Second, &text, &number, &at, noText, noNumber, noTime})
	want := []string{"first", "a", "1", "-2.5", "1", "", "b", "1000000000", "text", "7", "2024-05-06T07:08:09.00000001Z", "", "0", "0001-01-01T00:00:00Z"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, wrong := range []any{struct{}{}, make(chan int), []int{1}, &[]int{1}, map[string]int{}} {
		if got, err := Append(nil, []any{wrong}); err == nil {
			t.Errorf("of a %T it makes %q", wrong, got)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, test := range []struct{ args, want []any }{
		{nil, nil},
		{[]any{"a"}, []any{"a"}},
		{[]any{[]string{"a", "b"}}, []any{"a", "b"}},
		{[]any{[]any{1, nil, "b"}}, []any{1, nil, "b"}},
		{[]any{map[string]any{"k": 1}}, []any{"k", 1}},
		{[]any{map[string]string{"k": "v"}}, []any{"k", "v"}},
		{[]any{[]byte("ab")}, []any{[]byte("ab")}},
		{[]any{[]string{"a"}, 1}, []any{[]string{"a"}, 1}},
	} {
		if diff := cmp.Diff(test.want, Spread(test.args)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.args, diff)
		}
	}
}
