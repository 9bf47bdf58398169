package command

import "strings"

// glob reports whether s matches the pattern as Redis's globs do: * stands
// for any bytes, ? for one, [a-z] and [^a-z] for one of a class, \ takes the
// next byte as it is. With nocase the case of ASCII letters makes no
// difference. A pattern that goes on after its 1,000th star matches no more than
// that: see maxStars.
func (c *Call) glob(pattern, s string, nocase bool) bool {
	return glob(pattern, s, nocase, func(n int) bool {
		c.tick(n)
		return true
	})
}

// How much work matchGlob does, in ticks.
const (
	matchFree = 16       // free, for each tick that it takes to look at pattern and text once
	matchMost = 20 << 20 // beyond that, for all that is told in a turn
)

// matchGlob is glob outside of calls, where no context ends it. Patterns that
// take much more than linear time share an allowance of a fraction of a second; a
// match that has used it up is none. That protects all clients from abusive
// patterns, as maxStars does.
func (db *DB) matchGlob(pattern, s string) bool {
	free := (len(pattern) + len(s)) / bytesPerTick * matchFree
	return glob(pattern, s, false, func(n int) bool {
		if free -= n; free >= 0 {
			return true
		}
		db.matched += n
		return db.matched <= matchMost
	})
}

// maxStars is after how many stars a pattern matches nothing but what its next
// star, if it is the last byte, matches: Redis's limit of nesting.
const maxStars = 1000

// glob gives each star the fewest bytes after which what follows it, up to the
// next star, fits: to give an earlier one more would leave less to a rest that
// did not fit anywhere. What follows the last star must fit at the end. tick
// counts the work, and reports whether to go on; if not, there is no match.
func glob(pattern, s string, nocase bool, tick func(int) bool) bool {
	if s == "" {
		return pattern == "" // nothing fits a star only after something else
	}
	p, i := 0, 0
	for i < len(s) && p < len(pattern) && pattern[p] != '*' {
		next, ok := matchByte(pattern, p, s[i], nocase)
		if !ok {
			return false
		}
		p, i = next, i+1
	}
	if p > pieceWork && !tick(p/bytesPerTick) {
		return false
	}
	for stars := 1; i < len(s) && p < len(pattern) && pattern[p] == '*'; stars++ {
		if p = skipStars(pattern, p); p == len(pattern) {
			return true
		}
		if stars > maxStars {
			return false
		}
		g := newGlobPiece(pattern, p, nocase)
		if g.end == len(pattern) {
			i = max(i, len(s)-g.width)
		}
		if i = g.find(s, i, tick); i < 0 {
			return false
		}
		p = g.end
	}
	return i == len(s) && skipStars(pattern, p) == len(pattern)
}

// A globPiece is the part of a pattern between two stars. Each of its elements
// fits one byte.
type globPiece struct {
	pattern    string
	start, end int
	width      int  // number of elements
	literal    bool // every byte of it stands for itself
	nocase     bool
}

func newGlobPiece(pattern string, p int, nocase bool) globPiece {
	g := globPiece{pattern: pattern, start: p, literal: !nocase, nocase: nocase}
	for ; p < len(pattern) && pattern[p] != '*'; g.width++ {
		switch pattern[p] {
		case '?', '[', '\\':
			g.literal = false
		}
		p, _ = matchByte(pattern, p, 0, nocase)
	}
	g.end = p
	return g
}

// pieceWork is how many bytes are looked at between two ticks.
const pieceWork = 5000

