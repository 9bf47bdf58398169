package geohash

import (
	"math"

	"github.com/luastore/luastore/internal/libm"
)

// earthRadius is in metres, as are all distances.
const earthRadius = 6372797.560856

const degree = float64(math.Pi) / 180 // in radians, rounded twice as in C

// Distance returns how far it is from a to b.
func Distance(a, b Point) float64 {
	lat1, lat2 := float64(a.Latitude*degree), float64(b.Latitude*degree)
	v := libm.Sin((float64(b.Longitude*degree) - float64(a.Longitude*degree)) / 2)
	if v == 0 {
		return latitudeDistance(a.Latitude, b.Latitude)
	}
	u := libm.Sin((lat2 - lat1) / 2)
	h := float64(u*u) + float64(libm.Cos(lat1)*libm.Cos(lat2)*v*v)
	return 2 * earthRadius * libm.Asin(math.Sqrt(h))
}

// latitudeDistance is the distance of two points on a meridian.
func latitudeDistance(lat1, lat2 float64) float64 {
	return earthRadius * math.Abs(float64(lat2*degree)-float64(lat1*degree))
}
