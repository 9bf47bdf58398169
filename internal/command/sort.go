package command

import (
	"math"
	"strings"

	"github.com/luastore/luastore/internal/value"
)

// SORT: the elements of a collection in order, of themselves or of what other
// keys say of them.
var sortCommands = []Row{
	{Name: "sort", Arity: -2, Flags: Write | DenyOOM | MovableKeys | Dangerous, Keys: append(sortKeys, sortStoreKey), Run: sortCommand},
	{Name: "sort_ro", Arity: -2, Flags: Read | MovableKeys | Dangerous, Keys: sortKeys, Run: sortCommand},
}

var (
	sortKeys = append(oneKey(RO|Access), KeySpec{
		Flags: RO | Access, Unknown: true, Patterns: sortPatterns,
		Note: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
	})
	sortStoreKey = KeySpec{
		Flags: OW | Update, Unknown: true, Find: findStore,
		Note: "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
	}
)

func sortCommand(c *Call) Reply {
	o := c.sortOptions()
	elems := c.sort(&o)
	if o.store == 0 {
		return Array(elems...)
	}
	l := value.NewList(len(elems), c)
	for _, r := range elems {
		c.tick(1)
		l.PushBack(r.Str())
	}
	c.Count(max(l.Len()-1, 0)) // each element is a change
	return c.store(o.store, l, "sortstore")
}

// sortOptions are the words after the key of SORT.
type sortOptions struct {
	by         string // the pattern of the keys that give the order
	hasBy      bool
	unsorted   bool     // some BY has no *
	get        []string // the patterns of what is answered of an element; none: itself
	desc       bool
	alpha      bool
	start, end int64 // which of the sorted elements, as LIMIT has it
	store      int   // the argument that is the key of the result; 0: none
}

// sortOptions reads the options of SORT.
func (c *Call) sortOptions() sortOptions {
	o := sortOptions{end: math.MaxInt64}
	for i, n := 2, len(c.args); i < n; i++ {
		switch {
		case c.is(i, "asc"):
			o.desc = false
		case c.is(i, "desc"):
			o.desc = true
		case c.is(i, "alpha"):
			o.alpha = true
		case c.is(i, "limit") && i+2 < n:
			start, count := c.int(i+1), c.int(i+2)
			o.start, o.end = max(start, 0), math.MaxInt64
			if count >= 0 && count < math.MaxInt64-o.start {
				o.end = o.start + count
			}
			i += 2
		case c.is(i, "store") && i+1 < n && c.cmd.Flags&Write != 0:
			o.store = i + 1
			i++
		case c.is(i, "by") && i+1 < n:
			o.by, o.hasBy = c.arg(i+1), true
			if !strings.Contains(cString(o.by), "*") {
				o.unsorted = true
			} else if !c.readsAnyKey() {
				c.fail(errSortDenied("BY"))
			}
			i++
		case c.is(i, "get") && i+1 < n:
			if !c.readsAnyKey() {
				c.fail(errSortDenied("GET"))
			}
			o.get = append(o.get, c.arg(i+1))
			i++
		default:
			c.fail(errSyntax)
		}
	}
	return o
}

func errSortDenied(option string) string {
	return "ERR " + option + " option of SORT denied due to insufficient ACL permissions."
}

// findStore returns the argument that is the key of SORT's result, or 0.
func findStore(args []string) (at int) {
	is := func(i int, word string) bool { return equalFold(cString(args[i]), word) }
	for i := 2; i < len(args); i++ {
		switch {
		case is(i, "limit"):
			i += 2
		case is(i, "get"), is(i, "by"):
			i++
		case is(i, "store") && i+1 < len(args):
			at = i + 1
		}
	}
	return at
}

// sortPatterns returns the patterns of BY and GET that name keys.
func sortPatterns(args []string) (patterns []string) {
	for i := 2; i+1 < len(args); i++ {
		switch word := cString(args[i]); {
		case equalFold(word, "limit"):
			i += 2
		case equalFold(word, "get"), equalFold(word, "by"):
			if i++; strings.Contains(cString(args[i]), "*") {
				patterns = append(patterns, args[i])
			}
		}
	}
	return patterns
}

// sort returns what SORT answers or stores.
func (c *Call) sort(o *sortOptions) []Reply {
	items := c.sortItems(o)
	if len(o.get) > 0 && len(items) > math.MaxInt/len(o.get) {
		c.fail(ReplyTooLarge)
	}
	elems := c.room(len(items) * max(len(o.get), 1))
	for _, it := range items {
		if len(o.get) == 0 {
			elems = c.put(elems, Bulk(it.text))
		}
		for _, pattern := range o.get {
			c.tick(10)
			r := Reply{}
			if text, ok := c.related(pattern, it.text); ok {
				r = Bulk(text)
			}
			elems = c.put(elems, r)
		}
	}
	return elems
}
