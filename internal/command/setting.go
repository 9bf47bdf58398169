package command

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/luastore/luastore/internal/value"
)

// A setting is where a parameter is kept, and what it may be.
type setting interface {
	// text is what CONFIG GET answers.
	text() string
	// set is CONFIG SET. Where the text does not fit it changes nothing and says
	// why.
	set(text string) (complaint string)
}

// number is an integer from least to most.
type number struct {
	at          *int
	least, most int
}

func (n number) text() string { return strconv.Itoa(*n.at) }

func (n number) set(text string) string {
	i, ok := value.ParseInt(text)
	if !ok {
		return "argument couldn't be parsed into an integer"
	}
	if i < int64(n.least) || i > int64(n.most) {
		return outOfRange(n.least, n.most)
	}
	*n.at = int(i)
	return ""
}

// size is a number of bytes, which may be given in larger units.
type size[T int | uint64] struct {
	at          *T
	least, most T
}

func (s size[T]) text() string { return fmt.Sprint(*s.at) }

func (s size[T]) set(text string) string {
	n, ok := parseSize(text)
	if !ok {
		return "argument must be a memory value"
	}
	if n < uint64(s.least) || n > uint64(s.most) {
		return outOfRange(s.least, s.most)
	}
	*s.at = T(n)
	return ""
}

func outOfRange[T int | uint64](least, most T) string {
	return fmt.Sprintf("argument must be between %d and %d inclusive", least, most)
}

// sizeUnits are what a number of bytes may be followed by.
var sizeUnits = map[string]uint64{
	"": 1, "b": 1,
	"k": 1000, "kb": 1 << 10,
	"m": 1000 * 1000, "mb": 1 << 20,
	"g": 1000 * 1000 * 1000, "gb": 1 << 30,
}

// parseSize reads digits, which may be missing, and a unit.
func parseSize(text string) (n uint64, ok bool) {
	text = cString(text)
	unit := strings.TrimLeft(text, "0123456789")
	factor, ok := sizeUnits[lower(unit)]
	digits := text[:len(text)-len(unit)]
	if !ok || len(digits) > 127 {
		return 0, false
	}
	if digits != "" {
		n, _ = strconv.ParseUint(digits, 10, 64) // the largest where it is out of range
	}
	return n * factor, true // which may overflow, in Redis too
}

// yesNo is a switch.
type yesNo struct{ at *bool }

func (y yesNo) text() string {
	if *y.at {
		return "yes"
	}
	return "no"
}

func (y yesNo) set(text string) string {
	text = lower(cString(text))
	if text != "yes" && text != "no" {
		return "argument must be 'yes' or 'no'"
	}
	*y.at = text == "yes"
	return ""
}

// choice is one of some words.
type choice[T ~string] struct {
	at  *T
	all []T
}

// oneOf is a choice among words between which there are spaces.
func oneOf(at *string, words string) choice[string] {
	return choice[string]{at, strings.Fields(words)}
}

func (c choice[T]) text() string { return string(*c.at) }

func (c choice[T]) set(text string) string {
	t := T(lower(cString(text)))
	if !slices.Contains(c.all, t) {
		var words []string
		for _, t := range c.all {
			words = append(words, string(t))
		}
		return "argument(s) must be one of the following: " + strings.Join(words, ", ")
	}
	*c.at = t
	return ""
}

// anyText is a text that may be whatever it likes.
type anyText struct{ at *string }

func (a anyText) text() string { return *a.at }

func (a anyText) set(text string) string {
	*a.at = text
	return ""
}

// fixed is what CONFIG SET refuses to change.
type fixed string

func (f fixed) text() string    { return string(f) }
func (fixed) set(string) string { return "can't set immutable config" }

// guarded is fixed, unless a server is started so that it is not.
type guarded string

func (g guarded) text() string    { return string(g) }
func (guarded) set(string) string { return "can't set protected config" }

// off is a switch that is off, and cannot be turned on here.
type off struct{ complaint string }

func (off) text() string { return "no" }

func (o off) set(text string) string {
	on := false
	if complaint := (yesNo{&on}).set(text); complaint != "" || !on {
		return complaint
	}
	return o.complaint
}

// savePoints are pairs of seconds and changes.
type savePoints struct{ at *string }

func (s savePoints) text() string { return *s.at }

func (s savePoints) set(text string) string {
	words := splitWords(text)
	if len(words)%2 != 0 {
		return errSavePoints
	}
	for i, w := range words {
		if n, err := strconv.ParseInt(w, 10, 64); err != nil || n < int64(1-i%2) {
			return errSavePoints
		}
	}
	*s.at = strings.Join(words, " ")
	return ""
}

const errSavePoints = "Invalid save parameters"

// eventClasses are letters.
type eventClasses struct{ at *EventClasses }

// eventLetters are those of the classes, in the order of their bits.
const eventLetters = "g$lshzxetdnKEm"

func (e eventClasses) text() string {
	text, rest := "", *e.at
	if rest&AllEvents == AllEvents {
		text, rest = "A", rest&^(AllEvents|NewKeyEvents) // Redis does not show the n then
	}
	for i, letter := range eventLetters {
		if rest&(1<<i) != 0 {
			text += string(letter)
		}
	}
	return text
}

func (e eventClasses) set(text string) string {
	var classes EventClasses
	for _, letter := range []byte(cString(text)) {
		i := strings.IndexByte(eventLetters, letter)
		switch {
		case letter == 'A':
			classes |= AllEvents
		case i >= 0:
			classes |= 1 << i
		default:
			return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."
		}
	}
	*e.at = classes
	return ""
}

// percentiles are numbers from 0 to 100.
type percentiles struct{ at *[]float64 }

func (p percentiles) text() string {
	var words []string
	for _, f := range *p.at {
		words = append(words, shortFixed(f))
	}
	return strings.Join(words, " ")
}

func (p percentiles) set(text string) string {
	var all []float64
	for _, w := range splitWords(text) {
		f, _, ok := parseDouble(w)
		switch {
		case !ok:
			return "Invalid latency-tracking-info-percentiles parameters"
		case f < 0 || f > 100:
			return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
		}
		all = append(all, f)
	}
	*p.at = all
	return ""
}

// splitWords returns the words between single spaces.
func splitWords(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, " ")
}

// shortFixed returns f with six digits after the point, without zeros at their
// end.
func shortFixed(f float64) string {
	return strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', 6, 64), "0"), ".")
}

// The bounds of parameters that have no other.
const (
	mostInt32 = math.MaxInt32
	mostInt64 = math.MaxInt
)