// find returns where the first part of s ends, from byte i on, that fits the
// piece, or -1. It takes time linear in s, and for pieces with classes or ? at
// worst that times a 64th of the piece's width.
func (g *globPiece) find(s string, i int, tick func(int) bool) int {
	if g.literal {
		at := strings.Index(s[i:], g.pattern[g.start:g.end])
		looked := g.width + at
		if at < 0 {
			looked = len(s) - i
		}
		if looked > pieceWork && !tick(looked/bytesPerTick) || at < 0 {
			return -1
		}
		return i + at + g.width
	}
	work, patience := 0, 16*(len(s)-i+g.end-g.start)
	for ; i+g.width <= len(s); i++ {
		p, j := g.start, i
		for ok := true; ok && p < g.end; j++ {
			next := 0
			next, ok = matchByte(g.pattern, p, s[j], g.nocase)
			work += next - p
			if p = next; ok && p == g.end {
				return j + 1
			}
		}
		if work > pieceWork {
			if !tick(work / bytesPerTick) {
				return -1
			}
			if patience -= work; patience < 0 && g.width <= parallelMost {
				return g.findParallel(s, i+1, tick)
			}
			work = 0
		}
	}
	return -1
}

// parallelMost is the greatest width of a piece for findParallel, which takes up to 32
// bytes for each element.
const parallelMost = 1 << 20

// findParallel is find for what takes long: it goes through s once and keeps, as
// bits, how many first elements of the piece fit the bytes before.
func (g *globPiece) findParallel(s string, i int, tick func(int) bool) int {
	var fits [256][]uint64 // by a byte, which elements it fits
	begun := make([]uint64, (g.width+63)/64)
	used, work := 0, 0 // used: words of begun that may be other than 0
	for ; i < len(s); i++ {
		mask := fits[s[i]]
		if mask == nil {
			mask = g.mask(s[i])
			fits[s[i]] = mask
			work += 8 * (g.end - g.start)
		}
		used = min(used+1, len(begun))
		carry := uint64(1)
		for w, bits := range begun[:used] {
			begun[w], carry = (bits<<1|carry)&mask[w], bits>>63
		}
		for used > 0 && begun[used-1] == 0 {
			used--
		}
		if last := g.width - 1; begun[last/64]>>(last%64)&1 != 0 {
			return i + 1
		}
		if work += 1 + used; work > pieceWork {
			if !tick(work / bytesPerTick) {
				return -1
			}
			work = 0
		}
	}
	return -1
}

// mask returns which elements of the piece the byte fits.
func (g *globPiece) mask(b byte) []uint64 {
	mask := make([]uint64, (g.width+63)/64)
	for p, n := g.start, 0; p < g.end; n++ {
		next, ok := matchByte(g.pattern, p, b, g.nocase)
		if p = next; ok {
			mask[n/64] |= 1 << (n % 64)
		}
	}
	return mask
}

func skipStars(pattern string, p int) int {
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p
}

// matchByte says whether c fits the part of the pattern at p, which is not a
// star, and where the next part begins.
func matchByte(pattern string, p int, c byte, nocase bool) (next int, ok bool) {
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return matchClass(pattern, p+1, c, nocase)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, fold(pattern[p], nocase) == fold(c, nocase)
}

// matchClass is matchByte for a class that begins, after its bracket, at p. A
// class that is not closed ends with the pattern. An escaped byte has to be
// equal whatever nocase says; a range may be written from either end.
func matchClass(pattern string, p int, c byte, nocase bool) (next int, ok bool) {
	not := p < len(pattern) && pattern[p] == '^'
	if not {
		p++
	}
	for ; p < len(pattern); p++ {
		switch rest := len(pattern) - p; {
		case pattern[p] == '\\' && rest >= 2:
			p++
			ok = ok || pattern[p] == c
		case pattern[p] == ']':
			return p + 1, ok != not
		case rest >= 3 && pattern[p+1] == '-':
			from, to := pattern[p], pattern[p+2]
			if int8(from) > int8(to) {
				from, to = to, from
			}
			b := fold(c, nocase)
			ok = ok || fold(from, nocase) <= b && b <= fold(to, nocase)
			p += 2
		default:
			ok = ok || fold(pattern[p], nocase) == fold(c, nocase)
		}
	}
	return p, ok != not
}

// fold returns c as Redis compares it, which is as C's signed char; with
// nocase after C's tolower, which makes all of these but one unsigned.
func fold(c byte, nocase bool) int {
	switch {
	case !nocase || c == 0xff:
		return int(int8(c))
	case 'A' <= c && c <= 'Z':
		return int(c) + 'a' - 'A'
	}
	return int(c)
}
