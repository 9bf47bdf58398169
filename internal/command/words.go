package command

import (
	"errors"
	"strconv"
	"strings"
)

// A Word is one word of a line.
type Word struct {
	At   int    // where in the line it begins
	Raw  string // as written
	Text string
}

// Errors of SplitWords.
var (
	ErrUnclosed   = errors.New("quotes are not closed")
	errAfterQuote = errors.New("something other than space follows a closing quote")
)

// SplitWords splits a line into words by the rules that Redis has for the
// first lines of scripts, and redis-cli for commands: space is between words,
// and what is in quotes is one, '…' as it stands, "…" with escapes.
func SplitWords(line string) ([]Word, error) {
	var words []Word
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return words, nil
		}
		w := Word{At: i}
		var text strings.Builder
		for i < len(line) && !endsWord(line[i]) {
			quote := line[i]
			if quote != '"' && quote != '\'' {
				text.WriteByte(quote)
				i++
				continue
			}
			n, err := unquote(&text, line[i:])
			if err != nil {
				return nil, err
			}
			if i += n; i < len(line) && !isSpace(line[i]) {
				return nil, errAfterQuote
			}
			break
		}
		w.Raw, w.Text = line[w.At:i], text.String()
		words = append(words, w)
	}
}

// unquote writes the text in the quotes that s begins with, and returns how
// long these and what is between them are.
func unquote(text *strings.Builder, s string) (n int, err error) {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return i + 1, nil
		case quote == '"' && s[i] == '\\' && i+1 < len(s):
			i++
			i += unescape(text, s[i:])
		case quote == '\'' && strings.HasPrefix(s[i:], `\'`):
			i++
			text.WriteByte('\'')
		default:
			text.WriteByte(s[i])
		}
	}
	return 0, ErrUnclosed
}

// unescape writes the byte that s, which follows a backslash, begins by naming,
// and returns how many bytes of s more than one that took.
func unescape(text *strings.Builder, s string) int {
	if len(s) >= 3 && s[0] == 'x' {
		if b, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
			text.WriteByte(byte(b))
			return 2
		}
	}
	c := s[0]
	if i := strings.IndexByte("nrtba", c); i >= 0 {
		c = "\n\r\t\b\a"[i]
	}
	text.WriteByte(c)
	return 0
}

// endsWord says whether the byte ends a word that is not in quotes: \v and \f, which
// are space between words, do not.
func endsWord(c byte) bool { return strings.IndexByte(" \n\r\t", c) >= 0 }

func isSpace(c byte) bool { return strings.IndexByte(" \n\r\t\v\f", c) >= 0 }
