package command

import (
	"cmp"
	"slices"

	"github.com/luastore/luastore/internal/geohash"
	"github.com/luastore/luastore/internal/value"
)

// Searches for places. GEOSEARCH says in options where it searches, and
// GEORADIUS before them.
var geoSearchCommands = []Row{
	{Name: "georadius", Arity: -6, Flags: Write | DenyOOM | MovableKeys, Keys: radiusKeys(6), Run: geoRadius(true)},
	{Name: "georadius_ro", Arity: -6, Flags: Read, Keys: oneKey(RO | Access), Run: geoRadius(false)},
	{Name: "georadiusbymember", Arity: -5, Flags: Write | DenyOOM | MovableKeys, Keys: radiusKeys(5), Run: geoRadiusByMember(true)},
	{Name: "georadiusbymember_ro", Arity: -5, Flags: Read, Keys: oneKey(RO | Access), Run: geoRadiusByMember(false)},
	{Name: "geosearch", Arity: -7, Flags: Read, Keys: oneKey(RO | Access), Run: geoSearch},
	{Name: "geosearchstore", Arity: -8, Flags: Write | DenyOOM, Keys: fromTo(OW|Update, RO|Access), Run: geoSearchStore},
}

// radiusKeys are a source and, after a word among the arguments from i on, a
// destination.
func radiusKeys(i int) []KeySpec {
	return append(oneKey(RO|Access),
		KeySpec{Flags: OW | Update, Keyword: "STORE", Begin: i, Step: 1},
		KeySpec{Flags: OW | Update, Keyword: "STOREDIST", Begin: i, Step: 1})
}

func geoRadius(mayStore bool) func(*Call) Reply {
	return func(c *Call) Reply {
		z := c.sortedSet(1)
		s := geoQuery{}
		s.area.Center = c.point(2)
		c.radius(&s, 4)
		c.radiusOptions(&s, 6, mayStore)
		return c.answerSearch(&s, z, "georadiusstore")
	}
}

func geoRadiusByMember(mayStore bool) func(*Call) Reply {
	return func(c *Call) Reply {
		z := c.sortedSet(1)
		s := geoQuery{}
		if z != nil {
			s.area.Center = c.member(z, 2)
			c.radius(&s, 3)
		}
		c.radiusOptions(&s, 5, mayStore)
		return c.answerSearch(&s, z, "georadiusstore")
	}
}

func geoSearch(c *Call) Reply {
	z := c.sortedSet(1)
	s := geoQuery{}
	c.searchOptions(&s, z, 2)
	return c.answerSearch(&s, z, "")
}

func geoSearchStore(c *Call) Reply {
	z := c.sortedSet(2)
	s := geoQuery{storeAt: 1}
	c.searchOptions(&s, z, 3)
	return c.answerSearch(&s, z, "geosearchstore")
}

// geoQuery is what a search looks for, and what it does with that.
type geoQuery struct {
	area  geohash.Area
	unit  float64 // of distances, in metres
	count int64   // 0: all
	any   bool    // those that are found first, not the nearest
	order int     // 1: the nearest first; -1: the farthest; 0: as they are found

	withDist, withHash, withCoord bool

	storeAt   int  // the argument that is the key to store at; 0: none
	storeDist bool // distances, not geohashes
}

// member returns where the member that is argument i is.
func (c *Call) member(z *value.SortedSet, i int) geohash.Point {
	p, ok := position(z, c.arg(i))
	if !ok {
		c.fail("ERR could not decode requested zset member")
	}
	return p
}

// radius reads the radius and its unit, which are argument i and the next.
func (c *Call) radius(s *geoQuery, i int) {
	radius := c.doubleOr(i, "ERR need numeric radius")
	if radius < 0 {
		c.fail("ERR radius cannot be negative")
	}
	s.unit = c.unit(i + 1)
	s.area.Radius = radius * s.unit
}

// box reads the sizes of a box and their unit, which begin at argument i.
func (c *Call) box(s *geoQuery, i int) {
	width := c.doubleOr(i, "ERR need numeric width")
	height := c.doubleOr(i+1, "ERR need numeric height")
	if width < 0 || height < 0 {
		c.fail("ERR height or width cannot be negative")
	}
	s.unit = c.unit(i + 2)
	s.area.Box, s.area.Width, s.area.Height = true, width*s.unit, height*s.unit
}

// geoOption reads the option at argument i, which must be one that all searches
// have, and returns how many words it takes.
func (c *Call) geoOption(s *geoQuery, i int) int {
	switch {
	case c.is(i, "withdist"):
		s.withDist = true
	case c.is(i, "withhash"):
		s.withHash = true
	case c.is(i, "withcoord"):
		s.withCoord = true
	case c.is(i, "any"):
		s.any = true
	case c.is(i, "asc"):
		s.order = 1
	case c.is(i, "desc"):
		s.order = -1
	case c.is(i, "count") && i+1 < len(c.args):
		if s.count = c.int(i + 1); s.count <= 0 {
			c.fail("ERR COUNT must be > 0")
		}
		return 2
	default:
		c.fail(errSyntax)
	}
	return 1
}

