package lualib

import (
	"math"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/luavm"
)

func (s *stringLibrary) format(c *luavm.Call) {
	text := c.Text(1)
	c.Tick(len(text) / 4)
	b := s.room.buffer(c)
	arg := 1
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 {
			break
		}
		b.add(text[:i])
		if text = text[i+1:]; text != "" && text[0] == '%' {
			b.addByte('%')
			text = text[1:]
			continue
		}
		if arg++; arg > c.Len() {
			c.ArgError(arg, "no value")
		}
		var f conversion
		text = f.scan(c, text)
		f.add(c, &b, arg)
	}
	b.add(text)
	c.Return(b.value())
}

// A conversion is what stands between % and a letter, and the letter; as in
// C's printf.
type conversion struct {
	letter    byte // 0 at the end of the format
	minus     bool // fill on the right
	plus      bool // show the sign of positive numbers
	space     bool // or a space for it
	alternate bool // show the base; leave no point or zeros out
	zero      bool // fill with zeros
	width     int
	precision int // -1: not given
}

const maxFlags = 5

// scan reads a conversion and returns what follows it.
func (f *conversion) scan(c *luavm.Call, s string) string {
	flags := 0
	for ; flags < len(s) && f.flag(s[flags]); flags++ {
	}
	if flags > maxFlags {
		c.Errorf("invalid format (repeated flags)")
	}
	f.width, s = twoDigits(s[flags:])
	f.precision = -1
	if s != "" && s[0] == '.' {
		f.precision, s = twoDigits(s[1:])
	}
	if s == "" {
		return ""
	}
	if f.letter = s[0]; '0' <= f.letter && f.letter <= '9' {
		c.Errorf("invalid format (width or precision too long)")
	}
	return s[1:]
}

// flag notes the flag that b is, if it is one.
func (f *conversion) flag(b byte) bool {
	switch b {
	case '-':
		f.minus = true
	case '+':
		f.plus = true
	case ' ':
		f.space = true
	case '#':
		f.alternate = true
	case '0':
		f.zero = true
	default:
		return false
	}
	return true
}

// twoDigits reads a number of at most two digits.
func twoDigits(s string) (n int, rest string) {
	for i := 0; i < 2 && s != "" && '0' <= s[0] && s[0] <= '9'; i++ {
		n = n*10 + int(s[0]-'0')
		s = s[1:]
	}
	return n, s
}

// add adds argument i to b.
func (f *conversion) add(c *luavm.Call, b *buffer, i int) {
	switch f.letter {
	case 'd', 'i':
		f.signed(b, c.Int(i))
	case 'c':
		f.char(b, c.Number(i))
	case 'o', 'u', 'x', 'X':
		f.unsigned(b, toUnsigned(c.Number(i)))
	case 'e', 'E', 'f', 'g', 'G':
		f.float(b, c.Number(i))
	case 'q':
		addQuoted(b, c.Text(i))
	case 's':
		f.string(b, c.Text(i))
	default:
		c.Errorf("invalid option '%%%s' to 'format'", cString(string([]byte{f.letter})))
	}
}

// toUnsigned converts f to 64 bits as the machines do that Redis runs on.
func toUnsigned(f float64) uint64 {
	switch {
	case f >= 1<<63 && f < 1<<64:
		return uint64(f-1<<63) ^ 1<<63
	case f >= 1<<64:
		return 0
	case f > -1<<63:
		return uint64(int64(f))
	}
	return 1 << 63
}

// maxLong is the length up to which a string is formatted; a longer one is
// taken as it is.
const maxLong = 100

func (f *conversion) string(b *buffer, s string) {
	if f.precision < 0 && len(s) >= maxLong {
		b.add(s)
		return
	}
	if f.precision >= 0 && f.precision < len(s) {
		s = s[:f.precision]
	}
	f.fill(b, "", cString(s), false)
}

// char adds the byte that n is. A NUL ends what is added, as it ends C's
// strings.
func (f *conversion) char(b *buffer, n float64) {
	ch := byte(0)
	if math.Abs(n) < 1<<31 {
		ch = byte(int(n))
	}
	switch {
	case ch != 0:
		f.fill(b, "", string([]byte{ch}), false)
	case !f.minus && f.width > 1:
		f.width--
		f.fill(b, "", "", false)
	}
}

func (f *conversion) signed(b *buffer, n int) {
	var digits [32]byte
	s := strconv.AppendUint(digits[:0], uint64(max(n, -n)), 10)
	f.integer(b, f.sign(n < 0), s)
}

