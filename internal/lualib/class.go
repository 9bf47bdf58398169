package lualib

// The classes of bytes that a letter after % stands for, in a pattern: those of
// C's locale. A capital is the complement.
var classes = func() (classes [256]*byteSet) {
	define := func(letter byte, has func(byte) bool) {
		set, complement := new(byteSet), new(byteSet)
		for b := range set {
			set[b] = has(byte(b))
			complement[b] = !set[b]
		}
		classes[letter], classes[letter-'a'+'A'] = set, complement
	}
	between := func(lo, hi byte) func(byte) bool {
		return func(b byte) bool { return lo <= b && b <= hi }
	}
	isLower, isUpper, isDigit, isPrint := between('a', 'z'), between('A', 'Z'), between('0', '9'), between('!', '~')
	isLetter := func(b byte) bool { return isLower(b) || isUpper(b) }
	isAlnum := func(b byte) bool { return isLetter(b) || isDigit(b) }
	define('a', isLetter)
	define('c', func(b byte) bool { return b < ' ' || b == 0x7F })
	define('d', isDigit)
	define('l', isLower)
	define('p', func(b byte) bool { return isPrint(b) && !isAlnum(b) })
	define('s', isSpace)
	define('u', isUpper)
	define('w', isAlnum)
	define('x', func(b byte) bool { return digit(b) < 16 })
	define('z', func(b byte) bool { return b == 0 })
	return classes
}()

// class returns the class for a letter, nil if it is none.
func class(letter byte) *byteSet { return classes[letter] }

// addClass adds the class for a letter; any other byte is itself.
func (s *byteSet) addClass(letter byte) {
	set := class(letter)
	if set == nil {
		s[letter] = true
		return
	}
	for b, has := range set {
		s[b] = s[b] || has
	}
}
