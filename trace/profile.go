package trace

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/luastore/luastore"
	"github.com/luastore/luastore/internal/luavm"
)

// A Profile counts the commands that each line of each script calls. The zero
// Profile is empty and ready to use, by several stores at once if need be.
type Profile struct {
	mu    sync.Mutex
	lines map[place]Line
}

// place is a line of a script, of which who is the SHA-1, or of a function.
type place struct {
	who  string
	line int
}

// A Line is what a line of a script has called.
type Line struct {
	Number int // counted from 1; 0: what no line of the script itself called
	Calls  int
	Time   time.Duration // of all calls together
}

// Add counts a command. It is for Options.Trace.
func (p *Profile) Add(e luastore.TraceEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lines == nil {
		p.lines = map[place]Line{}
	}
	at := place{cmp.Or(e.SHA, e.Function), e.Line}
	l := p.lines[at]
	p.lines[at] = Line{e.Line, l.Calls + 1, l.Time + e.Duration}
}

// Lines returns the lines that called commands, by number, of the script with
// the SHA-1 or of the function with the name.
func (p *Profile) Lines(script string) []Line {
	p.mu.Lock()
	defer p.mu.Unlock()
	var lines []Line
	for at, l := range p.lines {
		if at.who == script {
			lines = append(lines, l)
		}
	}
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Compare(a.Number, b.Number) })
	return lines
}

// WriteHTML writes a page with the source of the scripts and what each line
// called: the redder it is, the longer that took, compared with the other lines
// of the script. The page needs no other file. Time is that of the commands;
// what Lua does between them is not in it.
func (p *Profile) WriteHTML(w io.Writer, scripts ...*luastore.Script) error {
	var sources []source
	for _, s := range scripts {
		sources = append(sources, newSource(s, p.Lines(s.Hash())))
	}
	return page.Execute(w, sources)
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// A source is a script as the page shows it.
type source struct {
	Name, Hash string
	Total      Line
	Lines      []sourceLine
}

type sourceLine struct {
	Line
	Heat int // 0: called nothing; up to 10: what took longest
	Text string
}

func newSource(s *luastore.Script, lines []Line) source {
	src := source{Name: s.Name(), Hash: s.Hash()}
	byNumber := map[int]Line{}
	for _, l := range lines {
		byNumber[l.Number] = l
		src.Total.Calls += l.Calls
		src.Total.Time += l.Time
	}
	longest := slices.MaxFunc(append(slices.Collect(maps.Values(byNumber)), Line{}), func(a, b Line) int { return cmp.Compare(a.Time, b.Time) })
	for n, rest, more := 1, s.Source(), true; more && (n == 1 || rest != ""); n++ {
		l := sourceLine{Line: byNumber[n]}
		l.Text, rest, more = luavm.CutLine(rest)
		l.Number = n
		if l.Calls > 0 {
			l.Heat = 1
			if longest.Time > 0 {
				l.Heat += int(9 * l.Time / longest.Time)
			}
		}
		src.Lines = append(src.Lines, l)
	}
	return src
}