// sign is what stands before a number.
func (f *conversion) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case f.plus:
		return "+"
	case f.space:
		return " "
	}
	return ""
}

func (f *conversion) unsigned(b *buffer, n uint64) {
	base, prefix := 10, ""
	switch f.letter {
	case 'o':
		base = 8
	case 'x':
		base, prefix = 16, "0x"
	case 'X':
		base, prefix = 16, "0X"
	}
	if !f.alternate || n == 0 {
		prefix = ""
	}
	var digits [32]byte
	s := strconv.AppendUint(digits[:0], n, base)
	if f.letter == 'X' {
		upperCase(s)
	}
	f.integer(b, prefix, s)
}

func upperCase(s []byte) {
	for i, c := range s {
		s[i] = toUpper[c]
	}
}

// integer adds digits, as many as the precision says at least.
func (f *conversion) integer(b *buffer, prefix string, digits []byte) {
	more := max(f.precision-len(digits), 0)
	switch octal := f.letter == 'o' && f.alternate; {
	case octal && more == 0 && digits[0] != '0':
		more = 1
	case !octal && f.precision == 0 && string(digits) == "0":
		digits = nil
	}
	const zeros = "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	f.fill(b, prefix+zeros[:more], string(digits), f.zero && f.precision < 0)
}

func (f *conversion) float(b *buffer, n float64) {
	sign := f.sign(math.Signbit(n))
	var room [64]byte
	var s []byte
	switch n = math.Abs(n); {
	case math.IsNaN(n):
		s = append(room[:0], "nan"...)
	case math.IsInf(n, 0):
		s = append(room[:0], "inf"...)
	default:
		s = f.digits(room[:0], n)
	}
	if f.letter == 'E' || f.letter == 'G' {
		upperCase(s)
	}
	f.fill(b, sign, string(s), f.zero && '0' <= s[0] && s[0] <= '9')
}

// digits appends the text of n, which is finite and not negative.
func (f *conversion) digits(s []byte, n float64) []byte {
	precision := f.precision
	if precision < 0 {
		precision = 6
	}
	letter := toLower[f.letter]
	if letter == 'g' {
		precision = max(precision, 1)
		if !f.alternate {
			return strconv.AppendFloat(s, n, 'g', precision, 64)
		}
		letter, precision = general(n, precision)
	}
	s = strconv.AppendFloat(s, n, letter, precision, 64)
	if f.alternate && precision == 0 { // the point is never left out
		at := len(s)
		if letter == 'e' {
			at = strings.IndexByte(string(s), 'e')
		}
		s = append(s, 0)
		copy(s[at+1:], s[at:])
		s[at] = '.'
	}
	return s
}

// general returns how %g shows n: as %e if its exponent, once n is rounded, is
// below -4 or beyond the precision; else as %f.
func general(n float64, precision int) (letter byte, digits int) {
	var room [128]byte
	s := strconv.AppendFloat(room[:0], n, 'e', precision-1, 64)
	exponent, _ := strconv.Atoi(string(s[strings.IndexByte(string(s), 'e')+1:]))
	switch {
	case exponent == precision && n < math.Pow10(precision):
		return 'e', 0 // glibc has left no room for digits when rounding makes them too many
	case exponent < -4, exponent >= precision:
		return 'e', precision - 1
	}
	return 'f', precision - 1 - exponent
}

// fill adds prefix and s, and makes them as wide as they are to be: with zeros
// between them or spaces around.
func (f *conversion) fill(b *buffer, prefix, s string, zeros bool) {
	more := f.width - len(prefix) - len(s)
	if more > 0 && !f.minus && !zeros {
		b.addRepeated(' ', more)
	}
	b.add(prefix)
	if more > 0 && !f.minus && zeros {
		b.addRepeated('0', more)
	}
	b.add(s)
	if more > 0 && f.minus {
		b.addRepeated(' ', more)
	}
}

// addQuoted adds s as a constant of the language.
func addQuoted(b *buffer, s string) {
	b.need(len(s) + 2)
	b.addByte('"')
	for i := 0; i < len(s); i++ {
		if i%piece == piece-1 {
			b.c.Tick(piece / bytesPerTick)
		}
		switch c := s[i]; c {
		case '"', '\\', '\n':
			b.addByte('\\')
			b.addByte(c)
		case '\r':
			b.add(`\r`)
		case 0:
			b.add(`\000`)
		default:
			b.addByte(c)
		}
	}
	b.addByte('"')
}
