// Package geohash names places on the earth by integers that are near each
// other where the places are, and measures distances, with the results of
// Redis.
//
//	geohash.go   Point, Hash: encoding and decoding; Text
//	area.go      Area: circles and boxes; the cells that cover one
//	distance.go  distances on a sphere
//
// Products are converted to float64 before they are added to something, so that
// no compiler fuses the two operations: the last bit must be that of Redis.
package geohash

import "math"

// A Point is a place, in degrees.
type Point struct{ Longitude, Latitude float64 }

// The limits of places that can be encoded: those of web maps, which end before
// the poles.
const (
	MaxLongitude = 180
	MaxLatitude  = 85.05112878
)

// Valid says whether the point is within the limits.
func (p Point) Valid() bool {
	return -MaxLongitude <= p.Longitude && p.Longitude <= MaxLongitude &&
		-MaxLatitude <= p.Latitude && p.Latitude <= MaxLatitude
}

// maxStep is how often each axis is halved for a point: two bits each time.
const maxStep = 26

// Encode returns the 52 bits that a valid point is kept as.
func Encode(p Point) uint64 { return cellOf(p, MaxLatitude, maxStep).bits }

// Decode returns the middle of the smallest cell with the bits, within the
// limits.
func Decode(bits uint64) Point {
	r := cell{bits, maxStep}.rect()
	return Point{
		clamp((r.min.Longitude+r.max.Longitude)/2, MaxLongitude),
		clamp((r.min.Latitude+r.max.Latitude)/2, MaxLatitude),
	}
}

func clamp(f, limit float64) float64 { return max(-limit, min(f, limit)) }

// Score returns the score of a member at the point.
func Score(p Point) float64 { return float64(Encode(p)) }

// FromScore returns the place of a member with the score. Any score has one.
func FromScore(score float64) Point { return Decode(Bits(score)) }

// Bits returns the score as an integer, as C on x86 converts it: what is out of
// range too.
func Bits(score float64) uint64 {
	const top = 1 << 63
	if score >= top {
		return signed(score-top) ^ top
	}
	return signed(score)
}

func signed(f float64) uint64 {
	if f >= math.MinInt64 && f < -math.MinInt64 {
		return uint64(int64(f))
	}
	return 1 << 63
}

// textLetters are the digits of geohashes that are written.
const textLetters = "0123456789bcdefghjkmnpqrstuvwxyz"

// Text returns the geohash as it is usually written, whose latitudes go to the
// poles: eleven letters, the last of which is always 0.
func Text(p Point) string {
	bits := cellOf(p, 90, maxStep).bits
	text := [11]byte{10: '0'}
	for i := range 10 {
		text[i] = textLetters[bits>>(52-5*(i+1))&31]
	}
	return string(text[:])
}

// A cell is what remains of the world after each axis was halved step times;
// the bits are those of latitude and longitude in turn, that of latitude lowest.
type cell struct {
	bits uint64
	step uint
}

// cellOf returns the cell that holds p in a world that goes to the latitude.
func cellOf(p Point, maxLatitude float64, step uint) cell {
	index := func(f, limit float64) uint32 {
		return uint32((f + limit) / (2 * limit) * float64(uint64(1)<<step))
	}
	return cell{spread(index(p.Latitude, maxLatitude)) | spread(index(p.Longitude, MaxLongitude))<<1, step}
}

// rect is a part of the world between two points.
type rect struct{ min, max Point }

func (c cell) rect() rect {
	lat, long := squeeze(c.bits), squeeze(c.bits>>1)
	edge := func(i uint64, limit float64) float64 {
		return -limit + float64(float64(i)/float64(uint64(1)<<c.step)*(2*limit))
	}
	return rect{
		Point{edge(uint64(long), MaxLongitude), edge(uint64(lat), MaxLatitude)},
		Point{edge(uint64(long)+1, MaxLongitude), edge(uint64(lat)+1, MaxLatitude)},
	}
}

// spread puts a zero before each bit.
func spread(x uint32) uint64 {
	v := uint64(x)
	v = (v | v<<16) & 0x0000ffff0000ffff
	v = (v | v<<8) & 0x00ff00ff00ff00ff
	v = (v | v<<4) & 0x0f0f0f0f0f0f0f0f
	v = (v | v<<2) & 0x3333333333333333
	return (v | v<<1) & evenBits
}

// squeeze undoes spread.
func squeeze(v uint64) uint32 {
	v &= evenBits
	v = (v | v>>1) & 0x3333333333333333
	v = (v | v>>2) & 0x0f0f0f0f0f0f0f0f
	v = (v | v>>4) & 0x00ff00ff00ff00ff
	v = (v | v>>8) & 0x0000ffff0000ffff
	return uint32(v | v>>16)
}

const evenBits = 0x5555555555555555
