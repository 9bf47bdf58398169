package command_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// INCRBYFLOAT must add like Redis's long doubles, to the last digit.
func TestIncrByFloatDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	local := newLocal()
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	for range 5_000 {
		n, by := randomFloat(rnd), randomFloat(rnd)
		var replies [2]command.Reply
		for i, e := range []transcript.Executor{server, local} {
			e.Do([]string{"SET", "k", n})
			replies[i] = e.Do([]string{"INCRBYFLOAT", "k", by})
		}
		if want, got := replies[0].Str(), replies[1].Str(); want != got {
			t.Fatalf("%q + %q = %q, want %q", n, by, got, want)
		}
	}
}

// randomFloat returns a number's text in one of the many ways to write it, and
// seldom no number's.
func randomFloat(rnd *rand.Rand) string {
	digits := func(most int) string {
		var b strings.Builder
		for range rnd.IntN(most + 1) {
			b.WriteByte("0000123456789999"[rnd.IntN(16)])
		}
		return b.String()
	}
	sign := pick("", "", "-", "+")
	switch rnd.IntN(9) {
	case 0:
		return strconv.Itoa(rnd.IntN(2000) - 1000)
	case 1:
		return strconv.FormatFloat(rnd.NormFloat64()*math.Pow(10, float64(rnd.IntN(40)-20)), 'f', rnd.IntN(25), 64)
	case 2:
		return sign(rnd) + digits(25) + "." + digits(25)
	case 3:
		return sign(rnd) + digits(25) + "." + digits(5) + "e" + strconv.Itoa(rnd.IntN(10_200)-5100)
	case 4:
		return sign(rnd) + "0x" + strconv.FormatUint(rnd.Uint64()>>rnd.IntN(64), 16) + pick("", ".", ".8", ".fffffffffff8", ".00000000000000001")(rnd) +
			pick("", "p0", "p-70", "p+3", "p-16500", "p16320", "p16400")(rnd)
	case 5:
		return sign(rnd) + fmt.Sprint(uint64(1)<<rnd.IntN(64)) + pick("", ".5", ".25", ".0000000000000000001")(rnd)
	case 6:
		return strconv.FormatUint(rnd.Uint64(), 10) + digits(3) // around the 64 bits of the mantissa
	case 7:
		return sign(rnd) + "0." + strings.Repeat("0", rnd.IntN(25)) + digits(4)
	}
	return pick("inf", "-INF", "Infinity", "nan", "", ".", "-", "1e", "e1", "1e5000", "1e-5000", "3.6e-4951", "1.8e-4951",
		"1.9e-4951", "1.82259976594123730126e-4951", "1.82259976594123730127e-4951", "1.18973149535723176502e+4932",
		"1.18973149535723176508575932662800702e4932", "1.18973149535723176509e4932", strings.Repeat("9", 5119),
		strings.Repeat("0", 5118)+"1", strings.Repeat("0", 5119)+"1", "0x", "0x.p1", "0x1p", "1p5", " 1", "1 ", "1\x001")(rnd)
}
