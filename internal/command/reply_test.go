package command_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

func TestRESP2(t *testing.T) {
	kind := func(k command.Kind, s string) command.Reply { return command.Text(k, s) }
	tests := []struct {
		name        string
		reply, want command.Reply
	}{
		{"nil", command.Reply{}, command.Reply{}},
		{"status", command.OK, command.OK},
		{"double", command.Double(1.5), command.Bulk("1.5")},
		{"true", command.Bool(true), command.Int(1)},
		{"false", command.Bool(false), command.Int(0)},
		{"big number", kind(command.BigNumberKind, "123"), command.Bulk("123")},
		{"verbatim text", kind(command.VerbatimKind, "txt:a:b"), command.Bulk("a:b")},
		{"map in a set", command.Set(command.Map(command.Bulk("k"), command.Double(0.1))),
			command.Array(command.Array(command.Bulk("k"), command.Bulk("0.10000000000000001")))},
	}
	for _, test := range tests {
		want, got := transcript.Render(test.want, transcript.Exact), transcript.Render(test.reply.RESP2(), transcript.Exact)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Doubles must look like those of C.
func TestFormatDouble(t *testing.T) {
	server := transcript.StartRedis(t)
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	floats := []float64{0, math.Copysign(0, -1), 1, 0.1, 1e15, 1e16, 1e17, 1e-4, 1e-5, 123456789012345678,
		math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1)}
	for range 2000 {
		if f := math.Float64frombits(rnd.Uint64()); !math.IsNaN(f) {
			floats = append(floats, f, rnd.NormFloat64(), math.Trunc(rnd.NormFloat64()*1e6))
		}
	}
	for _, f := range floats {
		text := strconv.FormatFloat(f, 'g', -1, 64)
		want := server.Do([]string{"EVAL", "return string.format('%.17g', ARGV[1])", "0", text})
		if got := command.FormatDouble(f); got != want.Str() {
			t.Errorf("%s is printed as %q, want %q", text, got, want.Str())
		}
	}
}
