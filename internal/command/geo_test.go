package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/luastore/luastore/internal/command"
	"github.com/luastore/luastore/internal/transcript"
)

// Searches among many places must find what a real Redis finds, in its order:
// random calls of any command seldom have enough places under one key. COUNT is
// left out, where Redis orders places that are equally far in a way of its own.
func TestGeoDifferential(t *testing.T) {
	server := transcript.StartRedis(t)
	rnd := rand.New(rand.NewPCG(*differentialSeed, 0))
	pickUnit := pick("m", "km", "ft", "mi")
	for done := 0; done < *differentialCommands/4; {
		server.Reset()
		local := transcript.NewLocal(command.NewTable(), time.Now())
		run := func(line string, values ...any) {
			done++
			args := strings.Fields(fmt.Sprintf(line, values...))
			if diff := compareReplies(local, args, server.Do(args), local.Do(args)); diff != "" {
				t.Fatalf("seed %d, %q (-want +got):\n%s", *differentialSeed, args, diff)
			}
		}

		// Places about one, all over the world or close together.
		spread := []float64{180, 85, 10, 1, 0.1}[rnd.IntN(5)]
		longitude, latitude := 340*rnd.Float64()-170, 160*rnd.Float64()-80
		about := func(middle, limit float64) float64 {
			return max(-limit, min(limit, middle+spread*(2*rnd.Float64()-1)))
		}
		point := func() string {
			return fmt.Sprint(about(longitude, 180), " ", about(latitude, 85.05112878))
		}
		size := func() float64 { return 300_000 * spread * rnd.Float64() * rnd.Float64() }

		places := 1 + rnd.IntN(200)
		for i := range places {
			run("GEOADD g %s m%d", point(), i)
		}
		for range 40 {
			member := fmt.Sprint("m", rnd.IntN(places))
			options := pick("", "ASC", "DESC", "WITHDIST", "WITHCOORD", "WITHHASH", "COUNT 3 ANY", "ASC WITHDIST")(rnd)
			switch unit := pickUnit(rnd); rnd.IntN(6) {
			case 0:
				run("GEORADIUS g %s %v %s %s", point(), size(), unit, options)
			case 1:
				run("GEORADIUSBYMEMBER_RO g %s %v %s %s", member, size(), unit, options)
			case 2:
				run("GEOSEARCH g FROMLONLAT %s BYBOX %v %v %s %s", point(), size(), size(), unit, options)
			case 3:
				run("GEOSEARCH g FROMMEMBER %s BYRADIUS %v %s %s", member, size(), unit, options)
			case 4:
				run("GEOSEARCHSTORE d g FROMLONLAT %s BYBOX %v %v m", point(), size(), size())
				run("ZRANGE d 0 -1 WITHSCORES")
			case 5:
				run("GEOPOS g %s", member)
				run("GEOHASH g %s", member)
				run("GEODIST g %s m0 %s", member, unit)
			}
		}
	}
}
