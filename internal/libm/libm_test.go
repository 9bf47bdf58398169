package libm

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestAgainstC compares with what C gives through lua5.1, for random arguments.
// C's results are themselves rounded wrongly now and then, and depend on the
// machine; so a few may differ, by two units in the last place.
func TestAgainstC(t *testing.T) {
	lua, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed: nothing to compare with")
	}
	for _, test := range []struct {
		name     string
		f        func(float64) float64
		from, to float64
	}{
		{"exp", Exp, -5, 5}, {"exp", Exp, -745, 709},
		{"log", Log, 0, 2}, {"log", Log, 0, 1e6},
		{"log10", Log10, 0, 2}, {"log10", Log10, 0, 1e6},
		{"sin", Sin, -4, 4}, {"sin", Sin, -1e5, 1e5}, {"sin", Sin, -1e15, 1e15}, {"sin", Sin, -1e300, 1e300},
		{"cos", Cos, -4, 4}, {"cos", Cos, -1e5, 1e5}, {"cos", Cos, -1e15, 1e15}, {"cos", Cos, -1e300, 1e300},
		{"tan", Tan, -4, 4}, {"tan", Tan, -1e5, 1e5},
		{"asin", Asin, -1, 1}, {"acos", Acos, -1, 1},
		{"atan", Atan, -5, 5}, {"atan", Atan, -1e5, 1e5},
		{"sinh", Sinh, -5, 5}, {"sinh", Sinh, -700, 700},
		{"cosh", Cosh, -5, 5}, {"cosh", Cosh, -700, 700},
		{"tanh", Tanh, -3, 3},
	} {
		r := rand.New(rand.NewPCG(1, 2))
		xs, ys := make([]float64, 20000), make([]float64, 20000)
		var in bytes.Buffer
		for i := range xs {
			xs[i] = test.from + (test.to-test.from)*r.Float64()
			if i%10 == 0 {
				xs[i] = math.Round(xs[i]*100) / 100
			}
			ys[i] = test.f(xs[i])
			fmt.Fprintf(&in, "%.17g\n", xs[i])
		}
		compare(t, lua, fmt.Sprintf("%s from %g to %g", test.name, test.from, test.to), "math."+test.name+"(tonumber(l))", &in, ys)
	}
	for _, test := range []struct {
		name     string
		f        func(x, y float64) float64
		from, to [2]float64
	}{
		{"pow", Pow, [2]float64{0, -10}, [2]float64{10, 10}},
		{"pow", Pow, [2]float64{0.9, -700}, [2]float64{1.1, 700}},
		{"pow", Pow, [2]float64{0, -200}, [2]float64{1000, 100}},
		{"atan2", Atan2, [2]float64{-5, -5}, [2]float64{5, 5}},
	} {
		r := rand.New(rand.NewPCG(3, 4))
		zs := make([]float64, 20000)
		var in bytes.Buffer
		for i := range zs {
			x := test.from[0] + (test.to[0]-test.from[0])*r.Float64()
			y := test.from[1] + (test.to[1]-test.from[1])*r.Float64()
			if i%10 == 0 {
				x, y = math.Round(x*10)/10, math.Round(y)
			}
			zs[i] = test.f(x, y)
			fmt.Fprintf(&in, "%.17g %.17g\n", x, y)
		}
		compare(t, lua, fmt.Sprint(test.name, " from ", test.from, " to ", test.to),
			"math."+test.name+"(tonumber(l:match('^%S+')), tonumber(l:match('%S+$')))", &in, zs)
	}
}

// compare evaluates an expression in lua5.1 for each line, and compares.
func compare(t *testing.T, lua, name, expression string, in *bytes.Buffer, got []float64) {
	cmd := exec.Command(lua, "-e", "for l in io.lines() do print(('%.17g'):format("+expression+")) end")
	cmd.Stdin = in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("lua5.1: %v", err)
	}
	differ, worst := 0, 0.0
	for i, line := range strings.Fields(string(out)) {
		want, err := strconv.ParseFloat(line, 64)
		if err != nil {
			t.Fatal(err)
		}
		if want == got[i] || math.IsNaN(want) && math.IsNaN(got[i]) {
			continue
		}
		differ++
		unit := math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want)
		worst = max(worst, math.Abs(want-got[i])/unit)
	}
	t.Logf("%s: %d of %d differ, by %g at most", name, differ, len(got), worst)
	if differ > len(got)/100 || worst > 2 {
		t.Errorf("%s: %d of %d differ, by %g units in the last place at most", name, differ, len(got), worst)
	}
}
