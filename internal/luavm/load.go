package luavm

import (
	"bytes"
	"io"
	"strings"
	"time"

	lua "github.com/Shopify/go-lua"
)

// MaxSource is the length of the longest source that Load takes, in bytes.
const MaxSource = 1 << 20

// Load compiles the source text of a chunk and returns it as a function. The
// chunk name is shown in errors: "@name" or "=name", or the text itself. A
// binary chunk is no text, and so an error. An error is a *SyntaxError or, if
// Load is called while nothing runs, what stopped it as it would stop a run.
func (m *Machine) Load(src, chunkName string) (f *Closure, err error) {
	l := &loader{m: m, chunkName: shorten(chunkName), names: map[string]*Constant{}}
	running := m.busy
	if !running {
		m.begin()
		m.busy = true
	}
	defer func() {
		if !running {
			m.busy = false
			m.end()
		}
		switch p := recover().(type) {
		case *SyntaxError:
			f, err = nil, p
		case *stop:
			if running {
				panic(p)
			}
			f, err = nil, p.err
		default:
			if malformed(p) {
				// The compiler is right only for functions of some size.
				f, err = nil, &SyntaxError{chunkName, 1, "function or expression too complex near '<eof>'"}
			}
		}
	}()
	p, err := l.load(src)
	if err != nil {
		return nil, err
	}
	f = m.newClosure(p)
	f.upvalues[0] = m.globalsUp
	return f, nil
}

// loader compiles one chunk.
type loader struct {
	m         *Machine
	chunkName string
	names     map[string]*Constant // of the chunk
	src       *source
}

func (l *loader) load(src string) (*proto, error) {
	if len(src) > MaxSource {
		return nil, &SyntaxError{l.chunkName, 1, "chunk has too many lines"}
	}
	// Each step counts the tokens or instructions, so that there is a look at the
	// context now and then.
	s := analyze(l.m.lex(src), l.m.Debug != nil)
	l.src = s
	r := l.m.reader(s.rewrite())
	chunk, text := compile(r)
	if text != "" {
		return nil, l.explain(text, r.lines-1)
	}
	f, err := l.m.readChunk(chunk)
	if err != nil {
		return nil, l.failNear(len(s.tokens)-1, "function or expression too complex")
	}
	l.resolve(f)
	return l.translate(f, nil), nil
}

// compile gives the source to go-lua and returns its chunk, or its error. What the
// reader or the writer panicked with goes on from here: go-lua recovers whatever
// passes it, and has panics of its own.
func compile(r *lineReader) (chunk []byte, problem string) {
	defer func() {
		p := recover()
		switch {
		case r.panicked != nil:
			panic(r.panicked)
		case p != nil:
			problem = "compiler failed"
		}
	}()
	state := lua.NewState()
	if err := state.Load(r, "=?", "t"); err != nil {
		text, _ := state.ToString(-1)
		if text == "" {
			text = err.Error()
		}
		return nil, text
	}
	w := chunkWriter{look: &r.look}
	if err := state.Dump(&w); err != nil {
		return nil, err.Error()
	}
	return w.b.Bytes(), ""
}

// reader returns a reader of a rewritten source.
func (m *Machine) reader(src string) *lineReader { return &lineReader{src: src, look: look{m: m}} }

// A lineReader reads a line at a time, so as to know how far it was read, and to
// look at each whether to go on: what go-lua does between two of them can take many
// times as long as usual, but not long.
type lineReader struct {
	src   string
	lines int
	look
}

func (r *lineReader) Read(b []byte) (int, error) {
	if r.src == "" || !r.goesOn() {
		return 0, io.EOF
	}
	n := strings.IndexByte(r.src, '\n') + 1
	if n > len(b) {
		n = len(b)
	} else {
		r.lines++
	}
	copy(b, r.src[:n])
	r.src = r.src[n:]
	return n, nil
}

// A chunkWriter collects a chunk.
type chunkWriter struct {
	b bytes.Buffer
	*look
}

func (w *chunkWriter) Write(b []byte) (int, error) {
	if !w.goesOn() {
		return 0, io.ErrShortWrite
	}
	return w.b.Write(b)
}

// A look is whether go-lua's work may go on.
type look struct {
	m        *Machine
	n        int       // of the times that it was asked
	last     time.Time // that the machine was
	panicked any       // with what the machine did; nil: it did not
}

// The time is taken at each time of so many, and the machine asked after so long.
const (
	looksPerTime = 16
	timePerLook  = time.Millisecond
)

// goesOn counts an instruction or so and reports whether to go on.
func (l *look) goesOn() (ok bool) {
	defer func() {
		l.panicked = recover()
	}()
	l.m.Tick(10)
	if l.n++; l.n%looksPerTime == 0 {
		if now := time.Now(); now.Sub(l.last) > timePerLook {
			l.last = now
			l.m.Check()
		}
	}
	return true
}
