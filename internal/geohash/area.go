package geohash

import (
	"math"

	"github.com/luastore/luastore/internal/libm"
)

// An Area is a circle or, where Box is set, a box about a point. The sizes are
// in metres.
type Area struct {
	Center        Point
	Radius        float64
	Box           bool
	Width, Height float64
}

// Contains says whether the point is in the area, and how far it is from the
// centre.
func (a *Area) Contains(p Point) (distance float64, ok bool) {
	if !a.Box {
		distance = Distance(a.Center, p)
		return distance, distance <= a.Radius
	}
	if latitudeDistance(p.Latitude, a.Center.Latitude) > a.Height/2 ||
		Distance(p, Point{a.Center.Longitude, p.Latitude}) > a.Width/2 {
		return 0, false
	}
	return Distance(a.Center, p), true
}

// bounds returns the part of the world that the area takes: at least that, and
// it may go beyond the limits.
func (a *Area) bounds() rect {
	width, height := a.Radius, a.Radius
	if a.Box {
		width, height = a.Width/2, a.Height/2
	}
	lat := height / earthRadius / degree
	edge := a.Center.Latitude + lat // the one that is nearer to a pole
	if a.Center.Latitude < 0 {
		edge = a.Center.Latitude - lat
	}
	long := width / earthRadius / libm.Cos(edge*degree) / degree
	return rect{
		Point{a.Center.Longitude - long, a.Center.Latitude - lat},
		Point{a.Center.Longitude + long, a.Center.Latitude + lat},
	}
}

// reach is how far the area goes from its centre.
func (a *Area) reach() float64 {
	if !a.Box {
		return a.Radius
	}
	w, h := a.Width/2, a.Height/2
	return math.Sqrt(float64(w*w) + float64(h*h))
}

// step returns how small the cells can be for nine of them to cover the area in
// most places. They must be larger near to the poles.
func (a *Area) step() uint {
	const equator = 20037726.37 // half of its length on a web map
	reach := a.reach()
	if reach == 0 {
		return maxStep
	}
	step := -1
	for ; reach < equator; step++ {
		reach *= 2
	}
	if lat := math.Abs(a.Center.Latitude); lat > 80 {
		step -= 2
	} else if lat > 66 {
		step--
	}
	return uint(max(1, min(step, maxStep)))
}

// A Range is the bits from Min up to Max, without that.
type Range struct{ Min, Max uint64 }

// Ranges returns the bits of the points that may be in the area, in the order
// in which Redis looks for them: the cell of the centre and those around it, as
// far as they are needed.
func (a *Area) Ranges() []Range {
	bounds, step := a.bounds(), a.step()
	center := cellOf(a.Center, MaxLatitude, step)
	if step > 1 && !center.reaches(bounds) {
		step--
		center = cellOf(a.Center, MaxLatitude, step)
	}
	at := center.rect()
	var found []Range
	var last cell
	for _, d := range around {
		needless := d.north > 0 && at.max.Latitude > bounds.max.Latitude ||
			d.north < 0 && at.min.Latitude < bounds.min.Latitude ||
			d.east > 0 && at.max.Longitude > bounds.max.Longitude ||
			d.east < 0 && at.min.Longitude < bounds.min.Longitude
		c := center.move(d)
		// Large cells have the same one on both sides.
		if needless && step >= 2 || len(found) > 1 && c == last {
			continue
		}
		shift := 2 * (maxStep - step)
		found = append(found, Range{c.bits << shift, (c.bits + 1) << shift})
		last = c
	}
	return found
}

// direction is a step to a neighbouring cell, or none.
type direction struct{ north, east int }

var (
	north, south, east, west = direction{1, 0}, direction{-1, 0}, direction{0, 1}, direction{0, -1}

	around = [9]direction{{}, north, south, east, west, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}}
)

// reaches says whether the cell and its neighbours go to the bounds on all
// sides, as far as these are numbers.
func (c cell) reaches(bounds rect) bool {
	return !(c.move(north).rect().max.Latitude < bounds.max.Latitude ||
		c.move(south).rect().min.Latitude > bounds.min.Latitude ||
		c.move(east).rect().max.Longitude < bounds.max.Longitude ||
		c.move(west).rect().min.Longitude > bounds.min.Longitude)
}

// move returns the cell in that direction; the world is round that way and the
// other.
func (c cell) move(d direction) cell {
	move := func(bits uint64, by int) uint64 {
		if by != 0 {
			bits = spread((squeeze(bits) + uint32(by)) & (1<<c.step - 1))
		}
		return bits & evenBits
	}
	return cell{move(c.bits, d.north) | move(c.bits>>1, d.east)<<1, c.step}
}