// radiusOptions reads the options of GEORADIUS from argument i on.
func (c *Call) radiusOptions(s *geoQuery, i int, mayStore bool) {
	for i < len(c.args) {
		if dist := c.is(i, "storedist"); mayStore && (dist || c.is(i, "store")) && i+1 < len(c.args) {
			s.storeAt, s.storeDist = i+1, dist
			i += 2
		} else {
			i += c.geoOption(s, i)
		}
	}
	c.checkQuery(s, "STORE option in GEORADIUS")
}

// searchOptions reads the options of GEOSEARCH from argument i on.
func (c *Call) searchOptions(s *geoQuery, z *value.SortedSet, i int) {
	var fromMember, fromPoint, byRadius bool
	for left := len(c.args) - i; left > 0; left = len(c.args) - i {
		switch {
		case c.is(i, "frommember") && left > 1 && !fromPoint:
			if z != nil {
				s.area.Center = c.member(z, i+1)
			}
			fromMember = true
			i += 2
		case c.is(i, "fromlonlat") && left > 2 && !fromMember:
			s.area.Center = c.point(i + 1)
			fromPoint = true
			i += 3
		case c.is(i, "byradius") && left > 2 && !s.area.Box:
			c.radius(s, i+1)
			byRadius = true
			i += 3
		case c.is(i, "bybox") && left > 3 && !byRadius:
			c.box(s, i+1)
			i += 4
		case c.is(i, "storedist") && s.storeAt > 0:
			s.storeDist = true
			i++
		default:
			i += c.geoOption(s, i)
		}
	}
	c.checkQuery(s, "GEOSEARCHSTORE", func() {
		if !fromMember && !fromPoint {
			c.fail("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + c.arg(0))
		}
		if !byRadius && !s.area.Box {
			c.fail("ERR exactly one of BYRADIUS and BYBOX can be specified for " + c.arg(0))
		}
	})
}

// checkQuery fails the call where its options do not go together. More checks
// come between those that all searches have.
func (c *Call) checkQuery(s *geoQuery, storing string, more ...func()) {
	if s.storeAt > 0 && (s.withDist || s.withHash || s.withCoord) {
		c.fail("ERR " + storing + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options")
	}
	for _, check := range more {
		check()
	}
	if s.any && s.count == 0 {
		c.fail("ERR the ANY argument requires COUNT argument")
	}
	if s.count > 0 && s.order == 0 && !s.any {
		s.order = 1 // to know the nearest
	}
}

// geoMatch is a member that a search has found.
type geoMatch struct {
	member          string
	score, distance float64 // the distance in metres
	at              geohash.Point
}

// matchTicks is what it takes to see how far a place is, in ticks.
const matchTicks = 30

// search returns the members of z that the search finds, in its order.
func (c *Call) search(s *geoQuery, z *value.SortedSet) []geoMatch {
	var matches []geoMatch
	full := func() bool { return s.any && int64(len(matches)) >= s.count }
	for _, r := range s.area.Ranges() {
		from, to := z.ByScore(value.ScoreRange{Min: float64(r.Min), Max: float64(r.Max), ExcludeMax: true})
		for member, score := range z.Range(from, to) {
			if full() {
				break
			}
			c.tick(matchTicks)
			m := geoMatch{member: member, score: score, at: geohash.FromScore(score)}
			var ok bool
			if m.distance, ok = s.area.Contains(m.at); ok {
				matches = appendOne(matches, m, c)
			}
		}
	}
	if s.order != 0 {
		slices.SortStableFunc(matches, func(a, b geoMatch) int {
			c.tick(compareTicks)
			return s.order * cmp.Compare(a.distance, b.distance)
		})
	}
	if s.count > 0 && int64(len(matches)) > s.count {
		matches = matches[:s.count]
	}
	return matches
}

// answerSearch answers what the search finds in z, or stores it and sends the event.
func (c *Call) answerSearch(s *geoQuery, z *value.SortedSet, event string) Reply {
	var matches []geoMatch
	if z != nil {
		matches = c.search(s, z)
	}
	if s.storeAt == 0 {
		elems := c.room(len(matches))
		for i := range matches {
			c.tick(elementTicks)
			r := match(s, &matches[i])
			c.reserveReply(r)
			elems = append(elems, r)
		}
		return Array(elems...)
	}
	result := value.NewLargeSortedSet().Within(c.limits())
	for _, m := range matches {
		c.tick(addTicks)
		if s.storeDist {
			m.score = m.distance / s.unit
		}
		result.MakeRoom(c)
		result.Set(m.member, m.score)
	}
	result.Fit()
	c.Count(max(result.Len()-1, 0)) // each member is a change
	return c.store(s.storeAt, result, event)
}

// match answers a member that was found, with what was asked for.
func match(s *geoQuery, m *geoMatch) Reply {
	elems := []Reply{Bulk(m.member)}
	if s.withDist {
		elems = append(elems, distance(m.distance/s.unit))
	}
	if s.withHash {
		elems = append(elems, Int(int64(geohash.Bits(m.score))))
	}
	if s.withCoord {
		elems = append(elems, coordinates(m.at))
	}
	if len(elems) == 1 {
		return elems[0]
	}
	return Array(elems...)
}
