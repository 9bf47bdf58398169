package command

import (
	"errors"
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

// parseLong reads a number as C's strtoll does: what is too large is the largest
// there is, and nothing is 0.
func parseLong(text string) (n int64, ok bool) {
	text = cString(text)
	n, err := strconv.ParseInt(strings.TrimLeft(text, " \t\n\v\f\r"), 10, 64)
	return n, err == nil || errors.Is(err, strconv.ErrRange) || text == ""
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

// hidden is a parameter that CONFIG GET shows only to those who name it.
type hidden struct{ setting }

// sizeOrPercent is a number of bytes or, if it is less than 0, a percentage.
type sizeOrPercent struct{ at *int64 }

func (s sizeOrPercent) text() string {
	if *s.at < 0 {
		return fmt.Sprintf("%d%%", -*s.at)
	}
	return fmt.Sprint(*s.at)
}

func (s sizeOrPercent) set(text string) string {
	size, ok := parseSize(text)
	n := int64(size)
	if digits, isPercent := strings.CutSuffix(text, "%"); !ok && isPercent {
		n, ok = value.ParseInt(digits)
		ok = ok && n >= 0
		n = -n
	}
	switch {
	case !ok:
		return "argument must be a memory or percent value"
	case n < -100:
		return "percentage argument must be less or equal to 100"
	}
	*s.at = n
	return ""
}

// outputLimits are groups of a class of connections and the three parts of its
// limit.
type outputLimits struct{ at *OutputLimits }

func (o outputLimits) text() string {
	var words []string
	for class, l := range o.at {
		words = append(words, fmt.Sprintf("%s %d %d %d", limitedClasses[class], l.Hard, l.Soft, l.Seconds))
	}
	return strings.Join(words, " ")
}

func (o outputLimits) set(text string) string {
	words := splitWords(text)
	if len(words)%4 != 0 {
		return "Wrong number of arguments in buffer limit configuration."
	}
	limits := *o.at
	for i := 0; i < len(words); i += 4 {
		name := lower(cString(words[i]))
		if name == "replica" {
			name = "slave"
		}
		class := slices.Index(limitedClasses[:], name)
		if class < 0 {
			return "Invalid client class specified in buffer limit configuration."
		}
		hard, hardOK := parseSize(words[i+1])
		soft, softOK := parseSize(words[i+2])
		seconds, secondsOK := parseLong(words[i+3])
		if !hardOK || !softOK || !secondsOK || int32(seconds) < 0 {
			return "Error in hard, soft or soft_seconds setting in buffer limit configuration."
		}
		limits[class] = OutputLimit{hard, soft, int32(seconds)}
	}
	*o.at = limits
	return ""
}

// shutdownOptions are words between which there are spaces, in the order of
// shutdownWords.
type shutdownOptions struct{ at *string }

var shutdownWords = []string{"default", "save", "nosave", "now", "force"}

func (s shutdownOptions) text() string { return *s.at }

func (s shutdownOptions) set(text string) string {
	given := map[string]bool{}
	for w := range strings.SplitSeq(text, " ") {
		if w = lower(cString(w)); !slices.Contains(shutdownWords, w) {
			return "argument(s) must be one of the following: " + strings.Join(shutdownWords, ", ")
		}
		given[w] = w != shutdownWords[0]
	}
	if given["save"] && given["nosave"] {
		return "shutdown options SAVE and NOSAVE can't be used simultaneously"
	}
	words := slices.DeleteFunc(slices.Clone(shutdownWords), func(w string) bool { return !given[w] })
	if len(words) == 0 {
		words = shutdownWords[:1]
	}
	*s.at = strings.Join(words, " ")
	return ""
}

// scoreAdjustments are three numbers.
type scoreAdjustments struct{ at *string }

func (s scoreAdjustments) text() string { return *s.at }

func (s scoreAdjustments) set(text string) string {
	words := splitWords(text)
	if len(words) != 3 {
		return "wrong number of arguments"
	}
	var values []string
	for _, w := range words {
		n, ok := parseLong(w)
		if !ok || n < -2000 || n > 2000 {
			return "Invalid oom-score-adj-values, elements must be between -2000 and 2000."
		}
		values = append(values, strconv.FormatInt(n, 10))
	}
	*s.at = strings.Join(values, " ")
	return ""
}
