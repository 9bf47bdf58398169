package command

import (
	"math"
	"strconv"

	"github.com/luastore/luastore/internal/geohash"
	"github.com/luastore/luastore/internal/value"
)

// Places: sorted sets whose scores are geohashes. Searches are in geosearch.go.
var geoCommands = []Row{
	{Name: "geoadd", Arity: -5, Flags: Write | DenyOOM, Keys: oneKey(RW | Update), Run: geoAdd},
	{Name: "geodist", Arity: -4, Flags: Read, Keys: oneKey(RO | Access), Run: geoDist},
	{Name: "geohash", Arity: -2, Flags: Read, Keys: oneKey(RO | Access), Run: geoHash},
	{Name: "geopos", Arity: -2, Flags: Read, Keys: oneKey(RO | Access), Run: geoPos},
}

func geoAdd(c *Call) Reply {
	var o addOptions
	first := 2
options:
	for ; first < len(c.args); first++ {
		switch {
		case c.is(first, "nx"):
			o.nx = true
		case c.is(first, "xx"):
			o.xx = true
		case c.is(first, "ch"):
			o.ch = true
		default:
			break options
		}
	}
	if words := len(c.args) - first; words == 0 || words%3 != 0 || o.nx && o.xx {
		c.fail(errSyntax)
	}
	var scores []float64
	for i := first; i < len(c.args); i += 3 {
		scores = append(scores, geohash.Score(c.point(i)))
	}
	return c.addMembers(o, scores, func(n int) string { return c.arg(first + 3*n + 2) })
}

func geoDist(c *Call) Reply {
	unit := 1.0
	switch {
	case len(c.args) == 5:
		unit = c.unit(4)
	case len(c.args) > 5:
		c.fail(errSyntax)
	}
	z := c.sortedSet(1)
	a, ok := position(z, c.arg(2))
	b, ok2 := position(z, c.arg(3))
	if !ok || !ok2 {
		return Reply{}
	}
	return distance(geohash.Distance(a, b) / unit)
}

func geoHash(c *Call) Reply {
	return c.places(func(p geohash.Point, ok bool) Reply {
		if !ok {
			return Reply{}
		}
		return Bulk(geohash.Text(p))
	})
}

func geoPos(c *Call) Reply {
	return c.places(func(p geohash.Point, ok bool) Reply {
		if !ok {
			return NilArray()
		}
		return coordinates(p)
	})
}

// places answers, of each of the members after key 1, what reply says.
func (c *Call) places(reply func(p geohash.Point, ok bool) Reply) Reply {
	z := c.sortedSet(1)
	elems := c.room(len(c.args) - 2)[:len(c.args)-2]
	for i := range elems {
		elems[i] = reply(position(z, c.arg(i+2)))
		c.reserveReply(elems[i])
	}
	return Array(elems...)
}

// position returns where a member of z is; ok is false if it is none.
func position(z *value.SortedSet, member string) (p geohash.Point, ok bool) {
	score, ok := z.Score(member)
	return geohash.FromScore(score), ok
}

// point reads a longitude and a latitude, which are argument i and the next.
func (c *Call) point(i int) geohash.Point {
	p := geohash.Point{Longitude: c.double(i), Latitude: c.double(i + 1)}
	if !p.Valid() {
		c.fail("ERR invalid longitude,latitude pair " + sixDigits(p.Longitude) + "," + sixDigits(p.Latitude))
	}
	return p
}

// sixDigits is f as C's %f shows it.
func sixDigits(f float64) string {
	if math.IsInf(f, 0) {
		return FormatDouble(f)
	}
	return strconv.FormatFloat(f, 'f', 6, 64)
}

// units are those of distances, in metres.
var units = [...]struct {
	word   string
	metres float64
}{
	{"m", 1},
	{"km", 1000},
	{"ft", 0.3048},
	{"mi", 1609.34},
}

// unit returns the unit that argument i names, in metres.
func (c *Call) unit(i int) float64 {
	for _, u := range units {
		if c.is(i, u.word) {
			return u.metres
		}
	}
	c.fail("ERR unsupported unit provided. please use M, KM, FT, MI")
	return 0
}

// distance answers d with four digits after the point.
func distance(d float64) Reply { return Bulk(strconv.FormatFloat(d, 'f', 4, 64)) }

// coordinates answers the point.
func coordinates(p geohash.Point) Reply {
	return Array(LongDouble(p.Longitude), LongDouble(p.Latitude))
}
