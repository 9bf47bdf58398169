package ldb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A command, and any bytes around it.
func FuzzParse(f *testing.F) {
	f.Add("", "print", "x", "")
	f.Add("noise", "e", "return 1", "*1\r\n$1\r\ns\r\n")
	f.Add("*1\r\n$1", "s", "s", "\r\n")
	f.Fuzz(func(t *testing.T, before, name, arg, after string) {
		parse([]byte(before + name))
		request := fmt.Sprintf("*2\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(name), name, len(arg), arg)
		parse([]byte(before + request + after))
		if strings.ContainsAny(before, "*\x00") || name == "" || arg == "" || len(name) > maxWord || len(arg) > maxWord {
			return
		}
		for n := range len(request) {
			if words, more := parse([]byte(before + request[:n])); words != nil || !more && before+request[:n] != before {
				t.Fatalf("%q is no command yet: got %q, %v", before+request[:n], words, more)
			}
		}
		words, _ := parse([]byte(before + request + after))
		if d := cmp.Diff([]string{name, arg}, words); d != "" {
			t.Error(d)
		}
	})
}

func TestAtoi(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "x": 0, "12": 12, " \t-7x": -7, "+3": 3, "--3": 0, "0x10": 0, "2147483648": -2147483648, "99999999999999999999": -1, "-99999999999999999999": 0,
	} {
		if got := atoi(s); got != want {
			t.Errorf("%q: got %d, want %d", s, got, want)
		}
	}
}
