package transcript

import (
	"fmt"
	"slices"
	"strings"

	"github.com/luastore/luastore/internal/command"
)

// Render returns the reply as redis-cli prints it, line by line, without empty
// lines and without the space that redis-cli leaves at the end of some.
func Render(r command.Reply, v View) []string {
	if v == Sort {
		r = sorted(r)
	}
	p := printer{shape: v == Shape}
	p.print(r, "")
	var lines []string
	for line := range strings.SplitSeq(p.String(), "\n") {
		if line == "" {
			continue
		}
		if strings.IndexByte(`#>~\`, line[0]) >= 0 {
			line = `\` + line
		}
		lines = append(lines, line)
	}
	return lines
}

// printer collects what redis-cli prints.
type printer struct {
	strings.Builder
	shape bool
}

// print prints a reply and a newline. The first line has begun; those after it
// begin with indent.
func (p *printer) print(r command.Reply, indent string) {
	kind, text := plain(r)
	switch {
	case r.IsAggregate() && len(r.Elems()) > 0:
		p.printElems(r, indent)
	case p.shape:
		fmt.Fprintln(p, kind)
	default:
		fmt.Fprintln(p, text)
	}
}

// plain returns the kind and the text of a reply without elements.
func plain(r command.Reply) (kind, text string) {
	switch r.Kind {
	case command.IntKind:
		return "(integer)", fmt.Sprint("(integer) ", r.Int())
	case command.BulkKind:
		return "(string)", quote(r.Str())
	case command.StatusKind:
		return "(status)", r.Str()
	case command.ErrorKind:
		return "(error)", "(error) " + r.Str()
	case command.DoubleKind:
		return "(double)", "(double) " + r.DoubleText()
	case command.BoolKind:
		return "(boolean)", fmt.Sprintf("(%t)", r.Int() == 1)
	case command.BigNumberKind:
		return "(big number)", "(big number) " + r.Str()
	case command.VerbatimKind:
		return "(verbatim)", r.VerbatimText()
	case command.ArrayKind, command.PushKind, command.RepliesKind:
		return "(empty array)", "(empty array)"
	case command.MapKind, command.AttributeKind:
		return "(empty hash)", "(empty hash)"
	case command.SetKind:
		return "(empty set)", "(empty set)"
	}
	return "(nil)", "(nil)"
}

func (p *printer) printElems(r command.Reply, indent string) {
	n, mark := len(r.Elems()), ")"
	switch r.Kind {
	case command.MapKind:
		n, mark = n/2, "#"
	case command.AttributeKind:
		n, mark = n/2, "|"
	case command.SetKind:
		mark = "~"
	}
	width := len(fmt.Sprint(n))
	inner := indent + strings.Repeat(" ", width+2)
	for i := range n {
		if i > 0 {
			p.WriteString(indent)
		}
		fmt.Fprintf(p, "%*d%s ", width, i+1, mark)
		if !inPairs(r) {
			p.print(r.Elems()[i], inner)
			continue
		}
		key, val := r.Elems()[2*i], r.Elems()[2*i+1]
		k := printer{shape: p.shape}
		k.print(key, inner)
		p.WriteString(strings.TrimSuffix(k.String(), "\n"))
		if isLong(val) {
			p.WriteString(" =>\n" + inner)
		} else {
			p.WriteString(" => ")
		}
		p.print(val, inner)
	}
}

// isLong says whether a reply takes more than one line.
func isLong(r command.Reply) bool {
	last := 0 // the element that can stand on the line if there is no more
	if inPairs(r) {
		last = 1
	}
	return len(r.Elems()) > last+1 || len(r.Elems()) == last+1 && isLong(r.Elems()[last])
}

// sorted returns the reply with the elements of its aggregates in an order of
// their own. An array of plain elements as well as of others, as SCAN's is,
// stays as it is: there a place means something.
func sorted(r command.Reply) command.Reply {
	size := 1 // of what is sorted: elements, or keys with their values
	if inPairs(r) {
		size = 2
	}
	type item struct {
		elems []command.Reply
		text  string
	}
	var items []item
	aggregates := 0
	for elems := range slices.Chunk(r.Elems(), size) {
		it := item{}
		for _, e := range elems {
			it.elems = append(it.elems, sorted(e))
		}
		if elems[0].IsAggregate() {
			aggregates++
		}
		it.text = strings.Join(Render(it.elems[0], Exact), "\n")
		items = append(items, it)
	}
	if aggregates == 0 || aggregates == len(items) {
		slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.text, b.text) })
	}
	var elems []command.Reply
	for _, it := range items {
		elems = append(elems, it.elems...)
	}
	return r.With(elems)
}

// inPairs reports whether the elements of a reply are keys and values in turn.
func inPairs(r command.Reply) bool {
	return r.Kind == command.MapKind || r.Kind == command.AttributeKind
}

// quote returns s in double quotes, as redis-cli prints it.
func quote(s string) string {
	const hex = "0123456789abcdef"
	b := []byte{'"'}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if e := strings.IndexByte("\\\"\n\r\t\a\b", c); e >= 0 {
			b = append(b, '\\', "\\\"nrtab"[e])
		} else if c < ' ' || c > '~' {
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
		} else {
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}
