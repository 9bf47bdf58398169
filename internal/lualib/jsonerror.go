package lualib

import "strings"

// unexpected complains about the token that follows, if it is one: something
// else was expected.
func (d *decoder) unexpected(what string) {
	var name string
	switch b := d.peek(); b {
	case '{':
		name = "T_OBJ_BEGIN"
	case '}':
		name = "T_OBJ_END"
	case '[':
		name = "T_ARR_BEGIN"
	case ']':
		name = "T_ARR_END"
	case ':':
		name = "T_COLON"
	case ',':
		name = "T_COMMA"
	case tokenEnd:
		name = "T_END"
	case '"':
		at := d.pos
		d.string(what)
		d.pos, name = at, "T_STRING"
	default:
		name = d.wordName(b)
	}
	d.complain(what, name, d.pos)
}

// wordName names the token that begins with b, a letter or a digit or what is
// no token.
func (d *decoder) wordName(b byte) string {
	if b == '-' || '0' <= b && b <= '9' {
		if _, size := d.number(); size > 0 {
			return "T_NUMBER"
		}
		return "invalid number"
	}
	rest := d.s[d.pos:]
	switch {
	case strings.HasPrefix(rest, "true"), strings.HasPrefix(rest, "false"):
		return "T_BOOLEAN"
	case strings.HasPrefix(rest, "null"):
		return "T_NULL"
	case d.j.decodeInvalid != 0 && isInvalidNumber(rest):
		if _, size := scanNumber(rest); size > 0 {
			return "T_NUMBER"
		}
		return "invalid number"
	}
	return "invalid token"
}

// complain says what was wanted at a position, and what is there.
func (d *decoder) complain(want, got string, pos int) {
	d.c.Errorf("Expected %s but found %s at character %d", want, got, pos+1)
}
