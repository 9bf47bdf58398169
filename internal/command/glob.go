package command

// glob says whether s matches the pattern as Redis's globs do: * stands
// for any bytes, ? for one, [a-z] and [^a-z] for one of a class, \ takes the
// next byte as it is. With nocase the case of ASCII letters makes no
// difference.
//
// It takes time linear in the product of the lengths: where s does not fit what
// follows a star, only the last star takes one byte more. More for an earlier
// one would leave less to a rest that did not fit anywhere.
func (c *Call) glob(pattern, s string, nocase bool) bool {
	return glob(pattern, s, nocase, c.tick)
}

// matchGlob is glob outside of calls.
func matchGlob(pattern, s string) bool { return glob(pattern, s, false, func(int) {}) }

func glob(pattern, s string, nocase bool, tick func(int)) bool {
	if s == "" {
		return pattern == "" // nothing fits a star only after something else
	}
	p, i := 0, 0
	star, starAt := -1, 0 // what follows the last star, and where in s it began to fit
	work := 0             // bytes looked at
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			if p = skipStars(pattern, p); p == len(pattern) {
				return true
			}
			star, starAt = p, i
			continue
		}
		next, ok := p, false
		if p < len(pattern) {
			next, ok = matchByte(pattern, p, s[i], nocase)
		}
		if work += next - p + 1; work > 5000 {
			tick(work / bytesPerTick)
			work = 0
		}
		switch {
		case ok:
			p, i = next, i+1
		case star < 0:
			return false
		default:
			starAt++
			p, i = star, starAt
		}
	}
	return skipStars(pattern, p) == len(pattern)
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
