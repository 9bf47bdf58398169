package rdb

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLibraries(t *testing.T) {
	for _, sources := range [][]string{nil, {""}, {"12", "#!lua name=a\n", strings.Repeat("x", 100_000)}} {
		ticks := 0
		got, err := RestoreLibraries(DumpLibraries(sources), func(n int) { ticks += n }, nil)
		if diff := cmp.Diff(sources, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
		if least := len(strings.Join(sources, "")) / bytesPerTick; ticks < least {
			t.Errorf("%d ticks; want %d", ticks, least)
		}
	}
}

func TestLibrariesFail(t *testing.T) {
	const good = "\xf5\x03abc"
	for _, test := range []struct {
		object string
		before []string // that can be read
		want   error
	}{
		{"\x00\x01v", nil, ErrNoLibrary},
		{"\xf6\x01v", nil, ErrNoLibrary},
		{good + "\x00\x01v", []string{"abc"}, ErrNoLibrary},
		{good + "\xf5", []string{"abc"}, ErrFormat},
		{good + "\xf5\x80\xff\xff\xff\xff", []string{"abc"}, ErrFormat},
		{"\xf5\x81\xff\xff\xff\xff\xff\xff\xff\xff", nil, ErrFormat},
		{"\xf5\xc3\x01\x80\xff\xff\xff\xffx", nil, ErrFormat},
	} {
		got, err := RestoreLibraries(string(seal([]byte(test.object), func(int) {})), func(int) {}, nil)
		if diff := cmp.Diff(test.before, got); diff != "" || !errors.Is(err, test.want) {
			t.Errorf("%q: %v; want %v (-want +got)\n%s", test.object, err, test.want, diff)
		}
	}
	payload := DumpLibraries([]string{"abc"})
	for i := range len(payload) {
		changed := payload[:i] + string(payload[i]^1) + payload[i+1:]
		if sources, err := RestoreLibraries(changed, func(int) {}, nil); err != ErrChecksum || sources != nil {
			t.Errorf("byte %d is changed: %q, %v", i, sources, err)
		}
	}
	for _, payload := range []string{"", "x", payload[:len(payload)-1]} {
		if _, err := RestoreLibraries(payload, func(int) {}, nil); err != ErrChecksum {
			t.Errorf("%q: %v", payload, err)
		}
	}
}

func FuzzRestoreLibraries(f *testing.F) {
	f.Add([]byte("\xf5\x03abc"))
	f.Add([]byte("\xf5\xc3\x05\x0a\x00x\xe0\x00\x00"))
	f.Fuzz(func(t *testing.T, object []byte) {
		sources, err := RestoreLibraries(string(seal(object, func(int) {})), func(int) {}, nil)
		if err != nil {
			return
		}
		again, err := RestoreLibraries(DumpLibraries(sources), func(int) {}, nil)
		if diff := cmp.Diff(sources, again); diff != "" || err != nil {
			t.Errorf("%v (-want +got)\n%s", err, diff)
		}
	})
}
