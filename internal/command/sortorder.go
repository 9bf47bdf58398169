package command

import (
	"cmp"
	"iter"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/luastore/luastore/internal/bulk"
	"github.com/luastore/luastore/internal/value"
)

// A sortItem is an element of what is sorted.
type sortItem struct {
	text  string
	place int // before sorting, which decides between equals

	score  float64 // what it is sorted by, or,
	weight string  // where the order is that of texts, this,
	exists bool    // if there is one: those without come first
}

const sortItemSize = 64 // bytes, about

// compareTicks is what it takes to compare two elements, in ticks.
const compareTicks = 3

// sortItems returns the elements of the collection at key 1, sorted and as far
// as LIMIT wants them.
func (c *Call) sortItems(o *sortOptions) []sortItem {
	var items []sortItem
	ordered := false
	if e := c.entry(1); e != nil {
		members := elements(e.Value)
		if members == nil {
			c.fail(errWrongType)
		}
		ordered = e.Value.Type() != "set"
		// A set has no order of its own, and what is stored must have one.
		if !ordered && o.unsorted && (o.store > 0 || c.s.Script) {
			o.hasBy, o.unsorted, o.alpha = false, false, true
		}
		c.tick(e.Value.Len())
		c.alloc(e.Value.Len() * sortItemSize)
		if z, ok := e.Value.(*value.SortedSet); ok {
			c.willChange(e)
			z.Enlarge() // as Redis does to read it
		}
		items = bulk.Make[sortItem](e.Value.Len(), c)[:0]
		for text := range members {
			if len(items)%putsPerCheck == putsPerCheck-1 {
				c.Check()
			}
			items = append(items, sortItem{text: text, place: len(items)})
		}
	}
	switch {
	case !o.unsorted:
		for i := range items {
			c.tick(1)
			c.weigh(o, &items[i])
		}
		slices.SortFunc(items, func(a, b sortItem) int {
			c.tick(compareTicks)
			return o.compare(&a, &b)
		})
	case o.desc && ordered:
		slices.Reverse(items)
	}
	n := int64(len(items))
	return items[min(o.start, n):min(o.end, n)]
}

// elements returns the elements of a list, a set, or a sorted set in order of
// score; nil for other types.
func elements(v value.Value) iter.Seq[string] {
	switch v := v.(type) {
	case interface{ All() iter.Seq[string] }:
		return v.All()
	case interface {
		All() iter.Seq2[string, float64]
	}:
		return func(yield func(string) bool) {
			for member := range v.All() {
				if !yield(member) {
					return
				}
			}
		}
	}
	return nil
}

// weigh finds out what the item is sorted by.
func (c *Call) weigh(o *sortOptions, it *sortItem) {
	it.weight, it.exists = it.text, true
	if o.hasBy {
		c.tick(10)
		it.weight, it.exists = c.related(o.by, it.text)
	}
	if o.alpha || !it.exists {
		return
	}
	var ok bool
	if it.score, ok = parseScore(it.weight); !ok {
		c.fail("ERR One or more scores can't be converted into double")
	}
}

// compare compares two items as SORT does.
func (o *sortOptions) compare(a, b *sortItem) int {
	var n int
	switch {
	case !o.alpha:
		n = cmp.Or(cmp.Compare(a.score, b.score), strings.Compare(a.text, b.text))
	case a.exists != b.exists:
		n = 1
		if b.exists {
			n = -1
		}
	case o.store > 0:
		n = strings.Compare(a.weight, b.weight)
	default:
		n = strings.Compare(cString(a.weight), cString(b.weight)) // C's strcoll
	}
	if o.desc {
		n = -n
	}
	return cmp.Or(n, cmp.Compare(a.place, b.place))
}

// related returns what a pattern of SORT says of an element: itself for "#";
// else the text at the key that the pattern becomes with the element in the
// place of its star, or where "->" and a name follow the star, the field of
// that name of the hash there.
func (c *Call) related(pattern, element string) (text string, ok bool) {
	if pattern == "#" {
		return element, true
	}
	before, after, ok := strings.Cut(pattern, "*")
	if !ok || len(cString(before)) < len(before) {
		return "", false
	}
	field, isField := "", false
	if i := strings.Index(cString(after), "->"); i >= 0 && i+len("->") < len(after) {
		after, field, isField = after[:i], after[i+len("->"):], true
	}
	key := before + element + after
	e := c.ks.Get(key, c.now())
	if e == nil {
		c.missedKey(key)
		return "", false
	}
	if isField {
		h, ok := e.Value.(interface {
			Get(field string) (string, bool)
		})
		if !ok {
			return "", false
		}
		return h.Get(field)
	}
	s, ok := e.Value.(*value.String)
	return s.String(), ok
}

// parseScore reads what C's strtod reads, up to a zero byte. The empty text is
// 0; NaN and what a double makes zero, or less precise, or infinite is nothing.
func parseScore(s string) (f float64, ok bool) {
	s = cString(s)
	if n, ok := value.ParseInt(s); ok || s == "" {
		return float64(n), true
	}
	x, ok := parseLongDouble(strings.TrimLeft(s, " \t\n\v\f\r"))
	if !ok {
		return 0, false
	}
	f, accuracy := x.Float64()
	tiny := math.Abs(f) < 0x1p-1022 && accuracy != big.Exact
	return f, !tiny && math.IsInf(f, 0) == x.IsInf()
}
