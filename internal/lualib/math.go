package lualib

import (
	"math"

	"github.com/luastore/luastore/internal/libm"
	"github.com/luastore/luastore/internal/luavm"
)

// openMath makes the library, whose random numbers r gives.
func openMath(m *luavm.Machine, r *Random) {
	t := library(m, "math", []function{
		{"abs", of(math.Abs)},
		{"acos", of(libm.Acos)},
		{"asin", of(libm.Asin)},
		{"atan2", of2(libm.Atan2)},
		{"atan", of(libm.Atan)},
		{"ceil", of(math.Ceil)},
		{"cosh", of(libm.Cosh)},
		{"cos", of(libm.Cos)},
		{"deg", func(c *luavm.Call) { c.ReturnNumber(c.Number(1) / radian) }},
		{"exp", of(libm.Exp)},
		{"floor", of(math.Floor)},
		{"fmod", of2(fmod)},
		{"frexp", frexp},
		{"ldexp", ldexp},
		{"log10", of(libm.Log10)},
		{"log", of(libm.Log)},
		{"max", maximum},
		{"min", minimum},
		{"modf", modf},
		{"pow", of2(libm.Pow)},
		{"rad", func(c *luavm.Call) { c.ReturnNumber(c.Number(1) * radian) }},
		{"random", r.random},
		{"randomseed", func(c *luavm.Call) { r.seed(integer(c, 1)) }},
		{"sinh", of(libm.Sinh)},
		{"sin", of(libm.Sin)},
		{"sqrt", of(math.Sqrt)},
		{"tanh", of(libm.Tanh)},
		{"tan", of(libm.Tan)},
	})
	m.Set(t, m.Name("pi"), luavm.Number(math.Pi))
	m.Set(t, m.Name("huge"), luavm.Number(math.Inf(1)))
	m.Set(t, m.Name("mod"), t.GetText("fmod"))
}

const radian = math.Pi / 180

// of makes f a function of Lua.
func of(f func(float64) float64) func(*luavm.Call) {
	return func(c *luavm.Call) { c.ReturnNumber(f(c.Number(1))) }
}

// of2 makes f, of two numbers, a function of Lua. As Redis was compiled, it
// complains about the second one first.
func of2(f func(x, y float64) float64) func(*luavm.Call) {
	return func(c *luavm.Call) {
		y := c.Number(2)
		c.ReturnNumber(f(c.Number(1), y))
	}
}

// invalid is what the machines that Redis runs on make of an operation that
// has no result: a NaN that shows as negative.
var invalid = math.Float64frombits(0xFFF8 << 48)

func fmod(x, y float64) float64 {
	switch r := math.Mod(x, y); {
	case !math.IsNaN(r):
		return r
	case math.IsNaN(x):
		return x
	case math.IsNaN(y):
		return y
	}
	return invalid
}

func frexp(c *luavm.Call) {
	m, e := math.Frexp(c.Number(1))
	c.Return(luavm.Number(m), luavm.Int(e))
}

func ldexp(c *luavm.Call) {
	e := integer(c, 2)
	c.ReturnNumber(math.Ldexp(c.Number(1), e))
}

func modf(c *luavm.Call) {
	f := c.Number(1)
	whole := math.Trunc(f)
	rest := math.Copysign(f-whole, f)
	if math.IsInf(f, 0) {
		rest = math.Copysign(0, f)
	}
	c.Return(luavm.Number(whole), luavm.Number(rest))
}

func maximum(c *luavm.Call) {
	most := c.Number(1)
	for i := 2; i <= c.Len(); i++ {
		if f := c.Number(i); f > most {
			most = f
		}
	}
	c.ReturnNumber(most)
}

func minimum(c *luavm.Call) {
	least := c.Number(1)
	for i := 2; i <= c.Len(); i++ {
		if f := c.Number(i); f < least {
			least = f
		}
	}
	c.ReturnNumber(least)
}
